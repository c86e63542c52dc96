/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check: the main verb.  Prepares the kernels, expands the rows, runs them in
 * workers, and reports.  The verdict is a function of the options and the
 * sources, never of the machine's speed or of the number of jobs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/check_on.h"
#include "cli/check_options.h"
#include "cli/cli.h"
#include "cli/coverage.h"
#include "cli/files.h"
#include "cli/jobs.h"
#include "cli/known.h"
#include "cli/out.h"
#include "cli/report.h"
#include "cli/row_run.h"
#include "cli/saved.h"

#define MAX_KERNELS 8u

struct check {
	struct check_options options;
	struct kernel_object objects[MAX_KERNELS];
	struct coverage *coverage[MAX_KERNELS];         /* or NULL */
	unsigned nobjects;
	struct row_list list;
	struct known_list known;
	json_t *report, *kernels;
	json_t **results;               /* of the rows, by number */
	size_t done;
	unsigned found;                 /* rows with findings so far */
	bool missing;                   /* a kernel could not be run */
	bool progress;                  /* stderr is a terminal */
};

/* The status with which trouble with a kernel ends the command. */
static int
trouble_status(enum kernel_status status)
{
	return status == KERNEL_BAD_TREE ? CLI_USAGE : CLI_UNFINISHED;
}

/* A kernel that should have run: the reports tell it from a mere skip. */
static void
mark_missing(struct check *c, const char *name)
{
	json_t *one;
	size_t i;

	c->missing = true;
	json_array_foreach(c->list.skipped, i, one)
		if (strcmp(report_text(one, "what"), name) == 0)
			json_object_set_new(one, "missing", json_true());
}

/* What a report says of a kernel that is there. */
static void
describe_kernel(struct check *c, const char *name,
                const struct kernel_ops *ops)
{
	const struct kernel_object *object = &c->objects[c->nobjects];
	struct coverage **coverage = &c->coverage[c->nobjects];
	json_t *out = json_pack("{s:s, s:o}", "name", name, "sources",
	                        sources_to_json(object));
	char *why = NULL;

	if (c->options.coverage) {
		*coverage = coverage_open(object, ops, &why);
		if (*coverage == NULL)
			cli_fail(CLI_UNFINISHED, "check --coverage: %s: %s",
			         name, why);
		json_object_set_new(out, "lines", coverage_lines(*coverage));
	}
	json_array_append_new(c->kernels, out);
}

static void
add_kernel(struct check *c, const char *name, bool named)
{
	struct kernel_object *object = &c->objects[c->nobjects];
	const struct kernel_ops *ops = NULL;
	enum kernel_status status;
	char *why = NULL;

	memset(object, 0, sizeof(*object));
	status = kernel_prepare_for(name, c->options.tree,
	                            row_options_vcpus(&c->options.rows),
	                            object, &why);
	if (status == KERNEL_OK) {
		ops = kernel_load(object, &why);
		if (ops == NULL)
			status = KERNEL_NO_TOOL;
	}
	if (status != KERNEL_OK) {
		if (named && (c->options.nkernels == 1 ||
		              status == KERNEL_BAD_TREE))
			cli_fail(trouble_status(status), "%s: %s", name,
			         cli_why(why, name));
		row_list_skip(&c->list, name, cli_why(why, name));
		/* One that is there, but could not be built, is missing too. */
		if (named || status != KERNEL_ABSENT)
			mark_missing(c, name);
		free(why);
		return;
	}
	describe_kernel(c, name, ops);
	c->nobjects++;
	row_list_add_kernel(&c->list, &c->options.rows, object, ops);
}

static void
add_kernels(struct check *c)
{
	const struct check_options *o = &c->options;

	c->kernels = json_array();
	for (unsigned i = 0; i < o->nkernels && i < MAX_KERNELS; i++)
		add_kernel(c, o->kernels[i], true);
	for (unsigned i = 0; o->nkernels == 0 && kernel_names[i] != NULL &&
	     i < MAX_KERNELS; i++)
		add_kernel(c, kernel_names[i], false);
	if (c->list.count == 0) {
		const json_t *first = json_array_get(c->list.skipped, 0);

		cli_fail(c->nobjects == 0 ? CLI_UNFINISHED : CLI_USAGE,
		         "check: nothing to run: %s: %s",
		         first != NULL ? report_text(first, "what") :
		         "these options",
		         first != NULL ? report_text(first, "why") :
		         "they leave no row; give fewer of them");
	}
}

