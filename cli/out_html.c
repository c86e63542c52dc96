/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out_html: a report as one page that needs no other file: the verdict, what
 * was found with each schedule drawn, the rows, and what was not run.
 *
 * A schedule is a drawing with a lane for each vCPU and for the host; a step
 * is a point in its lane, time runs downwards.  No script, nothing from the
 * network.
 */
#include "cli/out.h"

#include <errno.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "cli/words.h"

#define LANE 64                 /* pixels between lanes */
#define LINE 16                 /* pixels of a line of text */
#define COLUMNS 96u             /* of a line of text */
#define TOP 34

static const char style[] =
	"body{font-family:sans-serif;margin:2em auto;max-width:76em;"
	"color:#222}"
	"table{border-collapse:collapse}"
	"td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left}"
	"svg{background:#fafafa;border:1px solid #ccc}"
	"svg text{font-size:12px}"
	".bad{color:#a00}.good{color:#070}.open{color:#850}"
	"code{background:#f2f2f2}";

/* ---- elements ------------------------------------------------------------------------ */

static void
open_element(xmlTextWriterPtr w, const char *name)
{
	xmlTextWriterStartElement(w, BAD_CAST name);
}

/* Never "<td/>": in HTML that is a beginning. */
static void
close_element(xmlTextWriterPtr w)
{
	xmlTextWriterFullEndElement(w);
}

static void
put_text(xmlTextWriterPtr w, const char *text)
{
	char *clean = out_printable(text);

	xmlTextWriterWriteString(w, BAD_CAST clean);
	free(clean);
}

static void
put(xmlTextWriterPtr w, const char *name, const char *text)
{
	open_element(w, name);
	put_text(w, text);
	close_element(w);
}

static void
put_class(xmlTextWriterPtr w, const char *name, const char *class,
          const char *text)
{
	open_element(w, name);
	xmlTextWriterWriteAttribute(w, BAD_CAST "class", BAD_CAST class);
	put_text(w, text);
	close_element(w);
}

static void
number(xmlTextWriterPtr w, const char *name, int value)
{
	xmlTextWriterWriteFormatAttribute(w, BAD_CAST name, "%d", value);
}

static void
word(xmlTextWriterPtr w, const char *name, const char *value)
{
	xmlTextWriterWriteAttribute(w, BAD_CAST name, BAD_CAST value);
}

/* ---- the drawing ------------------------------------------------------------------------ */

#define MAX_LANES 24            /* further vCPUs share the host's */

struct drawing {
	xmlTextWriterPtr w;     /* NULL: only measured */
	int who[MAX_LANES];     /* vCPUs that do something; -1: the host, last */
	int lanes;
	int y;
};

static int
lane_x(int lane)
{
	return LANE / 2 + lane * LANE;
}

static void
draw_line(const struct drawing *d, int x1, int y1, int x2, int y2,
          const char *colour)
{
	open_element(d->w, "line");
	number(d->w, "x1", x1);
	number(d->w, "y1", y1);
	number(d->w, "x2", x2);
	number(d->w, "y2", y2);
	word(d->w, "stroke", colour);
	close_element(d->w);
}

static void
draw_text(const struct drawing *d, int x, int y, const char *anchor,
          const char *text)
{
	open_element(d->w, "text");
	number(d->w, "x", x);
	number(d->w, "y", y);
	word(d->w, "text-anchor", anchor);
	put_text(d->w, text);
	close_element(d->w);
}

static void
draw_point(const struct drawing *d, int lane, const char *colour)
{
	open_element(d->w, "circle");
	number(d->w, "cx", lane_x(lane));
	number(d->w, "cy", d->y - 4);
	number(d->w, "r", 5);
	word(d->w, "fill", colour);
	close_element(d->w);
}

/* One step: its point, a thin line to its words; moves down past them. */
static void
draw_step(struct drawing *d, int lane, const char *colour, const char *text)
{
	const int x = d->lanes * LANE + 8;

	if (d->w != NULL) {
		draw_line(d, lane_x(lane), d->y - 4, x - 4, d->y - 4, "#ddd");
		draw_point(d, lane, colour);
	}
	while (*text != '\0') {
		const size_t n = words_break(text, COLUMNS);
		char *line = cli_format("%.*s", (int)n, text);

		if (d->w != NULL)
			draw_text(d, x, d->y, "start", line);
		free(line);
		d->y += LINE;
		text += n;
		while (*text == ' ')
			text++;
	}
	d->y += LINE / 2;
}

