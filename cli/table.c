/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * table: see table.h.
 */
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "cli/words.h"

#define MAX_VALUES 64u

/* Columns: kernel, path, scenario, rows, schedules, seconds; then status. */
#define HEAD "%-9s %-9s %-20s %4s %9s %8s  "
#define LINE "%-9s %-9s %-20s %4zu %9lld %8.2f  "
#define STATUS_COLUMN 66

void
table_wrap(FILE *f, const char *title, const char *text, int indent)
{
	size_t used = strlen(title), n;

	fprintf(f, "%s", title);
	do {
		n = words_break(text, used < TABLE_WIDTH - 20 ?
		                TABLE_WIDTH - used : 20);
		fprintf(f, "%.*s\n", (int)n, text);
		text += n;
		while (*text == ' ')
			text++;
		if (*text != '\0')
			fprintf(f, "%*s", indent, "");
		used = (size_t)indent;
	} while (*text != '\0');
}

/* ---- values that rows have in a column --------------------------------------------- */

/* In the order in which they come; what does not fit is left out. */
struct values {
	char *v[MAX_VALUES];
	unsigned count;
};

static bool
has_value(const struct values *s, const char *value)
{
	for (unsigned i = 0; i < s->count; i++)
		if (strcmp(s->v[i], value) == 0)
			return true;
	return false;
}

static void
values_clear(struct values *s)
{
	for (unsigned i = 0; i < s->count; i++)
		free(s->v[i]);
}

/* What stands in one of the columns by which rows of a group differ. */
static char *
value_of(const json_t *row, const char *column)
{
	const char *index = report_text(row, "vp_index");
	const char *place = report_text(row, "place");

	if (strcmp(column, "vcpus") != 0)
		return cli_copy(report_text(row, column));
	return cli_format("%lld%s%s%s%s",
	                  (long long)report_number(row, "vcpus"),
	                  *place != '\0' ? ":" : "", place,
	                  *index != '\0' ? "@" : "", index);
}

/* The values of the rows [begin, end); status NULL: of all. */
static void
collect(struct values *s, const json_t *rows, size_t begin, size_t end,
        const char *column, const char *status)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = begin; i < end; i++) {
		const json_t *row = json_array_get(rows, i);
		char *value;

		if (status != NULL && strcmp(report_text(row, "status"),
		                             status) != 0)
			continue;
		value = value_of(row, column);
		if (s->count < MAX_VALUES && !has_value(s, value))
			s->v[s->count++] = value;
		else
			free(value);
	}
}

/* ---- modes -------------------------------------------------------------------------- */

/* Is the word one of those that + joins? */
static bool
has_word(const char *mode, const char *word)
{
	const size_t n = strlen(word);

	for (const char *p = mode; p != NULL; p = strchr(p, '+')) {
		p += *p == '+';
		if (strncmp(p, word, n) == 0 && (p[n] == '+' || p[n] == '\0'))
			return true;
	}
	return false;
}

/* Is `some` just those of `all` with (or without) the word? */
static bool
is_exactly(const struct values *some, const struct values *all,
           const char *word, bool with)
{
	unsigned n = 0;

	for (unsigned i = 0; i < all->count; i++) {
		bool wanted = has_word(all->v[i], word) == with;

		if (wanted != has_value(some, all->v[i]))
			return false;
		n += wanted;
	}
	return n != 0 && n != all->count;
}

static char *
name_modes(const struct values *some, const struct values *all)
{
	static const char *const words[] = { "pti", "pcid", "invpcid" };

	for (unsigned i = 0; some->count > 1 && i < 3; i++)
		for (int with = 1; with >= 0; with--)
			if (is_exactly(some, all, words[i], with != 0))
				return cli_format("modes %s %s", with != 0 ?
				                  "with" : "without", words[i]);
	return NULL;
}

