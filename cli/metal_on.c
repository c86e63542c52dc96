/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * metal_on: see metal_on.h.
 */
#include "cli/metal_on.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/rowtext.h"
#include "guest/runner.h"

#define MEMORY 384
#define SECONDS 240             /* and for each row: */
#define SECONDS_ROW 30

void
metal_on_check(const char *verb, const char *rung)
{
	if (guest_rung_find(rung) < 0)
		cli_fail(CLI_USAGE, "%s: --on %s: give tcg, nested or kvm",
		         verb, rung);
}

void
metal_begin(struct metal_session *s, const struct metal_on *on)
{
	memset(s, 0, sizeof(*s));
	s->on = on;
	s->cpus = 2;
}

/* Appends a record, filled up to 8 bytes. */
static void *
append(struct metal_session *s, const void *data, size_t size)
{
	const size_t whole = (size + 7) & ~(size_t)7;
	char *at;

	s->data = cli_grow(s->data, s->size + whole, 1);
	at = s->data + s->size;
	memset(at, 0, whole);
	memcpy(at, data, size);
	s->size += whole;
	return at;
}

static unsigned
object_number(struct metal_session *s, const char *path)
{
	struct metal_object head = { .head.kind = METAL_OBJECT };
	char *bytes;
	size_t size;
	FILE *f;
	unsigned i;

	for (i = 0; i < s->objects; i++)
		if (strcmp(s->object[i], path) == 0)
			return i;
	if (i == sizeof(s->object) / sizeof(s->object[0]))
		cli_fail(CLI_USAGE, "--on: too many kernels at once");
	f = fopen(path, "r");
	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || ftell(f) < 0)
		cli_fail(CLI_UNFINISHED, "%s: cannot be read", path);
	size = (size_t)ftell(f);
	rewind(f);
	bytes = cli_alloc(size);
	if (fread(bytes, 1, size, f) != size)
		cli_fail(CLI_UNFINISHED, "%s: cannot be read", path);
	fclose(f);
	head.bytes = size;
	head.head.size = (uint32_t)(sizeof(head) + ((size + 7) & ~7ul));
	append(s, &head, sizeof(head));
	append(s, bytes, size);
	free(bytes);
	s->object[s->objects++] = cli_copy(path);
	return i;
}

static void
add_choices(struct metal_session *s, const struct schedule *schedule)
{
	for (size_t i = 0; i < schedule->count; i++) {
		const struct choice *c = &schedule->choices[i];
		const struct metal_choice m = { c->kind, c->task, c->arg,
		    c->value };

		append(s, &m, sizeof(m));
	}
}

void
metal_add(struct metal_session *s, const struct row *row, unsigned runs,
          unsigned canaries, const struct schedule *schedule,
          const struct metal_call *calls, unsigned ncalls)
{
	struct metal_row r = { .head.kind = METAL_ROW,
	    .vcpus = row->vcpus, .mode = row->mode, .mutant = row->mutant,
	    .runs = runs, .canaries = canaries, .calls = ncalls };

	r.object = object_number(s, row->object->so);
	r.flags = (s->on->literal && row->hypercall ? METAL_LITERAL : 0) |
	    (row->hypercall ? METAL_HYPERCALL : 0) |
	    (schedule != NULL ? METAL_STEERED : 0);
	r.choices = schedule != NULL ? (uint32_t)schedule->count : 0;
	r.head.size = (uint32_t)(sizeof(r) + r.choices *
	    sizeof(struct metal_choice) + ncalls * sizeof(*calls));
	for (unsigned c = 0; c < METAL_MAX_CPUS && c < row->vcpus; c++) {
		r.left_out[c] = row->left_out[c];
		r.vp_index[c] = row->vp_index[c];
	}
	snprintf(r.scenario, sizeof(r.scenario), "%s", row->scenario->name);
	host_print(&row->host, r.host, sizeof(r.host));
	append(s, &r, sizeof(r));
	if (schedule != NULL)
		add_choices(s, schedule);
	if (ncalls > 0)
		append(s, calls, ncalls * sizeof(*calls));
	if (row->vcpus > s->cpus && row->vcpus <= METAL_MAX_CPUS)
		s->cpus = row->vcpus;
	s->result = cli_grow(s->result, s->rows + 1, sizeof(*s->result));
	memset(&s->result[s->rows++], 0, sizeof(*s->result));
}

/* ---- what the guest says --------------------------------------------------------- */

static struct metal_result *
result_of(struct metal_session *s, unsigned n)
{
	static struct metal_result nobody;

	return n < s->rows ? &s->result[n] : &nobody;
}

static void
take_stale(struct metal_session *s, const char *line)
{
	struct metal_result r, *to;
	char mode[16] = "";
	unsigned n;

	memset(&r, 0, sizeof(r));
	if (sscanf(line, "metal-stale %u cpu %u va %" SCNx64 " access %c mode "
	    "%15s seen %" SCNx64 " tables %" SCNx64 " turn %u", &n, &r.cpu,
	    &r.va, &r.access, mode, &r.seen, &r.tables, &r.turn) != 8)
		return;
	to = result_of(s, n);
	to->cpu = r.cpu;
	to->va = r.va;
	to->access = r.access;
	to->seen = r.seen;
	to->tables = r.tables;
	to->turn = r.turn;
	free(to->mode);
	to->mode = cli_copy(mode);
}

