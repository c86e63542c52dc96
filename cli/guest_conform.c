/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest_conform.c: `guest conform`: one boot asks a real host what the table
 * and the drawn inputs say; each answer is compared with that of a profile.
 *
 * The guest compares too, and tells of differences and of the table only; what
 * it tells is compared here once more.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/again.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/conform.h"
#include "cli/files.h"
#include "cli/guest_conform.h"
#include "cli/litmus_on.h"
#include "guest/runner.h"

#define MEMORY 384              /* MiB */
#define VPS 66                  /* of which the first and the last run */
#define INPUTS 3000
#define SECONDS 600

struct told {
	struct conform_answer answer;
	bool told;
};

/* What the guest has counted; arrays: VP 0, the last VP. */
struct sums {
	uint64_t cases, agreed, idle, idle_old;
	uint64_t required[2], old[2], fresh[2];
};

struct verb {
	const char *rung, *uri, *json, *host, *literal;
	const char **file;
	unsigned files, inputs;
	uint64_t seed;
	bool all;
	struct conform_set set;
	struct told *told;
	char *panic;
	struct sums before, boot, line; /* earlier boots; this one; half told */
	struct sums sums;               /* of all */
	struct again again;
};

enum { OPT_CONNECT = 256, OPT_ON, OPT_JSON, OPT_INPUTS, OPT_SEED, OPT_HOST,
	OPT_LITERAL, OPT_ALL };

