/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus: the verb that runs litmus tests of the machine, each under every
 * schedule, and prints what can be seen, as herd does.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/elts.h"
#include "cli/files.h"
#include "cli/litmus_on.h"
#include "litmus/litmus.h"

struct verb {
	const char **file;
	unsigned files;
	const char *machine, *json, *elts;
	bool outcomes;
	uint64_t max;
	struct litmus_on on;
	json_t *report;
	bool found, cut;
};

enum {
	OPT_MACHINE = 256, OPT_JSON, OPT_OUTCOMES, OPT_MAX, OPT_ELTS, OPT_ON,
	OPT_RUNS, OPT_CONNECT, OPT_CANARY, OPT_HOST, OPT_VERBOSE = 'v'
};

static const struct argp_option options[] = {
	{ "machine", OPT_MACHINE, "MACHINE", 0,
	  "full (the default), nospec (no speculative fills) or nopsc (no "
	  "upper-level caches), whatever the test says", 0 },
	{ "outcomes", OPT_OUTCOMES, NULL, 0,
	  "prints the end states alone, sorted, one a line", 0 },
	{ "max", OPT_MAX, "N", 0,
	  "gives up after N executions of a test (exit 3)", 0 },
	{ "elts", OPT_ELTS, "FILE", 0,
	  "runs a table of outcomes that x86t_elt (TransForm) forbids: those "
	  "of its axiom invlpg on every machine, the others on nospec", 0 },
	{ "on", OPT_ON, "WHERE", 0,
	  "model (the default), or a rung on which the tests run for real: "
	  "tcg, nested or kvm; see shootdown guest doctor", 0 },
	{ "runs", OPT_RUNS, "N", 0, "of each test on a rung (default 2000)",
	  0 },
	{ "canary", OPT_CANARY, NULL, 0, "with --on: leaves INVLPG out of the "
	  "tests, which has to be noticed (exit 1)", 0 },
	{ "host", OPT_HOST, "PROFILE[,KNOB=VALUE]...", 0, "with --on: the "
	  "guest answers its hypercalls itself, as literally as this host "
	  "may; own: as each test's host", 0 },
	{ "verbose", OPT_VERBOSE, NULL, 0, "with --on: names what was skipped, "
	  "tells each test when it is through", 0 },
	{ "connect", OPT_CONNECT, "URI", 0, "libvirt connection for a rung",
	  0 },
	{ "json", OPT_JSON, "FILE", 0, "writes the report as JSON", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct verb *v = state->input;

	switch (key) {
	case OPT_MACHINE:
		if (strcmp(arg, "full") != 0 && strcmp(arg, "nospec") != 0 &&
		    strcmp(arg, "nopsc") != 0)
			cli_fail(CLI_USAGE, "litmus: --machine %s: give full, "
			         "nospec or nopsc", arg);
		v->machine = arg;
		return 0;
	case OPT_OUTCOMES:
		v->outcomes = true;
		return 0;
	case OPT_MAX:
		v->max = cli_number("litmus: --max", arg, 1, UINT64_MAX);
		return 0;
	case OPT_ON:
		v->on.rung = strcmp(arg, "model") == 0 ? NULL : arg;
		return 0;
	case OPT_RUNS:
		v->on.runs = cli_number("litmus: --runs", arg, 1, 1u << 30);
		return 0;
	case OPT_CANARY:
		v->on.canary = true;
		return 0;
	case OPT_HOST:
		v->on.host = arg;
		return 0;
	case OPT_VERBOSE:
		v->on.verbose = true;
		return 0;
	case OPT_CONNECT:
		v->on.uri = arg;
		return 0;
	case OPT_ELTS:
		v->elts = arg;
		return 0;
	case OPT_JSON:
		v->json = arg;
		return 0;
	case ARGP_KEY_ARG:
		v->file = cli_grow(v->file, v->files + 1, sizeof(*v->file));
		v->file[v->files++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- printing ------------------------------------------------------------ */

static char *
state_text(const struct litmus_test *t, const struct litmus_result *r,
           const struct litmus_outcome *o)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		cli_fail(CLI_UNFINISHED, "out of memory");
	litmus_print_state(t, r, o, f);
	fclose(f);
	return text;
}

static char *
cond_text(const struct litmus_test *t, const struct litmus_cond *c)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		cli_fail(CLI_UNFINISHED, "out of memory");
	litmus_print_cond(t, c, f);
	fclose(f);
	return text;
}

static const char *const quantifiers[] = { [CLAUSE_EXISTS] = "exists",
	[CLAUSE_FORBIDDEN] = "forbidden", [CLAUSE_REQUIRED] = "required" };

static const char *
word_for(const struct litmus_verdict *v)
{
	return v->holds == 0 ? "Never" : v->fails == 0 ? "Always" :
	    "Sometimes";
}

static void
print_clause(const struct litmus_test *t, const struct litmus_result *r,
             unsigned i)
{
	const struct litmus_clause *c = &t->clause[i];
	char *text = cond_text(t, c->cond);

	printf("%s %s: %s, %s (%u of %u states)\n", quantifiers[c->quantifier],
	       text, word_for(&r->clause[i]), r->clause[i].ok ? "Ok" : "No",
	       r->clause[i].holds, r->outcomes);
	free(text);
}

static bool
all_ok(const struct litmus_test *t, const struct litmus_result *r)
{
	for (unsigned i = 0; i < t->clauses; i++)
		if (!r->clause[i].ok)
			return false;
	return true;
}

static void
print_result(const struct verb *v, const struct litmus_test *t,
             const struct litmus_result *r)
{
	printf("Test %s\nStates %u\n", t->name, r->outcomes);
	for (unsigned i = 0; i < r->outcomes; i++) {
		char *text = state_text(t, r, &r->outcome[i]);

		if (v->outcomes)
			printf("%s\n", text);
		else
			printf("%" PRIu64 ":> %s\n     by %s\n",
			       r->outcome[i].count, text,
			       r->outcome[i].witness);
		free(text);
	}
	if (v->outcomes)
		return;
	puts(all_ok(t, r) ? "Ok" : "No");
	for (unsigned i = 0; i < t->clauses; i++)
		print_clause(t, r, i);
	for (unsigned i = 0; i < t->clauses; i++)
		printf("Observation %s %s %u %u\n", t->name,
		       word_for(&r->clause[i]), r->clause[i].holds,
		       r->clause[i].fails);
	if (r->deadlocks > 0)
		printf("Deadlocks %" PRIu64 "\n", r->deadlocks);
	printf("Executions %" PRIu64 ", %" PRIu64 " redundant, %s\n\n",
	       r->executions, r->redundant, r->overflow ?
	       "a table of the model was too small: not complete" :
	       r->complete ? "complete" : "cut: not complete");
}

static void
report_result(struct verb *v, const char *file, const struct litmus_test *t,
              const struct litmus_result *r)
{
	json_t *one = json_object(), *states = json_array(),
	    *clauses = json_array();

	json_object_set_new(one, "file", json_string(file));
	json_object_set_new(one, "name", json_string(t->name));
	for (unsigned i = 0; i < r->outcomes; i++) {
		char *text = state_text(t, r, &r->outcome[i]);

		json_array_append_new(states, json_pack("{s:s, s:s, s:I}",
		    "state", text, "witness", r->outcome[i].witness, "count",
		    (json_int_t)r->outcome[i].count));
		free(text);
	}
	for (unsigned i = 0; i < t->clauses; i++) {
		char *text = cond_text(t, t->clause[i].cond);

		json_array_append_new(clauses, json_pack(
		    "{s:s, s:s, s:s, s:b}", "kind",
		    quantifiers[t->clause[i].quantifier], "condition", text,
		    "observed", word_for(&r->clause[i]), "ok",
		    (int)r->clause[i].ok));
		free(text);
	}
	json_object_set_new(one, "states", states);
	json_object_set_new(one, "clauses", clauses);
	json_object_set_new(one, "executions",
	    json_integer((json_int_t)r->executions));
	json_object_set_new(one, "redundant",
	    json_integer((json_int_t)r->redundant));
	json_object_set_new(one, "deadlocks",
	    json_integer((json_int_t)r->deadlocks));
	json_object_set_new(one, "complete", json_boolean(r->complete));
	json_array_append_new(v->report, one);
}

/* ---- files --------------------------------------------------------------- */

char *
litmus_read_file(const char *name, size_t *ret_size)
{
	FILE *f = fopen(name, "r");
	char *text = NULL;
	size_t size = 0, n;

	if (f == NULL)
		cli_fail(CLI_USAGE, "%s: cannot be read; give a litmus test",
		         name);
	do {
		text = cli_grow(text, size + 65536, 1);
		n = fread(text + size, 1, 65536, f);
		size += n;
	} while (n > 0);
	if (ferror(f))
		cli_fail(CLI_USAGE, "%s: cannot be read; give a litmus test",
		         name);
	fclose(f);
	*ret_size = size;
	return text;
}

static _Noreturn void
bad_input(const char *file, const struct litmus_error *e)
{
	if (e->place.line == 0)
		cli_fail(CLI_USAGE, "%s: %s", file, e->text);
	cli_fail(CLI_USAGE, "%s:%u:%u: %s", file, e->place.line,
	         e->place.column, e->text);
}

static bool
goes_on(void *arg, uint64_t executions, double left)
{
	(void)arg;
	(void)executions;
	(void)left;
	return !cli_interrupted;
}

static int
run_on(struct verb *v)
{
	if (v->elts != NULL || v->machine != NULL || v->json != NULL ||
	    v->outcomes || v->max != 0)
		cli_fail(CLI_USAGE, "litmus: --on takes no --elts, --machine, "
		         "--json, --outcomes or --max");
	v->on.file = v->file;
	v->on.files = v->files;
	return litmus_on_run(&v->on);
}

static void
run_file(struct verb *v, const char *file)
{
	const struct litmus_options o = { .machine = v->machine,
	    .max_executions = v->max, .progress = goes_on };
	struct litmus_error error;
	struct litmus_result r;
	struct litmus_test t;
	size_t size;
	char *text = litmus_read_file(file, &size);

	if (litmus_parse(text, size, &t, &error) != 0 ||
	    litmus_run(&t, &o, &r, &error) != 0)
		bad_input(file, &error);
	free(text);
	print_result(v, &t, &r);
	if (v->report != NULL)
		report_result(v, file, &t, &r);
	v->found |= !all_ok(&t, &r);
	v->cut |= !r.complete;
	litmus_result_free(&r);
	litmus_free(&t);
}

int
cli_litmus(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse, .args_doc = "FILE...",
		.doc = "Runs litmus tests of the model machine: page tables, a "
		       "few instructions for each vCPU, and clauses about what "
		       "may be seen. Every schedule is tried: orders of "
		       "instructions, store buffers, interrupts, and each "
		       "translation that an access may use.\n\nPrints for each "
		       "test its end states with a schedule that leads there "
		       "(`by'), then for each clause in how many states it "
		       "holds. The language is in docs/litmus.md; samples are "
		       "in tests/litmus."
		       "\vExit status: 0 all as demanded; 1 a forbidden state "
		       "is reached or a required one is not; 2 bad input; 3 a "
		       "search was cut, so that nothing is proved."
	};
	struct verb v = { .on.runs = 2000 };
	int error;

	args_parse(&argp, 0, argc, argv, &v);
	if (v.elts != NULL && (v.files > 0 || v.json != NULL ||
	    v.machine != NULL))
		cli_fail(CLI_USAGE, "litmus: --elts stands alone");
	if (v.files == 0 && v.elts == NULL)
		cli_fail(CLI_USAGE, "litmus: no test given; try "
		         "tests/litmus/SB.litmus");
	if (v.on.rung == NULL && (v.on.uri != NULL || v.on.host != NULL ||
	    v.on.canary))
		cli_fail(CLI_USAGE, "litmus: --connect, --host and --canary "
		         "need --on");
	cli_catch_interrupt(true);
	if (v.on.rung != NULL)
		return run_on(&v);
	if (v.json != NULL && (error = files_try(v.json)) != 0)
		cli_fail(CLI_USAGE, "%s: %s", v.json, strerror(-error));
	v.report = v.json != NULL ? json_array() : NULL;
	if (v.elts != NULL)
		return elts_run(v.elts);
	for (unsigned i = 0; i < v.files && !cli_interrupted; i++)
		run_file(&v, v.file[i]);
	if (v.json != NULL && (error = files_write_json(v.json,
	    v.report)) != 0)
		cli_fail(CLI_UNFINISHED, "%s: %s", v.json, strerror(-error));
	json_decref(v.report);
	free(v.file);
	return v.found ? CLI_FOUND : v.cut || cli_interrupted ?
	    CLI_UNFINISHED : CLI_CLEAN;
}
