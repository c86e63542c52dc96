/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patch: see patch.h.
 *
 * Everything that is no diff is passed over, as patch(1) does; what looks like
 * one and is damaged is an error that names the line.  Names that lead out of
 * the tree are refused here, so that nobody else has to.
 */
#include "presubmit/patch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "presubmit/util.h"

struct reader {
	struct patch *p;
	const char *name;
	char *at, *end;         /* at: the line after this one */
	char *line;
	size_t size;            /* of the line */
	unsigned number;
	struct patch_file *file;        /* under way, or NULL */
	bool names;             /* it has its --- and +++ */
	bool body;              /* in the text of a mail */
	bool headers;           /* in the headers of a mail */
	char **ret_why;
};

static bool
next_line(struct reader *r)
{
	char *eol;

	if (r->at >= r->end)
		return false;
	r->line = r->at;
	eol = memchr(r->at, '\n', (size_t)(r->end - r->at));
	r->size = (size_t)((eol != NULL ? eol : r->end) - r->line);
	r->at = eol != NULL ? eol + 1 : r->end;
	r->number++;
	return true;
}

static bool
begins(const struct reader *r, const char *prefix)
{
	const size_t n = strlen(prefix);

	return r->size >= n && memcmp(r->line, prefix, n) == 0;
}

static char *
rest(const struct reader *r, size_t n)
{
	return ps_format("%.*s", (int)(r->size - n), r->line + n);
}

static int
damaged(struct reader *r, const char *what)
{
	*r->ret_why = ps_format("%s:%u: %s", r->name, r->number, what);
	return -1;
}

/* ---- names --------------------------------------------------------------------- */

static int
octal(const char *s)
{
	for (int i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '7')
			return -1;
	return (s[0] - '0') * 64 + (s[1] - '0') * 8 + (s[2] - '0');
}

/* "a/\303\244.c" as git writes names that are not plain. */
static void
unquote(char *name)
{
	char *to = name;

	if (*name != '"')
		return;
	for (const char *p = name + 1; *p != '\0' && *p != '"'; p++) {
		if (*p == '\\' && octal(p + 1) >= 0) {
			*to++ = (char)octal(p + 1);
			p += 3;
		} else {
			if (*p == '\\' && p[1] != '\0')
				p++;
			*to++ = *p;
		}
	}
	*to = '\0';
}

/* Of a --- or +++ line: up to a tab and the date; NULL: /dev/null. */
static char *
take_name(const struct reader *r, size_t n)
{
	char *name = rest(r, n);

	if (*name == '"')
		unquote(name);
	else
		name[strcspn(name, "\t")] = '\0';
	if (strcmp(name, "/dev/null") == 0) {
		free(name);
		return NULL;
	}
	return name;
}

