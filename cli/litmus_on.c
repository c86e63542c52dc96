/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus_on.c: litmus tests on a rung.  All tests become images in one file,
 * one boot runs them, and each end state that the machine shows has to be
 * among those of the model (machine full, whatever the test says).
 *
 * The model's side of a test is made twice, before and after the boot, since
 * only one test at a time has a machine.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/again.h"
#include "cli/cli.h"
#include "cli/litmus_on.h"
#include "guest/runner.h"
#include "hvsim/hvsim.h"
#include "litmus/hardware.h"

#define CPUS 4                  /* vCPUs, unless a test has more */
#define MAX_CPUS 256            /* of the guest */
#define MEMORY 384              /* MiB */
#define MEMORY_GIANT 3200       /* with pages of 1 GiB; little of it is used */
#define SECONDS_AT_LEAST 300

struct seen {                   /* an end state on the machine */
	uint64_t count, *value;
	unsigned values;
};

struct one {                    /* a test */
	const char *file;
	char *name;
	const char *reason;     /* why it is not in the file of images */
	char *missing;          /* what the guest says that it lacks */
	struct seen *seen;
	unsigned states;
	uint64_t runs, stuck, lost;
	bool ended;
};

struct session {
	const struct litmus_on *o;
	struct one *one;        /* o->files */
	unsigned *number;       /* of the guest's tests: which of them */
	unsigned numbers, current, done;
	unsigned cpus, memory;  /* in the machine */
	bool starts[MAX_CPUS];  /* those that the guest starts, by VP index */
	char *images;
	size_t size;
	char *panic, *gave_up;  /* why tests from `done` on have not ended */
	struct again again;
	unsigned run, skipped, unsound, allowed, observed;
};

/* ---- the model's side ------------------------------------------------------ */

struct side {
	struct litmus_test test;
	struct litmus_result result;
	struct litmus_hardware hardware;
};

static _Noreturn void
bad_input(const char *file, const struct litmus_error *e)
{
	if (e->place.line == 0)
		cli_fail(CLI_USAGE, "%s: %s", file, e->text);
	cli_fail(CLI_USAGE, "%s:%u:%u: %s", file, e->place.line,
	         e->place.column, e->text);
}

/* Who answers hypercalls: KVM, unless the guest does. */
static void
set_host(const struct litmus_on *o, struct litmus_test *t)
{
	if (o->host != NULL && strcmp(o->host, "own") == 0) {
		if (t->host == NULL)
			t->host = cli_copy("tlfs");
		return;
	}
	free(t->host);
	t->host = cli_copy(o->host != NULL ? o->host : "kvm");
}

static void
load(const struct litmus_on *o, const char *file, struct side *ret)
{
	const struct litmus_options options = { .machine = "full" };
	struct litmus_error error;
	size_t size;
	char *text = litmus_read_file(file, &size);

	if (litmus_parse(text, size, &ret->test, &error) != 0)
		bad_input(file, &error);
	set_host(o, &ret->test);
	if (litmus_run(&ret->test, &options, &ret->result, &error) != 0)
		bad_input(file, &error);
	free(text);
	litmus_hardware_make(&ret->test, &ret->result, o->canary,
	    &ret->hardware);
	if (o->host != NULL && ret->hardware.image != NULL)
		snprintf(ret->hardware.image->host, IMAGE_HOST, "%s",
		    ret->test.host);
}

static void
unload(struct side *s)
{
	litmus_hardware_free(&s->hardware);
	litmus_result_free(&s->result);
	litmus_free(&s->test);
}

/* One that the guest cannot have is for the guest to say. */
static void
need_cpu(struct session *s, unsigned vp)
{
	if (vp >= MAX_CPUS)
		return;
	s->starts[vp] = true;
	if (vp >= s->cpus)
		s->cpus = vp + 1;
}

static void
add_image(struct session *s, unsigned i, const struct image *image)
{
	s->images = cli_grow(s->images, s->size + image->size + 8, 1);
	memcpy(s->images + s->size, image, image->size);
	s->size += image->size;
	memset(s->images + s->size, 0, 8);
	s->number = cli_grow(s->number, s->numbers + 1, sizeof(*s->number));
	s->number[s->numbers++] = i;
	if (image->needs & IMAGE_NEEDS_GIANT)
		s->memory = MEMORY_GIANT;
	for (unsigned c = 0; c < image->cpus; c++) {
		need_cpu(s, c);
		if (image->fixed)
			need_cpu(s, image->cpu[c].vp);
	}
}

