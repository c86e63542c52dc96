/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main: finds the verb and hands over.  A verb or option that is not built
 * does not exist: it is in no help text and ends with exit 2.
 */
#include "cli/args.h"
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_verb verbs[] = {
	{ "check", "look for schedules that leave a stale translation",
	  cli_check },
	{ "presubmit", "judge a patch: what is new, fixed, and was executed",
	  cli_presubmit },
	{ "replay", "run a recorded schedule again and tell its story",
	  cli_replay },
	{ "scenarios", "list the programs that check runs", cli_scenarios },
	{ "kernels", "list the kernels under test and their sources",
	  cli_kernels },
	{ "hosts", "list the host profiles, or the knobs of one", cli_hosts },
	{ "explain", "decode a hypercall for a person, or encode one",
	  cli_explain },
	{ "mutants", "check the checker: known bugs must be caught",
	  cli_mutants },
	{ "mutate", "change a kernel's source, and see what check misses",
	  cli_mutate },
	{ "litmus", "run litmus tests of the machine under every schedule",
	  cli_litmus },
	{ "review", "check a source tree for what reviewers ask", cli_review },
	{ "cost", "count and estimate what flushes cost on either path",
	  cli_cost },
	{ "guest", "tell which guests in QEMU can be run here", cli_guest },
};

#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))

struct top {
	const char *verb;
	int rest;               /* index of the first argument after it */
};

static const struct cli_verb *
find_verb(const char *name)
{
	for (size_t i = 0; i < NVERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	cli_fail(CLI_USAGE, "no verb '%s'; see shootdown --help", name);
}

static error_t
parse_top(int key, char *arg, struct argp_state *state)
{
	struct top *top = state->input;

	if (key == 'V') {
		puts("shootdown " SHOOTDOWN_VERSION);
		exit(CLI_CLEAN);
	}
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	top->verb = arg;
	top->rest = state->next;
	state->next = state->argc;      /* the rest belongs to the verb */
	return 0;
}

/* The list of verbs, after the options of --help. */
static char *
help_filter(int key, const char *text, void *input)
{
	char *list, *more;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	list = cli_copy("Verbs:\n");
	for (size_t i = 0; i < NVERBS; i++) {
		more = cli_format("%s  %-11s%s\n", list, verbs[i].name,
		                  verbs[i].summary);
		free(list);
		list = more;
	}
	more = cli_format("%s  %-11s%s\n\n%s", list, "help VERB",
	                  "options of one verb", text != NULL ? text : "");
	free(list);
	return more;
}

static const struct argp_option top_options[] = {
	{ "version", 'V', NULL, 0, "print the version", -1 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static const struct argp top_argp = {
	.options = top_options,
	.parser = parse_top,
	.args_doc = "VERB [ARGUMENT...]",
	.doc = "Runs a kernel's real TLB-shootdown code on a model machine under "
	       "a fake Hyper-V and looks for schedules that leave a stale "
	       "translation."
	       "\vExit status: 0 nothing found, 1 findings, 2 bad usage or "
	       "input, 3 could not finish.",
	.help_filter = help_filter,
};

static int
run_verb(const struct cli_verb *verb, int argc, char **argv)
{
	char *name = cli_format("shootdown %s", verb->name);
	int status;

	argv[0] = name;
	status = verb->run(argc, argv);
	free(name);
	if (fflush(stdout) != 0 || ferror(stdout))
		cli_fail(CLI_UNFINISHED, "standard output: cannot write; "
		         "check the disk or the pipe");
	return status;
}

static int
help_verb(int argc, char **argv)
{
	static char help[] = "--help";
	char *args[4] = { NULL, help, NULL, NULL };

	if (argc < 2) {
		args_help(&top_argp, "shootdown");
		return CLI_CLEAN;
	}
	/* The only verb that has verbs. */
	if (argc == 3 && strcmp(argv[1], "guest") == 0) {
		args[1] = argv[2];
		args[2] = help;
		return run_verb(find_verb(argv[1]), 3, args);
	}
	if (argc > 2)
		cli_fail(CLI_USAGE, "help: '%s' is one word too many; "
		         "give one verb", argv[2]);
	return run_verb(find_verb(argv[1]), 2, args);
}

static void
find_self(void)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n > 0) {
		path[n] = '\0';
		cli_self = path;
	}
}

int
main(int argc, char **argv)
{
	static char name[] = "shootdown";
	struct top top = { NULL, 0 };

	find_self();
	if (argc > 0)
		argv[0] = name;
	args_parse(&top_argp, ARGP_IN_ORDER, argc, argv, &top);
	if (top.verb == NULL)
		cli_fail(CLI_USAGE, "no verb given; see shootdown --help");
	if (strcmp(top.verb, "help") == 0)
		return help_verb(argc - top.rest + 1, argv + top.rest - 1);
	return run_verb(find_verb(top.verb), argc - top.rest + 1,
	                argv + top.rest - 1);
}