static json_t *
work(void *ctx, size_t i)
{
	struct check *c = ctx;
	const struct row *row = &c->list.rows[i];
	struct search search = c->options.search;

	search.coverage = c->coverage[row->object - c->objects];
	return row_run(row, &search, c->options.schedules_dir);
}

/* Columns of the terminal, for a line that must not wrap. */
static int
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		return size.ws_col - 1;
	return 79;
}

static void
show_progress(struct check *c, size_t i)
{
	char *name, *line;

	c->found += json_array_size(json_object_get(c->results[i],
	                                            "findings")) != 0;
	if (!c->progress)
		return;
	name = report_row_name(c->results[i]);
	line = cli_format("%zu of %zu rows, %u with findings: %s", c->done,
	                  c->list.count, c->found, name);
	fprintf(stderr, "\r\33[K%.*s", terminal_width(), line);
	if (c->done == c->list.count)
		fprintf(stderr, "\r\33[K");
	fflush(stderr);
	free(line);
	free(name);
}

static void
done(void *ctx, size_t i, json_t *result, const char *why)
{
	struct check *c = ctx;

	c->results[i] = result != NULL ? result :
	    row_not_run(&c->list.rows[i], &c->options.search,
	                why != NULL ? why : "not run");
	c->done++;
	show_progress(c, i);
}

static bool
go_on(void *ctx, size_t i)
{
	const struct check *c = ctx;

	(void)i;
	return c->options.search.deadline <= 0 ||
	    cli_seconds() < c->options.search.deadline;
}

static void
run_rows(struct check *c)
{
	struct check_options *o = &c->options;
	const struct jobs jobs = {
		.ctx = c, .items = c->list.count, .workers = o->jobs,
		.work = work, .done = done, .go_on = go_on
	};

	if (o->time > 0) {
		double workers = o->jobs < c->list.count ? o->jobs :
		    (double)c->list.count;

		o->search.seconds = o->time * workers / (double)c->list.count;
		o->search.deadline = cli_seconds() + o->time;
	}
	c->results = cli_alloc(c->list.count * sizeof(json_t *));
	c->progress = c->options.progress || isatty(STDERR_FILENO);
	cli_catch_interrupt(true);
	jobs_run(&jobs);
}

struct verdict {
	unsigned counted;       /* findings that set exit 1 */
	unsigned unfinished;    /* rows that are neither clean nor findings */
};

static void
warn_of(const json_t *row)
{
	const char *why = report_text(row, "why");
	char *name = report_row_name(row);

	if (strncmp(why, "internal error", 14) == 0)
		cli_warn("%s: %s; please report it", name, why);
	else if (strncmp(why, "the kernel under test", 21) == 0)
		cli_warn("%s: %s; its fault or a shim's", name, why);
	free(name);
}

/* Marks the known ones and counts what is left. */
static void
judge_row(struct check *c, json_t *row, struct verdict *v)
{
	const char *status = report_text(row, "status");
	json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(row, "findings"), i, finding) {
		struct known_entry *known = known_find(&c->known,
		    report_text(finding, "signature"));

		if (known != NULL) {
			known->seen = true;
			json_object_set_new(finding, "known", json_true());
		} else if (c->options.strict ||
		           strcmp(report_text(finding, "class"),
		                  "defect") == 0) {
			v->counted++;
		}
	}
	if (strcmp(status, "clean") != 0 && strcmp(status, "findings") != 0)
		v->unfinished++;
	warn_of(row);
}

/* All signatures of this run, with the reasons that the file had before. */
static void
write_known(struct check *c)
{
	const char *path = c->options.write_known;
	char *text, *why = NULL;
	json_t *finding;
	size_t k;
	int error;

	if (access(path, F_OK) == 0 && known_load(&c->known, path, &why) != 0)
		cli_fail(CLI_USAGE, "check --write-known: %s", why);
	for (size_t i = 0; i < c->list.count; i++)
		json_array_foreach(json_object_get(c->results[i], "findings"),
		                   k, finding)
			known_add(&c->known, report_text(finding, "signature"),
			          "not yet looked into");
	text = known_print(&c->known);
	error = files_write(path, text);
	free(text);
	if (error != 0)
		cli_fail(CLI_UNFINISHED, "check --write-known: %s: %s; give "
		         "another file", path, strerror(-error));
}

