/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutate_journal: what is known of mutants, kept in a file of JSON lines as it
 * comes, each mutant once.  A run goes on from the last whole line, if the file
 * is of the same sources, rules and options; the order of the lines is of no
 * account.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/mutation.h"
#include "cli/report.h"
#include "cli/rowtext.h"

static uint64_t
hash_rows(const struct mutation *m)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < m->rows.count; i++) {
		struct rowtext text;
		char *line;

		rowtext_from_row(&text, &m->rows.rows[i]);
		line = rowtext_line(&text);
		hash = cli_mix(hash, cli_hash(i, line, strlen(line)));
		free(line);
	}
	return hash;
}

/* What must be the same for a journal to go on. */
static json_t *
journal_head(const struct mutation *m)
{
	json_t *sources = json_array(), *head;
	uint64_t rules = 0;

	for (unsigned i = 0; i < m->object.nsources; i++)
		json_array_append_new(sources, json_string(
		    m->object.sources[i].sha256));
	for (size_t i = 0; i < m->rules.n; i++)
		rules = cli_mix(rules, cli_hash(i, m->rules.v[i].name,
		    strlen(m->rules.v[i].name)));
	head = json_pack("{s:i, s:s, s:o, s:I, s:I, s:I, s:I, s:I}",
	    "journal", 1, "kernel", m->kernel, "sources", sources,
	    "rules", (json_int_t)(rules >> 1), "seed", (json_int_t)m->seed,
	    "sample", (json_int_t)m->sample,
	    "schedules", (json_int_t)m->base.schedules,
	    "rows", (json_int_t)(hash_rows(m) >> 1));
	if (m->mutant != NULL)
		json_object_set_new(head, "mutant", json_string(m->mutant));
	return head;
}

void
mutation_journal_add(struct mutation *m, const json_t *line)
{
	/* Not sorted: a report that goes on from it has the same order. */
	char *text = json_dumps(line, JSON_COMPACT);

	if (m->journal != NULL && (fprintf(m->journal, "%s\n", text) < 0 ||
	                           fflush(m->journal) != 0))
		cli_fail(CLI_UNFINISHED, "mutate --resume: %s: %s; give "
		         "another file", m->resume, strerror(errno));
	free(text);
}

/* The result of a mutant; taken. */
void
mutation_keep_result(struct mutation *m, size_t i, json_t *result)
{
	const json_int_t row = report_number(result, "row_index");

	json_decref(m->results[i]);
	m->results[i] = result;
	if (json_object_get(result, "row_index") != NULL && row >= 0 &&
	    (size_t)row < m->rows.count)
		m->kills[row]++;
}

static void
journal_line(struct mutation *m, json_t *line)
{
	const char *id = report_text(line, "id");

	for (size_t i = 0; i < m->nchosen; i++)
		if (strcmp(m->found.v[m->chosen[i]].id, id) == 0) {
			json_decref(m->results[i]);
			m->results[i] = json_incref(line);
		}
}

/* Reads what is there; false when it is not of this very run. */
static bool
journal_read(struct mutation *m, FILE *f, const json_t *head)
{
	char *text = NULL;
	size_t size = 0;
	bool first = true, same = true;
	long good = 0;

	while (same && getline(&text, &size, f) > 0) {
		json_t *line = json_loads(text, 0, NULL);

		if (line == NULL)
			break;          /* cut off as it was written */
		if (first)
			same = json_equal(line, head) != 0;
		else
			journal_line(m, line);
		first = false;
		json_decref(line);
		good = ftell(f);
	}
	free(text);
	/* a new file, or what follows the last whole line */
	if (same && (fseek(f, good, SEEK_SET) != 0 ||
	             ftruncate(fileno(f), good) != 0))
		same = false;
	if (same && first)
		mutation_journal_add(m, head);
	return same;
}

void
mutation_journal_open(struct mutation *m)
{
	json_t *head = journal_head(m);
	int error = 0;

	if (m->resume != NULL) {
		m->journal = fopen(m->resume, "a+");
		if (m->journal == NULL) {
			error = errno;
			mutation_drop_folder(m);
			cli_fail(CLI_USAGE, "mutate --resume: %s: %s; give "
			         "another file", m->resume, strerror(error));
		}
		rewind(m->journal);
		if (!journal_read(m, m->journal, head)) {
			mutation_drop_folder(m);
			cli_fail(CLI_USAGE, "mutate --resume: %s: is of other "
			         "sources, rules or options; give another file",
			         m->resume);
		}
	}
	json_decref(head);
}
