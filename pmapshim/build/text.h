/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text: growing strings, lists of strings and whole files, for the slicer and
 * the object builder.  Running out of memory is sticky: `oom` is set, later
 * calls do nothing, and the caller looks once, at the end.
 */
#ifndef SHOOTDOWN_TEXT_H
#define SHOOTDOWN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *s;	/* NUL-terminated, or NULL when nothing was added */
	size_t len;
	size_t cap;
	bool oom;
};

struct strlist {
	char **v;	/* NULL at the end, or NULL when empty */
	size_t n;
	size_t cap;
	bool oom;
};

/* Append `len` bytes. */
void
text_put(struct text *t, const void *data, size_t len);

/* Append formatted text. */
void
text_printf(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Release; the text is empty afterwards. */
void
text_clear(struct text *t);

/* Append a copy of `len` bytes as one string. */
void
strlist_put(struct strlist *l, const char *s, size_t len);

/* Append a copy of a string. */
void
strlist_add(struct strlist *l, const char *s);

/* Append copies of all of a list that ends with NULL (NULL: nothing). */
void
strlist_add_all(struct strlist *l, const char *const *v);

/* Sort by byte value and drop doubles. */
void
strlist_sort(struct strlist *l);

/* Whether a sorted list holds the `len` bytes at `s` as a string. */
bool
strlist_has(const struct strlist *l, const char *s, size_t len);

/* Release; the list is empty afterwards. */
void
strlist_clear(struct strlist *l);

/* The strings as an argument vector for reading. */
const char *const *
strlist_argv(const struct strlist *l);

/*
 * Read a whole file; a NUL is added behind its `size_out` bytes.  Returns 0 or
 * a negative errno (-EISDIR for a folder).
 */
int
file_read(const char *path, char **data_out, size_t *size_out)
	__attribute__((warn_unused_result));

/*
 * Write a whole file under a temporary name beside it and rename it.  Returns
 * 0 or a negative errno.
 */
int
file_write(const char *path, const void *data, size_t size)
	__attribute__((warn_unused_result));

#endif
