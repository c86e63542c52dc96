/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutants: runs the reference kernel with each of its known bugs switched on;
 * every one must be caught within the default budget of some row.
 *
 * For a mutant, all rows that it concerns are searched with seed 1.  The rows
 * that caught it first are then searched with all seeds, and the best of them
 * is shown: one seed alone says little about a row.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/check_options.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/jobs.h"
#include "cli/profile.h"
#include "cli/report.h"
#include "cli/rowtext.h"
#include "cli/shrink.h"
#include "cli/signature.h"

#define DEFAULT_SEEDS 20u
#define MAX_SEEDS 1000u
#define SHORTLIST 4u

enum { OPT_KERNEL = 256, OPT_JSON, OPT_SEEDS, OPT_JOBS, OPT_SCHEDULES,
	OPT_STRATEGY, OPT_SCENARIO
};

struct mutants {
	const char *kernel, *json;
	unsigned seeds, jobs;
	uint64_t schedules;
	const char *scenarios[ROWS_MAX_LIST];   /* none: all */
	unsigned nscenarios;
	struct search search;           /* seeds apart */
	struct kernel_object object, wide;
	const struct kernel_ops *ops;
	const struct kernel_ops *wide_ops;      /* for mutants that take many
	                                           vCPUs; NULL: there is none */
	json_t **results;
};

/* What one search of one row came to. */
struct caught {
	uint64_t after;         /* schedules, 0: not caught */
	enum finding_kind kind;
};

