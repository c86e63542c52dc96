/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest.c: the verb `guest`: what can be run for real here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/guest_conform.h"
#include "cli/guest_run.h"
#include "guest/runner.h"

struct doctor {
	bool wanted[RUNG_COUNT];
	bool any;
	const char *uri;
	bool subverb;
};

enum { OPT_CONNECT = 256 };

static const struct argp_option options[] = {
	{ "connect", OPT_CONNECT, "URI", 0,
	  "libvirt connection (the default: the embedded driver, no daemon)",
	  0 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct doctor *d = state->input;
	int rung;

	switch (key) {
	case OPT_CONNECT:
		d->uri = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (!d->subverb) {
			if (strcmp(arg, "doctor") != 0)
				cli_fail(CLI_USAGE, "guest: no '%s'; try "
				         "shootdown guest doctor, run or "
				         "conform",
				         arg);
			d->subverb = true;
			return 0;
		}
		rung = guest_rung_find(arg);
		if (rung < 0)
			cli_fail(CLI_USAGE, "guest doctor: no rung '%s'; give "
			         "tcg, nested or kvm", arg);
		d->wanted[rung] = d->any = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* One line a rung. */
static int
examine(const struct doctor *d)
{
	int status = CLI_CLEAN;

	for (int i = 0; i < RUNG_COUNT; i++) {
		char *why;

		if (d->any && !d->wanted[i])
			continue;
		why = guest_rung_missing((enum guest_rung)i, d->uri);
		if (why == NULL)
			printf("%s ready\n", guest_rung_name(
			    (enum guest_rung)i));
		else
			printf("%s missing: %s\n", guest_rung_name(
			    (enum guest_rung)i), why);
		fflush(stdout);
		if (why != NULL && d->wanted[i])
			status = CLI_UNFINISHED;
		free(why);
	}
	return status;
}

int
cli_guest(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse,
		.args_doc = "doctor [tcg|nested|kvm]...\nrun [OPTION...]\n"
		            "conform [OPTION...] [FILE...]",
		.doc = "Tries which rungs there are to run guests on: tcg (QEMU "
		       "alone), nested (QEMU under KVM in an emulated machine: "
		       "real hypercalls), kvm (/dev/kvm of this machine). One "
		       "line each: ready, or missing and why. "
		       "For an operating system as the guest see shootdown "
		       "guest run --help; for a host beside its profile "
		       "shootdown guest conform --help."
		       "\vExit status: 0, or 3 when a rung that was named is "
		       "missing."
	};
	struct doctor d = { .subverb = false };

	if (argc > 1 && strcmp(argv[1], "run") == 0)
		return cli_guest_run(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "conform") == 0)
		return guest_conform(argc - 1, argv + 1);
	args_parse(&argp, 0, argc, argv, &d);
	if (!d.subverb)
		cli_fail(CLI_USAGE, "guest: say what; try shootdown guest "
		         "doctor");
	return examine(&d);
}