static const struct argp_option options[] = {
	{ "on", OPT_ON, "RUNG", 0, "nested (the default), kvm, or tcg with "
	  "--literal", 0 },
	{ "host", OPT_HOST, "PROFILE[,KNOB=VALUE]...", 0,
	  "what the host is compared with (the default: kvm)", 0 },
	{ "literal", OPT_LITERAL, "PROFILE[,KNOB=VALUE]...", 0,
	  "the guest answers itself, as this host would", 0 },
	{ "inputs", OPT_INPUTS, "N", 0, "calls drawn at random (3000)", 0 },
	{ "seed", OPT_SEED, "N", 0, "from which they are drawn (1)", 0 },
	{ "all", OPT_ALL, NULL, 0, "prints all of the table", 0 },
	{ "json", OPT_JSON, "FILE", 0, "writes the report as JSON", 0 },
	{ "connect", OPT_CONNECT, "URI", 0,
	  "libvirt connection (the default: the embedded driver)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct verb *v = state->input;

	switch (key) {
	case OPT_ON:
		v->rung = arg;
		return 0;
	case OPT_HOST:
		v->host = arg;
		return 0;
	case OPT_LITERAL:
		v->literal = arg;
		return 0;
	case OPT_INPUTS:
		v->inputs = (unsigned)cli_number("guest conform: --inputs",
		    arg, 0, 100000);
		return 0;
	case OPT_SEED:
		v->seed = cli_number("guest conform: --seed", arg, 0,
		    UINT64_MAX);
		return 0;
	case OPT_ALL:
		v->all = true;
		return 0;
	case OPT_JSON:
		v->json = arg;
		return 0;
	case OPT_CONNECT:
		v->uri = arg;
		return 0;
	case ARGP_KEY_ARG:
		v->file = cli_grow(v->file, v->files + 1, sizeof(*v->file));
		v->file[v->files++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- the questions ----------------------------------------------------- */

static void
make_set(struct verb *v)
{
	if (hv_profile_parse(v->host, &v->set.profile) != 0)
		cli_fail(CLI_USAGE, "guest conform: --host %s: give a profile "
		         "and knobs, as kvm,full_list=1", v->host);
	v->set.ram = (uint64_t)MEMORY << 20;
	v->set.other = VPS - 1;
	v->set.scratch = cli_alloc(sizeof(*v->set.scratch));
	v->set.host = conform_host(&v->set.profile, VPS - 1,
	    v->set.ram);
	conform_inputs(&v->set, v->inputs, v->seed);
	for (unsigned i = 0; i < v->files; i++) {
		size_t size;
		char *bytes = litmus_read_file(v->file[i], &size);
		const char *slash = strrchr(v->file[i], '/');

		conform_inputs_of(&v->set, slash != NULL ? slash + 1 :
		    v->file[i], (const unsigned char *)bytes, size);
		free(bytes);
	}
	/* Last, since the MSRs are left disabled. */
	conform_table(&v->set);
	v->told = cli_alloc(v->set.cases * sizeof(*v->told));
}

/* ---- the answers ------------------------------------------------------- */

static void
take_answer(struct verb *v, const char *line)
{
	struct conform_answer a = { .fault = 0 };
	unsigned n;

	if (sscanf(line, "answer %u %" SCNx64 " %" SCNx64 " fault %" SCNu32
	    " changed %" SCNu32 " ipis %" SCNu32 " %" SCNu32 " read %" SCNu32
	    " %" SCNu32, &n, &a.value[0], &a.value[1], &a.fault, &a.changed,
	    &a.ipis[0], &a.ipis[1], &a.read[0], &a.read[1]) != 9 ||
	    n >= v->set.cases)
		return;
	v->told[n].answer = a;
	v->told[n].told = true;
}

static void
take_line(void *arg, const char *line)
{
	struct verb *v = arg;
	struct sums *l = &v->line;
	uint64_t a, b, c;
	unsigned n;

	if (getenv("SHOOTDOWN_GUEST_LOG") != NULL)
		fprintf(stderr, "guest: %s\n", line);
	take_answer(v, line);
	if (strncmp(line, "panic ", 6) == 0 && v->panic == NULL)
		v->panic = cli_copy(line + 6);
	if (sscanf(line, "probes %u required %" SCNu64 " old %" SCNu64
	    " new %" SCNu64, &n, &a, &b, &c) == 4 && n < 2) {
		l->required[n] = a;
		l->old[n] = b;
		l->fresh[n] = c;
	}
	if (sscanf(line, "conform %" SCNu64 " agreed %" SCNu64 " idle %" SCNu64
	    " old %" SCNu64, &l->cases, &l->agreed, &l->idle, &l->idle_old) ==
	    4)
		v->boot = *l;
}

static struct sums
add_sums(const struct sums *a, const struct sums *b)
{
	struct sums s = { .cases = b->cases, .agreed = a->agreed + b->agreed,
	    .idle = a->idle + b->idle, .idle_old = a->idle_old + b->idle_old };

	for (unsigned i = 0; i < 2; i++) {
		s.required[i] = a->required[i] + b->required[i];
		s.old[i] = a->old[i] + b->old[i];
		s.fresh[i] = a->fresh[i] + b->fresh[i];
	}
	return s;
}

/* Of a boot that did not end, what was told after its last sum is void. */
static void
keep_half(struct verb *v)
{
	v->before = add_sums(&v->before, &v->boot);
	for (size_t n = v->before.cases; n < v->set.cases; n++)
		v->told[n].told = false;
}

static char *
command_line(const struct verb *v, bool tcg)
{
	return cli_format("cpus=2 start=%u conform skip=%" PRIu64 "%s%s",
	    tcg ? 1 : VPS - 1, v->before.cases, v->literal != NULL ?
	    " conform-host=" : "", v->literal != NULL ? v->literal : "");
}

/* Each boot goes on with the first case that does not count yet. */
static void
boot(struct verb *v)
{
	struct guest_job job = {
	    .rung = (enum guest_rung)guest_rung_find(v->rung), .uri = v->uri,
	    .module = v->set.bytes, .module_size = v->set.size + 8,
	    .memory = MEMORY, .seconds = SECONDS, .line = take_line,
	    .arg = v };

	job.cpus = job.rung == RUNG_TCG ? 2 : VPS;
	v->again.things = "cases";
	for (;;) {
		char *line = command_line(v, job.rung == RUNG_TCG), *why;
		const char *told;
		int status;

		job.command_line = line;
		memset(&v->boot, 0, sizeof(v->boot));
		v->boot.cases = v->before.cases;
		status = again_run(&v->again, &job, &why);
		free(line);
		if (status == 0 && v->boot.cases == v->set.cases)
			break;
		told = v->panic != NULL ? v->panic : why != NULL ? why :
		    "the guest failed";
		keep_half(v);
		if (!again_may(&v->again, &job, status, v->before.cases, told))
			cli_fail(CLI_UNFINISHED, "guest conform --on %s: %s",
			    v->rung, told);
		free(v->panic);
		free(why);
		v->panic = NULL;
	}
	v->sums = add_sums(&v->before, &v->boot);
}

/* ---- comparing --------------------------------------------------------- */

static const struct conform_case *
next_case(const struct verb *v, const struct conform_case *c)
{
	return c == NULL ? (const void *)v->set.bytes :
	    (const void *)((const char *)c + c->size);
}

static char *
answer_text(const struct conform_case *c, const struct conform_answer *a)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		cli_fail(CLI_UNFINISHED, "out of memory");
	if (a->fault)
		fputs(c->kind < CONFORM_RDMSR ? "#UD" : "#GP", f);
	else if (c->kind == CONFORM_CALL && c->mask[1] != 0)
		fprintf(f, "RCX 0x%" PRIx64, a->value[1]);
	else if (c->kind < CONFORM_RDMSR && c->want.fault)
		fprintf(f, "RAX 0x%" PRIx64, a->value[0]);
	else if (c->kind < CONFORM_RDMSR)
		fprintf(f, "status %u, %u reps",
		    (unsigned)(a->value[0] & HVA_RESULT_STATUS),
		    (unsigned)(a->value[0] >> HVA_RESULT_REPS_SHIFT &
		    HVA_REP_MASK));
	else if (c->kind == CONFORM_CPUID)
		fprintf(f, "%08x %08x %08x %08x",
		    (uint32_t)(a->value[0] & c->mask[0]),
		    (uint32_t)((a->value[0] & c->mask[0]) >> 32),
		    (uint32_t)(a->value[1] & c->mask[1]),
		    (uint32_t)((a->value[1] & c->mask[1]) >> 32));
	else if (c->kind == CONFORM_RDMSR)
		fprintf(f, "0x%" PRIx64, a->value[0]);
	else
		fputs("written", f);
	if (a->ipis[0] + a->ipis[1] > 0)
		fprintf(f, ", interrupts %u %u", a->ipis[0], a->ipis[1]);
	for (unsigned i = 0; i < 2; i++)
		if (c->want.read[i] == 2)
			fprintf(f, ", VP %u %s", i == 0 ? 0 : VPS - 1,
			    a->read[i] == 2 ? "flushed" : "NOT flushed");
	if (a->changed)
		fputs(", input changed", f);
	fclose(f);
	return text;
}

struct totals {
	struct conform_groups groups;
	unsigned table, table_agreed, inputs, inputs_agreed, unexplained;
};

/* Returns whether it differs and nobody knows why. */
static bool
print_case(const struct verb *v, const struct conform_case *c, unsigned n,
           json_t *list)
{
	const struct conform_answer *a = &v->told[n].answer;
	const bool bad = conform_differs(c, a);
	const char *why = bad ? conform_explain(&v->set, n, c, a) : NULL;
	char *want = answer_text(c, &c->want), *got = answer_text(c, a);

	if (bad || v->all)
		printf("%s %s\n  %s%s%s\n", bad ? "differs" : "agrees",
		    v->set.name[n], got, bad ? "; the profile: " : "",
		    bad ? want : "");
	if (bad)
		printf("  %s\n", why != NULL ? why : "not explained");
	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b, s:s*}",
	    "case", v->set.name[n], "answer", got, "wanted", want, "agrees",
	    !bad, "because", why));
	free(want);
	free(got);
	return bad && why == NULL;
}