static bool
leads_out(const char *name)
{
	if (name == NULL)
		return false;
	if (*name == '/')
		return true;
	for (const char *p = name; p != NULL;
	     p = strchr(p, '/') != NULL ? strchr(p, '/') + 1 : NULL)
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

const char *
patch_strip(const char *name, unsigned n)
{
	for (; name != NULL && n > 0; n--) {
		name = strchr(name, '/');
		while (name != NULL && *name == '/')
			name++;
	}
	return name != NULL && *name != '\0' ? name : NULL;
}

/* ---- files --------------------------------------------------------------------- */

static void
begin_file(struct reader *r)
{
	struct patch *p = r->p;

	p->files = ps_grow(p->files, p->nfiles + 1, sizeof(*p->files));
	r->file = &p->files[p->nfiles++];
	*r->file = (struct patch_file){
		.at = r->number, .mail = p->nmails != 0 ? p->nmails - 1 : 0
	};
	r->names = false;
	r->headers = r->body = false;
}

/*
 * "diff --git a/x b/x": the names, when nothing else gives them (a new empty
 * file, a changed mode).  Both are the same then.
 */
static void
git_header(struct reader *r)
{
	const char *names = r->line + strlen("diff --git ");
	const size_t size = r->size - strlen("diff --git ");
	const size_t half = size / 2;

	begin_file(r);
	if (size < 3 || names[half] != ' ')
		return;
	r->file->old = ps_format("%.*s", (int)half, names);
	r->file->new = ps_format("%.*s", (int)(size - half - 1),
	                         names + half + 1);
}

static void
set_name(char **name, char *value)
{
	free(*name);
	*name = value;
}

/* "a/" in front, as the other names of a git diff have it. */
static void
rename_name(const struct reader *r, size_t n, const char *side, char **name)
{
	char *path = rest(r, n);

	unquote(path);
	set_name(name, ps_format("%s/%s", side, path));
	free(path);
}

static void
git_line(struct reader *r)
{
	struct patch_file *f = r->file;

	if (begins(r, "rename from ") || begins(r, "copy from "))
		rename_name(r, begins(r, "copy") ? 10 : 12, "a", &f->old);
	else if (begins(r, "rename to ") || begins(r, "copy to "))
		rename_name(r, begins(r, "copy") ? 8 : 10, "b", &f->new);
	else if (begins(r, "new file mode "))
		set_name(&f->old, NULL);
	else if (begins(r, "deleted file mode "))
		set_name(&f->new, NULL);
	else if (begins(r, "GIT binary patch") || begins(r, "Binary files "))
		f->refused = "it changes a binary file";
	if (begins(r, "new file mode 120000") || begins(r, "new mode 120000"))
		f->refused = "it makes a symbolic link";
	if (begins(r, "new file mode 160000"))
		f->refused = "it adds a submodule";
}

static int
take_names(struct reader *r)
{
	struct patch_file *f;
	char *old = take_name(r, 4);

	/* A second pair without a header of its own is another file. */
	if (r->file == NULL || r->names)
		begin_file(r);
	f = r->file;
	set_name(&f->old, old);
	if (!next_line(r) || !begins(r, "+++ "))
		return damaged(r, "a +++ line was to follow the --- line; the "
		               "patch is damaged");
	set_name(&f->new, take_name(r, 4));
	r->names = true;
	if (leads_out(f->old) || leads_out(f->new))
		return damaged(r, "the name leads out of the tree");
	if (f->old == NULL && f->new == NULL)
		return damaged(r, "both names are /dev/null");
	return 0;
}

/* ---- hunks --------------------------------------------------------------------- */

static const char *
number_after(const char *s, char mark, unsigned *line, unsigned *count)
{
	char *end;

	if (s == NULL || *s != mark || !isdigit((unsigned char)s[1]))
		return NULL;
	*line = (unsigned)strtoul(s + 1, &end, 10);
	*count = 1;
	if (*end == ',' && isdigit((unsigned char)end[1]))
		*count = (unsigned)strtoul(end + 1, &end, 10);
	return *end == ' ' ? end + 1 : NULL;
}

/* How many lines of the old and the new file this one is. */
static bool
count_line(const struct reader *r, unsigned *old, unsigned *new)
{
	switch (r->size != 0 ? *r->line : ' ') {
	case ' ':
	case '\t':              /* a mailer took the blank */
		if (*old == 0 || *new == 0)
			return false;
		--*old;
		--*new;
		return true;
	case '-':
		return *old != 0 && (*old)-- != 0;
	case '+':
		return *new != 0 && (*new)-- != 0;
	case '\\':
		return true;
	default:
		return false;
	}
}

static int
take_body(struct reader *r, struct patch_hunk *h)
{
	unsigned old = h->old_count, new = h->new_count;

	h->body = r->at;
	while (old != 0 || new != 0) {
		if (!next_line(r))
			return damaged(r, "the patch ends within this hunk; "
			               "get it again, as a whole");
		if (!count_line(r, &old, &new))
			return damaged(r, "no line of a hunk, or one too many: "
			               "the patch is damaged (by a mail "
			               "program?); get the raw one");
		if (*r->line == '+')
			r->file->added++;
		else if (*r->line == '-')
			r->file->removed++;
	}
	if (r->at < r->end && *r->at == '\\')
		next_line(r);
	h->size = (size_t)(r->at - h->body);
	return 0;
}

static int
take_hunk(struct reader *r)
{
	struct patch_file *f = r->file;
	struct patch_hunk *h;
	const char *s;

	if (f == NULL || !r->names)
		return damaged(r, "a hunk with no file before it");
	f->hunks = ps_grow(f->hunks, f->nhunks + 1, sizeof(*f->hunks));
	h = &f->hunks[f->nhunks++];
	*h = (struct patch_hunk){ .at = r->number };
	s = number_after(r->line + 3, '-', &h->old_line, &h->old_count);
	s = number_after(s, '+', &h->new_line, &h->new_count);
	if (s == NULL || strncmp(s, "@@", 2) != 0)
		return damaged(r, "no line numbers in this hunk: the patch is "
		               "damaged");
	return take_body(r, h);
}

bool
patch_line(const char **at, const char *end, const char **ret_line,
           size_t *ret_size)
{
	const char *eol;

	if (*at >= end)
		return false;
	eol = memchr(*at, '\n', (size_t)(end - *at));
	*ret_line = *at;
	*ret_size = (size_t)((eol != NULL ? eol : end) - *at);
	*at = eol != NULL ? eol + 1 : end;
	return true;
}

/* ---- mails --------------------------------------------------------------------- */

/* "[PATCH v2 1/3] " in front says nothing of the change. */
static const char *
without_tags(const char *subject)
{
	while (*subject == '[' && strchr(subject, ']') != NULL) {
		subject = strchr(subject, ']') + 1;
		while (*subject == ' ')
			subject++;
	}
	return subject;
}

static void
begin_mail(struct reader *r)
{
	struct patch *p = r->p;
	char *all = rest(r, strlen("Subject: ")), *more;

	/* A header goes on in lines that begin with a blank. */
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t') &&
	       next_line(r)) {
		more = rest(r, 1);
		ps_add(&all, " %s", more);
		free(more);
	}
	p->mails = ps_grow(p->mails, p->nmails + 1, sizeof(*p->mails));
	p->mails[p->nmails++] = (struct patch_mail){
		ps_copy(without_tags(all)), ps_copy("")
	};
	free(all);
	r->headers = true;
	r->body = false;
	r->file = NULL;
}

