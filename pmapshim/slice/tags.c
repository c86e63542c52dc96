/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tags: runs Universal Ctags and reads its answer.  It is given the active
 * text without what generated.c found, so it sees each definition once and no
 * macro that it would take for a function.
 */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../build/run.h"

static const char *
find_program(const char *wanted)
{
	const char *const names[] = { wanted, "ctags-universal", "ctags",
		"universal-ctags", "uctags" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *argv[] = { names[i], "--version", NULL };
		struct text out = { 0 };
		bool good;

		if (!names[i] || !*names[i])
			continue;
		good = run_capture(argv, &out) == 0 && out.s &&
		    strstr(out.s, "Universal Ctags");
		text_clear(&out);
		if (good)
			return names[i];
	}
	return NULL;
}

/* What was found is asked once; what was not may be installed meanwhile. */
const char *
tags_program(void)
{
	static const char *found;
	static char *asked;
	const char *wanted = getenv("CTAGS");

	if (found && strcmp(asked, wanted ? wanted : "") == 0)
		return found;
	free(asked);
	asked = strdup(wanted ? wanted : "");
	found = asked ? find_program(asked) : NULL;
	return found;
}

static enum slice_status
no_ctags(struct slice_result *ret)
{
	return slice_fail(ret, SLICE_NO_TOOL, "Universal Ctags is not "
	    "installed (package universal-ctags; or set CTAGS): it is needed "
	    "to read the kernel's sources");
}

/* A numeric field such as "end:" of a tag line; 0 when it is not there. */
static size_t
number_field(const char *line, const char *name)
{
	const char *p = strstr(line, name);

	return p ? strtoul(p + strlen(name), NULL, 10) : 0;
}

/* "NAME \t FILE \t N;\" \t KIND \t line:N \t end:N" */
static void
parse_tag(const char *line, size_t nlines, struct deftab *tab)
{
	const char *tab1 = strchr(line, '\t');
	const char *kind = strstr(line, ";\"\t");
	size_t at, end;
	struct def *d;

	if (*line == '!' || !tab1 || !kind)
		return;
	at = number_field(kind, "\tline:");
	end = number_field(kind, "\tend:");
	if (!at || at > nlines)
		return;
	d = deftab_add(tab, line, (size_t)(tab1 - line), kind[3], at - 1);
	if (d && end >= at && end <= nlines)
		d->last = end - 1;
}

static void
ctags_argv(const char *ctags, const char *file, struct strlist *argv)
{
	static const char *const fixed[] = { "--options=NONE",
		"--language-force=C", "--c-kinds=defgpstuvx", "--fields=kne",
		"--excmd=number", "--sort=no", "-f", "-", NULL };

	strlist_add(argv, ctags);
	strlist_add_all(argv, fixed);
	strlist_add(argv, file);
}

static enum slice_status
run_ctags(const struct strlist *argv, struct text *out,
	  struct slice_result *ret)
{
	int status = argv->oom ? -ENOMEM :
	    run_capture(strlist_argv(argv), out);

	if (status == 0 && !out->oom)
		return SLICE_OK;
	return slice_fail(ret, SLICE_SYSTEM, "%s failed: %s", argv->v[0],
	    status < 0 ? strerror(-status) : out->s ? out->s : "no message");
}

/* Call parse_tag() on each line. */
static void
parse_tags(char *out, size_t nlines, struct deftab *tab)
{
	char *save = NULL;

	for (char *l = strtok_r(out, "\n", &save); l;
	    l = strtok_r(NULL, "\n", &save))
		parse_tag(l, nlines, tab);
}

static bool
temp_folder(char *dir, size_t size)
{
	const char *base = getenv("TMPDIR");
	struct text t = { 0 };
	bool good;

	text_printf(&t, "%s/shootdown.XXXXXX", base && *base ? base : "/tmp");
	good = !t.oom && t.len < size;
	if (good)
		memcpy(dir, t.s, t.len + 1);
	text_clear(&t);
	return good && mkdtemp(dir);
}

enum slice_status
tags_read(const struct source *src, const char *view, struct deftab *tab,
	  struct slice_result *ret)
{
	const char *ctags = tags_program();
	enum slice_status st = SLICE_OK;
	struct text file = { 0 }, out = { 0 };
	struct strlist argv = { 0 };
	char dir[512];

	if (!ctags)
		return no_ctags(ret);
	if (!temp_folder(dir, sizeof(dir)))
		return slice_fail(ret, SLICE_SYSTEM, "cannot make a temporary "
		    "folder: %s (set TMPDIR)", strerror(errno));
	text_printf(&file, "%s/source.c", dir);
	if (file.oom || file_write(file.s, view, src->size) != 0)
		st = slice_fail(ret, SLICE_SYSTEM, "cannot write into %s", dir);
	if (st == SLICE_OK) {
		ctags_argv(ctags, file.s, &argv);
		st = run_ctags(&argv, &out, ret);
	}
	if (st == SLICE_OK && out.s)
		parse_tags(out.s, src->nlines, tab);
	if (st == SLICE_OK && tab->oom)
		st = slice_fail(ret, SLICE_SYSTEM, "out of memory");
	if (file.s)
		unlink(file.s);
	rmdir(dir);
	strlist_clear(&argv);
	text_clear(&file);
	text_clear(&out);
	return st;
}

static void
parse_header_tags(char *out, struct strlist *names)
{
	char *save = NULL;

	for (char *l = strtok_r(out, "\n", &save); l;
	    l = strtok_r(NULL, "\n", &save)) {
		const char *t = strchr(l, '\t');

		if (*l != '!' && t && strstr(l, ";\"\t"))
			strlist_put(names, l, (size_t)(t - l));
	}
}

enum slice_status
tags_headers(const char *const *headers, struct strlist *names,
	     struct slice_result *ret)
{
	static const char *const fixed[] = { "--options=NONE",
		"--languages=C", "--langmap=C:.c.h", "--c-kinds=defgpstuvx",
		"--fields=kne", "--excmd=number", "--sort=no", "-f", "-", "-R",
		NULL };
	const char *ctags = headers && *headers ? tags_program() : NULL;
	struct strlist argv = { 0 };
	struct text out = { 0 };
	enum slice_status st;

	if (!headers || !*headers)
		return SLICE_OK;
	if (!ctags)
		return no_ctags(ret);
	for (const char *const *h = headers; *h; h++) {
		if (access(*h, R_OK) != 0)
			return slice_fail(ret, SLICE_BAD_SOURCE, "%s: %s", *h,
			    strerror(errno));
	}
	strlist_add(&argv, ctags);
	strlist_add_all(&argv, fixed);
	strlist_add_all(&argv, headers);
	st = run_ctags(&argv, &out, ret);
	if (st == SLICE_OK && out.s)
		parse_header_tags(out.s, names);
	strlist_clear(&argv);
	text_clear(&out);
	return st;
}
