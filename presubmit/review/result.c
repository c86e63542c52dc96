/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * result: what a check has to say.  A fail outlives every later verdict, and
 * a pass outlives a skip, so a check can judge part by part; the reason shown
 * is the one that came with the verdict that stays.
 */
#include "presubmit/review/inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define DETAILS_SHOWN 200

static char *
formatted(const char *fmt, va_list ap)
{
	char *s = NULL;

	return vasprintf(&s, fmt, ap) < 0 ? NULL : s;
}

static json_t *
detail(const struct review *r, const char *below, size_t line,
       const char *text)
{
	struct text file = { 0 };
	json_t *d;

	if (below)
		text_printf(&file, "%s%s", r->prefix, below);
	d = json_pack("{s:s, s:I, s:s}", "file", file.s ? file.s : "", "line",
	    (json_int_t)line, "text", text);
	text_clear(&file);
	return d;
}

void
check_note(struct review *r, struct check *c, const char *below, size_t line,
	   const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (json_array_size(c->details) >= DETAILS_SHOWN)
		return;
	va_start(ap, fmt);
	text = formatted(fmt, ap);
	va_end(ap);
	if (!text || json_array_append_new(c->details,
	    detail(r, below, line, text)) != 0)
		c->oom = true;
	free(text);
}

static int
weight(enum verdict v)
{
	return v == VERDICT_FAIL ? 3 : v == VERDICT_PASS ? 2 :
	    v == VERDICT_SKIP ? 1 : 0;
}

void
check_say(struct check *c, enum verdict v, const char *fmt, ...)
{
	va_list ap;
	char *text;

	if (weight(v) <= weight(c->verdict))
		return;
	va_start(ap, fmt);
	text = formatted(fmt, ap);
	va_end(ap);
	text_clear(&c->why);
	if (text)
		text_printf(&c->why, "%s", text);
	c->oom |= !text || c->why.oom;
	c->verdict = v;
	free(text);
}

json_t *
check_json(const struct check *c, bool advises)
{
	const char *status = c->verdict == VERDICT_PASS ? "pass" :
	    c->verdict == VERDICT_FAIL ? "fail" : "skip";

	return json_pack("{s:s, s:s, s:b, s:s, s:O}", "name", c->name,
	    "status", status, "advises", (int)advises, "why",
	    c->why.s ? c->why.s : "the check came to no verdict", "details",
	    c->details);
}
