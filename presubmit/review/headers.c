/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * headers: each header that the patch touches (without a patch: each that the
 * code under test includes) compiles alone, twice, and after and before its
 * neighbours, the headers that some .c file includes beside it.
 *
 * "Alone" is behind what every kernel file has before it (our shims).  That a
 * name is missing counts only when another header of the driver defines it;
 * else it is as likely our shims that lack it, and the header is not judged.
 */
#include <stdlib.h>
#include <string.h>

#include "presubmit/review/compile.h"
#include "presubmit/review/includes.h"

struct bench {
	struct review *r;
	struct check *c;
	const struct surroundings *s;
	struct includes inc;
	struct strlist driver_names;
	const char *cc[2];
	size_t ncc;
	struct strlist sound[2], unsound[2];	/* known of each compiler */
	size_t judged, unjudged, pairs;
};

/* What came of one compilation of headers. */
enum outcome { CLEAN, BROKEN, NOT_JUDGED };

struct complaint {
	enum outcome outcome;
	char *below, *text;
	const char *cc;
	size_t line;
};

static void
complaint_clear(struct complaint *x)
{
	free(x->below);
	free(x->text);
}

/* C99 has no second typedef of a name; each compiler says it in its words. */
static bool
is_typedef_twice(const struct diagnosis *x)
{
	return strstr(x->text, "redefinition of typedef") != NULL;
}

/* The name between the first quotes of a text, or length 0. */
static size_t
quoted(const char *s, const char **name)
{
	const char *q = strchr(s, '\'');
	size_t n;

	if (!q)
		return 0;
	q++;
	for (;; q += strcspn(q, " ") + 1) {
		n = strcspn(q, " ';");
		if (strncmp(q, "struct ", 7) != 0 &&
		    strncmp(q, "enum ", 5) != 0 && strncmp(q, "union ", 6) != 0)
			break;
	}
	*name = q;
	return n;
}

/* Whether an error says that a name is not there. */
static bool
is_missing(const struct diagnosis *x)
{
	static const char *const words[] = { "unknown type name", "undeclared",
		"incomplete type", "No such file", "file not found",
		"must use 'struct'", "expected ", "no member", "undefined" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(x->text, words[i]))
			return true;
	return false;
}

/*
 * Whether the line of an error has "struct NAME" of the driver: gcc says that
 * a field has an incomplete type, and not which.
 */
static bool
line_names_driver(const struct bench *b, const struct diagnosis *x)
{
	struct cfile f = { 0 };
	bool yes = false;

	if (strstr(x->text, "incomplete type") &&
	    cfile_read(b->r, x->below, &f) == 0)
		for (size_t i = 1; i + 1 < f.n && !yes; i++)
			yes = f.v[i].line == x->line &&
			    ctoken_is(&f.v[i - 1], "struct") &&
			    !ctoken_is(&f.v[i + 1], "{") &&
			    strlist_has(&b->driver_names, f.v[i].s,
			    f.v[i].len);
	cfile_clear(&f);
	return yes;
}

static bool
counts(const struct bench *b, const struct diagnosis *x)
{
	const char *name = NULL;
	size_t n;

	if (!x->below || x->ours)
		return false;
	if (x->kind == DIAGNOSIS_WARNING)
		return is_typedef_twice(x);
	if (!is_missing(x))
		return true;
	n = quoted(x->text, &name);
	return (n && strlist_has(&b->driver_names, name, n)) ||
	    line_names_driver(b, x);
}

/* The complaint about a list of headers (n of them) under one compiler. */
static struct complaint
try(struct bench *b, const char *cc, const char *const *headers, size_t n)
{
	static const char *const gcc[] = { "-std=gnu99", "-Wpedantic", NULL };
	static const char *const clang[] = { "-std=gnu99",
		"-Wtypedef-redefinition", NULL };
	struct complaint ret = { .cc = cc };
	struct text t = { 0 };
	struct diagnoses d;

	text_printf(&t, "%s#line 1 \"shim-include\"\n", b->s->prologue);
	for (size_t i = 0; i < n; i++)
		text_printf(&t, "#include \"%s/%s\"\n", b->r->base, headers[i]);
	text_printf(&t, "extern int shim_end;\n");
	b->r->oom |= t.oom;
	compile(b->r, &(struct compilation){ .cc = cc, .s = b->s,
	    .flags = cc == b->r->in->clang ? clang : gcc,
	    .text = t.s ? t.s : "" }, &d);
	if (d.status != 0)
		ret.outcome = NOT_JUDGED;
	for (size_t i = 0; i < d.n; i++) {
		const struct diagnosis *x = &d.v[i];
		const bool bad = counts(b, x);

		if (!bad && (ret.text || x->kind != DIAGNOSIS_ERROR))
			continue;
		complaint_clear(&ret);
		ret.below = x->below ? strdup(x->below) : NULL;
		ret.text = strdup(x->text);
		ret.line = x->line;
		if (bad) {
			ret.outcome = BROKEN;
			break;
		}
	}
	text_clear(&t);
	diagnoses_clear(&d);
	return ret;
}