static int
actor(const json_t *step)
{
	return json_object_get(step, "vcpu") == NULL ? -1 :
	    (int)report_number(step, "vcpu");
}

static int
lane_of(const struct drawing *d, int who)
{
	int lane = 0;

	while (lane < d->lanes - 1 && d->who[lane] != who)
		lane++;
	return lane;
}

/* In the order of their numbers, so that it is the same for all drawings. */
static void
add_lane(struct drawing *d, int who)
{
	int at = 0;

	if (who < 0 || d->lanes == MAX_LANES - 1)
		return;
	while (at < d->lanes && d->who[at] < who)
		at++;
	if (at < d->lanes && d->who[at] == who)
		return;
	memmove(&d->who[at + 1], &d->who[at],
	        (size_t)(d->lanes - at) * sizeof(d->who[0]));
	d->who[at] = who;
	d->lanes++;
}

static void
find_lanes(struct drawing *d, const json_t *finding)
{
	const json_t *step;
	size_t i;

	d->lanes = 0;
	add_lane(d, actor(finding));
	json_array_foreach(json_object_get(finding, "steps"), i, step)
		add_lane(d, actor(step));
	d->who[d->lanes++] = -1;
}

static void
draw_steps(struct drawing *d, const json_t *finding)
{
	const json_t *step;
	char *end;
	size_t i;

	d->y = TOP + LINE;
	json_array_foreach(json_object_get(finding, "steps"), i, step) {
		char *text = cli_format("%lld: %s",
		    (long long)report_number(step, "step"),
		    report_text(step, "text"));

		draw_step(d, lane_of(d, actor(step)), actor(step) < 0 ?
		          "#777" : "#2c5aa0", text);
		free(text);
	}
	end = cli_format("so: %s", report_text(finding, "message"));
	draw_step(d, lane_of(d, actor(finding)), "#c0392b", end);
	free(end);
}

static void
draw_lanes(const struct drawing *d, int bottom)
{
	for (int lane = 0; lane < d->lanes; lane++) {
		char *name = d->who[lane] < 0 ? cli_copy("host") :
		    cli_format("vCPU %d", d->who[lane]);

		draw_text(d, lane_x(lane), 20, "middle", name);
		draw_line(d, lane_x(lane), TOP - 6, lane_x(lane), bottom,
		          "#bbb");
		free(name);
	}
}

static void
put_drawing(xmlTextWriterPtr w, const json_t *finding)
{
	struct drawing d = { .w = NULL };

	find_lanes(&d, finding);
	draw_steps(&d, finding);        /* measures */
	open_element(w, "svg");
	word(w, "xmlns", "http://www.w3.org/2000/svg");
	word(w, "role", "img");
	number(w, "width", d.lanes * LANE + (int)COLUMNS * 8);
	number(w, "height", d.y);
	d.w = w;
	draw_lanes(&d, d.y);
	draw_steps(&d, finding);
	close_element(w);
}

/* ---- the page ------------------------------------------------------------------------------ */

static void
put_row(xmlTextWriterPtr w, const char *name, const char *text)
{
	open_element(w, "tr");
	put(w, "th", name);
	open_element(w, "td");
	put(w, "code", text);
	close_element(w);
	close_element(w);
}

static void
put_rows_of(xmlTextWriterPtr w, const struct out_finding *f)
{
	const json_t *row;
	size_t i;

	json_array_foreach(f->rows, i, row)
		put_row(w, i == 0 ? "rows" : "", json_string_value(row));
}

static void
put_finding(xmlTextWriterPtr w, const struct out_finding *f)
{
	const json_t *where = json_object_get(f->finding, "where");
	char *title = cli_format("%s%s%s, class %s%s", f->state,
	    *f->state != '\0' ? ": " : "", report_text(f->finding, "kind"),
	    report_text(f->finding, "class"), json_is_true(json_object_get(
	    f->finding, "known")) ? " (known)" : "");
	char *needs = out_needs(f->finding), *place;

	put_class(w, "h3", f->counts ? "bad" : "open", title);
	open_element(w, "table");
	put_row(w, "signature", report_text(f->finding, "signature"));
	if (*report_text(where, "file") != '\0') {
		place = cli_format("%s:%lld", report_text(where, "file"),
		                   (long long)report_number(where, "line"));
		put_row(w, "where", place);
		free(place);
	}
	put_row(w, "needs", needs);
	put_rows_of(w, f);
	put_row(w, "replay", report_text(f->finding, "string"));
	close_element(w);
	open_element(w, "p");
	put_drawing(w, f->finding);
	close_element(w);
	free(needs);
	free(title);
}