static void
prepare(struct session *s)
{
	s->memory = MEMORY;
	for (unsigned c = 0; c < CPUS; c++)
		need_cpu(s, c);
	for (unsigned i = 0; i < s->o->files; i++) {
		struct side side;

		load(s->o, s->o->file[i], &side);
		s->one[i].file = s->o->file[i];
		s->one[i].name = cli_copy(side.test.name);
		s->one[i].reason = side.hardware.reason;
		if (side.hardware.image != NULL)
			add_image(s, i, side.hardware.image);
		unload(&side);
	}
}

/* ---- what the guest says ---------------------------------------------------- */

static struct one *
numbered(struct session *s, unsigned n)
{
	return n < s->numbers ? &s->one[s->number[n]] : NULL;
}

static void
take_state(struct session *s, unsigned n, uint64_t count)
{
	struct one *o = numbered(s, n);

	if (o == NULL)
		return;
	s->current = n;
	o->seen = cli_grow(o->seen, o->states + 1, sizeof(*o->seen));
	o->seen[o->states++] = (struct seen){ .count = count };
}

static void
take_value(struct session *s, uint64_t value)
{
	struct one *o = numbered(s, s->current);
	struct seen *seen;

	if (o == NULL || o->states == 0)
		return;
	seen = &o->seen[o->states - 1];
	seen->value = cli_grow(seen->value, seen->values + 1,
	    sizeof(*seen->value));
	seen->value[seen->values++] = value;
}

/* On a terminal one line that changes; else, when asked for, one a test. */
static void
show_progress(struct session *s, const char *what)
{
	const bool terminal = isatty(STDERR_FILENO);

	if (!terminal && !s->o->verbose)
		return;
	fprintf(stderr, terminal ? "\r\33[K%u of %u tests on %s, %.40s" :
	    "%u of %u tests on %s, %.40s\n", s->done, s->numbers,
	    s->o->rung, what);
	if (terminal && s->done == s->numbers)
		fprintf(stderr, "\r\33[K");
	fflush(stderr);
}

static void
take_done(struct session *s, const struct one *o)
{
	s->done++;
	show_progress(s, o->name);
}

static void
take_line(void *arg, const char *line)
{
	struct session *s = arg;
	uint64_t a, b, c;
	struct one *o;
	unsigned n;
	int at = 0;

	if (sscanf(line, "state %u count %" SCNu64, &n, &a) == 2)
		take_state(s, n, a);
	else if (sscanf(line, "value %" SCNx64, &a) == 1)
		take_value(s, a);
	else if (sscanf(line, "tested %u runs %" SCNu64 " stuck %" SCNu64
	    " lost %" SCNu64, &n, &a, &b, &c) == 4 &&
	    (o = numbered(s, n)) != NULL) {
		o->runs = a;
		o->stuck = b;
		o->lost = c;
		o->ended = true;
		take_done(s, o);
	} else if (sscanf(line, "skipped %u %n", &n, &at) == 1 && at > 0 &&
	    (o = numbered(s, n)) != NULL) {
		o->missing = cli_copy(line + at);
		take_done(s, o);
	} else if (strncmp(line, "panic ", 6) == 0 && s->panic == NULL)
		s->panic = cli_copy(line + 6);
}

/* "cpus=5 start=1,2,3,65": machines may have more than are started. */
static char *
command_line(const struct session *s)
{
	char *list = cli_copy(""), *line, *t;
	unsigned n = 0;

	for (unsigned c = 0; c < s->cpus; c++) {
		if (!s->starts[c] || n++ == 0)
			continue;
		t = list;
		list = cli_format("%s%s%u", t, n == 2 ? "" : ",", c);
		free(t);
	}
	line = cli_format("cpus=%u start=%s litmus runs=%" PRIu64 " skip=%u",
	    n, list, s->o->runs, s->done);
	free(list);
	return line;
}

/* What a test had told of itself when its machine went is void. */
static void
forget_half(struct session *s)
{
	struct one *o = numbered(s, s->done);

	if (o == NULL)
		return;
	for (unsigned i = 0; i < o->states; i++)
		free(o->seen[i].value);
	o->states = 0;
}

/* What was seen before is as true as ever. */
static void
give_up(struct session *s, const char *why)
{
	if (s->done == 0)
		cli_fail(CLI_UNFINISHED, "litmus --on %s: %s", s->o->rung,
		    why);
	s->gave_up = cli_copy(why);
}

