/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elts: litmus --elts: an external suite's forbidden outcomes, each searched
 * for under every schedule of the machines that are held to it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/elts.h"
#include "litmus/litmus.h"

struct count {
	unsigned never, shown, not_applicable, missed, cut;
};

/* Every machine owes the shootdown itself; the rest is one walk an access. */
static const char *const machines[] = { "full", "nospec", "nopsc" };

static struct litmus_result
run(const struct litmus_elts_row *row, const struct litmus_test *t,
    const char *machine)
{
	const struct litmus_options o = { .machine = machine };
	struct litmus_result r;
	struct litmus_error error;

	if (litmus_run(t, &o, &r, &error) != 0)
		cli_fail(CLI_USAGE, "%s: %s", row->id, error.text);
	return r;
}

/* The outcome must not be there, and what is permitted must. */
static void
run_on(const struct litmus_elts_row *row, const char *machine, bool *shown,
       struct count *n)
{
	struct litmus_result r = run(row, &row->test, machine);

	if (!r.clause[0].ok)
		*shown = true;
	for (unsigned i = 1; i < row->test.clauses; i++)
		n->missed += !r.clause[i].ok;
	n->cut += !r.complete;
	if (!r.clause[0].ok)
		printf("%s (%s): shown on %s: %s  %s\n", row->id, row->axioms,
		       machine, row->program, row->outcome);
	litmus_result_free(&r);
}

/* One instruction away it is seen. */
static void
run_without(const struct litmus_elts_row *row, struct count *n)
{
	struct litmus_result r = run(row, &row->without, "full");

	if (!r.clause[0].ok) {
		n->missed++;
		printf("%s: without its INVLPG never shown on full: the "
		       "search is blind to it\n", row->id);
	}
	n->cut += !r.complete;
	litmus_result_free(&r);
}

static void
run_row(const struct litmus_elts_row *row, struct count *n)
{
	bool shown = false;

	if (row->reason != NULL) {
		printf("%s: not applicable: %s\n", row->id, row->reason);
		n->not_applicable++;
		return;
	}
	for (unsigned i = 0; i < 3; i++)
		if (row->invlpg || strcmp(machines[i], "nospec") == 0)
			run_on(row, machines[i], &shown, n);
	if (row->has_without)
		run_without(row, n);
	if (shown)
		n->shown++;
	else
		n->never++;
}

int
elts_run(const char *file)
{
	struct litmus_elts e;
	struct count n = { 0 };
	char error[160];

	if (litmus_elts_read(file, &e, error, sizeof(error)) != 0)
		cli_fail(CLI_USAGE, "%s: %s", file, error);
	for (unsigned i = 0; i < e.rows && !cli_interrupted; i++)
		run_row(&e.row[i], &n);
	litmus_elts_free(&e);
	if (n.missed > 0)
		printf("%u permitted outcomes never shown\n", n.missed);
	printf("%u forbidden and never shown, %u shown, %u not applicable\n",
	       n.never, n.shown, n.not_applicable);
	if (n.shown > 0 || n.missed > 0)
		return CLI_FOUND;
	return n.cut > 0 || cli_interrupted ? CLI_UNFINISHED : CLI_CLEAN;
}