/* "modes with pti", "hosts tlfs, kvm"; NULL when all have it. */
static char *
name_values(const json_t *rows, size_t begin, size_t end, const char *column,
            const char *title, const char *status)
{
	struct values some, all;
	char *text = NULL, *more;

	collect(&some, rows, begin, end, column, status);
	collect(&all, rows, begin, end, column, NULL);
	if (some.count < all.count && strcmp(column, "mode") == 0)
		text = name_modes(&some, &all);
	if (some.count < all.count && text == NULL) {
		text = cli_format("%s%s", title, some.count > 1 ? "s" : "");
		for (unsigned i = 0; i < some.count; i++) {
			more = cli_format("%s%s %s", text, i != 0 ? "," : "",
			                  some.v[i]);
			free(text);
			text = more;
		}
	}
	values_clear(&some);
	values_clear(&all);
	return text;
}

/* ---- status of a group ---------------------------------------------------------------- */

static unsigned
count_status(const json_t *rows, size_t begin, size_t end, const char *status)
{
	unsigned n = 0;

	for (size_t i = begin; i < end; i++)
		n += strcmp(report_text(json_array_get(rows, i), "status"),
		            status) == 0;
	return n;
}

static const char *
first_why(const json_t *rows, size_t begin, size_t end, const char *status)
{
	for (size_t i = begin; i < end; i++) {
		const json_t *row = json_array_get(rows, i);

		if (strcmp(report_text(row, "status"), status) == 0 &&
		    *report_text(row, "why") != '\0')
			return report_text(row, "why");
	}
	return "";
}

static char *
one_status(const json_t *rows, size_t begin, size_t end, const char *status,
           unsigned n)
{
	static const char *const columns[][2] = {
		{ "mode", "mode" }, { "vcpus", "vCPUs" }, { "host", "host" }
	};
	const char *why = first_why(rows, begin, end, status), *glue = ": ";
	char *text, *more, *part;

	if (n == end - begin)
		return cli_format("%s%s%s", status, *why != '\0' ? ": " : "",
		                  why);
	text = cli_format("%s in %u", status, n);
	for (unsigned i = 0; i < 3; i++) {
		part = name_values(rows, begin, end, columns[i][0],
		                   columns[i][1], status);
		if (part == NULL)
			continue;
		more = cli_format("%s%s%s", text, glue, part);
		free(part);
		free(text);
		text = more;
		glue = "; ";
	}
	more = cli_format("%s%s%s", text, *why != '\0' ? glue : "", why);
	free(text);
	return more;
}

char *
table_status(const json_t *rows, size_t begin, size_t end)
{
	static const char *const statuses[] = { "findings", "blind", "vacuous",
	                                        "cut" };
	char *text = cli_copy(""), *one, *more;

	for (unsigned i = 0; i < 4; i++) {
		unsigned n = count_status(rows, begin, end, statuses[i]);

		if (n == 0)
			continue;
		one = one_status(rows, begin, end, statuses[i], n);
		more = cli_format("%s%s%s", text, *text != '\0' ? "; " : "",
		                  one);
		free(one);
		free(text);
		text = more;
	}
	if (*text != '\0')
		return text;
	free(text);
	return cli_copy("clean");
}

/* ---- the table -------------------------------------------------------------------------- */

static bool
same_group(const json_t *a, const json_t *b)
{
	return strcmp(report_text(a, "kernel"), report_text(b, "kernel")) == 0 &&
	    strcmp(report_text(a, "path"), report_text(b, "path")) == 0 &&
	    strcmp(report_text(a, "scenario"), report_text(b, "scenario")) == 0;
}

static size_t
group_end(const json_t *rows, size_t begin)
{
	size_t end = begin + 1;

	while (end < json_array_size(rows) &&
	       same_group(json_array_get(rows, begin),
	                  json_array_get(rows, end)))
		end++;
	return end;
}

static enum report_colour
status_colour(const char *status)
{
	if (strcmp(status, "clean") == 0)
		return COLOUR_GREEN;
	return strncmp(status, "findings", 8) == 0 ? COLOUR_RED :
	    COLOUR_YELLOW;
}

