/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * review: the checks of a review on one tree, for a person.  The terminal's
 * text is made from the JSON report, so the two agree.
 */
#include "presubmit/review/review.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/report.h"
#include "cli/table.h"
#include "pmapshim/build/build.h"
#include "pmapshim/build/run.h"
#include "presubmit/review/diff.h"

#define MAX_ONLY 32
#define DETAILS 12              /* shown of one check */

enum { OPT_TREE = 256, OPT_KERNEL, OPT_CHECK, OPT_DIFF, OPT_JSON };

struct review_options {
	const char *tree, *kernel, *diff, *json;
	const char *only[MAX_ONLY + 1];
	size_t nonly;
};

static const struct argp_option options[] = {
	{ "tree", OPT_TREE, "DIR", 0, "the source tree to look at", 0 },
	{ "kernel", OPT_KERNEL, "KERNEL", 0,
	  "freebsd or linux; default: what the tree is", 0 },
	{ "check", OPT_CHECK, "NAME", 0, "only this check; may be repeated",
	  0 },
	{ "diff", OPT_DIFF, "FILE", 0,
	  "the patch that is in the tree: stray, style, and which files count "
	  "as changed", 0 },
	{ "json", OPT_JSON, "FILE", 0, "report for programs", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static void
add_check(struct review_options *o, const char *name)
{
	if (review_summary(name) == NULL)
		cli_fail(CLI_USAGE, "review --check: no check '%s'; see "
		         "shootdown help review", name);
	if (o->nonly < MAX_ONLY)
		o->only[o->nonly++] = name;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct review_options *o = state->input;

	switch (key) {
	case OPT_TREE:
		o->tree = arg;
		return 0;
	case OPT_KERNEL:
		if (strcmp(arg, "freebsd") != 0 && strcmp(arg, "linux") != 0)
			cli_fail(CLI_USAGE, "review --kernel: no kernel '%s'; "
			         "give freebsd or linux", arg);
		o->kernel = arg;
		return 0;
	case OPT_CHECK:
		add_check(o, arg);
		return 0;
	case OPT_DIFF:
		o->diff = arg;
		return 0;
	case OPT_JSON:
		o->json = arg;
		return 0;
	case ARGP_KEY_ARG:
		args_extra(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of checks, after the options of --help. */
static char *
help_filter(int key, const char *text, void *input)
{
	char *list, *more;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	list = cli_copy("Checks:\n");
	for (size_t i = 0; review_checks[i] != NULL; i++) {
		more = cli_format("%s  %-11s%s\n", list, review_checks[i],
		                  review_summary(review_checks[i]));
		free(list);
		list = more;
	}
	more = cli_format("%s\n%s", list, text != NULL ? text : "");
	free(list);
	return more;
}

static const struct argp review_argp = {
	.options = options,
	.parser = parse,
	.doc = "Runs the checks of a review on a source tree."
	       "\vExit status: 0 all that ran pass (or only advise), 1 a check "
	       "fails, 2 bad usage or input, 3 nothing could be checked.",
	.help_filter = help_filter,
};

/* ---- the report ---- */

static void
print_check(const json_t *one)
{
	const char *status = report_text(one, "status");
	const bool fails = strcmp(status, "fail") == 0;
	json_t *details = json_object_get(one, "details"), *d;
	char *title = cli_format("%-10s  %s%s: ", report_text(one, "name"),
	    status, fails && json_is_true(json_object_get(one, "advises")) ?
	    " (advice)" : "");
	size_t i;

	table_wrap(stdout, title, report_text(one, "why"), 12);
	json_array_foreach(details, i, d) {
		const char *file = report_text(d, "file");
		const json_int_t line = json_integer_value(json_object_get(d,
		    "line"));
		char *place = !*file ? cli_copy("  ") :
		    line == 0 ? cli_format("  %s: ", file) :
		    cli_format("  %s:%lld: ", file, (long long)line);

		if (fails && i < DETAILS)
			table_wrap(stdout, place, report_text(d, "text"), 14);
		free(place);
	}
	if (fails && json_array_size(details) > DETAILS)
		printf("  and %zu more (see --json)\n",
		       json_array_size(details) - DETAILS);
	free(title);
}

static int
print_all(const json_t *report)
{
	size_t i, ran = 0, failed = 0;
	json_t *one;

	json_array_foreach(report, i, one) {
		const char *status = report_text(one, "status");

		print_check(one);
		ran += strcmp(status, "skip") != 0;
		failed += strcmp(status, "fail") == 0 &&
		    !json_is_true(json_object_get(one, "advises"));
	}
	printf("%zu checks: %zu ran, %zu failed, %zu skipped\n", i, ran, failed,
	       i - ran);
	return failed != 0 ? CLI_FOUND : ran == 0 ? CLI_UNFINISHED : CLI_CLEAN;
}

/* ---- what is there ---- */

/* The command when it runs and is what it is called, else NULL. */
static const char *
compiler(const char *command, const char *word)
{
	const char *argv[] = { command, "--version", NULL };
	struct text out = { 0 };
	const bool ok = run_capture(argv, &out) == 0 && out.s != NULL &&
	    strstr(out.s, word) != NULL;

	text_clear(&out);
	return ok ? command : NULL;
}

static const char *
find_kernel(const char *tree)
{
	char *path = cli_format("%s/arch/x86", tree);
	const bool linux_tree = files_try_tree(path, NULL) == 0;

	free(path);
	return linux_tree ? "linux" : "freebsd";
}

static json_t *
run(const struct review_options *o, const struct diff *d)
{
	char *cache = build_cache_dir(), err[512];
	const struct review_input in = {
		.tree = o->tree,
		.kernel = o->kernel != NULL ? o->kernel : find_kernel(o->tree),
		.changed = (const char *const *)d->files,
		.nchanged = d->nfiles, .diff = o->diff, .cache = cache,
		.gcc = compiler("gcc", "Free Software"),
		.clang = compiler("clang", "clang"),
		.only = o->nonly != 0 ? o->only : NULL,
	};
	json_t *report;

	if (cache == NULL || files_make_folder(cache) != 0)
		cli_fail(CLI_UNFINISHED, "no cache folder can be made; set "
		         "SHOOTDOWN_CACHE");
	if (review_run(&in, &report, err, sizeof(err)) != 0)
		cli_fail(CLI_USAGE, "review: %s", err);
	free(cache);
	return report;
}

int
cli_review(int argc, char **argv)
{
	struct review_options o = { 0 };
	struct diff d = { 0 };
	json_t *report;
	int error, status;

	args_parse(&review_argp, 0, argc, argv, &o);
	if (o.tree == NULL)
		cli_fail(CLI_USAGE, "review: which tree? give it with --tree");
	if ((error = files_try_tree(o.tree, NULL)) != 0)
		cli_fail(CLI_USAGE, "%s: %s", o.tree, strerror(-error));
	if (o.diff != NULL && (error = diff_read(o.diff, &d)) != 0)
		cli_fail(CLI_USAGE, "%s: %s", o.diff, error == -EINVAL ?
		         "not a unified diff" : strerror(-error));
	if (o.json != NULL && (error = files_try(o.json)) != 0)
		cli_fail(CLI_USAGE, "%s: %s; give another file", o.json,
		         strerror(-error));
	report = run(&o, &d);
	status = print_all(report);
	if (o.json != NULL && (error = files_write_json(o.json, report)) != 0)
		cli_fail(CLI_UNFINISHED, "%s: %s", o.json, strerror(-error));
	json_decref(report);
	diff_clear(&d);
	return status;
}
