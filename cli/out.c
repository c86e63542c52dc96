/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out: what the writers of reports share; see out.h.  The same finding in
 * several rows is told once, with the names of all.
 */
#include "cli/out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/report.h"

void
out_add(char **text, char *more)
{
	char *whole = cli_format("%s%s", *text, more);

	free(*text);
	free(more);
	*text = whole;
}

bool
out_is_presubmit(const json_t *report)
{
	return json_object_get(report, "verdict") != NULL;
}

bool
out_counts(const json_t *report, const json_t *finding)
{
	const json_t *options = json_object_get(report, "options");

	if (json_is_true(json_object_get(finding, "known")))
		return false;
	return json_is_true(json_object_get(options, "strict")) ||
	    strcmp(report_text(finding, "class"), "defect") == 0;
}

char *
out_row_name(const json_t *row)
{
	if (json_is_string(row))
		return cli_copy(json_string_value(row));
	return row != NULL ? report_row_name(row) : cli_copy("?");
}

const char *
out_status_meaning(const char *status)
{
	if (strcmp(status, "blind") == 0)
		return "missing invalidations were not noticed: the row could "
		    "not have found anything";
	if (strcmp(status, "vacuous") == 0)
		return "nothing was at stake, or the path never ran";
	return "did not finish";
}

/* ---- findings ------------------------------------------------------------------ */

static struct out_finding *
find(struct out_findings *list, const json_t *finding, const char *state)
{
	for (size_t i = 0; i < list->count; i++) {
		const json_t *other = list->v[i].finding;

		if (strcmp(list->v[i].state, state) == 0 &&
		    strcmp(report_text(other, "signature"),
		           report_text(finding, "signature")) == 0 &&
		    strcmp(report_text(other, "class"),
		           report_text(finding, "class")) == 0)
			return &list->v[i];
	}
	return NULL;
}

static void
add_finding(struct out_findings *list, const json_t *report,
            const json_t *finding, const json_t *row, const char *state)
{
	struct out_finding *f = find(list, finding, state);
	char *name = out_row_name(row);

	if (f == NULL) {
		list->v = cli_grow(list->v, list->count + 1, sizeof(*list->v));
		f = &list->v[list->count++];
		f->finding = finding;
		f->state = state;
		f->rows = json_array();
		f->counts = out_counts(report, finding) &&
		    (*state == '\0' || strcmp(state, "new") == 0);
	}
	json_array_append_new(f->rows, json_string(name));
	free(name);
}

void
out_findings_make(const json_t *report, struct out_findings *ret)
{
	static const char *const states[] = { "new", "unchanged", "fixed" };
	const json_t *all = json_object_get(report, "findings"), *row, *one;
	size_t i, k;

	memset(ret, 0, sizeof(*ret));
	json_array_foreach(json_object_get(report, "rows"), i, row)
		json_array_foreach(json_object_get(row, "findings"), k, one)
			add_finding(ret, report, one, row, "");
	for (i = 0; i < 3; i++)
		json_array_foreach(json_object_get(all, states[i]), k, one)
			add_finding(ret, report, one,
			            json_object_get(one, "row"), states[i]);
}

void
out_findings_clear(struct out_findings *list)
{
	for (size_t i = 0; i < list->count; i++)
		json_decref(list->v[i].rows);
	free(list->v);
	memset(list, 0, sizeof(*list));
}

char *
out_needs(const json_t *finding)
{
	const json_t *list = json_object_get(finding, "needs"), *one;
	char *text = cli_copy(json_array_size(list) == 0 ?
	    "no permission: stands on any host and processor" : "");
	size_t i;

	json_array_foreach(list, i, one)
		out_add(&text, cli_format("%s%s", i != 0 ? " + " : "",
		                          json_string_value(one)));
	json_array_foreach(json_object_get(finding, "needs_or"), i, one)
		out_add(&text, cli_format("%s%s", i != 0 ? " + " : "; or: ",
		                          json_string_value(one)));
	return text;
}

char *
out_story(const json_t *finding)
{
	const json_t *line;
	char *text = cli_copy("");
	size_t i;

	json_array_foreach(json_object_get(finding, "story"), i, line)
		out_add(&text, cli_format("%s\n", json_string_value(line)));
	out_add(&text, cli_format("so: %s\n", report_text(finding,
	                                                  "message")));
	return text;
}

char *
out_printable(const char *text)
{
	char *copy = cli_copy(text);

	for (char *p = copy; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t')
			*p = '?';
	return copy;
}

/* ---- files ----------------------------------------------------------------------- */

int
out_end(FILE *f)
{
	errno = 0;
	if (fflush(f) != 0 || ferror(f))
		return errno != 0 ? -errno : -EIO;
	return 0;
}

int
out_file(const char *path, out_writer *writer, const json_t *report)
{
	char *temporary = cli_format("%s.%ld.tmp", path, (long)getpid());
	FILE *f = fopen(temporary, "w");
	int error = f == NULL ? -errno : 0;

	if (f != NULL) {
		error = writer(report, f);
		if (fclose(f) != 0 && error == 0)
			error = errno != 0 ? -errno : -EIO;
		if (error == 0 && rename(temporary, path) != 0)
			error = -errno;
		if (error != 0)
			unlink(temporary);
	}
	free(temporary);
	return error;
}