/*
 * Try one header or two of which the outcome says how: "alone", "twice",
 * "after" (the second is judged) or "before" (the first is).
 */
static enum outcome
judge(struct bench *b, const char *cc, const char *const *headers, size_t n,
      const char *how)
{
	struct complaint x = try(b, cc, headers, n);
	const enum outcome outcome = x.outcome;
	const bool after = strcmp(how, "after") == 0;
	const char *self = headers[after ? 1 : 0];
	const char *other = after ? headers[0] :
	    strcmp(how, "before") == 0 ? headers[1] : "";

	if (outcome == BROKEN) {
		check_note(b->r, b->c, x.below, x.line, "%s, %s%s included %s"
		    "%s%s: %s", cc, b->r->prefix, self, how, *other ? " " : "",
		    other, x.text);
		check_say(b->c, VERDICT_FAIL, "%s%s does not compile %s%s%s: "
		    "%s%s:%zu: %s", b->r->prefix, self, how, *other ? " " : "",
		    other, b->r->prefix, x.below, x.line, x.text);
	}
	complaint_clear(&x);
	return outcome;
}

/* Whether a header compiles alone; each is tried once. */
static bool
is_sound(struct bench *b, size_t which, const char *below)
{
	struct strlist *yes = &b->sound[which], *no = &b->unsound[which];
	const char *one[] = { below };
	const size_t n = strlen(below);
	struct complaint x;
	bool clean;

	if (strlist_has(yes, below, n) || strlist_has(no, below, n))
		return strlist_has(yes, below, n);
	x = try(b, b->cc[which], one, 1);
	clean = x.outcome == CLEAN;
	strlist_add(clean ? yes : no, below);
	strlist_sort(clean ? yes : no);
	complaint_clear(&x);
	return clean;
}

/* Headers beside this one that compile alone under this compiler. */
static void
sound_neighbours(struct bench *b, size_t which, const char *below,
                 struct strlist *out)
{
	struct strlist all = { 0 };

	includes_neighbours(&b->inc, below, &all);
	for (size_t i = 0; i < all.n; i++)
		if ((review_side(b->r, all.v[i]) == SIDE_DRIVER ||
		    strlist_has(&b->r->changed, all.v[i],
		    strlen(all.v[i]))) && is_sound(b, which, all.v[i]))
			strlist_add(out, all.v[i]);
	strlist_clear(&all);
}

/* Whether the header is clean behind all of them, and in front of all. */
static bool
clean_with_all(struct bench *b, const char *cc, const char *below,
               const struct strlist *near)
{
	struct strlist list = { 0 };
	struct complaint after, before;
	bool clean;

	strlist_add(&list, below);
	strlist_add_all(&list, strlist_argv(near));
	strlist_add(&list, below);
	b->r->oom |= list.oom;
	after = try(b, cc, strlist_argv(&list), near->n + 1);
	before = try(b, cc, strlist_argv(&list) + 1, near->n + 1);
	clean = after.outcome == CLEAN && before.outcome == CLEAN;
	complaint_clear(&after);
	complaint_clear(&before);
	strlist_clear(&list);
	return clean;
}

/* One by one only when something is wrong with all of them. */
static void
judge_neighbours(struct bench *b, size_t which, const char *below)
{
	const char *cc = b->cc[which];
	struct strlist near = { 0 };
	bool clean;

	sound_neighbours(b, which, below, &near);
	b->pairs += near.n;
	clean = !near.n || clean_with_all(b, cc, below, &near);
	for (size_t i = 0; !clean && i < near.n; i++) {
		const char *after[] = { near.v[i], below };
		const char *before[] = { below, near.v[i] };

		if (judge(b, cc, after, 2, "after") != BROKEN)
			(void)judge(b, cc, before, 2, "before");
	}
	strlist_clear(&near);
}

