/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff: parses what git, diff -u, Phabricator and format-patch write.  The
 * counts of a hunk's head say where it ends, so that a mail's signature or a
 * line "--- x" in the text is not taken for something else.
 */
#include "presubmit/review/diff.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pmapshim/build/text.h"

struct parser {
	struct diff *d;
	const char *old;		/* name of "---" */
	size_t old_len;
	size_t left_old, left_new;	/* lines that the hunk still has */
	size_t new_line;
};

/* The path in "a/x/y\tdate" without its first folder when that is a or b. */
static size_t
path_of(const char **s)
{
	size_t n = strcspn(*s, "\t\r\n");

	if (n > 2 && (**s == 'a' || **s == 'b') && (*s)[1] == '/') {
		*s += 2;
		n -= 2;
	}
	while (n && (*s)[n - 1] == ' ')
		n--;
	return n;
}

static int
add_file(struct diff *d, const char *s, size_t n)
{
	char **v = realloc(d->files, (d->nfiles + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	d->files = v;
	v[d->nfiles] = strndup(s, n);
	return v[d->nfiles++] ? 0 : -ENOMEM;
}

static int
file_head(struct parser *p, const char *s)
{
	size_t n = path_of(&s);

	if (n == 9 && memcmp(s, "/dev/null", 9) == 0 && p->old) {
		s = p->old;
		n = p->old_len;
	}
	p->old = NULL;
	return add_file(p->d, s, n);
}

static int
hunk_head(struct parser *p, const char *s)
{
	unsigned long a, an = 1, b, bn = 1;
	struct diff_hunk *h;

	if (sscanf(s, "@@ -%lu,%lu +%lu,%lu @@", &a, &an, &b, &bn) != 4 &&
	    (bn = 1, sscanf(s, "@@ -%lu,%lu +%lu @@", &a, &an, &b)) != 3 &&
	    (an = 1, sscanf(s, "@@ -%lu +%lu,%lu @@", &a, &b, &bn)) != 3 &&
	    (bn = 1, sscanf(s, "@@ -%lu +%lu @@", &a, &b)) != 2)
		return 0;
	h = realloc(p->d->h, (p->d->nh + 1) * sizeof(*h));
	if (!h)
		return -ENOMEM;
	p->d->h = h;
	h[p->d->nh++] = (struct diff_hunk){ .file = p->d->nfiles - 1,
		.line = b };
	p->left_old = an;
	p->left_new = bn;
	p->new_line = b;
	return 0;
}

static int
hunk_line(struct parser *p, const char *s, size_t n, size_t at)
{
	struct diff_hunk *h = &p->d->h[p->d->nh - 1];
	const char kind = n ? *s : ' ';
	struct diff_line *v;

	if (kind == '\\')
		return 0;
	v = realloc(h->v, (h->n + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	h->v = v;
	v[h->n++] = (struct diff_line){ .kind = kind, .s = n ? s + 1 : s,
		.len = n ? n - 1 : 0, .at = at, .line = p->new_line };
	if (kind != '+' && p->left_old)
		p->left_old--;
	if (kind != '-' && p->left_new) {
		p->left_new--;
		p->new_line++;
	}
	return 0;
}

static int
one_line(struct parser *p, const char *s, size_t n, size_t at)
{
	if ((p->left_old || p->left_new) && (!n || strchr(" +-\\", *s)))
		return hunk_line(p, s, n, at);
	p->left_old = p->left_new = 0;
	if (strncmp(s, "--- ", 4) == 0) {
		p->old = s + 4;
		p->old_len = path_of(&p->old);
	} else if (strncmp(s, "+++ ", 4) == 0)
		return file_head(p, s + 4);
	else if (strncmp(s, "@@ ", 3) == 0 && p->d->nfiles)
		return hunk_head(p, s);
	return 0;
}

int
diff_read(const char *path, struct diff *ret)
{
	struct parser p = { .d = ret };
	size_t size, at = 1;
	int err = file_read(path, &ret->raw, &size);

	for (const char *s = ret->raw; !err && *s; at++) {
		const size_t n = strcspn(s, "\n");

		err = one_line(&p, s, n, at);
		s += n + (s[n] == '\n');
	}
	return err ? err : ret->nfiles ? 0 : -EINVAL;
}

void
diff_clear(struct diff *d)
{
	for (size_t i = 0; i < d->nh; i++)
		free(d->h[i].v);
	for (size_t i = 0; i < d->nfiles; i++)
		free(d->files[i]);
	free(d->h);
	free(d->files);
	free(d->raw);
	*d = (struct diff){ 0 };
}
