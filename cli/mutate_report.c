/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutate_report: scores, survivors, and the report for programs.  Survivors are
 * told by rule, line and function, never with text of the tree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/mutation.h"
#include "cli/report.h"
#include "cli/rowtext.h"

enum verdict { KILLED, TIMED_OUT, SURVIVED, SAME_CODE, NOT_COMPILED, NOT_RUN,
	VERDICTS };

static const char *const verdicts[VERDICTS] = { "killed", "timed out",
	"survived", "same code", "not compiled", "not run" };

static enum verdict
verdict_of(const json_t *result)
{
	for (unsigned i = 0; i < NOT_RUN; i++)
		if (strcmp(report_text(result, "verdict"), verdicts[i]) == 0)
			return i;
	return NOT_RUN;
}

static void
count_file(const struct mutation *m, unsigned file, unsigned *counts)
{
	memset(counts, 0, VERDICTS * sizeof(*counts));
	for (size_t i = 0; i < m->nchosen; i++)
		if (m->found.v[m->chosen[i]].file == file)
			counts[verdict_of(m->results[i])]++;
}

static unsigned
mutants_of(const struct mutation *m, unsigned file)
{
	unsigned n = 0;

	for (size_t i = 0; i < m->found.n; i++)
		n += m->found.v[i].file == file;
	return n;
}

/* In percent: of those that could be told from the kernel as it is. */
static double
score(const unsigned *counts)
{
	const unsigned seen = counts[KILLED] + counts[TIMED_OUT];
	const unsigned all = seen + counts[SURVIVED];

	return all == 0 ? 0 : 100.0 * seen / all;
}

void
mutation_print_files(const struct mutation *m)
{
	unsigned counts[VERDICTS], total;

	printf("%-52s %7s %5s %6s %5s %8s %5s %7s %6s\n", "file", "mutants",
	       "run", "killed", "timed", "survived", "same", "not", "score");
	for (unsigned f = 0; f < m->object.nsources; f++) {
		count_file(m, f, counts);
		total = 0;
		for (unsigned v = 0; v < NOT_RUN; v++)
			total += counts[v];
		if (total == 0)
			continue;
		printf("%-52s %7u %5u %6u %5u %8u %5u %7u %5.1f%%\n",
		       m->object.sources[f].path, mutants_of(m, f), total,
		       counts[KILLED], counts[TIMED_OUT], counts[SURVIVED],
		       counts[SAME_CODE], counts[NOT_COMPILED], score(counts));
	}
}

void
mutation_print_survivors(const struct mutation *m)
{
	bool any = false;

	for (size_t i = 0; i < m->nchosen; i++) {
		const struct mutant *one = &m->found.v[m->chosen[i]];

		if (verdict_of(m->results[i]) != SURVIVED)
			continue;
		if (!any)
			printf("\nsurvivors:\n");
		any = true;
		printf("  %s (%s)\n", one->id, one->change->function);
	}
}

static json_t *
files_to_json(const struct mutation *m)
{
	json_t *list = json_array(), *one;
	unsigned counts[VERDICTS];

	for (unsigned f = 0; f < m->object.nsources; f++) {
		if (mutants_of(m, f) == 0)
			continue;
		count_file(m, f, counts);
		one = json_pack("{s:s, s:s, s:i, s:f}", "file",
		    m->object.sources[f].path, "sha256",
		    m->object.sources[f].sha256, "mutants",
		    (int)mutants_of(m, f), "score", score(counts));
		for (unsigned v = 0; v < VERDICTS; v++)
			json_object_set_new(one, verdicts[v],
			    json_integer((json_int_t)counts[v]));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *
mutants_to_json(const struct mutation *m)
{
	json_t *list = json_array(), *one;

	for (size_t i = 0; i < m->nchosen; i++) {
		const struct mutant *mu = &m->found.v[m->chosen[i]];

		one = m->results[i] != NULL ? json_copy(m->results[i]) :
		    json_pack("{s:s, s:s}", "id", mu->id, "verdict", "not run");
		json_object_set_new(one, "file", json_string(
		    m->object.sources[mu->file].path));
		json_object_set_new(one, "line", json_integer(mu->line));
		json_object_set_new(one, "function", json_string(
		    mu->change->function));
		json_object_set_new(one, "rule", json_string(
		    m->rules.v[mu->change->rule].name));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *
rows_to_json(const struct mutation *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->rows.count; i++) {
		struct rowtext text;
		char *line;

		rowtext_from_row(&text, &m->rows.rows[i]);
		line = rowtext_line(&text);
		json_array_append_new(list, json_string(line));
		free(line);
	}
	return list;
}

void
mutation_write_json(const struct mutation *m)
{
	json_t *root = json_pack("{s:i, s:s, s:I, s:I, s:o, s:o, s:o}",
	    "version", 1, "kernel", m->kernel, "seed", (json_int_t)m->seed,
	    "schedules", (json_int_t)m->base.schedules, "tried",
	    rows_to_json(m), "files", files_to_json(m), "mutants",
	    mutants_to_json(m));
	const int error = files_write_json(m->json, root);

	json_decref(root);
	if (error != 0)
		cli_fail(CLI_UNFINISHED, "mutate --json: %s: %s; give another "
		         "file", m->json, strerror(-error));
}