static int
make_report(struct check *c)
{
	struct verdict v = { 0, 0 };
	json_t *rows = json_array();
	int status = CLI_CLEAN;

	for (size_t i = 0; i < c->list.count; i++) {
		judge_row(c, c->results[i], &v);
		json_array_append_new(rows, c->results[i]);
	}
	if (v.unfinished != 0 || c->missing)
		status = CLI_UNFINISHED;
	if (v.counted != 0)
		status = CLI_FOUND;
	c->report = json_pack("{s:i, s:o, s:o, s:o, s:O, s:s}", "version", 1,
	    "kernels", c->kernels, "options",
	    check_options_to_json(&c->options), "rows", rows, "skipped",
	    c->list.skipped, "result", status == CLI_CLEAN ? "clean" :
	    status == CLI_FOUND ? "findings" : "incomplete");
	return status;
}

static void
load_known(struct check *c)
{
	char *why = NULL;

	if (c->options.known != NULL &&
	    known_load(&c->known, c->options.known, &why) != 0)
		cli_fail(CLI_USAGE, "check --known: %s", why);
}

/* Better now than after a minute of work. */
static void
try_outputs(const struct check_options *o)
{
	const struct {
		const char *option, *path;
	} files[] = {
		{ "--json", o->json }, { "--junit", o->junit },
		{ "--sarif", o->sarif }, { "--markdown", o->markdown },
		{ "--html", o->html },
		{ "--write-known", o->write_known }
	};
	int error;

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		error = files[i].path != NULL ? files_try(files[i].path) : 0;
		if (error != 0)
			cli_fail(CLI_USAGE, "check %s: %s: %s; give another "
			         "file", files[i].option, files[i].path,
			         strerror(-error));
	}
	error = files_try_folder(o->schedules_dir);
	if (error != 0)
		cli_fail(CLI_USAGE, "check --schedules-dir: %s: %s; give "
		         "another folder", o->schedules_dir, strerror(-error));
}

static void
write_report(const struct check *c, const char *option, const char *path,
             out_writer *writer)
{
	int error = 0;

	if (path != NULL)
		error = writer != NULL ? out_file(path, writer, c->report) :
		    files_write_json(path, c->report);
	if (error != 0)
		cli_fail(CLI_UNFINISHED, "check %s: %s: %s; give another file",
		         option, path, strerror(-error));
}

static void
write_reports(const struct check *c)
{
	const struct check_options *o = &c->options;

	write_report(c, "--json", o->json, NULL);
	write_report(c, "--junit", o->junit, out_junit);
	write_report(c, "--sarif", o->sarif, out_sarif);
	write_report(c, "--markdown", o->markdown, out_markdown);
	write_report(c, "--html", o->html, out_html);
}

#define ON_RUNS 100             /* of a row, unless --schedules is given */

static int
run_on(const struct check *c)
{
	const struct check_options *o = &c->options;
	const struct check_on on = {
		.on = { .rung = o->on, .uri = o->connect,
		    .literal = o->rows.nhosts > 0 },
		.rows = c->list.rows, .count = c->list.count,
		.runs = o->schedules_given ? (unsigned)o->search.schedules :
		    ON_RUNS
	};

	return check_on(&on);
}

int
cli_check(int argc, char **argv)
{
	struct check c;
	int status;

	memset(&c, 0, sizeof(c));
	check_options_parse(argc, argv, &c.options);
	load_known(&c);
	try_outputs(&c.options);
	row_list_init(&c.list);
	if (c.options.on != NULL)
		metal_on_check("check", c.options.on);
	add_kernels(&c);
	if (c.options.on != NULL)
		return run_on(&c);
	run_rows(&c);
	if (c.options.write_known != NULL)
		write_known(&c);
	status = make_report(&c);
	report_print(stdout, c.report, c.options.known != NULL ? &c.known :
	             NULL, c.options.every_row);
	write_reports(&c);
	json_decref(c.report);
	free(c.results);
	row_list_clear(&c.list);
	known_clear(&c.known);
	for (unsigned i = 0; i < c.nobjects; i++)
		coverage_close(c.coverage[i]);
	for (unsigned i = 0; i < c.nobjects; i++)
		kernel_object_clear(&c.objects[i]);
	check_options_clear(&c.options);
	return status;
}