/* Parts of some headers are before every file, as far as we need them. */
static bool
in_prologue(const struct bench *b, const char *below)
{
	return strstr(b->s->prologue, below) != NULL;
}

static void
not_judged(struct bench *b, const char *cc, const char *below)
{
	const char *one[] = { below };
	struct complaint x = { 0 };

	if (!in_prologue(b, below))
		x = try(b, cc, one, 1);
	b->unjudged++;
	check_note(b->r, b->c, below, 0, "%s: not judged: %s%s", cc,
	    x.text ? "our shims do not carry it: " : "",
	    x.text ? x.text : "parts of it are in our shims");
	complaint_clear(&x);
}

static void
judge_header(struct bench *b, const char *below)
{
	const char *twice[] = { below, below };

	for (size_t i = 0; i < b->ncc; i++) {
		const char *cc = b->cc[i];
		const enum outcome outcome = in_prologue(b, below) ?
		    NOT_JUDGED : judge(b, cc, twice, 1, "alone");

		if (outcome == NOT_JUDGED) {
			not_judged(b, cc, below);
			continue;
		}
		b->judged++;
		if (outcome == CLEAN && judge(b, cc, twice, 2, "twice") ==
		    CLEAN)
			judge_neighbours(b, i, below);
	}
}

/* Headers to look at, sorted. */
static void
targets(struct bench *b, struct strlist *out)
{
	const char *const *core = review_core_files(b->r);

	for (size_t i = 0; i < b->r->changed.n; i++)
		if (has_ending(b->r->changed.v[i], ".h") &&
		    review_side(b->r, b->r->changed.v[i]) != SIDE_OTHER &&
		    review_readable(b->r, b->r->changed.v[i]))
			strlist_add(out, b->r->changed.v[i]);
	if (b->r->changed.n)
		return;
	for (; *core; core++)
		if (has_ending(*core, ".h") && review_readable(b->r, *core))
			strlist_add(out, *core);
	for (size_t i = 0; i < b->s->n; i++) {
		struct strlist all = { 0 };

		includes_of(&b->inc, b->s->v[i].below, &all);
		for (size_t k = 0; b->s->v[i].whole && k < all.n; k++)
			if (review_side(b->r, all.v[k]) == SIDE_DRIVER)
				strlist_add(out, all.v[k]);
		strlist_clear(&all);
	}
	strlist_sort(out);
}

static void
judge_all(struct bench *b)
{
	struct strlist list = { 0 };

	if (includes_read(b->r, &b->inc) == 0) {
		includes_names(b->r, &b->driver_names);
		targets(b, &list);
	}
	for (size_t i = 0; i < list.n && !b->r->oom; i++)
		judge_header(b, list.v[i]);
	if (b->unjudged && b->r->changed.n)
		check_say(b->c, VERDICT_SKIP, "%zu of %zu touched headers "
		    "cannot be compiled with our shims", b->unjudged / b->ncc,
		    list.n);
	else if (b->judged)
		check_say(b->c, VERDICT_PASS, "%zu headers compile alone, "
		    "twice, and beside %zu neighbours (%zu not judged; %s)",
		    b->judged / b->ncc, b->pairs / b->ncc, b->unjudged /
		    b->ncc, b->ncc == 2 ? "gcc and clang" :
		    "one compiler only");
	else
		check_say(b->c, VERDICT_SKIP, list.n ? "none of the headers "
		    "can be compiled with our shims" : "no header is touched");
	strlist_clear(&list);
}

void
check_headers(struct review *r, struct check *c)
{
	struct bench b = { .r = r, .c = c };

	b.ncc = compilers(r, b.cc);
	if (!b.ncc)
		check_say(c, VERDICT_SKIP, "there is neither gcc nor clang");
	else if ((b.s = surroundings_of(r, c)) != NULL)
		judge_all(&b);
	includes_clear(&b.inc);
	strlist_clear(&b.driver_names);
	for (size_t i = 0; i < 2; i++) {
		strlist_clear(&b.sound[i]);
		strlist_clear(&b.unsound[i]);
	}
}