static json_t *
compare(const struct verb *v, struct totals *t)
{
	const struct conform_case *c = NULL;
	json_t *list = json_array();

	for (unsigned n = 0; n < v->set.cases; n++) {
		bool table, bad;

		c = next_case(v, c);
		if (c->kind == CONFORM_NOTHING)
			continue;
		table = c->flags & CONFORM_TELL;
		if (table && !v->told[n].told)
			cli_fail(CLI_UNFINISHED, "%s: the guest says nothing "
			         "of it", v->set.name[n]);
		bad = v->told[n].told &&
		    conform_differs(c, &v->told[n].answer);
		conform_count(&t->groups, &v->set, n, c, !bad);
		*(table ? &t->table : &t->inputs) += 1;
		*(table ? &t->table_agreed : &t->inputs_agreed) += !bad;
		if (v->told[n].told)
			t->unexplained += print_case(v, c, n, list);
	}
	return list;
}

static void
print_totals(const struct verb *v, const struct totals *t)
{
	again_print(&v->again);
	conform_print_groups(&t->groups);
	printf("Table: %u of %u agree\nInputs: %u of %u agree\n",
	    t->table_agreed, t->table, t->inputs_agreed, t->inputs);
	for (unsigned i = 0; i < 2; i++)
		printf("VP %u: %" PRIu64 " flushes that had to reach it were "
		    "looked for; otherwise it read the old page %" PRIu64
		    " times, the new one %" PRIu64 " times\n",
		    i == 0 ? 0 : VPS - 1, v->sums.required[i], v->sums.old[i],
		    v->sums.fresh[i]);
	printf("Without a call VP %u read the old page in %" PRIu64 " of %"
	    PRIu64 " rounds\n", VPS - 1, v->sums.idle_old,
	    v->sums.idle);
	printf("On %s, compared with %s: %u differences, %u not explained\n",
	    v->rung, v->host, t->table + t->inputs - t->table_agreed -
	    t->inputs_agreed, t->unexplained);
}