static void
print_status(FILE *f, const char *status, int column)
{
	fprintf(f, "%s", report_colour(f, status_colour(status)));
	for (size_t n; *status != '\0';) {
		n = words_break(status, column + 20 < TABLE_WIDTH ?
		                (size_t)(TABLE_WIDTH - column) : 60);
		fprintf(f, "%.*s", (int)n, status);
		status += n;
		while (*status == ' ')
			status++;
		if (*status != '\0')
			fprintf(f, "\n%*s", column, "");
	}
	fprintf(f, "%s\n", report_colour(f, COLOUR_OFF));
}

static void
print_group(FILE *f, const json_t *rows, size_t begin, size_t end)
{
	const json_t *first = json_array_get(rows, begin);
	char *status = table_status(rows, begin, end);
	json_int_t schedules = 0;
	double seconds = 0;

	for (size_t i = begin; i < end; i++) {
		const json_t *row = json_array_get(rows, i);

		schedules += report_number(row, "schedules");
		seconds += json_real_value(json_object_get(row, "seconds"));
	}
	fprintf(f, LINE, report_text(first, "kernel"),
	        report_text(first, "path"), report_text(first, "scenario"),
	        end - begin, (long long)schedules, seconds);
	print_status(f, status, STATUS_COLUMN);
	free(status);
}

void
table_print_groups(FILE *f, const json_t *rows)
{
	fprintf(f, "%s" HEAD "%s%s\n", report_colour(f, COLOUR_BOLD), "kernel",
	        "path", "scenario", "rows", "schedules", "seconds", "status",
	        report_colour(f, COLOUR_OFF));
	for (size_t begin = 0, end; begin < json_array_size(rows); begin = end) {
		end = group_end(rows, begin);
		print_group(f, rows, begin, end);
	}
}

/* Width of the column of names. */
static int
name_width(const json_t *rows)
{
	size_t width = 40, i;
	const json_t *row;

	json_array_foreach(rows, i, row) {
		char *name = report_row_name(row);

		if (strlen(name) > width)
			width = strlen(name);
		free(name);
	}
	return (int)width;
}

void
table_print_rows(FILE *f, const json_t *rows)
{
	const int width = name_width(rows);
	const json_t *row;
	size_t i;

	fprintf(f, "%s%-*s %9s %8s  status%s\n", report_colour(f, COLOUR_BOLD),
	        width, "row: kernel path scenario mode vcpus host", "schedules",
	        "seconds", report_colour(f, COLOUR_OFF));
	json_array_foreach(rows, i, row) {
		char *name = report_row_name(row);
		char *status = one_status(rows, i, i + 1,
		                          report_text(row, "status"), 1);

		fprintf(f, "%-*s %9lld %8.2f  ", width, name,
		        (long long)report_number(row, "schedules"),
		        json_real_value(json_object_get(row, "seconds")));
		print_status(f, status, TABLE_WIDTH);
		free(status);
		free(name);
	}
}

void
table_print_unfinished(FILE *f, const json_t *rows, const char *status,
                       const char *meaning)
{
	char *title = cli_format("\n%s (%s): ", status, meaning);
	char *text = cli_copy(""), *more;

	for (size_t begin = 0, end; begin < json_array_size(rows); begin = end) {
		const json_t *row = json_array_get(rows, begin);
		unsigned n;

		end = group_end(rows, begin);
		n = count_status(rows, begin, end, status);
		if (n == 0)
			continue;
		more = cli_format("%s%s%s %s %s (%u row%s)", text,
		                  *text != '\0' ? ", " : "",
		                  report_text(row, "kernel"),
		                  report_text(row, "path"),
		                  report_text(row, "scenario"), n,
		                  n != 1 ? "s" : "");
		free(text);
		text = more;
	}
	if (*text != '\0')
		table_wrap(f, title, text, 2);
	free(text);
	free(title);
}
