/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warnings: the code under test compiles clean with the kernel's own warnings,
 * under gcc and clang.  Only diagnoses at a line of the file itself, or of a
 * header that the patch changed, count; those of our shims never do.
 */
#include <string.h>

#include "presubmit/review/compile.h"
#include "presubmit/review/flags.h"

/*
 * A slice lacks the declarations of its file: what asks for them, and for
 * uses that were left behind, is off.
 */
static const char *const slice_off[] = {
	"-Wno-missing-prototypes", "-Wno-missing-declarations",
	"-Wno-missing-variable-declarations", "-Wno-redundant-decls",
	"-Wno-nested-externs", "-Wno-unused-function",
	"-Wno-unused-variable", "-Wno-unused-const-variable", NULL
};

struct tally {
	size_t files, runs;
	struct strlist sources;		/* where the flags come from */
};

static bool
is_changed(const struct review *r, const char *below)
{
	return strlist_has(&r->changed, below, strlen(below));
}

/* Keep the flags that this compiler knows. */
static void
known_flags(const char *cc, const struct strlist *all, struct strlist *out)
{
	const bool every = compiler_takes(cc, strlist_argv(all));

	for (size_t i = 0; i < all->n; i++)
		if (every || compiler_takes(cc,
		    (const char *[]){ all->v[i], NULL }))
			strlist_add(out, all->v[i]);
}

static void
judge_unit(struct review *r, struct check *c, const struct unit *u,
           const struct compilation *what, struct tally *t)
{
	struct diagnoses d;
	size_t foreign = 0;

	compile(r, what, &d);
	t->runs++;
	for (size_t i = 0; i < d.n; i++) {
		const struct diagnosis *x = &d.v[i];
		const bool counts = x->below && !x->ours &&
		    (strcmp(x->below, u->below) == 0 ||
		    is_changed(r, x->below));

		if (!counts) {
			foreign += x->kind == DIAGNOSIS_ERROR;
			continue;
		}
		check_note(r, c, x->below, x->line, "%s: %s: %s", what->cc,
		    x->kind == DIAGNOSIS_ERROR ? "error" : "warning", x->text);
		check_say(c, VERDICT_FAIL, "%s%s:%zu: %s says: %s", r->prefix,
		    x->below, x->line, what->cc, x->text);
	}
	if (foreign)
		check_note(r, c, u->below, 0, "%s: not judged: %zu errors in "
		    "our shims or in other headers, the first: %s", what->cc,
		    foreign, d.v[0].text);
	else if (d.status < 0)
		check_note(r, c, u->below, 0, "%s: %s", what->cc,
		    strerror(-d.status));
	else
		t->files++;
	diagnoses_clear(&d);
}

static void
judge_with(struct review *r, struct check *c, const struct surroundings *s,
           const char *cc, bool clang, struct tally *t)
{
	struct strlist wanted = { 0 }, flags = { 0 }, sliced = { 0 };
	const char *from;

	warning_flags(r, clang, &wanted, &from);
	strlist_add(&t->sources, from);
	known_flags(cc, &wanted, &flags);
	strlist_add_all(&sliced, strlist_argv(&flags));
	strlist_add_all(&sliced, slice_off);
	r->oom |= flags.oom || sliced.oom || wanted.oom;
	for (size_t i = 0; !r->oom && i < s->n; i++) {
		const struct compilation what = { .cc = cc, .s = s,
			.flags = strlist_argv(s->v[i].whole ? &flags : &sliced),
			.text = s->v[i].text };

		judge_unit(r, c, &s->v[i], &what, t);
	}
	if (!flags.n)
		check_say(c, VERDICT_SKIP, "%s names no warnings", from);
	strlist_clear(&wanted);
	strlist_clear(&flags);
	strlist_clear(&sliced);
}

static size_t
note_unseen(struct review *r, struct check *c, const struct surroundings *s)
{
	size_t n = 0;

	for (size_t i = 0; i < r->changed.n; i++) {
		const char *below = r->changed.v[i];
		bool seen = !has_ending(below, ".c");

		for (size_t k = 0; k < s->n; k++)
			seen |= strcmp(s->v[k].below, below) == 0;
		if (seen)
			continue;
		check_note(r, c, below, 0, "not compiled: this file is not "
		    "under test");
		n++;
	}
	return n;
}

void
check_warnings(struct review *r, struct check *c)
{
	const char *cc[2];
	const size_t n = compilers(r, cc);
	const struct surroundings *s;
	struct tally t = { 0 };
	size_t unseen;

	if (!n) {
		check_say(c, VERDICT_SKIP, "there is neither gcc nor clang");
		return;
	}
	s = surroundings_of(r, c);
	if (s) {
		for (size_t i = 0; i < n; i++)
			judge_with(r, c, s, cc[i], cc[i] == r->in->clang, &t);
		unseen = note_unseen(r, c, s);
		if (t.files)
			check_say(c, VERDICT_PASS, "%zu of %zu compilations "
			    "are clean (%s; flags of %s); changed files that "
			    "are not under test: %zu", t.files, t.runs,
			    n == 2 ? "gcc and clang" : "one compiler only",
			    t.sources.n ? t.sources.v[0] : "?", unseen);
		else
			check_say(c, VERDICT_SKIP, "nothing could be compiled "
			    "with our shims");
	}
	strlist_clear(&t.sources);
}
