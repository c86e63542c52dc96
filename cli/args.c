/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * args: see args.h.  argp's own messages take two lines, so they are turned
 * off, which silences its --help too: it is wrapped into a parent with a
 * --help of its own.  The option that was wrong is the one before the place
 * where parsing stopped.
 */
#include "cli/args.h"

#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_USAGE = 1000 };

static const struct argp_option help_options[] = {
	{ "help", '?', NULL, 0, "give this help list", -1 },
	{ "usage", OPT_USAGE, NULL, 0, "give a short usage message", -1 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

/* What the parent's parser needs; its only child gets `input`. */
struct wrapped {
	const struct argp *parent;
	void *input;
	int stopped;            /* index after the word that was wrong */
};

static error_t
parse_help(int key, char *arg, struct argp_state *state)
{
	struct wrapped *w = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = w->input;
		return 0;
	case '?':
		argp_help(w->parent, stdout, ARGP_HELP_STD_HELP,
		          state->argv[0]);
		exit(CLI_CLEAN);
	case OPT_USAGE:
		argp_help(w->parent, stdout, ARGP_HELP_USAGE, state->argv[0]);
		exit(CLI_CLEAN);
	case ARGP_KEY_ERROR:
		w->stopped = state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Is it the name of an option that lacks its argument? */
static bool
lacks_argument(const struct argp *argp, const char *word)
{
	for (const struct argp_option *o = argp->options; o != NULL &&
	     (o->name != NULL || o->key != 0 || o->doc != NULL); o++)
		if (o->name != NULL && o->arg != NULL &&
		    strncmp(word, "--", 2) == 0 &&
		    strcmp(word + 2, o->name) == 0)
			return true;
	return false;
}

static const char *
verb_of(const char *name)
{
	const char *blank = strchr(name, ' ');

	return blank != NULL ? blank + 1 : "";
}

void
args_help(const struct argp *argp, const char *name)
{
	const struct argp_child children[] = { { .argp = argp }, { 0 } };
	const struct argp parent = {
		.options = help_options, .parser = parse_help,
		.children = children
	};

	argp_help(&parent, stdout, ARGP_HELP_STD_HELP, (char *)name);
}

void
args_parse(const struct argp *argp, unsigned flags, int argc, char **argv,
           void *input)
{
	const struct argp_child children[] = { { .argp = argp }, { 0 } };
	const struct argp parent = {
		.options = help_options, .parser = parse_help,
		.children = children
	};
	struct wrapped wrapped = { &parent, input, 0 };
	const char *word, *verb = verb_of(argv[0]), *wrong = "no option";

	if (argp_parse(&parent, argc, argv,
	               flags | ARGP_NO_ERRS | ARGP_NO_HELP, NULL,
	               &wrapped) == 0)
		return;
	word = wrapped.stopped > 0 && wrapped.stopped <= argc ?
	    argv[wrapped.stopped - 1] : "?";
	if (lacks_argument(argp, word))
		wrong = "no argument after option";
	if (*verb == '\0')
		cli_fail(CLI_USAGE, "%s '%s'; see shootdown --help", wrong,
		         word);
	cli_fail(CLI_USAGE, "%s: %s '%s'; see shootdown help %s", verb, wrong,
	         word, verb);
}

void
args_extra(const struct argp_state *state, const char *arg)
{
	const char *verb = verb_of(state->argv[0]);

	cli_fail(CLI_USAGE, "%s: '%s' is not expected; see shootdown help %s",
	         verb, arg, verb);
}
