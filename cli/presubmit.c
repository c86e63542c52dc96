/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * presubmit: is a patch to a kernel's shootdown code all right?  The command
 * line; presubmit/ does the work, with `check` for each side.
 */
#include "presubmit/presubmit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/check_options.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/known.h"
#include "cli/out.h"
#include "pmapshim/build/build.h"
#include "pmapshim/pmapshim.h"

#define MAX_CHECK 64u

enum {
	OPT_TREE = 256, OPT_BASE, OPT_HEAD, OPT_PATCH, OPT_KERNEL, OPT_SCENARIO,
	OPT_MODE, OPT_VCPUS, OPT_HOST, OPT_SCHEDULES, OPT_SEED, OPT_JOBS,
	OPT_KNOWN, OPT_JSON, OPT_DIR, OPT_JUNIT, OPT_SARIF, OPT_MARKDOWN
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "The patch:", 1 },
	{ "tree", OPT_TREE, "DIR", 0,
	  "kernel source: a git tree; for --patch also a folder, or Debian's "
	  "packed Linux (.tar.xz); it is never written to", 1 },
	{ "base", OPT_BASE, "REV", 0,
	  "the side to compare with; with --patch: what the patch applies to, "
	  "default HEAD", 1 },
	{ "head", OPT_HEAD, "REV", 0, "the side to judge, default HEAD", 1 },
	{ "patch", OPT_PATCH, "FILE", 0,
	  "instead of --head: a unified diff, a mail of git format-patch, the "
	  "raw diff of Phabricator or GitHub", 1 },
	{ NULL, 0, NULL, 0, "What to run, on both sides alike:", 2 },
	{ "kernel", OPT_KERNEL, "KERNEL", 0,
	  "linux or freebsd; default: what the tree is", 2 },
	{ "scenario", OPT_SCENARIO, "GLOB", 0,
	  "only these scenarios (repeat)", 2 },
	{ "mode", OPT_MODE, "MODE", 0, "only these modes (repeat)", 2 },
	{ "vcpus", OPT_VCPUS, "N", 0, "number of vCPUs", 2 },
	{ "host", OPT_HOST, "PROFILE[,KNOB=VALUE]...", 0,
	  "host profile (repeat), default tlfs", 2 },
	{ "schedules", OPT_SCHEDULES, "N", 0, "schedules per row", 2 },
	{ "seed", OPT_SEED, "N", 0, "seed (default 1)", 2 },
	{ "jobs", OPT_JOBS, "N", 0, "worker processes", 2 },
	{ NULL, 0, NULL, 0, "What counts and where it goes:", 3 },
	{ "known", OPT_KNOWN, "FILE", 0,
	  "findings listed there do not refuse a patch", 3 },
	{ "json", OPT_JSON, "FILE", 0, "report for programs", 3 },
	{ "junit", OPT_JUNIT, "FILE", 0, "the same as JUnit's XML", 3 },
	{ "sarif", OPT_SARIF, "FILE", 0,
	  "findings as SARIF 2.1.0, for code scanning and editors", 3 },
	{ "markdown", OPT_MARKDOWN, "FILE", 0,
	  "a summary to paste into the review", 3 },
	{ "schedules-dir", OPT_DIR, "DIR", 0,
	  "folder for schedule files; default as of check, from inside the "
	  "tree a folder of the cache", 3 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

struct command {
	struct presubmit_options o;
	const char *check[MAX_CHECK + 1];       /* options handed on */
	unsigned ncheck;
	const char *json, *junit, *sarif, *markdown;
	char *schedules_dir, *cache;
	json_t *told;
};

/* Hands an option on to check, and notes it for the report. */
static void
hand_on(struct command *c, const char *option, const char *arg)
{
	json_t *list = json_object_get(c->told, option + 2);

	if (c->ncheck + 2 > MAX_CHECK)
		cli_fail(CLI_USAGE, "presubmit: too many of %s", option);
	c->check[c->ncheck++] = option;
	c->check[c->ncheck++] = arg;
	if (list == NULL) {
		list = json_array();
		json_object_set_new(c->told, option + 2, list);
	}
	json_array_append_new(list, json_string(arg));
}

/* A number is looked at here, so that no side has to be made for nothing. */
static void
hand_number_on(struct command *c, const char *option, const char *arg,
               uint64_t min, uint64_t max)
{
	char *what = cli_format("presubmit %s", option);
	const uint64_t value = cli_number(what, arg, min, max);

	c->check[c->ncheck++] = option;
	c->check[c->ncheck++] = arg;
	json_object_set_new(c->told, option + 2,
	                    json_integer((json_int_t)value));
	free(what);
}

static error_t
parse_check(int key, char *arg, struct command *c)
{
	if (c->ncheck + 2 > MAX_CHECK)
		cli_fail(CLI_USAGE, "presubmit: too many options");
	switch (key) {
	case OPT_SCENARIO:
		hand_on(c, "--scenario", arg);
		return 0;
	case OPT_MODE:
		hand_on(c, "--mode", arg);
		return 0;
	case OPT_HOST:
		hand_on(c, "--host", arg);
		return 0;
	case OPT_VCPUS:
		hand_number_on(c, "--vcpus", arg, 1, MACHINE_MAX_CPUS);
		return 0;
	case OPT_SCHEDULES:
		hand_number_on(c, "--schedules", arg, 1, 1000000000000ull);
		return 0;
	case OPT_SEED:
		hand_number_on(c, "--seed", arg, 0, INT64_MAX);
		return 0;
	case OPT_JOBS:
		hand_number_on(c, "--jobs", arg, 1, 256);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct command *c = state->input;

	switch (key) {
	case OPT_TREE:
		c->o.tree = arg;
		return 0;
	case OPT_BASE:
		c->o.base = arg;
		return 0;
	case OPT_HEAD:
		c->o.head = arg;
		return 0;
	case OPT_PATCH:
		c->o.patch = arg;
		return 0;
	case OPT_KERNEL:
		check_kernel_name("presubmit", arg);
		c->o.kernel = arg;
		return 0;
	case OPT_KNOWN:
		c->o.known = arg;
		return 0;
	case OPT_JSON:
		c->json = arg;
		return 0;
	case OPT_JUNIT:
		c->junit = arg;
		return 0;
	case OPT_SARIF:
		c->sarif = arg;
		return 0;
	case OPT_MARKDOWN:
		c->markdown = arg;
		return 0;
	case OPT_DIR:
		free(c->schedules_dir);
		c->schedules_dir = cli_copy(arg);
		return 0;
	case ARGP_KEY_ARG:
		args_extra(state, arg);
	default:
		return parse_check(key, arg, c);
	}
}

static void
try_output(const char *option, const char *path)
{
	const int error = path != NULL ? files_try(path) : 0;

	if (error != 0)
		cli_fail(CLI_USAGE, "presubmit %s: %s: %s; give another file",
		         option, path, strerror(-error));
}

/* writer NULL: as JSON */
static void
write_output(const char *option, const char *path, out_writer *writer,
             const json_t *report)
{
	int error = 0;

	if (path != NULL)
		error = writer != NULL ? out_file(path, writer, report) :
		    files_write_json(path, report);
	if (error != 0)
		cli_fail(CLI_UNFINISHED, "presubmit %s: %s: %s; give another "
		         "file", option, path, strerror(-error));
}

/* What cannot be judged option by option, and is better known at once. */
static void
judge(const struct command *c)
{
	const struct presubmit_options *o = &c->o;
	struct known_list known;
	char *why = NULL;
	int error;

	if (o->tree == NULL)
		cli_fail(CLI_USAGE, "presubmit: which tree? Give --tree DIR");
	if (o->base == NULL && o->patch == NULL)
		cli_fail(CLI_USAGE, "presubmit: what is the patch? Give --base "
		         "REV (with --head REV), or --patch FILE");
	if (o->head != NULL && o->patch != NULL)
		cli_fail(CLI_USAGE, "presubmit: --head and --patch exclude each "
		         "other; give one");
	if (o->known != NULL) {
		if (known_load(&known, o->known, &why) != 0)
			cli_fail(CLI_USAGE, "presubmit --known: %s", why);
		known_clear(&known);
	}
	try_output("--json", c->json);
	try_output("--junit", c->junit);
	try_output("--sarif", c->sarif);
	try_output("--markdown", c->markdown);
	error = files_try_folder(o->schedules_dir);
	if (error != 0)
		cli_fail(CLI_USAGE, "presubmit --schedules-dir: %s: %s; give "
		         "another folder", o->schedules_dir, strerror(-error));
}

/* Whether the current folder is the tree or below it. */
static bool
stands_in(const char *tree)
{
	char *top = tree != NULL ? realpath(tree, NULL) : NULL;
	char *here = realpath(".", NULL);
	const size_t n = top != NULL ? strlen(top) : 0;
	const bool below = n != 0 && here != NULL &&
	    strncmp(here, top, n) == 0 && (here[n] == '/' || here[n] == '\0');

	free(top);
	free(here);
	return below;
}

static void
set_folders(struct command *c)
{
	char *cache = build_cache_dir();

	if (cache == NULL)
		cli_fail(CLI_UNFINISHED, "presubmit: no folder for both sides: "
		         "set SHOOTDOWN_CACHE or HOME");
	c->cache = cli_format("%s/presubmit", cache);
	free(cache);
	/* Nothing is written into the tree, not even what check would. */
	if (c->schedules_dir == NULL)
		c->schedules_dir = stands_in(c->o.tree) ?
		    cli_format("%s/findings", c->cache) :
		    check_default_folder();
	c->o.cache = c->cache;
	c->o.schedules_dir = c->schedules_dir;
	c->o.shims = kernel_shim_dir();
}

static void
parse_command(int argc, char **argv, struct command *c)
{
	static const struct argp argp = {
		.options = options, .parser = parse,
		.doc = "Judges a patch to a kernel's TLB-shootdown code: runs "
		       "the checks with and without it, on the same rows, "
		       "seeds and schedules, and says which findings are new, "
		       "fixed or unchanged, what a reviewer would ask, what it "
		       "costs, and which changed lines were executed."
		       "\vExamples:\n"
		       "  shootdown presubmit --tree /usr/src --base main\n"
		       "  shootdown presubmit --tree /usr/src --patch "
		       "D12345.diff\n"
		       "  shootdown presubmit --tree ~/linux --patch "
		       "0001-x86-mm.patch\n\n"
		       "Exit status: 0 accepted; 1 refused: a new finding of "
		       "class defect that is not in --known, or a review check "
		       "that fails now and did not before; 2 bad usage, or a "
		       "patch that does not apply; 3 not validated: something "
		       "that has to be seen was not. 1 wins over 3."
	};

	memset(c, 0, sizeof(*c));
	c->told = json_object();
	c->o.self = cli_self;
	args_parse(&argp, 0, argc, argv, c);
	set_folders(c);
	judge(c);
	c->o.check = c->check;
	c->o.told = c->told;
	if (c->o.known != NULL)
		json_object_set_new(c->told, "known",
		                    json_string(c->o.known));
	c->o.progress = isatty(STDERR_FILENO);
	c->o.interrupted = &cli_interrupted;
}

int
cli_presubmit(int argc, char **argv)
{
	struct command c;
	json_t *report;
	char *why = NULL;
	int status;

	parse_command(argc, argv, &c);
	cli_catch_interrupt(true);
	status = presubmit_run(&c.o, &report, &why);
	if (report == NULL)
		cli_fail(status, "presubmit%s%s", strncmp(why, "--", 2) == 0 ?
		         " " : ": ", why);
	presubmit_print(stdout, report, isatty(STDOUT_FILENO) &&
	                getenv("NO_COLOR") == NULL);
	write_output("--json", c.json, NULL, report);
	write_output("--junit", c.junit, out_junit, report);
	write_output("--sarif", c.sarif, out_sarif, report);
	write_output("--markdown", c.markdown, out_markdown, report);
	json_decref(report);
	json_decref(c.told);
	free(c.cache);
	free(c.schedules_dir);
	return status;
}
