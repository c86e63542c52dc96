/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpu: see cpu.h.  The table itself is model/profile.c's.
 */
#include "cli/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static bool
is_knob(const char *word)
{
	const char *name;

	for (unsigned i = 0; (name = machine_knob_name(i)) != NULL; i++)
		if (strcmp(name, word) == 0)
			return true;
	return false;
}

/* One "knob=value"; 5 levels are for those who build their own tables. */
static int
parse_knob(char *word, struct machine_config *ret, char **ret_why)
{
	char *value = strchr(word, '=');

	if (value == NULL) {
		*ret_why = cli_format("cpu: '%s' is not knob=value", word);
		return -1;
	}
	*value++ = '\0';
	if (!is_knob(word)) {
		*ret_why = cli_format("cpu: no knob '%s'; see --cpu help",
		                      word);
		return -1;
	}
	if (strcmp(word, "la57") == 0 && strcmp(value, "yes") == 0) {
		*ret_why = cli_format("cpu: kernels under test have tables of "
		                      "4 levels");
		return -1;
	}
	if (machine_knob_set(ret, word, value) != 0) {
		*ret_why = cli_format("cpu: knob '%s' has no value '%s'; see "
		                      "--cpu help", word, value);
		return -1;
	}
	return 0;
}

int
cpu_parse_knobs(const char *text, struct machine_config *ret, char **ret_why)
{
	char *copy = cli_copy(text), *rest = copy, *word;
	int result = 0;

	while (result == 0 && (word = strsep(&rest, ",")) != NULL)
		result = parse_knob(word, ret, ret_why);
	free(copy);
	return result;
}

int
cpu_parse(const char *text, struct machine_config *ret, char **ret_why)
{
	char *copy = cli_copy(text), *knobs = copy;
	const char *name = strsep(&knobs, ",");
	int result = 0;

	if (machine_cpu_find(name, ret) != 0) {
		*ret_why = cli_format("cpu: no profile '%s'; see --cpu help",
		                      name);
		result = -1;
	} else if (knobs != NULL) {
		result = cpu_parse_knobs(knobs, ret, ret_why);
	}
	free(copy);
	return result;
}

void
cpu_print(const struct machine_config *c, const struct machine_config *base,
          char *buf, size_t size)
{
	const char *name;
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned i = 0; (name = machine_knob_name(i)) != NULL; i++) {
		char a[8], b[8];
		const char *value = machine_knob_value(c, i, a);

		if (strcmp(value, machine_knob_value(base, i, b)) == 0 ||
		    used >= size)
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%s=%s",
		                         used > 0 ? "," : "", name, value);
	}
}

static void
list_knob(unsigned i)
{
	const char *cpu;

	printf("%s=%s%s%s: %s\n", machine_knob_name(i),
	       machine_knob_word(i, 0), machine_knob_word(i, 1) ? "|" : "|N",
	       machine_knob_word(i, 1) ? machine_knob_word(i, 1) : "",
	       machine_knob_help(i));
	for (unsigned p = 0; (cpu = machine_cpu_name(p)) != NULL; p++) {
		struct machine_config c = { .cpus = 1 };
		char buf[8];

		(void)machine_cpu_find(cpu, &c);
		printf("  %-6s %-6s %s\n", cpu,
		       machine_knob_value(&c, i, buf),
		       machine_knob_source(cpu, i));
	}
}

void
cpu_list(void)
{
	for (unsigned i = 0; machine_knob_name(i) != NULL; i++)
		list_knob(i);
}
