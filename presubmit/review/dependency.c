/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dependency: the core links in a kernel without Hyper-V.
 *
 * A core file may not include a header of the driver and may not name what
 * only the driver defines.  Comments and strings do not count, and code under
 * a condition that asks for the driver (a symbol with HYPERV in it) is allowed.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "presubmit/review/includes.h"
#include "presubmit/review/names.h"

/* ---- conditions ---- */

#define DEEPEST 64

struct guards {
	bool *line;			/* from 1: only with the driver */
	bool stack[DEEPEST];		/* of open conditions */
	bool asked[DEEPEST];		/* the #if of each names the driver */
	size_t depth;
};

/* 1: the condition needs the driver, -1: its absence, 0: neither. */
static int
asks_for_driver(const char *s, const char *end)
{
	const char *name = NULL;
	bool not;

	while (s < end && isspace((unsigned char)*s))
		s++;
	if (s == end || *s++ != '#')
		return 0;
	while (s < end && isspace((unsigned char)*s))
		s++;
	not = strncmp(s, "ifndef", 6) == 0;
	for (const char *p = s; p + 6 <= end && !name; p++)
		if (strncmp(p, "HYPERV", 6) == 0)
			name = p;
	if (!name)
		return 0;
	for (const char *p = s; p < name; p++)
		not ^= *p == '!' && p[1] != '=';
	return not ? -1 : 1;
}

static void
open_condition(struct guards *g, int asks)
{
	if (g->depth == DEEPEST)
		return;
	g->stack[g->depth] = asks > 0;
	g->asked[g->depth++] = asks != 0;
}

static void
directive(struct guards *g, const char *s, const char *end)
{
	const int asks = asks_for_driver(s, end);

	while (s < end && (isspace((unsigned char)*s) || *s == '#'))
		s++;
	if (strncmp(s, "if", 2) == 0)
		open_condition(g, asks);
	else if (!g->depth)
		return;
	else if (strncmp(s, "elif", 4) == 0)
		g->stack[g->depth - 1] = asks > 0;
	else if (strncmp(s, "else", 4) == 0)
		g->stack[g->depth - 1] = g->asked[g->depth - 1] &&
		    !g->stack[g->depth - 1];
	else if (strncmp(s, "endif", 5) == 0)
		g->depth--;
}

static bool
guards_fill(struct guards *g, const struct source *src)
{
	g->line = calloc(src->nlines + 2, sizeof(*g->line));
	for (size_t i = 0; g->line && i < src->nlines; i++) {
		if (src->flags[i] & LINE_DIRECTIVE)
			directive(g, src->clean + src->line[i],
			    src->clean + src->line[i + 1]);
		for (size_t d = 0; d < g->depth; d++)
			g->line[i + 1] |= g->stack[d];
	}
	return g->line != NULL;
}

/* ---- names ---- */

/*
 * A header of the core that defines or declares one of these names, taken out
 * of the list: the name is not the driver's alone.
 */
static void
drop_shared(struct review *r, struct strlist *names)
{
	static const char *const freebsd[] = { "sys", "vm", "amd64", "x86",
		"kern", NULL };
	static const char *const linux_folders[] = { "arch/x86/include",
		"arch/x86/mm", "arch/x86/kernel", "include/linux",
		"include/asm-generic", "mm", NULL };
	struct strlist files = { 0 }, core = { 0 }, known = { 0 }, left = { 0 };

	for (const char *const *f = r->linux_kernel ? linux_folders : freebsd;
	    names->n && *f; f++) {
		review_list(r, *f, ".h", &files);
		review_list(r, *f, ".c", &files);
	}
	for (size_t i = 0; i < files.n; i++)
		if (review_side(r, files.v[i]) != SIDE_DRIVER)
			strlist_add(&core, files.v[i]);
	if (core.n)
		(void)names_of(r, &core, "defgstuvxp", true, &known);
	for (size_t i = 0; i < names->n; i++)
		if (!strlist_has(&known, names->v[i], strlen(names->v[i])))
			strlist_add(&left, names->v[i]);
	strlist_clear(names);
	*names = left;
	strlist_clear(&files);
	strlist_clear(&core);
	strlist_clear(&known);
}

