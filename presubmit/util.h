/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * util: what the files of this room share: text that is never NULL, programs
 * run without a shell, folders.  Running out of memory ends the process with
 * status 3.
 */
#ifndef SHOOTDOWN_PRESUBMIT_UTIL_H
#define SHOOTDOWN_PRESUBMIT_UTIL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

char *ps_format(const char *format, ...)
	__attribute__((format(printf, 1, 2), returns_nonnull));
char *ps_copy(const char *s);
void *ps_grow(void *p, size_t count, size_t size);
/* Appends to *text (malloc'ed or NULL). */
void ps_add(char **text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool ps_has_suffix(const char *s, const char *suffix);

/* Member of an object as text; "" when it is not there. */
const char *ps_text(const json_t *object, const char *key);

struct ps_output {
	int status;             /* exit status, 128 + signal, -errno */
	char *out, *err;        /* what it printed; never NULL */
	size_t size;            /* of out, which may hold NULs */
};

/* Runs a program to its end; scratch: a folder for what it prints. */
void ps_run(const char *scratch, const char *const *argv,
            struct ps_output *ret);
void ps_output_clear(struct ps_output *o);
/* The first line of what a program has complained about, without a prefix. */
char *ps_complaint(const struct ps_output *o);

/* Makes a folder and those above it.  Returns 0 or a negative errno. */
int ps_make_folder(const char *path);
/* Makes the folder that a file is to lie in. */
int ps_make_folder_of(const char *file);
/* Removes a folder of our own and all that is in it; follows no link. */
void ps_remove(const char *path);
/* Links, or copies what cannot be linked.  Returns 0 or a negative errno. */
int ps_link_file(const char *from, const char *to);
int ps_copy_file(const char *from, const char *to);
/*
 * Calls visit for each file below a folder, sorted by its path; links are
 * followed when `follow` is set.  Stops at the first that is not 0.
 */
int ps_each_file(const char *folder, bool follow,
                 int (*visit)(void *ctx, const char *path), void *ctx);

#endif