/* Each boot goes on with the first test that has not ended. */
static void
boot(struct session *s)
{
	struct guest_job job = {
	    .rung = (enum guest_rung)guest_rung_find(s->o->rung),
	    .uri = s->o->uri, .module = s->images,
	    .module_size = s->size + 8, .cpus = s->cpus, .memory = s->memory,
	    .seconds = SECONDS_AT_LEAST + s->numbers * 20,
	    .line = take_line, .arg = s };

	s->again.things = "tests";
	for (;;) {
		char *line = command_line(s), *why;
		const char *told;
		int status;

		job.command_line = line;
		show_progress(s, "booting");
		status = again_run(&s->again, &job, &why);
		free(line);
		if (status == 0)
			return;
		told = s->panic != NULL ? s->panic : why != NULL ? why :
		    "the guest failed";
		if (!again_may(&s->again, &job, status, s->done, told)) {
			give_up(s, told);
			free(why);
			return;
		}
		show_progress(s, told);
		forget_half(s);
		free(s->panic);
		free(why);
		s->panic = NULL;
	}
}

/* ---- comparing ------------------------------------------------------------- */

struct row {                    /* an end state, allowed or seen or both */
	uint64_t *value, count;
	bool allowed;
};

struct rows {
	struct row *row;
	unsigned count, values;
};

static struct row *
find_row(struct rows *t, const uint64_t *value)
{
	struct row *r;

	for (unsigned i = 0; i < t->count; i++)
		if (memcmp(t->row[i].value, value, t->values *
		    sizeof(*value)) == 0)
			return &t->row[i];
	t->row = cli_grow(t->row, t->count + 1, sizeof(*t->row));
	r = &t->row[t->count++];
	*r = (struct row){ .value = cli_alloc((t->values + 1) *
	    sizeof(*value)) };
	memcpy(r->value, value, t->values * sizeof(*value));
	return r;
}

static void
add_allowed(struct rows *t, const struct side *s)
{
	uint64_t *value = cli_alloc((t->values + 1) * sizeof(*value));

	for (unsigned i = 0; i < s->result.outcomes; i++) {
		for (unsigned k = 0; k < t->values; k++)
			value[k] = s->result.outcome[i].value[
			    s->hardware.index[k]];
		find_row(t, value)->allowed = true;
	}
	free(value);
}

static void
add_seen(struct rows *t, const struct side *s, const struct one *o)
{
	for (unsigned i = 0; i < o->states; i++) {
		if (o->seen[i].values != t->values)
			cli_fail(CLI_UNFINISHED, "%s: the guest tells %u "
			    "numbers instead of %u", o->file,
			    o->seen[i].values, t->values);
		for (unsigned k = 0; k < t->values; k++)
			o->seen[i].value[k] = litmus_hardware_value(
			    &s->hardware, k, o->seen[i].value[k]);
		find_row(t, o->seen[i].value)->count += o->seen[i].count;
	}
}

static void
free_rows(struct rows *t)
{
	for (unsigned i = 0; i < t->count; i++)
		free(t->row[i].value);
	free(t->row);
}

/* ---- printing -------------------------------------------------------------- */

static void
print_rows(const struct rows *t, const struct side *s)
{
	for (unsigned i = 0; i < t->count; i++) {
		const struct row *r = &t->row[i];

		printf("%-8" PRIu64 "%s:> ", r->count, r->allowed ? " " :
		    "!");
		litmus_hardware_print(&s->test, &s->result, &s->hardware,
		    r->value, stdout);
		puts(r->allowed ? "" : " not allowed by the model");
	}
}

static void
print_clause(const struct rows *t, const struct side *s,
             const struct litmus_clause *c)
{
	static const char *const words[] = { [CLAUSE_EXISTS] = "exists",
	    [CLAUSE_FORBIDDEN] = "forbidden", [CLAUSE_REQUIRED] = "required" };
	uint64_t yes = 0, no = 0;

	if (!litmus_hardware_can_judge(c->cond))
		return;
	for (unsigned i = 0; i < t->count; i++)
		if (litmus_hardware_holds(c->cond, &s->result, &s->hardware,
		    t->row[i].value))
			yes += t->row[i].count;
		else
			no += t->row[i].count;
	printf("Observation %s %s %s %" PRIu64 " %" PRIu64 "\n",
	    s->test.name, words[c->quantifier], yes == 0 ? "Never" :
	    no == 0 ? "Always" : "Sometimes", yes, no);
}