static void
put_status(xmlTextWriterPtr w, const json_t *row)
{
	const char *status = report_text(row, "status");
	char *name = report_row_name(row);
	char *schedules = cli_format("%lld",
	    (long long)report_number(row, "schedules"));

	open_element(w, "tr");
	put(w, "td", name);
	put(w, "td", schedules);
	put_class(w, "td", strcmp(status, "clean") == 0 ? "good" :
	          strcmp(status, "findings") == 0 ? "bad" : "open", status);
	put(w, "td", *report_text(row, "why") != '\0' ? report_text(row,
	    "why") : strcmp(status, "clean") == 0 || strcmp(status,
	    "findings") == 0 ? "" : out_status_meaning(status));
	close_element(w);
	free(schedules);
	free(name);
}

static void
put_statuses(xmlTextWriterPtr w, const json_t *report)
{
	const json_t *rows = json_object_get(report, "rows"), *row;
	size_t i;

	if (json_array_size(rows) == 0)
		return;
	put(w, "h2", "Rows");
	open_element(w, "table");
	open_element(w, "tr");
	put(w, "th", "kernel path scenario mode vCPUs host");
	put(w, "th", "schedules");
	put(w, "th", "status");
	put(w, "th", "");
	close_element(w);
	json_array_foreach(rows, i, row)
		put_status(w, row);
	close_element(w);
}

/* A list of {"what", "why"}. */
static void
put_list(xmlTextWriterPtr w, const char *title, const json_t *list)
{
	const json_t *one;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	put(w, "h2", title);
	open_element(w, "ul");
	json_array_foreach(list, i, one) {
		char *text = cli_format("%s: %s", report_text(one, "what"),
		                        report_text(one, "why"));

		put_class(w, "li", json_is_true(json_object_get(one,
		          "missing")) ? "bad" : "open", text);
		free(text);
	}
	close_element(w);
}

static void
put_head(xmlTextWriterPtr w, const json_t *report)
{
	const bool patch = out_is_presubmit(report);
	const char *end = report_text(report, patch ? "verdict" : "result");
	char *title = cli_format("shootdown %s: %s", patch ? "presubmit" :
	                         "check", end);

	open_element(w, "head");
	open_element(w, "meta");
	word(w, "charset", "utf-8");
	xmlTextWriterEndElement(w);
	put(w, "title", title);
	put(w, "style", style);
	close_element(w);
	open_element(w, "body");
	put_class(w, "h1", strcmp(end, "clean") == 0 || strcmp(end,
	          "accepted") == 0 ? "good" : "bad", title);
	free(title);
}

static void
put_page(xmlTextWriterPtr w, const json_t *report)
{
	struct out_findings list;

	out_findings_make(report, &list);
	xmlTextWriterSetIndent(w, 0);
	xmlTextWriterWriteRaw(w, BAD_CAST "<!DOCTYPE html>\n");
	open_element(w, "html");
	word(w, "lang", "en");
	put_head(w, report);
	if (list.count != 0)
		put(w, "h2", "Findings");
	for (size_t i = 0; i < list.count; i++)
		put_finding(w, &list.v[i]);
	put_list(w, "Not validated", json_object_get(report, "unfinished"));
	put_statuses(w, report);
	put_list(w, "Not run", json_object_get(report, "skipped"));
	close_element(w);
	close_element(w);
	xmlTextWriterWriteRaw(w, BAD_CAST "\n");
	out_findings_clear(&list);
}

int
out_html(const json_t *report, FILE *f)
{
	xmlOutputBufferPtr buffer = xmlOutputBufferCreateFile(f, NULL);
	xmlTextWriterPtr w;

	w = buffer != NULL ? xmlNewTextWriter(buffer) : NULL;
	if (w == NULL)
		return -ENOMEM;
	put_page(w, report);
	xmlFreeTextWriter(w);
	return out_end(f);
}
