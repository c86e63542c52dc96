/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay: runs a saved schedule again and tells its story.  Exit 1 when the
 * same finding comes out, 0 when not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/check_options.h"
#include "cli/cli.h"
#include "cli/findings.h"
#include "cli/replay_on.h"
#include "cli/rowtext.h"
#include "cli/saved.h"
#include "cli/story.h"
#include "cli/table.h"
#include "cli/where.h"

struct replay {
	const char *argument;   /* file or string */
	const char *name;       /* of it, in messages */
	const char *tree;
	bool trace, quiet;
	bool changed;           /* other sources are all right */
	unsigned tried;         /* schedules, for that */
	struct metal_on on;     /* a rung, or none */
	const char *host;       /* in the guest, or NULL */
	struct saved saved;
	struct kernel_object object;
	struct row row;
	struct schedule schedule;
};

enum {
	OPT_TREE = 256, OPT_TRACE, OPT_QUIET, OPT_CHANGED, OPT_ON, OPT_HOST,
	OPT_CONNECT
};

/* How far, and how often, to look near a schedule of other sources. */
#define NEARBY_STEPS 8u
#define NEARBY_BUDGET 4000u

static const struct argp_option options[] = {
	{ "tree", OPT_TREE, "DIR", 0, "the kernel's source tree", 0 },
	{ "changed", OPT_CHANGED, NULL, 0,
	  "the sources may have changed: tries schedules near the saved one",
	  0 },
	{ "trace", OPT_TRACE, NULL, 0, "prints every event of the run", 0 },
	{ "on", OPT_ON, "RUNG", 0,
	  "steers real processors along it: tcg, nested or kvm", 0 },
	{ "host", OPT_HOST, "PROFILE[,KNOB=VALUE]...", 0,
	  "with --on: a host of that kind in the guest answers, in place of "
	  "the rung's own", 0 },
	{ "connect", OPT_CONNECT, "URI", 0, "libvirt connection, with --on",
	  0 },
	{ "quiet", OPT_QUIET, NULL, 0,
	  "prints nothing and wants the very same run: for scripts", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct replay *r = state->input;

	switch (key) {
	case OPT_TREE:
		r->tree = arg;
		return 0;
	case OPT_CHANGED:
		r->changed = true;
		return 0;
	case OPT_TRACE:
		r->trace = true;
		return 0;
	case OPT_QUIET:
		r->quiet = true;
		return 0;
	case OPT_ON:
		metal_on_check("replay", arg);
		r->on.rung = arg;
		return 0;
	case OPT_HOST:
		r->host = arg;
		r->on.literal = true;
		return 0;
	case OPT_CONNECT:
		r->on.uri = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (r->argument != NULL)
			args_extra(state, arg);
		r->argument = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
load(struct replay *r)
{
	const char *why_choice = NULL;
	size_t offset = 0;
	char *why = NULL;

	if (r->on.rung == NULL && (r->host != NULL || r->on.uri != NULL))
		cli_fail(CLI_USAGE, "replay: --host and --connect go with "
		         "--on");
	if (r->argument == NULL)
		cli_fail(CLI_USAGE, "replay: no schedule given; give a file or "
		         "a string that check printed");
	r->name = strncmp(r->argument, SAVED_PREFIX,
	                  strlen(SAVED_PREFIX)) == 0 ? "schedule string" :
	    r->argument;
	if (saved_load(&r->saved, r->argument, &why) != 0)
		cli_fail(CLI_USAGE, "replay: %s: %s", r->name, why);
	if (schedule_parse(r->saved.choices, &r->schedule, &offset,
	                   &why_choice) != 0)
		cli_fail(CLI_USAGE, "replay: %s: choices, byte %zu: %s",
		         r->name, offset, why_choice);
}

static const struct kernel_ops *
load_kernel(struct replay *r)
{
	const char *tree = r->tree != NULL ? r->tree : r->saved.tree;
	const struct kernel_ops *ops;
	enum kernel_status status;
	char *why = NULL;

	check_kernel_name("replay", r->saved.row.kernel);
	/* The reference kernel is ours and has no tree to give. */
	if (strcmp(r->saved.row.kernel, "reference") == 0)
		tree = r->tree;
	status = kernel_prepare_for(r->saved.row.kernel, tree,
	                            r->saved.row.vcpus, &r->object, &why);
	if (status != KERNEL_OK)
		cli_fail(status == KERNEL_BAD_TREE ? CLI_USAGE :
		         CLI_UNFINISHED, "replay: %s: %s",
		         r->saved.row.kernel,
		         cli_why(why, r->saved.row.kernel));
	if (!r->changed &&
	    saved_same_sources(&r->saved, &r->object, &why) != 0)
		cli_fail(CLI_USAGE, "replay: %s: %s", r->name, why);
	ops = kernel_load(&r->object, &why);
	if (ops == NULL)
		cli_fail(CLI_UNFINISHED, "replay: %s: %s",
		         r->saved.row.kernel,
		         cli_why(why, r->saved.row.kernel));
	return ops;
}

static void
open_row(struct replay *r, const struct kernel_ops *ops)
{
	char *why = NULL;

	if (rowtext_to_row(&r->saved.row, &r->object, ops, &r->row, &why) != 0)
		cli_fail(CLI_USAGE, "replay: %s: %s", r->name, why);
	/* Real store buffers do not wait on demand. */
	if (r->on.rung != NULL)
		r->row.machine.tso = false;
	if (runner_open(&r->row, &why) != 0)
		cli_fail(CLI_UNFINISHED, "replay: %s: %s", r->name, why);
}

static void
print_story(const struct replay *r, const struct trace *t,
            const struct run_result *result)
{
	struct story story;
	char *line = rowtext_line(&r->saved.row), *message;

	memset(&story, 0, sizeof(story));
	if (r->trace)
		story_tell_all(&story, t);
	else
		story_tell(&story, t, result, &r->row);
	printf("row: %s\n", line);
	for (unsigned i = 0; i < story.count; i++)
		printf("%s\n", story.lines[i]);
	if (result->found) {
		message = story_message(result);
		table_wrap(stdout, "so: ", message, 4);
		free(message);
	}
	story_clear(&story);
	free(line);
}

static char *
find_signature(struct replay *r, const struct schedule *s,
               struct trace *trace, struct run_result *result)
{
	struct finding_key key;
	struct where where;

	trace_record(trace, s, result);
	if (!result->found)
		return NULL;
	finding_key_make(&key, result, r->row.hypercall);
	finding_place(&r->object, trace, result, &where);
	return signature_print(&key, where.file);
}

static bool
has_signature(void *arg, struct schedule *candidate)
{
	struct replay *r = arg;
	struct trace trace = { NULL, 0, 0 };
	struct run_result result;
	char *signature = NULL;
	bool same = false;
	const struct strategy strategy = {
		.kind = STRATEGY_REPLAY, .replay = candidate
	};

	runner_run(&strategy, NULL, &result);
	if (result.found) {
		signature = find_signature(r, candidate, &trace, &result);
		same = signature != NULL &&
		    strcmp(signature, r->saved.signature) == 0;
	}
	free(signature);
	trace_clear(&trace);
	return same;
}

static void
print_verdict(const struct replay *r, const char *signature, bool same,
              bool same_steps)
{
	if (!same)
		printf("not reproduced: wanted %s, found %s\n",
		       r->saved.signature, signature != NULL ? signature :
		       "nothing");
	else if (r->tried > 1)
		printf("reproduced: %s (by the %uth schedule near the saved "
		       "one)\n", signature, r->tried);
	else
		printf("reproduced: %s%s\n", signature, same_steps ? "" :
		       " (in other steps than recorded)");
}

/* Runs it; does the same finding come out? */
static bool
run(struct replay *r)
{
	struct trace trace = { NULL, 0, 0 };
	struct run_result result;
	char *signature;
	bool same, same_steps;

	if (r->changed)
		schedule_nearby(&r->schedule, NEARBY_STEPS, has_signature, r,
		                NEARBY_BUDGET, &r->tried);
	signature = find_signature(r, &r->schedule, &trace, &result);
	same = signature != NULL &&
	    strcmp(signature, r->saved.signature) == 0;
	same_steps = saved_same_outcome(&r->saved, finding_outcome(&result));
	if (r->quiet) {
		same = same && (same_steps || r->changed);
	} else {
		print_story(r, &trace, &result);
		print_verdict(r, signature, same, same_steps);
	}
	free(signature);
	trace_clear(&trace);
	return same;
}

/* On a rung; is the finding confirmed? */
static bool
run_on(struct replay *r)
{
	struct row row = r->row;
	const struct replay_on on = { .on = r->on, .row = &row,
	    .schedule = &r->schedule,
	    .signature = r->saved.signature };
	char *line = rowtext_line(&r->saved.row), *why = NULL;

	printf("row: %s\n", line);
	free(line);
	if (!schedule_nearby(&r->schedule, NEARBY_STEPS, has_signature, r,
	                     NEARBY_BUDGET, &r->tried))
		cli_fail(CLI_UNFINISHED, "replay --on %s: %s: found by no "
		         "schedule near this one without store buffers; real "
		         "ones cannot be steered", r->on.rung, r->name);
	if (r->host != NULL && host_parse(r->host, &row.host, &why) != 0)
		cli_fail(CLI_USAGE, "replay --host: %s", why);
	return replay_on(&on);
}

int
cli_replay(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse,
		.args_doc = "FILE|STRING",
		.doc = "Runs the schedule of a finding again and tells what "
		       "happens.  Exit status 1 when the finding is there, 0 "
		       "when it is not."
	};
	struct replay r;
	bool same;

	memset(&r, 0, sizeof(r));
	args_parse(&argp, 0, argc, argv, &r);
	load(&r);
	open_row(&r, load_kernel(&r));
	same = r.on.rung != NULL ? run_on(&r) : run(&r);
	runner_close();
	schedule_clear(&r.schedule);
	saved_clear(&r.saved);
	kernel_object_clear(&r.object);
	return same ? CLI_FOUND : CLI_CLEAN;
}
