/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_options: see check_options.h.
 */
#include "cli/check_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/cpu.h"
#include "cli/files.h"
#include "cli/jobs.h"
#include "cli/numbers.h"
#include "cli/rowtext.h"
#include "pmapshim/build/text.h"
#include "scenarios/program.h"

enum {
	OPT_KERNEL = 256, OPT_TREE, OPT_PATH, OPT_SCENARIO, OPT_PROGRAM, OPT_VCPUS,
	OPT_MODE, OPT_HOST, OPT_MEMORY, OPT_MACHINE, OPT_STRATEGY,
	OPT_SCHEDULES, OPT_TIME, OPT_SEED, OPT_JOBS, OPT_STRICT, OPT_KNOWN,
	OPT_WRITE_KNOWN, OPT_JSON, OPT_DIR, OPT_MUTANT,
	OPT_ROWS, OPT_CPU, OPT_JUNIT, OPT_SARIF, OPT_MARKDOWN, OPT_HTML,
	OPT_COVERAGE, OPT_PROGRESS, OPT_VP_INDEX, OPT_ON, OPT_CONNECT,
	OPT_PLACE
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What to check:", 1 },
	{ "kernel", OPT_KERNEL, "KERNEL", 0,
	  "reference, linux, freebsd or xen (repeat); default: all that are there",
	  1 },
	{ "tree", OPT_TREE, "DIR", 0,
	  "source tree of the one kernel named", 1 },
	{ "path", OPT_PATH, "PATH", 0, "native, hypercall or both (default)",
	  1 },
	{ "scenario", OPT_SCENARIO, "GLOB", 0,
	  "only these scenarios (repeat)", 1 },
	{ "program", OPT_PROGRAM, "FILE", 0,
	  "a program of operations (repeat); see docs/mutants.md", 1 },
	{ "vcpus", OPT_VCPUS, "N", 0,
	  "number of vCPUs; default: the least that the scenario needs", 1 },
	{ "place", OPT_PLACE, "LIST", 0,
	  "vCPUs that the scenario's programs run on, such as 0,64,129; the "
	  "others are idle", 1 },
	{ "vp-index", OPT_VP_INDEX, "LIST", 0,
	  "Hyper-V's numbers of the vCPUs, as many as there are: 0,64,130, "
	  "0-63,128-191, 129-0", 1 },
	{ "mode", OPT_MODE, "MODE", 0,
	  "nopcid, pcid, pcid+invpcid, ... (repeat); default: all", 1 },
	{ "mutant", OPT_MUTANT, "NAME", 0,
	  "switches on one known bug; see shootdown mutants", 1 },
	{ NULL, 0, NULL, 0, "On which machine and host:", 2 },
	{ "host", OPT_HOST, "PROFILE[,KNOB=VALUE]...", 0,
	  "host profile (repeat), default tlfs; see shootdown hosts", 2 },
	{ "memory", OPT_MEMORY, "MODEL", 0, "tso (default) or sc", 2 },
	{ "machine", OPT_MACHINE, "DIALS", 0,
	  "full (default), nospec or nopsc", 2 },
	{ "cpu", OPT_CPU, "PROFILE[,KNOB=VALUE]...", 0,
	  "processor, intel or amd; default: what both promise; help lists "
	  "them", 2 },
	{ "on", OPT_ON, "RUNG", 0,
	  "on real processors: tcg, nested or kvm; with --host a host of that "
	  "kind in the guest answers, without it the rung's own", 2 },
	{ "connect", OPT_CONNECT, "URI", 0,
	  "libvirt connection, with --on", 2 },
	{ NULL, 0, NULL, 0, "How hard to look:", 3 },
	{ "strategy", OPT_STRATEGY, "NAME[:ARG]", 0,
	  SEARCH_STRATEGIES "; default random", 3 },
	{ "schedules", OPT_SCHEDULES, "N", 0, "schedules per row", 3 },
	{ "time", OPT_TIME, "SEC", 0, "seconds in all, instead", 3 },
	{ "seed", OPT_SEED, "N", 0, "seed (default 1)", 3 },
	{ "jobs", OPT_JOBS, "N", 0,
	  "worker processes; default: the number of processors", 3 },
	{ NULL, 0, NULL, 0, "What counts and where it goes:", 4 },
	{ "strict", OPT_STRICT, NULL, 0,
	  "every class of finding sets exit 1, transient ones are looked for",
	  4 },
	{ "known", OPT_KNOWN, "FILE", 0, "findings listed there do not", 4 },
	{ "write-known", OPT_WRITE_KNOWN, "FILE", 0, "makes that file", 4 },
	{ "rows", OPT_ROWS, NULL, 0,
	  "prints every row; default: a line for each scenario", 4 },
	{ "json", OPT_JSON, "FILE", 0, "report for programs", 4 },
	{ "junit", OPT_JUNIT, "FILE", 0, "the same as JUnit's XML", 4 },
	{ "sarif", OPT_SARIF, "FILE", 0,
	  "findings as SARIF 2.1.0, for code scanning and editors", 4 },
	{ "markdown", OPT_MARKDOWN, "FILE", 0,
	  "a summary to paste into a review", 4 },
	{ "html", OPT_HTML, "FILE", 0, "a page with each schedule drawn", 4 },
	{ "coverage", OPT_COVERAGE, NULL, 0,
	  "that report also says which lines each row has executed", 4 },
	/* For presubmit, which shows the progress of what it has started. */
	{ "progress", OPT_PROGRESS, NULL, OPTION_HIDDEN, "", 4 },
	{ "schedules-dir", OPT_DIR, "DIR", 0,
	  "folder for schedule files; default $XDG_STATE_HOME/shootdown or "
	  "./shootdown-findings", 4 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

void
check_kernel_name(const char *verb, const char *name)
{
	for (unsigned i = 0; kernel_names[i] != NULL; i++)
		if (strcmp(kernel_names[i], name) == 0)
			return;
	cli_fail(CLI_USAGE, "%s: no kernel '%s'; see shootdown kernels", verb,
	         name);
}

static void
need_room(unsigned n, const char *what)
{
	if (n >= ROWS_MAX_LIST)
		cli_fail(CLI_USAGE, "check: more than %d of %s; run check "
		         "several times", ROWS_MAX_LIST, what);
}

static void
set_path(struct row_options *r, const char *arg)
{
	r->path_named = true;
	if (strcmp(arg, "native") == 0)
		r->paths = PATH_NATIVE;
	else if (strcmp(arg, "hypercall") == 0)
		r->paths = PATH_HYPERCALL;
	else if (strcmp(arg, "both") == 0)
		r->paths = PATH_NATIVE | PATH_HYPERCALL;
	else
		cli_fail(CLI_USAGE, "check --path: '%s' is not native, "
		         "hypercall or both", arg);
}

static void
set_vp_index(struct row_options *r, const char *arg)
{
	r->indexes.vcpus = 0;
	if (*arg == '\0' || vp_index_parse(arg, &r->indexes) != 0)
		cli_fail(CLI_USAGE, "check --vp-index: '%s' is not a list of "
		         "different VP indexes for up to %d vCPUs, such as "
		         "130,64,0 or 0-63,128-191", arg, RUNNER_MAX_CPUS);
}

void
check_set_place(const char *verb, struct row_options *r, const char *arg)
{
	if (*arg == '\0' || place_parse(arg, &r->placed) != 0)
		cli_fail(CLI_USAGE, "%s --place: '%s' is not a list of "
		         "different vCPUs below %d, such as 0,64,129", verb,
		         arg, RUNNER_MAX_CPUS);
}

void
check_places(const char *verb, const struct row_options *r)
{
	const unsigned vcpus = row_options_vcpus(r);

	for (unsigned i = 0; i < r->placed.programs; i++)
		if (r->placed.place[i] >= vcpus)
			cli_fail(CLI_USAGE, "%s --place: there is no vCPU %u "
			         "of %u; give more --vcpus", verb,
			         r->placed.place[i], vcpus);
}

static void
add_mode(struct row_options *r, const char *arg)
{
	need_room(r->nmodes, "--mode");
	if (kernel_mode_parse(arg, &r->modes[r->nmodes]) != 0)
		cli_fail(CLI_USAGE, "check --mode: no mode '%s'; a mode is "
		         "nopcid or pcid[+invpcid][+invlpgb][+pti]", arg);
	r->nmodes++;
}

static void
add_host(struct row_options *r, const char *arg)
{
	char *why = NULL;

	need_room(r->nhosts, "--host");
	if (host_parse(arg, &r->hosts[r->nhosts], &why) != 0)
		cli_fail(CLI_USAGE, "check --host: %s", why);
	r->nhosts++;
}

static void
set_cpu(struct check_options *o, const char *arg)
{
	char *why = NULL;

	if (strcmp(arg, "help") == 0) {
		cpu_list();
		exit(CLI_CLEAN);
	}
	if (cpu_parse(arg, &o->rows.machine, &why) != 0)
		cli_fail(CLI_USAGE, "check --cpu: %s", why);
	o->cpu = arg;
}

static void
add_scenario(struct row_options *r, const char *arg)
{
	need_room(r->nscenarios, "--scenario");
	r->scenarios[r->nscenarios++] = arg;
	if (row_options_bad_glob(r) != NULL)
		cli_fail(CLI_USAGE, "check --scenario: no scenario '%s'; see "
		         "shootdown scenarios", arg);
}

/* A file with the lines of a program: a scenario whose name says all of it. */
static void
add_program(struct row_options *r, const char *path)
{
	struct program program;
	const char *why;
	char *text;
	size_t size;
	const int error = file_read(path, &text, &size);

	if (error != 0)
		cli_fail(CLI_USAGE, "check --program: %s: %s; give a file that "
		         "can be read", path, strerror(-error));
	why = program_parse_lines(text, &program);
	free(text);
	if (why != NULL)
		cli_fail(CLI_USAGE, "check --program: %s: %s", path, why);
	/* scenario_find() keeps its own copy of the name */
	add_scenario(r, scenario_find(program.name)->name);
}

static error_t
parse_what(int key, char *arg, struct check_options *o)
{
	switch (key) {
	case OPT_KERNEL:
		need_room(o->nkernels, "--kernel");
		check_kernel_name("check", arg);
		for (unsigned i = 0; i < o->nkernels; i++)
			if (strcmp(o->kernels[i], arg) == 0)
				return 0;
		o->kernels[o->nkernels++] = arg;
		return 0;
	case OPT_TREE:
		o->tree = arg;
		return 0;
	case OPT_PATH:
		set_path(&o->rows, arg);
		return 0;
	case OPT_SCENARIO:
		add_scenario(&o->rows, arg);
		return 0;
	case OPT_PROGRAM:
		add_program(&o->rows, arg);
		return 0;
	case OPT_VCPUS:
		o->rows.vcpus = (unsigned)cli_number("check --vcpus", arg, 1,
		                                     RUNNER_MAX_CPUS);
		return 0;
	case OPT_PLACE:
		check_set_place("check", &o->rows, arg);
		return 0;
	case OPT_VP_INDEX:
		set_vp_index(&o->rows, arg);
		return 0;
	case OPT_MODE:
		add_mode(&o->rows, arg);
		return 0;
	case OPT_HOST:
		add_host(&o->rows, arg);
		return 0;
	case OPT_MUTANT:
		o->rows.mutant = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_search(int key, char *arg, struct check_options *o)
{
	switch (key) {
	case OPT_MEMORY:
		if (memory_parse(arg, &o->rows.machine) != 0)
			cli_fail(CLI_USAGE, "check --memory: '%s' is not tso or "
			         "sc", arg);
		return 0;
	case OPT_MACHINE:
		if (strchr(arg, ',') != NULL ||
		    machine_parse(arg, &o->rows.machine) != 0)
			cli_fail(CLI_USAGE, "check --machine: '%s' is not full, "
			         "nospec or nopsc", arg);
		o->machine_name = arg;
		return 0;
	case OPT_CPU:
		set_cpu(o, arg);
		return 0;
	case OPT_STRATEGY:
		if (search_parse(arg, &o->search) != 0)
			cli_fail(CLI_USAGE, "check --strategy: '%s' is not "
			         SEARCH_STRATEGIES, arg);
		return 0;
	case OPT_SCHEDULES:
		o->search.schedules = cli_number("check --schedules", arg, 1,
		                                 1000000000000ull);
		o->schedules_given = true;
		return 0;
	case OPT_TIME:
		o->time = (double)cli_number("check --time", arg, 1, 31536000);
		return 0;
	case OPT_SEED:
		o->search.seed = cli_number("check --seed", arg, 0,
		                            INT64_MAX);
		return 0;
	case OPT_JOBS:
		o->jobs = (unsigned)cli_number("check --jobs", arg, 1, 256);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse_output(int key, char *arg, struct argp_state *state)
{
	struct check_options *o = state->input;

	switch (key) {
	case OPT_STRICT:
		o->strict = o->rows.machine.strict = true;
		return 0;
	case OPT_ROWS:
		o->every_row = true;
		return 0;
	case OPT_KNOWN:
		o->known = arg;
		return 0;
	case OPT_WRITE_KNOWN:
		o->write_known = arg;
		return 0;
	case OPT_JSON:
		o->json = arg;
		return 0;
	case OPT_JUNIT:
		o->junit = arg;
		return 0;
	case OPT_SARIF:
		o->sarif = arg;
		return 0;
	case OPT_MARKDOWN:
		o->markdown = arg;
		return 0;
	case OPT_HTML:
		o->html = arg;
		return 0;
	case OPT_ON:
		o->on = arg;
		return 0;
	case OPT_CONNECT:
		o->connect = arg;
		return 0;
	case OPT_COVERAGE:
		o->coverage = true;
		return 0;
	case OPT_PROGRESS:
		o->progress = true;
		return 0;
	case OPT_DIR:
		free(o->schedules_dir);
		o->schedules_dir = cli_copy(arg);
		return 0;
	case ARGP_KEY_ARG:
		args_extra(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct check_options *o = state->input;

	if (parse_what(key, arg, o) == 0 || parse_search(key, arg, o) == 0)
		return 0;
	return parse_output(key, arg, state);
}

char *
check_default_folder(void)
{
	const char *state = getenv("XDG_STATE_HOME");

	if (state != NULL && *state == '/')
		return cli_format("%s/shootdown", state);
	return cli_copy("./shootdown-findings");
}

/* What cannot be judged option by option. */
static void
judge(const struct check_options *o)
{
	int error = 0;

	if (o->tree != NULL && o->nkernels != 1)
		cli_fail(CLI_USAGE, "check --tree: the tree of which kernel? "
		         "Give one --kernel with it");
	if (o->tree != NULL)
		error = files_try_tree(o->tree, strcmp(o->kernels[0],
		                       "linux") == 0 ? ".tar.xz" : NULL);
	if (error != 0)
		cli_fail(CLI_USAGE, "check --tree: %s: %s; give a kernel source "
		         "folder", o->tree, strerror(-error));
	if (o->rows.vcpus != 0 && o->rows.indexes.vcpus != 0 &&
	    o->rows.vcpus != o->rows.indexes.vcpus)
		cli_fail(CLI_USAGE, "check --vp-index: %u indexes for --vcpus "
		         "%u; give as many", o->rows.indexes.vcpus,
		         o->rows.vcpus);
	check_places("check", &o->rows);
	if (o->on != NULL && o->rows.placed.programs != 0)
		cli_fail(CLI_USAGE, "check --place: not with --on, where each "
		         "vCPU has a program; leave one of them out");
	if (o->search.kind == STRATEGY_EXHAUSTIVE && EXHAUSTIVE_MAX_TASKS <
	    row_options_vcpus(&o->rows))
		cli_fail(CLI_USAGE, "check --strategy: exhaustive takes up to "
		         "%d vCPUs; give fewer with --vcpus, or another "
		         "strategy", EXHAUSTIVE_MAX_TASKS);
	if (o->time > 0 && o->schedules_given)
		cli_fail(CLI_USAGE, "check: --schedules and --time exclude each "
		         "other; give one");
	if (o->coverage && o->json == NULL)
		cli_fail(CLI_USAGE, "check --coverage: lines are told to "
		         "programs only; give --json FILE with it");
	if (o->known != NULL && o->write_known != NULL)
		cli_fail(CLI_USAGE, "check: --known and --write-known exclude "
		         "each other; give one");
}

void
check_options_parse(int argc, char **argv, struct check_options *ret)
{
	static const struct argp argp = {
		.options = options, .parser = parse,
		.doc = "Runs every row (kernel, path, scenario, mode, vCPUs, "
		       "host) under many schedules and reports each one that "
		       "leaves a stale translation."
	};

	memset(ret, 0, sizeof(*ret));
	ret->rows.paths = PATH_NATIVE | PATH_HYPERCALL;
	machine_full(&ret->rows.machine, 0);
	ret->machine_name = "full";
	ret->search.kind = STRATEGY_RANDOM;
	ret->search.seed = 1;
	ret->search.schedules = SEARCH_DEFAULT_SCHEDULES;
	ret->jobs = jobs_default();
	args_parse(&argp, 0, argc, argv, ret);
	judge(ret);
	if (ret->schedules_dir == NULL)
		ret->schedules_dir = check_default_folder();
	if (ret->time > 0)
		ret->search.schedules = UINT64_MAX;
}

void
check_options_clear(struct check_options *o)
{
	free(o->schedules_dir);
	memset(o, 0, sizeof(*o));
}

static json_t *
text_list(const char *const *items, unsigned n)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, json_string(items[i]));
	return list;
}

static json_t *
mode_list(const struct row_options *r)
{
	json_t *list = json_array();
	char name[32];

	for (unsigned i = 0; i < r->nmodes; i++)
		json_array_append_new(list, json_string(
		    kernel_mode_name(r->modes[i], name)));
	return list;
}

static json_t *
host_list(const struct row_options *r)
{
	json_t *list = json_array();
	char name[256];

	for (unsigned i = 0; i < r->nhosts; i++) {
		host_print(&r->hosts[i], name, sizeof(name));
		json_array_append_new(list, json_string(name));
	}
	return list;
}

json_t *
check_options_to_json(const struct check_options *o)
{
	static const char *const paths[] = { "", "native", "hypercall",
	                                     "both" };
	const struct row_options *r = &o->rows;
	json_t *out = json_object();
	char strategy[32];

	json_object_set_new(out, "kernel", text_list(o->kernels, o->nkernels));
	json_object_set_new(out, "tree", o->tree != NULL ?
	                    json_string(o->tree) : json_null());
	json_object_set_new(out, "path", json_string(paths[r->paths]));
	json_object_set_new(out, "scenario",
	                    text_list(r->scenarios, r->nscenarios));
	json_object_set_new(out, "vcpus", r->vcpus != 0 ?
	                    json_integer(r->vcpus) : json_null());
	if (r->placed.programs != 0) {
		char place[ROWTEXT_LIST];

		numbers_print(r->placed.place, r->placed.programs, place,
		              sizeof(place));
		json_object_set_new(out, "place", json_string(place));
	}
	json_object_set_new(out, "mode", mode_list(r));
	json_object_set_new(out, "host", host_list(r));
	if (r->mutant != NULL)
		json_object_set_new(out, "mutant", json_string(r->mutant));
	json_object_set_new(out, "memory",
	                    json_string(r->machine.tso ? "tso" : "sc"));
	json_object_set_new(out, "machine", json_string(o->machine_name));
	if (o->cpu != NULL)
		json_object_set_new(out, "cpu", json_string(o->cpu));
	json_object_set_new(out, "strategy",
	                    json_string(search_name(&o->search, strategy)));
	json_object_set_new(out, "schedules", o->time > 0 ? json_null() :
	                    json_integer((json_int_t)o->search.schedules));
	json_object_set_new(out, "time", o->time > 0 ? json_real(o->time) :
	                    json_null());
	json_object_set_new(out, "seed",
	                    json_integer((json_int_t)o->search.seed));
	json_object_set_new(out, "strict", json_boolean(o->strict));
	return out;
}
