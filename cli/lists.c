/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lists: the verbs that only tell what there is: scenarios, kernels, hosts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/report.h"
#include "cli/saved.h"
#include "hvsim/hvsim.h"
#include "pmapshim/pmapshim.h"
#include "scenarios/program.h"
#include "scenarios/scenarios.h"

static error_t
parse_none(int key, char *arg, struct argp_state *state)
{
	if (key == ARGP_KEY_ARG)
		args_extra(state, arg);
	return ARGP_ERR_UNKNOWN;
}

static error_t
parse_program(int key, char *arg, struct argp_state *state)
{
	const struct scenario **program = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (*program != NULL)
		args_extra(state, arg);
	*program = scenario_find(arg);
	if (*program == NULL || (*program)->data == NULL)
		cli_fail(CLI_USAGE, "scenarios: '%s' is not a program, as "
		         "random:SEED is; give no argument for the list", arg);
	return 0;
}

int
cli_scenarios(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_program, .args_doc = "[PROGRAM]",
		.doc = "Lists the scenarios that check runs, or prints the "
		       "program random:SEED or program:TEXT as check --program "
		       "reads it."
	};
	const struct scenario *program = NULL;
	char text[2048];

	args_parse(&argp, 0, argc, argv, &program);
	if (program != NULL) {
		program_print(program->data, text, sizeof(text));
		printf("%s", text);
		return CLI_CLEAN;
	}
	for (unsigned i = 0; scenarios_all[i] != NULL; i++)
		printf("%-20s %s\n", scenarios_all[i]->name,
		       scenarios_all[i]->summary);
	return CLI_CLEAN;
}

static void
print_kernel(const char *name)
{
	struct kernel_object k;
	json_t *inputs, *one;
	char *why = NULL;
	size_t i;

	memset(&k, 0, sizeof(k));
	if (kernel_prepare(name, NULL, &k, &why) != KERNEL_OK) {
		printf("%s: not there: %s\n", name, cli_why(why, name));
		free(why);
		return;
	}
	printf("%s: %s\n", name, k.tree != NULL ? k.tree : "part of shootdown");
	inputs = inputs_to_json(&k);
	json_array_foreach(inputs, i, one)
		printf("  %s  %s\n", report_text(one, "sha256"),
		       report_text(one, "path"));
	json_decref(inputs);
	kernel_object_clear(&k);
}

int
cli_kernels(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_none,
		.doc = "Lists the kernels under test: where the source of each "
		       "is, its files with their SHA-256, or why it is not "
		       "there."
	};

	args_parse(&argp, 0, argc, argv, NULL);
	for (unsigned i = 0; kernel_names[i] != NULL; i++)
		print_kernel(kernel_names[i]);
	return CLI_CLEAN;
}

static error_t
parse_host(int key, char *arg, struct argp_state *state)
{
	const char **name = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (*name != NULL)
		args_extra(state, arg);
	*name = arg;
	return 0;
}

static void
print_knobs(const struct hv_profile *p)
{
	char value[64];

	for (int k = 0; k < HV_KNOB_COUNT; k++) {
		enum hv_knob knob = (enum hv_knob)k;
		const char *source = hv_knob_source(p->name, knob);

		printf("%s=%s\n    %s\n    source: %s\n", hv_knob_name(knob),
		       hv_knob_value(p, knob, value, sizeof(value)),
		       hv_knob_help(knob), source != NULL ? source : "-");
	}
}

int
cli_hosts(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_host, .args_doc = "[NAME]",
		.doc = "Lists the host profiles, or each knob of one with its "
		       "value, meaning and source."
	};
	const char *name = NULL;
	struct hv_profile p;

	args_parse(&argp, 0, argc, argv, &name);
	if (name == NULL) {
		for (unsigned i = 0; hv_profile_name(i) != NULL; i++)
			printf("%s\n", hv_profile_name(i));
		return CLI_CLEAN;
	}
	if (hv_profile_find(name, &p) != 0)
		cli_fail(CLI_USAGE, "hosts: no profile '%s'; see shootdown "
		         "hosts", name);
	print_knobs(&p);
	return CLI_CLEAN;
}
