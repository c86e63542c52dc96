/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table: what an event costs, read from a JSON file.  A figure has cycles, a
 * range, and where it comes from; one without a source is refused, since the
 * point of a table is that it can be examined.
 */
#include "cost/cost.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[FIGURE_COUNT][2] = {
	{ "vm_exit", "leaving the guest and entering it again" },
	{ "hypercall", "the host reads and checks a flush call" },
	{ "host_kick", "the host makes a running vCPU leave, and waits" },
	{ "host_flush", "the host invalidates for a vCPU: a page, or all" },
	{ "ipi_exit", "a write to the interrupt command register, emulated" },
	{ "ipi_target", "delivering to one vCPU and hearing from it" },
	{ "interrupt", "a vCPU enters and leaves its handler" },
	{ "invlpg", "INVLPG" },
	{ "invpcid", "INVPCID" },
	{ "cr3", "MOV to CR3" },
	{ "cr4", "MOV to CR4" },
};

const char *
cost_figure_name(enum cost_figure f)
{
	return names[f][0];
}

const char *
cost_figure_what(enum cost_figure f)
{
	return names[f][1];
}

const char *
cost_table_default(void)
{
	return access(SHOOTDOWN_COST_TABLE, R_OK) == 0 ?
	    SHOOTDOWN_COST_TABLE : SHOOTDOWN_INSTALLED_COST_TABLE;
}

__attribute__((format(printf, 2, 3))) static int
fail(char **ret_why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (vasprintf(ret_why, format, args) < 0)
		abort();
	va_end(args);
	return -1;
}

static const char *
word(const json_t *figure, const char *key)
{
	const char *text = json_string_value(json_object_get(figure, key));

	return text != NULL ? text : "";
}

/* low <= cycles <= high; without a range the figure is taken as exact. */
static int
read_figure(struct cost_table *t, unsigned i, const char *path,
            char **ret_why)
{
	const json_t *f = json_object_get(t->json, names[i][0]);
	const json_t *cycles = json_object_get(f, "cycles");
	const json_t *low = json_object_get(f, "low");
	const json_t *high = json_object_get(f, "high");

	if (!json_is_number(cycles) || json_number_value(cycles) < 0)
		return fail(ret_why, "%s: %s: \"cycles\" is missing or no "
		            "number; a table has all of them", path,
		            names[i][0]);
	t->cycles[i] = json_number_value(cycles);
	t->low[i] = low != NULL ? json_number_value(low) : t->cycles[i];
	t->high[i] = high != NULL ? json_number_value(high) : t->cycles[i];
	if (!(t->low[i] >= 0 && t->low[i] <= t->cycles[i] &&
	      t->cycles[i] <= t->high[i]))
		return fail(ret_why, "%s: %s: \"low\" and \"high\" do not "
		            "enclose \"cycles\"; correct the range", path,
		            names[i][0]);
	if (*word(f, "source") == '\0' ||
	    !json_is_integer(json_object_get(f, "year")))
		return fail(ret_why, "%s: %s: \"source\" or \"year\" is "
		            "missing; say where the figure comes from", path,
		            names[i][0]);
	if (strcmp(word(f, "kind"), "measured") != 0 &&
	    strcmp(word(f, "kind"), "derived") != 0 &&
	    strcmp(word(f, "kind"), "estimate") != 0)
		return fail(ret_why, "%s: %s: \"kind\" is not measured, "
		            "derived or estimate; say which", path,
		            names[i][0]);
	return 0;
}

int
cost_table_load(struct cost_table *t, const char *path, char **ret_why)
{
	json_error_t error;

	memset(t, 0, sizeof(*t));
	t->json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (t->json == NULL && error.line < 1)
		return fail(ret_why, "%s: %s; give another file", path,
		            error.text);
	if (t->json == NULL)
		return fail(ret_why, "%s:%d: %s; correct the JSON", path,
		            error.line, error.text);
	for (unsigned i = 0; i < FIGURE_COUNT; i++)
		if (read_figure(t, i, path, ret_why) != 0) {
			cost_table_clear(t);
			return -1;
		}
	return 0;
}

void
cost_table_clear(struct cost_table *t)
{
	json_decref(t->json);
	memset(t, 0, sizeof(*t));
}