static void
take_words(struct metal_session *s, const char *line)
{
	struct metal_result *r;
	unsigned n, kind;
	int at = 0;

	if (sscanf(line, "metal-skipped %u %n", &n, &at) == 1 && at > 0) {
		r = result_of(s, n);
		free(r->skipped);
		r->skipped = cli_copy(line + at);
	} else if (sscanf(line, "metal-trouble %u kind %u %n", &n, &kind,
	    &at) == 2 && at > 0) {
		r = result_of(s, n);
		free(r->why);
		r->why = cli_copy(line + at);
	} else if (strncmp(line, "panic ", 6) == 0 && s->panic == NULL) {
		s->panic = cli_copy(line + 6);
	}
}

static void
take_line(void *arg, const char *line)
{
	struct metal_session *s = arg;
	uint64_t a, b, c, d, e;
	struct metal_result *r;
	unsigned n;

	if (getenv("SHOOTDOWN_GUEST_LOG") != NULL)
		fprintf(stderr, "guest: %s\n", line);
	if (sscanf(line, "metal-row %u", &n) == 1)
		s->finished = n + 1;
	else if (sscanf(line, "metal-done %u runs %" SCNu64 " stale %" SCNu64
	    " trouble %" SCNu64 " diverged %" SCNu64 " illegal %" SCNu64, &n,
	    &a, &b, &c, &d, &e) == 6) {
		r = result_of(s, n);
		r->done = true;
		r->runs = a;
		r->stale = b;
		r->trouble = c;
		r->diverged = d;
		r->illegal = e;
	} else if (sscanf(line, "metal-did %u ipis %" SCNu64 " hypercalls %"
	    SCNu64 " dropped %" SCNu64 " kept %" SCNu64 " gone %" SCNu64, &n,
	    &a, &b, &c, &d, &e) == 6) {
		r = result_of(s, n);
		r->ipis = a;
		r->hypercalls = b;
		r->dropped = c;
		r->kept = d;
		r->gone = e;
	} else if (sscanf(line, "metal-canary %u runs %" SCNu64 " stale %"
	    SCNu64, &n, &a, &b) == 3) {
		result_of(s, n)->canaries = a;
		result_of(s, n)->canary_stale = b;
	} else {
		take_stale(s, line);
		take_words(s, line);
	}
}

/* What rows had said when their machine went, before their last line. */
static void
forget_half(struct metal_session *s)
{
	for (unsigned i = s->finished; i < s->rows; i++) {
		free(s->result[i].skipped);
		free(s->result[i].mode);
		free(s->result[i].why);
		memset(&s->result[i], 0, sizeof(s->result[i]));
	}
	free(s->panic);
	s->panic = NULL;
}

/* What was found before is as true as ever. */
static void
give_up(struct metal_session *s, const char *why)
{
	if (s->finished == 0)
		cli_fail(CLI_UNFINISHED, "--on %s: %s", s->on->rung, why);
	s->gave_up = cli_copy(why);
	forget_half(s);
}

void
metal_boot(struct metal_session *s)
{
	const uint64_t end[2] = { 0 };
	struct guest_job job = {
	    .rung = (enum guest_rung)guest_rung_find(s->on->rung),
	    .uri = s->on->uri, .cpus = s->cpus,
	    .memory = MEMORY, .seconds = SECONDS + s->rows * SECONDS_ROW,
	    .line = take_line, .arg = s };

	append(s, end, sizeof(end));
	job.module = s->data;
	job.module_size = s->size;
	s->again.things = "rows";
	for (;;) {
		char *line = cli_format("cpus=%u metal skip=%u", s->cpus,
		    s->finished), *why;
		const char *told;
		int status;

		job.command_line = line;
		status = again_run(&s->again, &job, &why);
		free(line);
		if (status == 0)
			break;
		told = s->panic != NULL ? s->panic : why != NULL ? why :
		    "the guest failed";
		if (!again_may(&s->again, &job, status, s->finished, told)) {
			give_up(s, told);
			free(why);
			break;
		}
		forget_half(s);
		free(why);
	}
	again_print(&s->again);
}

void
metal_end(struct metal_session *s)
{
	for (unsigned i = 0; i < s->rows; i++) {
		free(s->result[i].skipped);
		free(s->result[i].mode);
		free(s->result[i].why);
	}
	for (unsigned i = 0; i < s->objects; i++)
		free(s->object[i]);
	free(s->result);
	free(s->data);
	free(s->panic);
	free(s->gave_up);
}

char *
metal_stale_text(const struct metal_result *r)
{
	if (r->access == 'x')
		return cli_format("vCPU %u in %s mode executes 0x%" PRIx64
		    ", which the tables forbid", r->cpu, r->mode, r->va);
	if (r->access == 'w')
		return cli_format("vCPU %u in %s mode writes 0x%" PRIx64
		    ", which the tables forbid", r->cpu, r->mode, r->va);
	if (r->tables == ~0ull)
		return cli_format("vCPU %u in %s mode reads frame 0x%" PRIx64
		    " at 0x%" PRIx64 ", where the tables have nothing",
		    r->cpu, r->mode, r->seen, r->va);
	return cli_format("vCPU %u in %s mode reads frame 0x%" PRIx64 " at "
	    "0x%" PRIx64 ", where the tables have frame 0x%" PRIx64, r->cpu,
	    r->mode, r->seen, r->va, r->tables);
}