static void
write_json(const struct verb *v, const struct totals *t, json_t *list)
{
	json_t *root = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:I, "
	    "s:I, s:o}", "rung", v->rung, "host", v->host, "table",
	    (int)t->table, "table_agrees", (int)t->table_agreed, "inputs",
	    (int)t->inputs, "inputs_agree", (int)t->inputs_agreed,
	    "unexplained", (int)t->unexplained, "idle",
	    (json_int_t)v->sums.idle, "idle_old", (json_int_t)v->sums.idle_old,
	    "cases", list);
	const int error = files_write_json(v->json, root);

	json_decref(root);
	if (error != 0)
		cli_fail(CLI_UNFINISHED, "%s: %s", v->json, strerror(-error));
}

static void
check_rung(const struct verb *v)
{
	if (guest_rung_find(v->rung) < 0)
		cli_fail(CLI_USAGE, "guest conform: no rung '%s'; give nested "
		         "or kvm", v->rung);
	if (v->literal == NULL && strcmp(v->rung, "tcg") == 0)
		cli_fail(CLI_USAGE, "guest conform: tcg has no host that "
		         "answers hypercalls; give nested, or --literal");
}

int
guest_conform(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse,
		.args_doc = "[FILE]...",
		.doc = "Asks the host of a guest what hvsim can be asked: all "
		       "hypercalls in every form, legal and wrong in one thing "
		       "at a time, MSRs, CPUID, and calls drawn at random (or "
		       "from the bytes of files); compares the answers, the "
		       "interrupts that come, and whether flushes happen, with "
		       "those of a profile. The guest has 66 VPs, of which the "
		       "first and the last run."
		       "\vExit status: 0, or 1 when an answer differs and it is "
		       "not known why."
	};
	struct verb v = { .rung = "nested", .host = "kvm", .inputs = INPUTS,
	    .seed = 1 };
	struct totals t = { 0 };
	json_t *list;
	int error;

	args_parse(&argp, 0, argc, argv, &v);
	check_rung(&v);
	if (v.json != NULL && (error = files_try(v.json)) != 0)
		cli_fail(CLI_USAGE, "%s: %s", v.json, strerror(-error));
	make_set(&v);
	cli_catch_interrupt(true);
	boot(&v);
	list = compare(&v, &t);
	print_totals(&v, &t);
	if (v.json != NULL)
		write_json(&v, &t, list);
	return t.unexplained > 0 ? CLI_FOUND : CLI_CLEAN;
}
