/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stray: hunks that change nothing but white space, and files that nothing
 * the author wrote explains.  A file is explained when the subject or the
 * body of its commit has a word of its path, or when it shares an identifier
 * on changed lines with a file that is explained.  Advice only.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "presubmit/review/diff.h"
#include "presubmit/review/inner.h"

/* ---- white space ---- */

static void
squeeze(const struct diff_hunk *h, char kind, struct text *out)
{
	for (size_t i = 0; i < h->n; i++)
		for (size_t k = 0; h->v[i].kind == kind && k < h->v[i].len; k++)
			if (!isspace((unsigned char)h->v[i].s[k]))
				text_put(out, h->v[i].s + k, 1);
}

static bool
white_only(const struct diff_hunk *h)
{
	struct text minus = { 0 }, plus = { 0 };
	bool same;

	squeeze(h, '-', &minus);
	squeeze(h, '+', &plus);
	same = minus.len == plus.len &&
	    (!minus.len || memcmp(minus.s, plus.s, minus.len) == 0);
	text_clear(&minus);
	text_clear(&plus);
	return same;
}

static size_t
changed_line(const struct diff_hunk *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->v[i].kind != ' ')
			return h->v[i].line;
	return h->line;
}

static void
judge_hunks(struct review *r, struct check *c, const struct diff *d)
{
	for (size_t i = 0; i < d->nh; i++) {
		const char *below = review_below(r, d->files[d->h[i].file]);
		const size_t line = changed_line(&d->h[i]);

		if (!white_only(&d->h[i]))
			continue;
		check_note(r, c, below, line, "this hunk changes nothing but "
		    "white space");
		check_say(c, VERDICT_FAIL, "%s%s:%zu: a hunk changes nothing "
		    "but white space; leave it out", r->prefix, below, line);
	}
}

/* ---- files ---- */

/* A word without case in a text, at the start of a word. */
static bool
mentions(const char *text, const char *word, size_t n)
{
	for (const char *p = text; p && *p; p++)
		if (strncasecmp(p, word, n) == 0 &&
		    (p == text || !isalnum((unsigned char)p[-1])))
			return true;
	return false;
}

static bool
too_common(const char *w, size_t n)
{
	static const char *const words[] = { "sys", "dev", "include", "arch",
		"src", "kernel", "lib", "usr", "machine" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == n && memcmp(words[i], w, n) == 0)
			return true;
	return n < 2;
}

/* Whether the text has a word of the path ("mp_machdep" has two). */
static bool
explains(const char *text, const char *path)
{
	while (*path) {
		const size_t n = strcspn(path, "/._-");

		if (!too_common(path, n) && mentions(text, path, n))
			return true;
		path += n;
		path += strspn(path, "/._-");
	}
	return false;
}

static bool
explained(const struct review *r, const char *path)
{
	for (size_t i = 0; i < r->in->ncommits; i++) {
		const struct review_commit *k = &r->in->commits[i];

		for (size_t f = 0; f < k->nfiles; f++)
			if (strcmp(k->files[f], path) == 0 &&
			    (explains(k->subject ? k->subject : "", path) ||
			    explains(k->body ? k->body : "", path)))
				return true;
	}
	return false;
}

/* Identifiers of six letters and more on the changed lines of a file. */
static void
changed_words(const struct diff *d, size_t file, struct strlist *out)
{
	for (size_t i = 0; i < d->nh; i++)
		for (size_t k = 0; d->h[i].file == file && k < d->h[i].n; k++) {
			const struct diff_line *l = &d->h[i].v[k];
			const char *p = l->s, *end = p + l->len;
			struct token t;

			while (l->kind != ' ' && token_next(&p, end, &t))
				if (t.ident && t.len >= 6)
					strlist_put(out, t.s, t.len);
		}
	strlist_sort(out);
}

static bool
share_word(const struct strlist *a, const struct strlist *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (strlist_has(b, a->v[i], strlen(a->v[i])))
			return true;
	return false;
}

/* Files that share a word with an explained one are explained, and so on. */
static void
spread(const struct diff *d, const struct strlist *words, bool *ok)
{
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < d->nfiles; i++)
			for (size_t k = 0; !ok[i] && k < d->nfiles; k++)
				if (ok[k] && share_word(&words[i], &words[k]))
					more = ok[i] = true;
	}
}

static void
judge_files(struct review *r, struct check *c, const struct diff *d)
{
	struct strlist *words = calloc(d->nfiles, sizeof(*words));
	bool *ok = calloc(d->nfiles, sizeof(*ok));

	r->oom |= !words || !ok;
	for (size_t i = 0; !r->oom && i < d->nfiles; i++) {
		changed_words(d, i, &words[i]);
		ok[i] = explained(r, d->files[i]);
	}
	if (!r->oom)
		spread(d, words, ok);
	for (size_t i = 0; !r->oom && i < d->nfiles; i++) {
		const char *below = review_below(r, d->files[i]);

		strlist_clear(&words[i]);
		if (ok[i])
			continue;
		check_note(r, c, below, 0, "no subject or message has a word "
		    "of this path, and it shares no name with a file that is "
		    "explained");
		check_say(c, VERDICT_FAIL, "nothing explains why %s%s is "
		    "changed; say so, or leave it out", r->prefix, below);
	}
	free(words);
	free(ok);
}

void
check_stray(struct review *r, struct check *c)
{
	struct diff d = { 0 };

	if (!r->in->diff)
		check_say(c, VERDICT_SKIP, "there is no diff to look at");
	else if (diff_read(r->in->diff, &d) != 0)
		check_say(c, VERDICT_SKIP, "%s: not a unified diff",
		    r->in->diff);
	else {
		judge_hunks(r, c, &d);
		if (r->in->ncommits)
			judge_files(r, c, &d);
		check_say(c, VERDICT_PASS, "%zu hunks in %zu files, none of "
		    "white space alone%s", d.nh, d.nfiles, r->in->ncommits ?
		    ", each file explained" :
		    " (no commit message to explain files)");
	}
	diff_clear(&d);
}
