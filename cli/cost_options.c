/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cost_options: see cost_options.h.
 */
#include "cli/cost_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/check_options.h"
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/jobs.h"
#include "cli/rowtext.h"

#define DEFAULT_RUNS 8u
#define DEFAULT_LIMIT 64u
#define DEFAULT_CLAIM 40u       /* "near to 40 percent", FreeBSD D45174 */

enum {
	OPT_KERNEL = 256, OPT_TREE, OPT_WORKLOAD, OPT_PAGES, OPT_VCPUS,
	OPT_LIMIT, OPT_MODE, OPT_HOST, OPT_TABLE, OPT_RUNS, OPT_COUNTS,
	OPT_JSON, OPT_SVG, OPT_JOBS, OPT_CLAIM
};

static const struct argp_option options[] = {
	{ "kernel", OPT_KERNEL, "KERNEL", 0,
	  "reference (default), linux or freebsd", 1 },
	{ "tree", OPT_TREE, "DIR", 0, "source tree of the kernel", 1 },
	{ "workload", OPT_WORKLOAD, "NAME", 0,
	  "only this one (repeat); help lists them", 1 },
	{ "pages", OPT_PAGES, "N[,N]...", 0,
	  "range sizes (default 1,8,64,512)", 1 },
	{ "vcpus", OPT_VCPUS, "N[,N]...", 0,
	  "vCPUs to run (default 2, 4, ... as the kernel boots, to 64)", 1 },
	{ "extrapolate", OPT_LIMIT, "N", 0,
	  "go on to N vCPUs on a straight line (default 64; 0: do not)", 1 },
	{ "mode", OPT_MODE, "MODE", 0,
	  "default: pcid+invpcid where the kernel has it", 1 },
	{ "host", OPT_HOST, "PROFILE[,KNOB=VALUE]...", 0,
	  "host profile (default hyperv,globals=drop)", 1 },
	{ "table", OPT_TABLE, "FILE", 0, "what an event costs, as JSON", 2 },
	{ "runs", OPT_RUNS, "N", 0, "schedules per cell (default 8)", 2 },
	{ "jobs", OPT_JOBS, "N", 0, "worker processes", 2 },
	{ "counts", OPT_COUNTS, NULL, 0,
	  "prints the counts of every cell, not of the largest run alone", 3 },
	{ "claim", OPT_CLAIM, "PERCENT", 0,
	  "the improvement that is examined (default 40)", 3 },
	{ "json", OPT_JSON, "FILE", 0, "report for programs", 3 },
	{ "svg", OPT_SVG, "FILE", 0, "plot", 3 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static void
list_workloads(void)
{
	for (unsigned i = 0; cost_workloads[i] != NULL; i++)
		printf("%-8s %s\n", cost_workloads[i]->name,
		       cost_workloads[i]->what);
	exit(CLI_CLEAN);
}

static void
add_workload(struct cost_options *c, const char *name)
{
	const struct cost_workload *w = cost_workload_find(name);

	if (strcmp(name, "help") == 0)
		list_workloads();
	if (w == NULL)
		cli_fail(CLI_USAGE, "cost --workload: no workload '%s'; help "
		         "lists them", name);
	for (unsigned i = 0; i < c->nwork; i++)
		if (c->work[i] == w)
			return;
	c->work[c->nwork++] = w;
}

/* "1,8,64": rising numbers from min to max. */
static unsigned
parse_list(const char *what, const char *text, unsigned min, unsigned max,
           unsigned *ret)
{
	char *copy = cli_copy(text), *rest = copy, *one;
	unsigned n = 0;

	while ((one = strsep(&rest, ",")) != NULL) {
		if (n == COST_MAX_LIST)
			cli_fail(CLI_USAGE, "%s: more than %u numbers; give "
			         "fewer", what, COST_MAX_LIST);
		ret[n] = (unsigned)cli_number(what, one, min, max);
		if (n > 0 && ret[n] <= ret[n - 1])
			cli_fail(CLI_USAGE, "%s: '%s' does not rise; give the "
			         "numbers in order", what, text);
		n++;
	}
	free(copy);
	return n;
}

static void
set_host(struct cost_options *c, const char *text)
{
	char *why = NULL;

	if (host_parse(text, &c->host, &why) != 0)
		cli_fail(CLI_USAGE, "cost --host: %s", why);
}

static error_t
parse_what(int key, char *arg, struct cost_options *c)
{
	switch (key) {
	case OPT_KERNEL:
		check_kernel_name("cost", arg);
		c->kernel = arg;
		return 0;
	case OPT_TREE:
		c->tree = arg;
		return 0;
	case OPT_WORKLOAD:
		add_workload(c, arg);
		return 0;
	case OPT_PAGES:
		c->npages = parse_list("cost --pages", arg, 1, COST_MAX_PAGES,
		                       c->pages);
		return 0;
	case OPT_VCPUS:
		c->nvcpus = parse_list("cost --vcpus", arg, 2, COST_MAX_VCPUS,
		                       c->vcpus);
		return 0;
	case OPT_LIMIT:
		c->limit = (unsigned)cli_number("cost --extrapolate", arg, 0,
		                                4096);
		return 0;
	case OPT_MODE:
		if (kernel_mode_parse(arg, &c->mode) != 0)
			cli_fail(CLI_USAGE, "cost --mode: no mode '%s'; a mode "
			         "is nopcid or pcid[+invpcid][+pti]", arg);
		c->mode_given = true;
		return 0;
	case OPT_HOST:
		set_host(c, arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct cost_options *c = state->input;

	switch (key) {
	case OPT_TABLE:
		c->table_path = arg;
		return 0;
	case OPT_RUNS:
		c->runs = (unsigned)cli_number("cost --runs", arg, 1, 10000);
		return 0;
	case OPT_JOBS:
		c->jobs = (unsigned)cli_number("cost --jobs", arg, 1, 256);
		return 0;
	case OPT_CLAIM:
		c->claim = (unsigned)cli_number("cost --claim", arg, 1, 99);
		return 0;
	case OPT_COUNTS:
		c->all_counts = true;
		return 0;
	case OPT_JSON:
		c->json = arg;
		return 0;
	case OPT_SVG:
		c->svg = arg;
		return 0;
	case ARGP_KEY_ARG:
		args_extra(state, arg);
	default:
		return parse_what(key, arg, c);
	}
}

static void
try_output(const char *option, const char *path)
{
	const int error = path != NULL ? files_try(path) : 0;

	if (error != 0)
		cli_fail(CLI_USAGE, "cost %s: %s: %s; give another file",
		         option, path, strerror(-error));
}

static void
set_defaults(struct cost_options *c)
{
	static const unsigned pages[] = { 1, 8, 64, 512 };

	if (c->nwork == 0)
		for (unsigned i = 0; cost_workloads[i] != NULL; i++)
			c->work[c->nwork++] = cost_workloads[i];
	if (c->npages == 0) {
		memcpy(c->pages, pages, sizeof(pages));
		c->npages = 4;
	}
}

void
cost_options_parse(int argc, char **argv, struct cost_options *ret)
{
	static const struct argp argp = {
		.options = options, .parser = parse,
		.doc = "Counts what operations of memory management do on the "
		       "native and on the hypercall path, and estimates their "
		       "cycles from a table of published figures."
	};

	*ret = (struct cost_options){
		.kernel = "reference", .table_path = cost_table_default(),
		.limit = DEFAULT_LIMIT, .runs = DEFAULT_RUNS,
		.claim = DEFAULT_CLAIM, .jobs = jobs_default()
	};
	/* Kept globals can end a run with a finding; they cost nothing. */
	set_host(ret, "hyperv,globals=drop");
	args_parse(&argp, 0, argc, argv, ret);
	try_output("--json", ret->json);
	try_output("--svg", ret->svg);
	set_defaults(ret);
}
