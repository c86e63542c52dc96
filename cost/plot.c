/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plot: the report as a drawing.  A row of panels for each workload, a panel
 * for each range size: cycles of vCPU 0 against vCPUs, both on logarithmic
 * axes, native with an exit for each IPI, with one for all and with none, and
 * the hypercall.  Hollow points are extrapolated.  A workload that disturbs no
 * other vCPU has no row.  Text is plain SVG, no script.
 */
#include "cost/cost.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define PANEL_W 250.0
#define PANEL_H 190.0
#define LEFT 62.0
#define TOP 78.0
#define GAP_X 58.0
#define GAP_Y 62.0

struct line {
	const char *name, *path, *send, *colour, *dash;
};

static const struct line lines[] = {
	{ "native, an exit for each IPI", "native", "each", "#c0392b", "" },
	{ "native, one exit for all IPIs", "native", "once", "#e67e22",
	  "6 3" },
	{ "native, no exit", "native", "free", "#b7950b", "2 3" },
	{ "hypercall", "hypercall", "each", "#2c5aa0", "" },
};

#define NLINES (sizeof(lines) / sizeof(lines[0]))

struct scale {
	double vcpus_low, vcpus_high;           /* logarithms */
	double cycles_low, cycles_high;
};

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static double
number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void
put_text(FILE *f, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '<')
			fputs("&lt;", f);
		else if (*text == '&')
			fputs("&amp;", f);
		else
			fputc(*text, f);
}

static double
latency_of(const json_t *cell, const struct line *l)
{
	const json_t *path = json_object_get(cell, l->path);

	return number_of(json_object_get(path, l->send), "latency");
}

static void
find_scale(const json_t *cells, const char *workload, struct scale *s)
{
	const json_t *cell;
	size_t i;

	*s = (struct scale){ 20, 0, 20, 0 };
	json_array_foreach(cells, i, cell) {
		const double n = log2(number_of(cell, "vcpus"));

		if (strcmp(text_of(cell, "workload"), workload) != 0)
			continue;
		s->vcpus_low = fmin(s->vcpus_low, n);
		s->vcpus_high = fmax(s->vcpus_high, n);
		for (size_t k = 0; k < NLINES; k++) {
			const double c = latency_of(cell, &lines[k]);

			if (c < 1)
				continue;
			s->cycles_low = fmin(s->cycles_low, floor(log10(c)));
			s->cycles_high = fmax(s->cycles_high, ceil(log10(c)));
		}
	}
	if (s->vcpus_high <= s->vcpus_low)
		s->vcpus_high = s->vcpus_low + 1;
	if (s->cycles_high <= s->cycles_low)
		s->cycles_high = s->cycles_low + 1;
}

static double
at_x(const struct scale *s, double x0, double vcpus)
{
	return x0 + PANEL_W * (log2(vcpus) - s->vcpus_low) /
	    (s->vcpus_high - s->vcpus_low);
}

static double
at_y(const struct scale *s, double y0, double cycles)
{
	return y0 + PANEL_H * (s->cycles_high - log10(fmax(cycles, 1))) /
	    (s->cycles_high - s->cycles_low);
}

static void
put_label(FILE *f, double x, double y, const char *anchor, int size,
          const char *text)
{
	fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" "
	        "font-size=\"%d\">", x, y, anchor, size);
	put_text(f, text);
	fprintf(f, "</text>\n");
}

static void
put_grid(FILE *f, const struct scale *s, double x0, double y0)
{
	char text[32];

	for (double d = s->cycles_low; d <= s->cycles_high; d++) {
		const double y = at_y(s, y0, pow(10, d));

		fprintf(f, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
		        "y2=\"%.1f\" stroke=\"#dddddd\"/>\n", x0, y,
		        x0 + PANEL_W, y);
		snprintf(text, sizeof(text), d < 3 ? "%.0f" : d < 6 ?
		         "%.0f k" : "%.0f M", pow(10, d - (d < 3 ? 0 : d < 6 ?
		         3 : 6)));
		put_label(f, x0 - 6, y + 4, "end", 11, text);
	}
	for (double n = ceil(s->vcpus_low); n <= s->vcpus_high; n++) {
		const double x = at_x(s, x0, exp2(n));

		fprintf(f, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
		        "y2=\"%.1f\" stroke=\"#eeeeee\"/>\n", x, y0, x,
		        y0 + PANEL_H);
		snprintf(text, sizeof(text), "%.0f", exp2(n));
		put_label(f, x, y0 + PANEL_H + 15, "middle", 11, text);
	}
	fprintf(f, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
	        "height=\"%.1f\" fill=\"none\" stroke=\"#888888\"/>\n", x0, y0,
	        PANEL_W, PANEL_H);
}

static bool
in_panel(const json_t *cell, const char *workload, double pages)
{
	return strcmp(text_of(cell, "workload"), workload) == 0 &&
	    number_of(cell, "pages") == pages;
}

