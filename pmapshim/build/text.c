/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text: growing strings, lists of strings and whole files.  No function here
 * prints or ends the program.
 */
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
text_reserve(struct text *t, size_t more)
{
	size_t cap = t->cap ? t->cap : 256;
	char *s;

	if (t->oom)
		return false;
	if (t->cap - t->len > more)
		return true;
	while (cap - t->len <= more)
		cap *= 2;
	s = realloc(t->s, cap);
	if (!s) {
		t->oom = true;
		return false;
	}
	t->s = s;
	t->cap = cap;
	return true;
}

void
text_put(struct text *t, const void *data, size_t len)
{
	if (!text_reserve(t, len))
		return;
	if (len)
		memcpy(t->s + t->len, data, len);
	t->len += len;
	t->s[t->len] = '\0';
}

void
text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !text_reserve(t, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(t->s + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

void
text_clear(struct text *t)
{
	free(t->s);
	*t = (struct text){ 0 };
}

static bool
strlist_reserve(struct strlist *l)
{
	size_t cap = l->cap ? l->cap * 2 : 16;
	char **v;

	if (l->oom)
		return false;
	if (l->n + 1 < l->cap)
		return true;
	v = realloc(l->v, cap * sizeof(*v));
	if (!v) {
		l->oom = true;
		return false;
	}
	l->v = v;
	l->cap = cap;
	return true;
}

void
strlist_put(struct strlist *l, const char *s, size_t len)
{
	char *copy;

	if (!strlist_reserve(l))
		return;
	copy = malloc(len + 1);
	if (!copy) {
		l->oom = true;
		return;
	}
	memcpy(copy, s, len);
	copy[len] = '\0';
	l->v[l->n++] = copy;
	l->v[l->n] = NULL;
}

void
strlist_add(struct strlist *l, const char *s)
{
	strlist_put(l, s, strlen(s));
}

void
strlist_add_all(struct strlist *l, const char *const *v)
{
	for (; v && *v; v++)
		strlist_add(l, *v);
}

static int
compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
strlist_sort(struct strlist *l)
{
	size_t out = 0;

	if (!l->n)
		return;
	qsort(l->v, l->n, sizeof(*l->v), compare_strings);
	for (size_t i = 1; i < l->n; i++) {
		if (strcmp(l->v[i], l->v[out]) == 0)
			free(l->v[i]);
		else
			l->v[++out] = l->v[i];
	}
	l->n = out + 1;
	l->v[l->n] = NULL;
}

bool
strlist_has(const struct strlist *l, const char *s, size_t len)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strncmp(s, l->v[mid], len);

		if (c == 0 && l->v[mid][len] == '\0')
			return true;
		if (c > 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

void
strlist_clear(struct strlist *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strlist){ 0 };
}

const char *const *
strlist_argv(const struct strlist *l)
{
	static const char *const empty[] = { NULL };

	return l->v ? (const char *const *)l->v : empty;
}

static int
read_all(int fd, char **data_out, size_t *size_out)
{
	struct text t = { 0 };
	char block[16384];
	ssize_t n;

	text_put(&t, "", 0);
	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = -errno;

			text_clear(&t);
			return err;
		}
		text_put(&t, block, (size_t)n);
	}
	if (t.oom) {
		text_clear(&t);
		return -ENOMEM;
	}
	*data_out = t.s;
	*size_out = t.len;
	return 0;
}

int
file_read(const char *path, char **data_out, size_t *size_out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = read_all(fd, data_out, size_out);
	close(fd);
	return err;
}

static int
write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

int
file_write(const char *path, const void *data, size_t size)
{
	struct text tmp = { 0 };
	int fd, err;

	text_printf(&tmp, "%s.XXXXXX", path);
	if (tmp.oom)
		return -ENOMEM;
	fd = mkstemp(tmp.s);
	if (fd < 0) {
		err = -errno;
		text_clear(&tmp);
		return err;
	}
	err = write_all(fd, data, size);
	if (!err && fchmod(fd, 0644) < 0)
		err = -errno;
	if (close(fd) < 0 && !err)
		err = -errno;
	if (!err && rename(tmp.s, path) < 0)
		err = -errno;
	if (err)
		unlink(tmp.s);
	text_clear(&tmp);
	return err;
}
