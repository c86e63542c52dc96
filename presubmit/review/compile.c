/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compile: see compile.h.  All folders are searched as system folders, in the
 * order of the kernel object, so that warnings of headers stay silent; the
 * file itself is included by its absolute path and is not a system file.
 */
#include "presubmit/review/compile.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pmapshim/build/run.h"

/* ---- running ---- */

static void
split_words(struct strlist *argv, const char *s)
{
	for (s += strspn(s, " \t"); *s; s += strspn(s, " \t")) {
		const size_t n = strcspn(s, " \t");

		strlist_put(argv, s, n);
		s += n;
	}
}

/* -g -S and not -fsyntax-only, for which clang calls some flags unused. */
static bool
ask_compiler(const char *cc, const char *const *flags)
{
	static const char *const rest[] = { "-g", "-S", "-o", "/dev/null", "-x",
		"c", "/dev/null", NULL };
	struct strlist argv = { 0 };
	struct text out = { 0 };
	bool ok;

	split_words(&argv, cc);
	strlist_add(&argv, "-Werror");
	strlist_add_all(&argv, flags);
	strlist_add_all(&argv, rest);
	ok = !argv.oom && run_capture(strlist_argv(&argv), &out) == 0;
	strlist_clear(&argv);
	text_clear(&out);
	return ok;
}

/* Both sides of a patch ask the same questions: each is asked once. */
bool
compiler_takes(const char *cc, const char *const *flags)
{
	static struct strlist yes, no;
	struct text question = { 0 };
	bool ok;

	text_printf(&question, "%s", cc);
	for (const char *const *f = flags; *f; f++)
		text_printf(&question, " %s", *f);
	if (question.oom)
		return false;
	ok = strlist_has(&yes, question.s, question.len);
	if (!ok && !strlist_has(&no, question.s, question.len)) {
		ok = ask_compiler(cc, flags);
		strlist_add(ok ? &yes : &no, question.s);
		strlist_sort(ok ? &yes : &no);
	}
	text_clear(&question);
	return ok;
}

size_t
compilers(const struct review *r, const char *ret[2])
{
	size_t n = 0;

	if (r->in->gcc)
		ret[n++] = r->in->gcc;
	if (r->in->clang)
		ret[n++] = r->in->clang;
	return n;
}

static void
arguments(const struct compilation *what, const char *source,
          struct strlist *argv)
{
	static const char *const fixed[] = { "-fdiagnostics-color=never",
		"-O2", "-U_FORTIFY_SOURCE",
		"-fno-builtin", "-fno-strict-aliasing",
		"-ffreestanding", "-mgeneral-regs-only", NULL };

	split_words(argv, what->cc);
	strlist_add_all(argv, fixed);
	strlist_add_all(argv, strlist_argv(&what->s->flags));
	strlist_add_all(argv, what->flags);
	strlist_add(argv, what->object ? "-c" : "-S");
	strlist_add(argv, "-o");
	strlist_add(argv, what->object ? what->object : "/dev/null");
	strlist_add(argv, source);
}

/* ---- reading what it said ---- */

/* "FILE:LINE:COLUMN: KIND: text"; the kind's place, or NULL. */
static const char *
kind_of(const char *line, enum diagnosis_kind *kind, bool *note)
{
	static const char *const marks[] = { ": warning: ", ": error: ",
		": fatal error: ", ": note: " };
	const char *best = NULL;

	for (size_t i = 0; i < 4; i++) {
		const char *p = strstr(line, marks[i]);

		if (!p || (best && p > best))
			continue;
		best = p;
		*note = i == 3;
		*kind = i == 0 ? DIAGNOSIS_WARNING : DIAGNOSIS_ERROR;
	}
	return best;
}

/* The length of FILE, and LINE, of "FILE:LINE[:COLUMN]" up to `end`. */
static size_t
split_place(const char *s, const char *end, size_t *line)
{
	size_t numbers[2] = { 0, 0 }, n = 0;

	while (n < 2) {
		const char *p = end;

		while (p > s && isdigit((unsigned char)p[-1]))
			p--;
		if (p == end || p == s || p[-1] != ':')
			break;
		numbers[n++] = strtoul(p, NULL, 10);
		end = p - 1;
	}
	*line = n ? numbers[n - 1] : 0;
	return (size_t)(end - s);
}

/* The path below the kernel's folder, or NULL. */
static char *
below_of(const struct review *r, const char *file)
{
	char *real = realpath(file, NULL), *found = NULL;
	const size_t n = strlen(r->base);

	if (real && strncmp(real, r->base, n) == 0 && real[n] == '/')
		found = strdup(real + n + 1);
	free(real);
	return found;
}

static bool
in_shims(const struct surroundings *s, const char *file)
{
	char *real = realpath(file, NULL);
	const bool yes = (real && s->shims &&
	    strncmp(real, s->shims, strlen(s->shims)) == 0) ||
	    strcmp(file, "shim-prologue") == 0;

	free(real);
	return yes;
}

static void
add_diagnosis(struct review *r, const struct surroundings *s,
              struct diagnoses *ret, const char *line)
{
	enum diagnosis_kind kind = DIAGNOSIS_ERROR;
	bool note = false;
	const char *mark = kind_of(line, &kind, &note), *text;
	struct diagnosis *v;
	size_t at, n;
	char *file;

	if (!mark)
		return;
	n = split_place(line, mark, &at);
	file = strndup(line, n);
	text = strstr(mark + 2, ": ") + 2;
	if (note && ret->n)
		ret->v[ret->n - 1].ours |= file && in_shims(s, file);
	v = note ? NULL : realloc(ret->v, (ret->n + 1) * sizeof(*v));
	if (!v || !file) {
		free(file);
		return;
	}
	ret->v = v;
	v[ret->n++] = (struct diagnosis){ .kind = kind, .file = file,
		.below = below_of(r, file), .line = at, .text = strdup(text),
		.ours = in_shims(s, file) };
}

void
compile(struct review *r, const struct compilation *what,
        struct diagnoses *ret)
{
	struct strlist argv = { 0 };
	struct text source = { 0 }, out = { 0 };
	char *save = NULL;

	*ret = (struct diagnoses){ .status = -ENOMEM };
	text_printf(&source, "%s/unit.c", r->tmp);
	if (source.s && file_write(source.s, what->text,
	    strlen(what->text)) == 0) {
		arguments(what, source.s, &argv);
		ret->status = argv.oom ? -ENOMEM :
		    run_capture(strlist_argv(&argv), &out);
	}
	for (char *l = out.s ? strtok_r(out.s, "\n", &save) : NULL; l;
	    l = strtok_r(NULL, "\n", &save))
		add_diagnosis(r, what->s, ret, l);
	strlist_clear(&argv);
	text_clear(&source);
	text_clear(&out);
}

void
diagnoses_clear(struct diagnoses *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->v[i].below);
		free(d->v[i].file);
		free(d->v[i].text);
	}
	free(d->v);
	*d = (struct diagnoses){ 0 };
}