static void
put_points(FILE *f, const json_t *cells, const char *workload, double pages,
           const struct scale *s, double x0, double y0, const struct line *l)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell) {
		const double c = latency_of(cell, l);
		const bool guess = json_is_true(json_object_get(cell,
		    "extrapolated"));

		if (in_panel(cell, workload, pages) && c >= 1)
			fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" "
			        "stroke=\"%s\" fill=\"%s\"/>\n",
			        at_x(s, x0, number_of(cell, "vcpus")),
			        at_y(s, y0, c), l->colour,
			        guess ? "#ffffff" : l->colour);
	}
}

static void
put_line(FILE *f, const json_t *cells, const char *workload, double pages,
         const struct scale *s, double x0, double y0, const struct line *l)
{
	const json_t *cell;
	bool any = false;
	size_t i;

	json_array_foreach(cells, i, cell) {
		const double c = latency_of(cell, l);

		if (!in_panel(cell, workload, pages) || c < 1)
			continue;
		fprintf(f, "%s%.1f,%.1f", any ? " " : "<polyline fill=\"none\" "
		        "points=\"", at_x(s, x0, number_of(cell, "vcpus")),
		        at_y(s, y0, c));
		any = true;
	}
	if (any)
		fprintf(f, "\" stroke=\"%s\" stroke-width=\"1.6\" "
		        "stroke-dasharray=\"%s\"/>\n", l->colour, l->dash);
	put_points(f, cells, workload, pages, s, x0, y0, l);
}

static void
put_panel(FILE *f, const json_t *report, const char *workload, double pages,
          const struct scale *s, double x0, double y0)
{
	const json_t *cells = json_object_get(report, "cells");
	char title[96];

	snprintf(title, sizeof(title), "%s, %.0f page%s", workload, pages,
	         pages > 1 ? "s" : "");
	put_grid(f, s, x0, y0);
	put_label(f, x0 + PANEL_W / 2, y0 - 8, "middle", 13, title);
	put_label(f, x0 + PANEL_W / 2, y0 + PANEL_H + 29, "middle", 10,
	          "vCPUs");
	for (size_t k = 0; k < NLINES; k++)
		put_line(f, cells, workload, pages, s, x0, y0, &lines[k]);
}

static void
put_legend(FILE *f, const json_t *report)
{
	char title[256];
	double x = LEFT;

	snprintf(title, sizeof(title), "Estimated cycles of the initiating "
	         "vCPU: %s, %s, host %s; nominal figures", text_of(report, "kernel"),
	         text_of(report, "mode"), text_of(report, "host"));
	put_label(f, LEFT, 22, "start", 15, title);
	for (size_t k = 0; k < NLINES; k++) {
		fprintf(f, "<line x1=\"%.1f\" y1=\"40\" x2=\"%.1f\" y2=\"40\" "
		        "stroke=\"%s\" stroke-width=\"2\" "
		        "stroke-dasharray=\"%s\"/>\n", x, x + 28,
		        lines[k].colour, lines[k].dash);
		put_label(f, x + 34, 44, "start", 12, lines[k].name);
		x += 44 + 6.6 * (double)strlen(lines[k].name);
	}
	put_label(f, x, 44, "start", 12, "hollow: extrapolated, not run");
}

static bool
has_row(const json_t *report, const char *workload)
{
	const json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(report, "cells"), i, cell)
		if (strcmp(text_of(cell, "workload"), workload) == 0 &&
		    number_of(json_object_get(cell, "native"), "ipis") > 0)
			return true;
	return false;
}

static unsigned
count_rows(const json_t *report)
{
	const json_t *w;
	unsigned n = 0;
	size_t i;

	json_array_foreach(json_object_get(report, "workloads"), i, w)
		n += has_row(report, json_string_value(w));
	return n;
}

static void
put_row(FILE *f, const json_t *report, const char *workload, double y)
{
	const json_t *p;
	struct scale s;
	size_t k;

	find_scale(json_object_get(report, "cells"), workload, &s);
	json_array_foreach(json_object_get(report, "pages"), k, p)
		put_panel(f, report, workload, json_number_value(p), &s,
		          LEFT + (PANEL_W + GAP_X) * (double)k, y);
}

int
cost_plot(const json_t *report, FILE *f)
{
	const json_t *work = json_object_get(report, "workloads"), *w;
	const json_t *pages = json_object_get(report, "pages");
	const double width = LEFT + (PANEL_W + GAP_X) *
	    fmax(3, (double)json_array_size(pages));
	const double height = TOP + (PANEL_H + GAP_Y) * count_rows(report);
	double y = TOP;
	size_t i;

	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	        "width=\"%.0f\" height=\"%.0f\" "
	        "font-family=\"sans-serif\">\n<rect width=\"100%%\" "
	        "height=\"100%%\" fill=\"#ffffff\"/>\n", width, height);
	put_legend(f, report);
	json_array_foreach(work, i, w) {
		if (!has_row(report, json_string_value(w)))
			continue;
		put_row(f, report, json_string_value(w), y);
		y += PANEL_H + GAP_Y;
	}
	fprintf(f, "</svg>\n");
	return fflush(f) != 0 || ferror(f) ? -EIO : 0;
}