static bool
is_member(const struct cfile *f, size_t i)
{
	return i && (ctoken_is(&f->v[i - 1], ".") ||
	    ctoken_is(&f->v[i - 1], "->"));
}

/* Names of the driver that a file uses and does not define itself. */
static void
used_names(struct review *r, const char *below, const struct cfile *f,
           const struct strlist *driver, struct strlist *out)
{
	struct strlist one = { 0 }, own = { 0 };

	strlist_add(&one, below);
	(void)names_of(r, &one, "defgstuvlzm", false, &own);
	for (size_t i = 0; i < f->n; i++) {
		const struct ctoken *t = &f->v[i];

		if (t->ident && !is_member(f, i) &&
		    strlist_has(driver, t->s, t->len) &&
		    !strlist_has(&own, t->s, t->len))
			strlist_put(out, t->s, t->len);
	}
	strlist_sort(out);
	strlist_clear(&one);
	strlist_clear(&own);
}

/* ---- one core file ---- */

struct tally {
	size_t bad, allowed, files;
};

static void
found(struct review *r, struct check *c, const char *below, size_t line,
      const struct guards *g, struct tally *t, const char *what, size_t len,
      const char *kind)
{
	if (g->line[line]) {
		t->allowed++;
		return;
	}
	t->bad++;
	check_note(r, c, below, line, "%s %.*s, which a kernel without "
	    "Hyper-V does not have", kind, (int)len, what);
	check_say(c, VERDICT_FAIL, "%s%s:%zu %s %.*s; put what both need into "
	    "the core, or reach the driver through a pointer", r->prefix, below,
	    line, kind, (int)len, what);
}

static void
judge_includes(struct review *r, struct check *c, const char *below,
               const struct source *src, const struct guards *g,
               struct tally *t)
{
	for (size_t i = 0; i < src->nlines; i++) {
		char *path = include_at(src, i);

		if (path && review_side(r, path) == SIDE_DRIVER)
			found(r, c, below, i + 1, g, t, path, strlen(path),
			    "includes");
		free(path);
	}
}

static void
judge_file(struct review *r, struct check *c, const char *below,
           const struct strlist *driver, struct tally *t)
{
	struct guards g = { 0 };
	struct cfile f = { 0 };
	struct strlist used = { 0 };

	if (cfile_read(r, below, &f) == 0 && guards_fill(&g, &f.src)) {
		t->files++;
		judge_includes(r, c, below, &f.src, &g, t);
		used_names(r, below, &f, driver, &used);
		drop_shared(r, &used);
		for (size_t i = 0; i < f.n; i++)
			if (f.v[i].ident && !is_member(&f, i) &&
			    strlist_has(&used, f.v[i].s, f.v[i].len))
				found(r, c, below, f.v[i].line, &g, t,
				    f.v[i].s, f.v[i].len, "names");
	}
	strlist_clear(&used);
	free(g.line);
	cfile_clear(&f);
}

void
check_dependency(struct review *r, struct check *c)
{
	struct strlist core = { 0 }, headers = { 0 }, names = { 0 };
	struct tally t = { 0 };

	review_side_files(r, SIDE_CORE, ".c", &core);
	review_side_files(r, SIDE_CORE, ".h", &core);
	review_side_files(r, SIDE_DRIVER, ".h", &headers);
	review_side_files(r, SIDE_DRIVER, ".c", &headers);
	if (!tags_program())
		check_say(c, VERDICT_SKIP, "Universal Ctags is not installed "
		    "(package universal-ctags)");
	else if (!headers.n)
		check_say(c, VERDICT_SKIP, "this tree has no Hyper-V driver "
		    "to depend on");
	else if (names_of(r, &headers, "defgstuvxp", true, &names) != 0)
		check_say(c, VERDICT_SKIP, "ctags cannot read the driver");
	else {
		for (size_t i = 0; i < core.n; i++)
			judge_file(r, c, core.v[i], &names, &t);
		if (!t.files)
			check_say(c, VERDICT_SKIP, "no core file can be read");
		check_say(c, VERDICT_PASS, "%zu core files name none of the "
		    "%zu names of the driver (%zu uses under a condition for "
		    "it)", t.files, names.n, t.allowed);
	}
	strlist_clear(&core);
	strlist_clear(&headers);
	strlist_clear(&names);
}