static void
mail_line(struct reader *r)
{
	struct patch_mail *m = &r->p->mails[r->p->nmails - 1];

	if (r->headers && r->size == 0) {
		r->headers = false;
		r->body = true;
	} else if (r->body && r->size == 3 && begins(r, "---")) {
		r->body = false;
	} else if (r->body) {
		ps_add(&m->body, "%.*s\n", (int)r->size, r->line);
	}
}

/* ---- the whole ----------------------------------------------------------------- */

static int
take_line(struct reader *r)
{
	if (begins(r, "diff --git ")) {
		git_header(r);
		return 0;
	}
	if (begins(r, "--- ") && r->at < r->end &&
	    strncmp(r->at, "+++ ", 4) == 0)
		return take_names(r);
	if (begins(r, "@@@ "))
		return damaged(r, "a combined diff of a merge; give an ordinary "
		               "one");
	if (begins(r, "@@ -"))
		return take_hunk(r);
	if (begins(r, "Subject: ") && !r->headers) {
		begin_mail(r);
		return 0;
	}
	if (r->file != NULL && !r->names)
		git_line(r);
	else if (r->p->nmails != 0 && r->file == NULL)
		mail_line(r);
	return 0;
}

/* Of a text whose every line ends with CR LF the CRs go. */
static void
drop_returns(char *text)
{
	char *to = text;

	for (const char *p = strchr(text, '\n'); p != NULL;
	     p = strchr(p + 1, '\n'))
		if (p == text || p[-1] != '\r')
			return;
	for (const char *p = text; *p != '\0'; p++)
		if (*p != '\r' || p[1] != '\n')
			*to++ = *p;
	*to = '\0';
}

static void
drop_nameless(struct patch *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nfiles; i++)
		if (p->files[i].old != NULL || p->files[i].new != NULL)
			p->files[n++] = p->files[i];
	p->nfiles = n;
}

int
patch_parse(struct patch *ret, const char *name, char *text, bool empty,
            char **ret_why)
{
	struct reader r = { .p = ret, .name = name, .ret_why = ret_why };
	int error = 0;

	*ret = (struct patch){ .text = text };
	drop_returns(text);
	r.at = text;
	r.end = text + strlen(text);
	while (error == 0 && next_line(&r))
		error = take_line(&r);
	drop_nameless(ret);
	if (error == 0 && ret->nfiles == 0 && !empty) {
		*ret_why = ps_format("%s: no diff in it; give a unified diff "
		                     "(git diff, git format-patch, or the raw "
		                     "diff of a review)", name);
		error = -1;
	}
	if (error != 0)
		patch_clear(ret);
	return error;
}

void
patch_clear(struct patch *p)
{
	for (size_t i = 0; i < p->nfiles; i++) {
		free(p->files[i].old);
		free(p->files[i].new);
		free(p->files[i].hunks);
	}
	for (size_t i = 0; i < p->nmails; i++) {
		free(p->mails[i].subject);
		free(p->mails[i].body);
	}
	free(p->files);
	free(p->mails);
	free(p->text);
	*p = (struct patch){ 0 };
}