static const struct argp_option options[] = {
	{ "kernel", OPT_KERNEL, "KERNEL", 0,
	  "the kernel that carries the mutants (default reference)", 0 },
	{ "json", OPT_JSON, "FILE", 0, "report for programs", 0 },
	{ "seeds", OPT_SEEDS, "N", 0, "seeds for the median (default 20)", 0 },
	{ "schedules", OPT_SCHEDULES, "N", 0,
	  "schedules per row; default: as in check", 0 },
	{ "scenario", OPT_SCENARIO, "GLOB", 0,
	  "only these scenarios (repeat); default: all of the table", 0 },
	{ "jobs", OPT_JOBS, "N", 0,
	  "worker processes; default: the number of processors", 0 },
	{ "strategy", OPT_STRATEGY, "NAME[:ARG]", 0,
	  "as for check; default random", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct mutants *m = state->input;

	switch (key) {
	case OPT_KERNEL:
		check_kernel_name("mutants", arg);
		m->kernel = arg;
		return 0;
	case OPT_JSON:
		m->json = arg;
		return 0;
	case OPT_SEEDS:
		m->seeds = (unsigned)cli_number("mutants --seeds", arg, 1,
		                                MAX_SEEDS);
		return 0;
	case OPT_SCHEDULES:
		m->schedules = cli_number("mutants --schedules", arg, 1,
		                          1000000000ull);
		return 0;
	case OPT_JOBS:
		m->jobs = (unsigned)cli_number("mutants --jobs", arg, 1, 256);
		return 0;
	case OPT_SCENARIO:
		if (m->nscenarios == ROWS_MAX_LIST)
			cli_fail(CLI_USAGE, "mutants --scenario: more than %d; "
			         "use globs", ROWS_MAX_LIST);
		m->scenarios[m->nscenarios++] = arg;
		return 0;
	case OPT_STRATEGY:
		if (search_parse(arg, &m->search) != 0)
			cli_fail(CLI_USAGE, "mutants --strategy: '%s' is not "
			         SEARCH_STRATEGIES, arg);
		return 0;
	case ARGP_KEY_ARG:
		args_extra(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Up to `bound` schedules of the open row. */
static struct caught
search_open_row(const struct mutants *m, uint64_t seed, uint64_t bound)
{
	struct search search = m->search;
	struct profile profile;
	struct caught caught = { 0, FINDING_KIND_COUNT };
	struct strategy strategy;
	struct run_result r;

	search.seed = seed;
	profile_row(&search, &profile);
	for (uint64_t i = 0; i < bound && !cli_interrupted; i++) {
		strategy = search_strategy(&search, i, profile.length);
		runner_run(&strategy, NULL, &r);
		if (!r.found)
			continue;
		caught.after = i + 1;
		caught.kind = r.finding.kind;
		break;
	}
	return caught;
}

/* The rows that caught a mutant first with seed 1, the first one first. */
struct shortlist {
	const struct row *rows[SHORTLIST];
	struct caught caught[SHORTLIST];
	unsigned count;
};

static void
shortlist_add(struct shortlist *s, const struct row *row, struct caught c)
{
	unsigned i = s->count < SHORTLIST ? s->count++ : SHORTLIST - 1;

	for (; i > 0 && c.after < s->caught[i - 1].after; i--) {
		s->rows[i] = s->rows[i - 1];
		s->caught[i] = s->caught[i - 1];
	}
	s->rows[i] = row;
	s->caught[i] = c;
}

static void
rows_within(const struct mutants *m, const struct row_list *list,
            uint64_t schedules, struct shortlist *ret, char **ret_why)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < list->count && !cli_interrupted; i++) {
		struct caught c;
		uint64_t bound = ret->count == SHORTLIST ?
		    ret->caught[SHORTLIST - 1].after - 1 : schedules;

		if (bound == 0)
			break;
		free(*ret_why);
		*ret_why = NULL;
		if (runner_open(&list->rows[i], ret_why) != 0)
			continue;
		c = search_open_row(m, 1, bound);
		runner_close();
		if (c.after != 0)
			shortlist_add(ret, &list->rows[i], c);
	}
}

/*
 * Few schedules of each row, then more, until the list is full: that no other
 * row is faster is known then.  Most rows cannot show the mutant, and nearly
 * all the time would go into those in front of the ones that can.
 */
static void
first_rows(const struct mutants *m, const struct row_list *list,
           struct shortlist *ret, char **ret_why)
{
	uint64_t within = 1;

	for (;;) {
		rows_within(m, list, within, ret, ret_why);
		if (ret->count == SHORTLIST || within == m->schedules ||
		    cli_interrupted)
			return;
		within = within < m->schedules / 8 ? within * 8 : m->schedules;
	}
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* All seeds in one row. */
struct seeds {
	unsigned caught;
	uint64_t median;        /* UINT64_MAX: not within the budget */
};

static struct seeds
try_seeds(const struct mutants *m, const struct row *row)
{
	uint64_t *after = cli_alloc(m->seeds * sizeof(*after));
	struct seeds result = { 0, UINT64_MAX };
	char *why = NULL;

	if (runner_open(row, &why) == 0) {
		for (unsigned i = 0; i < m->seeds; i++) {
			struct caught c = search_open_row(m, i + 1,
			    m->schedules);

			/* One that got away is more than the budget. */
			after[i] = c.after != 0 ? c.after : UINT64_MAX;
			result.caught += c.after != 0;
		}
		runner_close();
		qsort(after, m->seeds, sizeof(*after), by_value);
		result.median = after[m->seeds / 2];
	}
	free(why);
	free(after);
	return result;
}

/* The row that the most seeds catch it in, then the lowest median. */
static unsigned
best_row(const struct mutants *m, const struct shortlist *s,
         struct seeds *ret)
{
	unsigned best = 0;

	for (unsigned i = 0; i < s->count; i++) {
		struct seeds seeds = try_seeds(m, s->rows[i]);

		if (i > 0 && (seeds.caught < ret->caught ||
		              (seeds.caught == ret->caught &&
		               seeds.median >= ret->median)))
			continue;
		*ret = seeds;
		best = i;
	}
	return best;
}

static void
describe_seeds(const struct mutants *m, const struct seeds *s, json_t *out)
{
	json_object_set_new(out, "seeds_caught",
	                    json_integer((json_int_t)s->caught));
	json_object_set_new(out, "seeds", json_integer(m->seeds));
	json_object_set_new(out, "median", s->median == UINT64_MAX ?
	                    json_null() :
	                    json_integer((json_int_t)s->median));
}

/* Rows of all scenarios that can show this mutant. */
static void
make_rows(const struct mutants *m, const struct kernel_mutant *mutant,
          struct row_list *list)
{
	const bool wide = mutant->vcpus > KERNEL_CPUS;
	struct row_options o;
	char *why = NULL;

	memset(&o, 0, sizeof(o));
	memcpy(o.scenarios, m->scenarios, sizeof(o.scenarios));
	o.nscenarios = m->nscenarios;
	o.vcpus = mutant->vcpus;
	if (mutant->scenario != NULL && o.nscenarios == 0)
		o.scenarios[o.nscenarios++] = mutant->scenario;
	machine_full(&o.machine, 0);
	if (mutant->host != NULL && host_parse(mutant->host, &o.hosts[0],
	                                       &why) == 0)
		o.nhosts = 1;
	free(why);
	o.paths = mutant->hypercall ? PATH_HYPERCALL :
	    PATH_NATIVE | PATH_HYPERCALL;
	for (unsigned i = 0; i < m->ops->nmodes && i < ROWS_MAX_LIST; i++)
		if ((m->ops->modes[i] & mutant->mode) == mutant->mode)
			o.modes[o.nmodes++] = m->ops->modes[i];
	row_list_init(list);
	if (o.nmodes != 0)
		row_list_add_kernel(list, &o, wide ? &m->wide : &m->object,
		                    wide ? m->wide_ops : m->ops);
	for (size_t i = 0; i < list->count; i++)
		list->rows[i].mutant = mutant->number;
}

static json_t *
mutant_head(const struct kernel_mutant *mutant)
{
	return json_pack("{s:s, s:s, s:s}", "mutant", mutant->name,
	                 "origin", mutant->origin, "what", mutant->what);
}

static void
describe_caught(json_t *out, const struct row *row, const struct caught *c)
{
	struct rowtext text;
	json_t *where = json_object();

	rowtext_from_row(&text, row);
	rowtext_to_json(&text, where);
	json_object_set_new(out, "row", where);
	json_object_set_new(out, "kind",
	                    json_string(finding_kind_name(c->kind)));
	json_object_set_new(out, "stale",
	                    json_boolean(finding_is_stale(c->kind)));
}

/* How many switches the bug needs: those of its shrunk schedule. */
static void
count_switches(const struct mutants *m, json_t *out, const struct row *row,
               const struct caught *c)
{
	struct search search = m->search;
	struct profile profile;
	struct strategy strategy;
	struct shrunk s = { .minimal = true };
	struct finding_key key;
	const struct shrink_context ctx = {
		.row = row, .search = &search, .key = &key, .after = c->after
	};
	struct run_result r;

	search.seed = 1;
	profile_row(&search, &profile);
	strategy = search_strategy(&search, c->after - 1, profile.length);
	runner_run(&strategy, &s.schedule, &r);
	finding_key_make(&key, &r, row->hypercall);
	if (r.found && shrink_schedule(&ctx, &s)) {
		json_object_set_new(out, "switches",
		                    json_integer(s.after.switches));
		json_object_set_new(out, "choices",
		                    json_integer(s.after.choices));
	}
	schedule_clear(&s.schedule);
}

static json_t *
work(void *ctx, size_t i)
{
	const struct mutants *m = ctx;
	const struct kernel_mutant *mutant = &m->ops->mutants[i];
	json_t *out = mutant_head(mutant);
	struct row_list list;
	struct shortlist first;
	struct seeds seeds;
	char *why = NULL;
	unsigned best;

	make_rows(m, mutant, &list);
	first_rows(m, &list, &first, &why);
	json_object_set_new(out, "rows", json_integer((json_int_t)list.count));
	if (first.count != 0) {
		best = best_row(m, &first, &seeds);
		describe_seeds(m, &seeds, out);
		if (runner_open(first.rows[best], &why) == 0) {
			describe_caught(out, first.rows[best],
			                &first.caught[best]);
			/* what runs when it is named takes long to shrink */
			if (mutant->scenario == NULL)
				count_switches(m, out, first.rows[best],
				               &first.caught[best]);
			runner_close();
		}
	}
	json_object_set_new(out, "caught", json_boolean(first.count != 0));
	if (first.count == 0 && why != NULL)
		json_object_set_new(out, "why", json_string(why));
	if (cli_interrupted)
		json_object_set_new(out, "why", json_string("interrupted"));
	free(why);
	row_list_clear(&list);
	return out;
}

static void
done(void *ctx, size_t i, json_t *result, const char *why)
{
	struct mutants *m = ctx;

	if (result == NULL) {
		result = mutant_head(&m->ops->mutants[i]);
		json_object_set_new(result, "caught", json_false());
		json_object_set_new(result, "why",
		                    json_string(why != NULL ? why : "?"));
	}
	m->results[i] = result;
}

static void
print_mutant(const json_t *r)
{
	char *row;

	if (!json_is_true(json_object_get(r, "caught"))) {
		printf("%-26s %-34.34s SURVIVES%s%s\n",
		       report_text(r, "mutant"), report_text(r, "origin"),
		       *report_text(r, "why") != '\0' ? ": " : "",
		       report_text(r, "why"));
		return;
	}
	row = report_row_name(json_object_get(r, "row"));
	printf("%-26s %-34.34s %-18s %7lld %3lld/%-3lld %8lld %s\n",
	       report_text(r, "mutant"), report_text(r, "origin"),
	       report_text(r, "kind"), (long long)report_number(r, "median"),
	       (long long)report_number(r, "seeds_caught"),
	       (long long)report_number(r, "seeds"),
	       (long long)report_number(r, "switches"),
	       row + strcspn(row, " "));
	free(row);
}

static unsigned
print_table(const struct mutants *m)
{
	unsigned survivors = 0, stale = 0;

	printf("%-26s %-34s %-18s %7s %7s %8s  %s\n", "mutant", "origin",
	       "caught as", "median", "seeds", "switches", "in row");
	for (unsigned i = 0; i < m->ops->nmutants; i++) {
		print_mutant(m->results[i]);
		survivors += !json_is_true(json_object_get(m->results[i],
		                                           "caught"));
		stale += json_is_true(json_object_get(m->results[i], "stale"));
	}
	printf("\n%u mutants: %u caught, %u of them as a stale translation, "
	       "%u survive\n", m->ops->nmutants, m->ops->nmutants - survivors,
	       stale, survivors);
	return survivors;
}

static void
write_json(const struct mutants *m, unsigned survivors)
{
	json_t *list = json_array(), *root;
	char strategy[32];
	int error;

	for (unsigned i = 0; i < m->ops->nmutants; i++)
		json_array_append(list, m->results[i]);
	root = json_pack("{s:i, s:s, s:s, s:I, s:o, s:i}", "version", 1,
	                 "kernel", m->kernel, "strategy",
	                 search_name(&m->search, strategy), "schedules",
	                 (json_int_t)m->schedules,
	                 "mutants", list, "survivors", (int)survivors);
	error = files_write_json(m->json, root);
	json_decref(root);
	if (error != 0)
		cli_fail(CLI_UNFINISHED, "mutants --json: %s: %s; give another "
		         "file", m->json, strerror(-error));
}

static const struct kernel_ops *
load_for(const struct mutants *m, unsigned vcpus, struct kernel_object *object)
{
	const struct kernel_ops *ops;
	enum kernel_status status;
	char *why = NULL;

	status = kernel_prepare_for(m->kernel, NULL, vcpus, object, &why);
	if (status != KERNEL_OK)
		cli_fail(status == KERNEL_BAD_TREE ? CLI_USAGE : CLI_UNFINISHED,
		         "%s: %s", m->kernel, cli_why(why, m->kernel));
	ops = kernel_load(object, &why);
	if (ops == NULL)
		cli_fail(CLI_UNFINISHED, "%s: %s", m->kernel,
		         cli_why(why, m->kernel));
	return ops;
}

static void
load(struct mutants *m)
{
	unsigned most = 0;

	m->ops = load_for(m, KERNEL_CPUS, &m->object);
	if (m->ops->nmutants == 0)
		cli_fail(CLI_USAGE, "mutants: kernel '%s' carries none; use "
		         "reference", m->kernel);
	for (unsigned i = 0; i < m->ops->nmutants; i++)
		if (m->ops->mutants[i].vcpus > most)
			most = m->ops->mutants[i].vcpus;
	if (most > KERNEL_CPUS)
		m->wide_ops = load_for(m, most, &m->wide);
}

static void
check_scenarios(const struct mutants *m)
{
	struct row_options o;
	const char *bad;

	memset(&o, 0, sizeof(o));
	memcpy(o.scenarios, m->scenarios, sizeof(o.scenarios));
	o.nscenarios = m->nscenarios;
	bad = row_options_bad_glob(&o);
	if (bad != NULL)
		cli_fail(CLI_USAGE, "mutants --scenario: no scenario '%s'; see "
		         "shootdown scenarios", bad);
}

int
cli_mutants(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse,
		.doc = "Runs the reference kernel with each of its known bugs "
		       "switched on.  Exit status 1 when one is not caught."
	};
	struct mutants m = {
		.kernel = "reference", .seeds = DEFAULT_SEEDS,
		.jobs = jobs_default(), .schedules = SEARCH_DEFAULT_SCHEDULES
	};
	struct jobs jobs = { .ctx = &m, .work = work, .done = done };
	unsigned survivors;
	int error;

	args_parse(&argp, 0, argc, argv, &m);
	error = m.json != NULL ? files_try(m.json) : 0;
	if (error != 0)
		cli_fail(CLI_USAGE, "mutants --json: %s: %s; give another file",
		         m.json, strerror(-error));
	load(&m);
	check_scenarios(&m);
	jobs.items = m.ops->nmutants;
	jobs.workers = m.jobs;
	m.results = cli_alloc(jobs.items * sizeof(json_t *));
	cli_catch_interrupt(true);
	jobs_run(&jobs);
	survivors = print_table(&m);
	if (m.json != NULL)
		write_json(&m, survivors);
	for (size_t i = 0; i < jobs.items; i++)
		json_decref(m.results[i]);
	free(m.results);
	kernel_object_clear(&m.object);
	kernel_object_clear(&m.wide);
	if (cli_interrupted)
		return CLI_UNFINISHED;
	return survivors != 0 ? CLI_FOUND : CLI_CLEAN;
}
