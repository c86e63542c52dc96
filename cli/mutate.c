/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutate: changes a kernel's own source by rules, one change at a time, and
 * says which changes `check` would not have seen.
 *
 * The tree is read only; changed copies live in the cache while they are used.
 * Mutants are judged in batches: within one, rows are tried in the same order,
 * that of the kills before it, so the number of jobs changes nothing.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/check_options.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/jobs.h"
#include "cli/mutation.h"
#include "cli/report.h"
#include "cli/rowtext.h"
#include "pmapshim/build/text.h"

#define DEFAULT_SAMPLE 40u
#define DEFAULT_SCHEDULES 200u
#define BATCH 32u

enum { OPT_KERNEL = 256, OPT_TREE, OPT_FILE, OPT_RULES, OPT_SAMPLE, OPT_ALL,
	OPT_SEED, OPT_SCHEDULES, OPT_JOBS, OPT_RESUME, OPT_JSON, OPT_LIST,
	OPT_HOST, OPT_SCENARIO, OPT_MUTANT, OPT_VCPUS, OPT_PLACE };

static const struct argp_option options[] = {
	{ "kernel", OPT_KERNEL, "KERNEL", 0, "linux or freebsd", 0 },
	{ "tree", OPT_TREE, "DIR", 0, "the kernel's source", 0 },
	{ "file", OPT_FILE, "GLOB", 0, "only files whose path ends so", 0 },
	{ "mutant", OPT_MUTANT, "GLOB", 0,
	  "all whose name, RULE FILE:LINE:NUMBER, matches", 0 },
	{ "rules", OPT_RULES, "FILE", 0, "default: those of shootdown", 0 },
	{ "sample", OPT_SAMPLE, "N", 0, "mutants a file (default 40)", 0 },
	{ "all", OPT_ALL, NULL, 0, "all mutants", 0 },
	{ "seed", OPT_SEED, "N", 0, "of sample and schedules (default 1)", 0 },
	{ "schedules", OPT_SCHEDULES, "N", 0, "per row (default 200)", 0 },
	{ "host", OPT_HOST, "PROFILE[,KNOB=VALUE]...", 0,
	  "as for check (repeat); default tlfs, and a few others", 0 },
	{ "scenario", OPT_SCENARIO, "GLOB", 0,
	  "as for check (repeat); default: all of the table", 0 },
	{ "vcpus", OPT_VCPUS, "N", 0,
	  "rows of so many vCPUs, those alone; default: as in check", 0 },
	{ "place", OPT_PLACE, "LIST", 0,
	  "vCPUs that programs run on; see check", 0 },
	{ "jobs", OPT_JOBS, "N", 0,
	  "worker processes; default: the number of processors", 0 },
	{ "resume", OPT_RESUME, "FILE", 0,
	  "journal: goes on where it ends, and adds to it", 0 },
	{ "json", OPT_JSON, "FILE", 0, "report for programs", 0 },
	{ "list", OPT_LIST, NULL, 0, "name the mutants, run none", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static void
add_host(struct mutation *m, const char *arg)
{
	char *why = NULL;

	if (m->nhosts == ROWS_MAX_LIST)
		cli_fail(CLI_USAGE, "mutate --host: more than %d",
		         ROWS_MAX_LIST);
	if (host_parse(arg, &m->hosts[m->nhosts++], &why) != 0)
		cli_fail(CLI_USAGE, "mutate --host: %s", why);
}

static void
add_scenario(struct mutation *m, const char *arg)
{
	if (m->nscenarios == ROWS_MAX_LIST)
		cli_fail(CLI_USAGE, "mutate --scenario: more than %d; use "
		         "globs", ROWS_MAX_LIST);
	m->scenarios[m->nscenarios++] = arg;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct mutation *m = state->input;

	switch (key) {
	case OPT_KERNEL:
		check_kernel_name("mutate", arg);
		m->kernel = arg;
		return 0;
	case OPT_TREE:
		m->tree = arg;
		return 0;
	case OPT_FILE:
		m->file = arg;
		return 0;
	case OPT_MUTANT:
		m->mutant = arg;
		m->sample = 0;
		return 0;
	case OPT_RULES:
		m->rules_path = arg;
		return 0;
	case OPT_SAMPLE:
		m->sample = (unsigned)cli_number("mutate --sample", arg, 1,
		                                 1000000);
		return 0;
	case OPT_ALL:
		m->sample = 0;
		return 0;
	case OPT_SEED:
		m->seed = cli_number("mutate --seed", arg, 0, UINT64_MAX);
		return 0;
	case OPT_SCHEDULES:
		m->base.schedules = cli_number("mutate --schedules", arg, 32,
		                               1000000000ull);
		return 0;
	case OPT_JOBS:
		m->jobs = (unsigned)cli_number("mutate --jobs", arg, 1, 256);
		return 0;
	case OPT_RESUME:
		m->resume = arg;
		return 0;
	case OPT_HOST:
		add_host(m, arg);
		return 0;
	case OPT_SCENARIO:
		add_scenario(m, arg);
		return 0;
	case OPT_VCPUS:
		m->size.vcpus = (unsigned)cli_number("mutate --vcpus", arg, 1,
		                                     RUNNER_MAX_CPUS);
		return 0;
	case OPT_PLACE:
		check_set_place("mutate", &m->size, arg);
		return 0;
	case OPT_JSON:
		m->json = arg;
		return 0;
	case OPT_LIST:
		m->list = true;
		return 0;
	case ARGP_KEY_ARG:
		args_extra(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- kernel, rules, mutants ------------------------------------------------- */

/* Debug information and much optimisation only take time. */
static void
see_request(void *ctx, const struct build_request *req)
{
	static const char *const flags[] = { "-g0", "-O1", "-w", NULL };
	struct mutation *m = ctx;

	build_kept_free(m->kept);
	m->kept = build_kept_new(req, flags);
}

static void
load_kernel(struct mutation *m)
{
	enum kernel_status status;
	char *why = NULL;

	build_watch(see_request, m);
	status = kernel_prepare_for(m->kernel, m->tree,
	                            row_options_vcpus(&m->size), &m->object,
	                            &why);
	build_watch(NULL, NULL);
	if (status != KERNEL_OK)
		cli_fail(status == KERNEL_BAD_TREE ? CLI_USAGE : CLI_UNFINISHED,
		         "%s: %s", m->kernel, cli_why(why, m->kernel));
	if (m->kept == NULL)
		cli_fail(CLI_USAGE, "mutate: kernel '%s' is not built from a "
		         "tree; use linux or freebsd", m->kernel);
	m->ops = kernel_load(&m->object, &why);
	if (m->ops == NULL)
		cli_fail(CLI_UNFINISHED, "%s: %s", m->kernel,
		         cli_why(why, m->kernel));
}

static const char *
default_rules(void)
{
	return access(SHOOTDOWN_RULES, R_OK) == 0 ? SHOOTDOWN_RULES :
	    SHOOTDOWN_INSTALLED_RULES;
}

static void
load_rules(struct mutation *m)
{
	const char *why;
	char *text;
	size_t size;
	int error, line;

	if (m->rules_path == NULL)
		m->rules_path = default_rules();
	error = file_read(m->rules_path, &text, &size);
	if (error != 0)
		cli_fail(CLI_USAGE, "mutate --rules: %s: %s; give a file that "
		         "can be read", m->rules_path, strerror(-error));
	line = mutate_rules_parse(text, &m->rules, &why);
	free(text);
	if (line != 0)
		cli_fail(CLI_USAGE, "mutate --rules: %s:%d: %s", m->rules_path,
		         line, why);
}

static bool
wants_file(const struct mutation *m, unsigned file)
{
	const char *path = m->object.sources[file].path;
	char *glob;
	bool yes;

	if (m->file == NULL)
		return true;
	glob = cli_format("*%s", m->file);
	yes = fnmatch(glob, path, 0) == 0;
	free(glob);
	return yes;
}

static bool
wants_mutant(const struct mutation *m, size_t i)
{
	return m->mutant == NULL ||
	    fnmatch(m->mutant, m->found.v[i].id, 0) == 0;
}

static int
by_order(const void *a, const void *b, void *ctx)
{
	const struct mutant *v = ctx;
	const uint64_t x = v[*(const size_t *)a].order;
	const uint64_t y = v[*(const size_t *)b].order;

	return x < y ? -1 : x > y;
}

static int
by_index(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* The sample of one file, or all of it. */
static void
choose_file(struct mutation *m, unsigned file)
{
	size_t *all = cli_alloc((m->found.n + 1) * sizeof(*all)), n = 0;

	for (size_t i = 0; i < m->found.n; i++)
		if (m->found.v[i].file == file && wants_mutant(m, i))
			all[n++] = i;
	qsort_r(all, n, sizeof(*all), by_order, m->found.v);
	if (m->sample != 0 && n > m->sample)
		n = m->sample;
	qsort(all, n, sizeof(*all), by_index);
	memcpy(m->chosen + m->nchosen, all, n * sizeof(*all));
	m->nchosen += n;
	free(all);
}

static void
choose(struct mutation *m)
{
	m->chosen = cli_alloc((m->found.n + 1) * sizeof(*m->chosen));
	for (unsigned i = 0; i < m->object.nsources; i++)
		if (wants_file(m, i))
			choose_file(m, i);
	if (m->nchosen == 0)
		cli_fail(CLI_USAGE, "mutate: no rule applies to a file%s%s%s%s; "
		         "see shootdown kernels for the files, --list for names",
		         m->file != NULL ? " that ends in " : "",
		         m->file != NULL ? m->file : "",
		         m->mutant != NULL ? ", or gives a mutant named " : "",
		         m->mutant != NULL ? m->mutant : "");
	m->results = cli_alloc(m->nchosen * sizeof(json_t *));
	memset(m->results, 0, m->nchosen * sizeof(json_t *));
}

static void
print_list(const struct mutation *m)
{
	for (size_t i = 0; i < m->nchosen; i++) {
		const struct mutant *one = &m->found.v[m->chosen[i]];

		printf("%s (%s)\n", one->id, one->change->function);
	}
}

/* ---- the kernel as it is ------------------------------------------------------ */

static void
compile_base(struct mutation *m)
{
	char *why = NULL;

	if (build_kept_compile(m->kept, &why) != BUILD_OK)
		cli_fail(CLI_UNFINISHED, "%s: %s", m->kernel, why);
	for (size_t i = 0; i < m->found.nsubjects; i++) {
		const struct subject *s = &m->found.subjects[i];

		if (build_kept_base(m->kept, s->unit, s->text) != BUILD_OK)
			cli_fail(CLI_UNFINISHED, "%s: unit %zu does not compile "
			         "as one text", m->kernel, s->unit);
	}
	free(why);
}

static json_t *
work_base(void *ctx, size_t i)
{
	const struct mutation *m = ctx;

	return mutate_baseline_row(&m->base, i);
}

static void
done_base(void *ctx, size_t i, json_t *result, const char *why)
{
	struct mutation *m = ctx;

	if (result == NULL && !cli_interrupted)
		cli_fail(CLI_UNFINISHED, "%s: %s", m->kernel, why);
	m->base.own[i] = json_incref(json_object_get(result, "findings"));
	json_object_update(m->base.known, m->base.own[i]);
	m->base.vacuous[i] = json_is_true(json_object_get(result, "vacuous"));
	m->base.cut[i] = json_is_true(json_object_get(result, "cut"));
	json_decref(result);
}

static void
run_base(struct mutation *m)
{
	struct jobs jobs = { .ctx = m, .work = work_base, .done = done_base,
		.workers = m->jobs };

	mutation_make_rows(m);
	m->base.rows = &m->rows;
	m->base.seed = m->seed;
	m->base.known = json_object();
	m->base.own = cli_alloc(m->rows.count * sizeof(json_t *));
	memset(m->base.own, 0, m->rows.count * sizeof(json_t *));
	m->base.vacuous = cli_alloc(m->rows.count * sizeof(bool));
	m->base.cut = cli_alloc(m->rows.count * sizeof(bool));
	m->base.order = cli_alloc(m->rows.count * sizeof(size_t));
	m->kills = cli_alloc(m->rows.count * sizeof(*m->kills));
	memset(m->kills, 0, m->rows.count * sizeof(*m->kills));
	jobs.items = m->rows.count;
	jobs_run(&jobs);
}

/* ---- judging ---------------------------------------------------------------------- */

static int
by_kills(const void *a, const void *b, void *ctx)
{
	const unsigned *kills = ctx;
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (kills[x] != kills[y])
		return kills[x] > kills[y] ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void
order_rows(struct mutation *m)
{
	for (size_t i = 0; i < m->rows.count; i++)
		m->base.order[i] = i;
	qsort_r(m->base.order, m->rows.count, sizeof(size_t), by_kills,
	    m->kills);
}

static json_t *
work(void *ctx, size_t i)
{
	struct mutation *m = ctx;
	const size_t c = m->todo[i];
	char *dir = mutation_variant_folder(m, c);
	json_t *out = json_null();

	if (mkdir(dir, 0777) == 0)
		out = mutate_judge(m->kept, &m->found.v[m->chosen[c]],
		    &m->base, dir);
	free(dir);
	return cli_interrupted ? json_null() : out;
}

/* A worker that died took its mutant's fault with it. */
static json_t *
dead_worker(const struct mutation *m, size_t c, const char *why)
{
	const bool time = strstr(why, "signal 24") != NULL ||
	    strstr(why, "signal 9") != NULL;

	return json_pack("{s:s, s:s, s:s}", "id", m->found.v[m->chosen[c]].id,
	    "verdict", time ? "timed out" : "killed", "by", "crash");
}

static void
done(void *ctx, size_t i, json_t *result, const char *why)
{
	struct mutation *m = ctx;
	const size_t c = m->todo[i];
	char *dir = mutation_variant_folder(m, c);

	mutation_remove_folder(dir);
	free(dir);
	if (cli_interrupted || (result != NULL && !json_is_object(result))) {
		json_decref(result);
		return;
	}
	if (result == NULL && (strstr(why, "signal 15") != NULL ||
	                       strstr(why, "signal 2") == why + strlen(why) -
	                       strlen("signal 2")))
		return;                 /* somebody ended it: no verdict */
	if (result == NULL)
		result = dead_worker(m, c, why);
	m->results[c] = result;
	/* at once: who is killed has to judge no more than it was at again */
	mutation_journal_add(m, result);
}

static void
run_batch(struct mutation *m)
{
	struct jobs jobs = { .ctx = m, .work = work, .done = done,
		.workers = m->jobs };

	order_rows(m);
	jobs.items = m->ntodo;
	jobs_run(&jobs);
}

/* Batches are of all that are chosen, so that a resumed run has the same. */
static void
run_all(struct mutation *m)
{
	m->todo = cli_alloc(BATCH * sizeof(*m->todo));
	for (size_t from = 0; from < m->nchosen && !cli_interrupted;
	     from += BATCH) {
		const size_t to = from + BATCH < m->nchosen ? from + BATCH :
		    m->nchosen;

		m->ntodo = 0;
		for (size_t i = from; i < to; i++)
			if (m->results[i] == NULL)
				m->todo[m->ntodo++] = i;
		if (m->ntodo != 0)
			run_batch(m);
		for (size_t i = from; i < to; i++)
			if (m->results[i] != NULL)
				mutation_keep_result(m, i, json_incref(m->results[i]));
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r%zu of %zu mutants", to,
			        m->nchosen);
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\n");
}

static void
clear(struct mutation *m)
{
	mutation_drop_folder(m);
	if (m->journal != NULL)
		fclose(m->journal);
	for (size_t i = 0; i < m->nchosen; i++)
		json_decref(m->results[i]);
	free(m->results);
	free(m->chosen);
	free(m->todo);
	free(m->kills);
	free(m->base.vacuous);
	free(m->base.cut);
	free(m->base.order);
	json_decref(m->base.known);
	for (size_t i = 0; m->base.own != NULL && i < m->rows.count; i++)
		json_decref(m->base.own[i]);
	free(m->base.own);
	if (m->rows.skipped != NULL)
		row_list_clear(&m->rows);
	mutants_clear(&m->found);
	mutate_rules_clear(&m->rules);
	build_kept_free(m->kept);
	kernel_object_clear(&m->object);
}

static bool
is_complete(const struct mutation *m)
{
	for (size_t i = 0; i < m->nchosen; i++)
		if (m->results[i] == NULL)
			return false;
	return true;
}

static void
run(struct mutation *m)
{
	compile_base(m);
	mutation_make_folder(m);
	cli_catch_interrupt(true);
	run_base(m);
	mutation_journal_open(m);
	run_all(m);
	mutation_print_files(m);
	mutation_print_survivors(m);
	if (m->json != NULL)
		mutation_write_json(m);
}

static void
check_scenarios(const struct mutation *m)
{
	struct row_options o = { .nscenarios = m->nscenarios };
	const char *bad;

	memcpy(o.scenarios, m->scenarios, sizeof(o.scenarios));
	bad = row_options_bad_glob(&o);
	if (bad != NULL)
		cli_fail(CLI_USAGE, "mutate --scenario: no scenario '%s'; see "
		         "shootdown scenarios", bad);
}

int
cli_mutate(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse,
		.doc = "Changes the source of a kernel by rules, one change at "
		       "a time and never in the tree, and says which changes "
		       "no row of check sees.  Exit status 0 when all that "
		       "were chosen have been judged, survivors or not."
	};
	struct mutation m = {
		.kernel = "linux", .sample = DEFAULT_SAMPLE, .seed = 1,
		.jobs = jobs_default(),
		.base = { .schedules = DEFAULT_SCHEDULES }
	};
	bool complete = true;

	args_parse(&argp, 0, argc, argv, &m);
	if (m.json != NULL && files_try(m.json) != 0)
		cli_fail(CLI_USAGE, "mutate --json: %s: cannot be written; "
		         "give another file", m.json);
	check_scenarios(&m);
	check_places("mutate", &m.size);
	load_rules(&m);
	load_kernel(&m);
	mutants_find(m.kept, &m.object, &m.rules, m.seed, &m.found);
	choose(&m);
	if (m.list) {
		print_list(&m);
	} else {
		run(&m);
		complete = is_complete(&m);
	}
	clear(&m);
	return complete ? CLI_CLEAN : CLI_UNFINISHED;
}
