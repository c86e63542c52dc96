/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flags: reads CWARNFLAGS out of FreeBSD's sys/conf/kern.mk and KBUILD_CFLAGS
 * out of Linux's Makefile and scripts/Makefile.extrawarn, without a make.
 *
 * A condition about the compiler is decided.  Under any other condition only
 * flags that silence a warning are taken: a kernel is not accused of what its
 * own build may not ask for.
 */
#include "presubmit/review/flags.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* FreeBSD's set where the tree has no kern.mk; names of flags. */
static const char *const freebsd_flags[] = {
	"-Wall", "-Wstrict-prototypes", "-Wmissing-prototypes",
	"-Wpointer-arith", "-Wcast-qual", "-Wundef", "-Wno-pointer-sign",
	"-Wno-unknown-pragmas", "-Wno-address-of-packed-member",
	"-Wno-error=tautological-compare", "-Wno-error=empty-body",
	"-Wno-error=unused-function", "-Wno-error=shift-negative-value",
	"-Wno-error=cast-qual", "-Wno-error=array-bounds",
	"-Wno-error=maybe-uninitialized", "-Wno-error=unused-but-set-variable",
	NULL
};

#define DEEPEST 32

enum reading { READ_ALL, READ_SILENCING, READ_NOTHING };

struct reader {
	bool clang;
	enum reading state[DEEPEST];
	bool about_compiler[DEEPEST];
	size_t depth;
	struct strlist *out;
};

static enum reading
now(const struct reader *rd)
{
	enum reading worst = READ_ALL;

	for (size_t i = 0; i < rd->depth; i++)
		if (rd->state[i] > worst)
			worst = rd->state[i];
	return worst;
}

/* What a condition means for the compiler at hand. */
static enum reading
decide(const struct reader *rd, const char *s, bool *about)
{
	const bool clang = strstr(s, "clang") || strstr(s, "IS_CLANG");
	const bool gcc = strstr(s, "gcc") || strstr(s, "IS_GCC");
	const bool not = strstr(s, "!=") || strncmp(s, "ifndef", 6) == 0;

	/* more than one question in one line is not for us to answer */
	*about = clang != gcc && !strstr(s, "&&") && !strstr(s, "||");
	if (!*about)
		return READ_SILENCING;
	return (rd->clang == clang) != not ? READ_ALL : READ_NOTHING;
}

static bool
condition(struct reader *rd, const char *s)
{
	bool about = false;

	if (*s == '.')
		s++;
	if (strncmp(s, "if", 2) == 0) {
		const enum reading state = decide(rd, s, &about);

		if (rd->depth < DEEPEST) {
			rd->state[rd->depth] = state;
			rd->about_compiler[rd->depth++] = about;
		}
	} else if (strncmp(s, "elif", 4) == 0 && rd->depth)
		rd->state[rd->depth - 1] = decide(rd, s, &about);
	else if (strncmp(s, "else", 4) == 0 && rd->depth) {
		enum reading *state = &rd->state[rd->depth - 1];

		if (rd->about_compiler[rd->depth - 1])
			*state = *state == READ_ALL ? READ_NOTHING : READ_ALL;
	} else if (strncmp(s, "endif", 5) == 0 && rd->depth)
		rd->depth--;
	else
		return false;
	return true;
}

/* A flag as we use it: what does not stop a build is off. */
static void
take_flag(struct reader *rd, const char *s, size_t n, bool disabled)
{
	struct text t = { 0 };
	const bool silencing = disabled || strncmp(s, "-Wno-", 5) == 0;

	if (memchr(s, '$', n) || now(rd) == READ_NOTHING ||
	    (now(rd) == READ_SILENCING && !silencing))
		return;
	if (strncmp(s, "-Wno-error=", 11) == 0)
		text_printf(&t, "-Wno-%.*s", (int)n - 11, s + 11);
	else if (strncmp(s, "-Werror=", 8) == 0)
		text_printf(&t, "-W%.*s", (int)n - 8, s + 8);
	else if (strncmp(s, "-Wno-error", 10) != 0 &&
	    strncmp(s, "-Werror", 7) != 0 && strncmp(s, "-Wa,", 4) != 0 &&
	    strncmp(s, "-Wl,", 4) != 0 && strncmp(s, "-Wp,", 4) != 0)
		text_printf(&t, "%s%.*s", disabled ? "-Wno-" : "", (int)n, s);
	if (t.s)
		strlist_add(rd->out, t.s);
	text_clear(&t);
}

static size_t
word_length(const char *s)
{
	return strcspn(s, " \t\n,)#\\");
}

/* All -W words of an assignment, and the X of cc-disable-warning,X. */
static void
take_line(struct reader *rd, const char *s, const char *end)
{
	static const char disable[] = "cc-disable-warning,";

	for (; s < end && *s != '#'; s++) {
		if (strncmp(s, disable, strlen(disable)) == 0) {
			s += strlen(disable);
			s += strspn(s, " ");
			take_flag(rd, s, word_length(s), true);
		} else if (strncmp(s, "-W", 2) == 0 &&
		    strchr(" \t,=", s[-1])) {
			const size_t n = word_length(s);

			take_flag(rd, s, n, false);
			s += n - 1;
		}
	}
}

/* The end of a logical line: continued by a backslash. */
static const char *
line_end(const char *s)
{
	for (;; s++) {
		s += strcspn(s, "\n");
		if (!*s || s[-1] != '\\')
			return s;
	}
}

static bool
starts_variable(const char *s, const char *const *variables)
{
	for (; *variables; variables++)
		if (strncmp(s, *variables, strlen(*variables)) == 0 &&
		    !isalnum((unsigned char)s[strlen(*variables)]) &&
		    s[strlen(*variables)] != '_')
			return true;
	return false;
}

static bool
read_makefile(struct review *r, const char *below, bool clang,
              enum reading outside, const char *const *variables,
              struct strlist *out)
{
	struct reader rd = { .clang = clang, .out = out, .depth = 1,
		.state = { outside } };
	char *path = review_path(r, below), *data = NULL;
	size_t size;
	const bool ok = path && file_read(path, &data, &size) == 0;
	const char *end;

	for (const char *s = ok ? data : ""; *s; s = *end ? end + 1 : end) {
		const char *word = s + strspn(s, " \t");

		end = line_end(s);
		if (!condition(&rd, word) && starts_variable(word, variables))
			take_line(&rd, word, end);
	}
	free(data);
	free(path);
	return ok;
}

void
warning_flags(struct review *r, bool clang, struct strlist *out,
              const char **from)
{
	static const char *const freebsd[] = { "CWARNFLAGS", "CWARNEXTRA",
		NULL };
	static const char *const kbuild[] = { "KBUILD_CFLAGS", NULL };
	struct reader rd = { .clang = clang, .out = out };

	if (r->linux_kernel) {
		*from = "Makefile";
		if (read_makefile(r, "Makefile", clang, READ_ALL, kbuild, out))
			(void)read_makefile(r, "scripts/Makefile.extrawarn",
			    clang, READ_SILENCING, kbuild, out);
		return;
	}
	*from = "sys/conf/kern.mk";
	if (read_makefile(r, "conf/kern.mk", clang, READ_ALL, freebsd, out))
		return;
	*from = "our list of FreeBSD's flags";
	for (const char *const *f = freebsd_flags; *f; f++)
		take_flag(&rd, *f, strlen(*f), false);
}