static void
print_ran(struct session *session, const struct one *o, const struct side *s)
{
	struct rows t = { .values = s->hardware.seen };
	unsigned allowed = 0, observed = 0, bad = 0;

	add_allowed(&t, s);
	add_seen(&t, s, o);
	for (unsigned i = 0; i < t.count; i++) {
		allowed += t.row[i].allowed;
		observed += t.row[i].allowed && t.row[i].count > 0;
		bad += !t.row[i].allowed;
	}
	printf("Test %s on %s\nHistogram (%u of %u allowed states seen)\n",
	    s->test.name, session->o->rung, observed, allowed);
	print_rows(&t, s);
	puts(bad == 0 ? "Ok" : "No");
	for (unsigned i = 0; i < s->test.clauses; i++)
		print_clause(&t, s, &s->test.clause[i]);
	printf("Runs %" PRIu64 ", %" PRIu64 " stuck%s\n\n", o->runs, o->stuck,
	    o->lost > 0 ? ", states lost" : "");
	session->run++;
	session->unsound += bad > 0;
	session->allowed += allowed;
	session->observed += observed;
	free_rows(&t);
}

static void
print_one(struct session *s, const struct one *o)
{
	struct side side;

	if (o->reason != NULL || o->missing != NULL) {
		printf("Test %s on %s\nSkipped: needs %s\n\n", o->name,
		    s->o->rung, o->reason != NULL ? o->reason : o->missing);
		s->skipped++;
		return;
	}
	if (!o->ended && s->gave_up != NULL)
		return;
	if (!o->ended)
		cli_fail(CLI_UNFINISHED, "%s: the guest says nothing of it",
		    o->file);
	load(s->o, o->file, &side);
	print_ran(s, o, &side);
	unload(&side);
}

static const char *
why_skipped(const struct one *o)
{
	return o->reason != NULL ? o->reason : o->missing;
}

/* The names of those that lack this, or how many they are. */
static unsigned
skipped_for(const struct session *s, const char *why, bool print)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->o->files; i++) {
		const char *mine = why_skipped(&s->one[i]);

		if (mine == NULL || strcmp(mine, why) != 0)
			continue;
		if (print)
			printf("%s%s", n == 0 ? ": " : ", ", s->one[i].name);
		n++;
	}
	return n;
}

/* Reason by reason, each where it comes first. */
static void
print_skipped(const struct session *s)
{
	for (unsigned i = 0; i < s->o->files; i++) {
		const char *why = why_skipped(&s->one[i]);
		bool seen = why == NULL;

		for (unsigned k = 0; k < i && !seen; k++)
			seen = why_skipped(&s->one[k]) != NULL &&
			    strcmp(why_skipped(&s->one[k]), why) == 0;
		if (seen)
			continue;
		printf("Skipped %u for want of %s", skipped_for(s, why, false),
		    why);
		if (s->o->verbose)
			(void)skipped_for(s, why, true);
		putchar('\n');
	}
}

static void
print_sum(const struct session *s)
{
	printf("On %s: %u tests, %u with states that the model does not "
	    "allow, %u skipped; %u of %u allowed states seen", s->o->rung,
	    s->run, s->unsound, s->skipped, s->observed, s->allowed);
	if (s->allowed > 0)
		printf(" (%u %%)", 100 * s->observed / s->allowed);
	putchar('\n');
	again_print(&s->again);
	print_skipped(s);
}

static void
check_host(const char *host)
{
	struct hv_profile p;

	if (host == NULL || strcmp(host, "own") == 0)
		return;
	if (hv_profile_parse(host, &p) != 0 || strlen(host) >= IMAGE_HOST)
		cli_fail(CLI_USAGE, "litmus: --host %s: give a profile and "
		         "knobs (tlfs,globals=drop; see shootdown explain), "
		         "or own: each test's", host);
}

int
litmus_on_run(const struct litmus_on *o)
{
	struct session s = { .o = o };

	if (guest_rung_find(o->rung) < 0)
		cli_fail(CLI_USAGE, "litmus: --on %s: give model, tcg, nested "
		         "or kvm", o->rung);
	check_host(o->host);
	s.one = cli_alloc(o->files * sizeof(*s.one));
	prepare(&s);
	if (s.numbers > 0)
		boot(&s);
	for (unsigned i = 0; i < o->files; i++)
		print_one(&s, &s.one[i]);
	print_sum(&s);
	if (s.gave_up != NULL)
		fprintf(stderr, "shootdown: litmus --on %s: given up after %u "
		    "of %u tests: %s\n", o->rung, s.done, s.numbers,
		    s.gave_up);
	if (s.unsound > 0)
		return CLI_FOUND;
	return s.gave_up != NULL || s.run == 0 ? CLI_UNFINISHED : CLI_CLEAN;
}
