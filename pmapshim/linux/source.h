/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source: where the files of a Linux tree come from.
 */
#ifndef SHOOTDOWN_LINUX_SOURCE_H
#define SHOOTDOWN_LINUX_SOURCE_H

#include "pmapshim/pmapshim.h"

/* The files that every tree has, as paths in it; NULL at the end. */
extern const char *const linux_files[];
/* How many of them, from the first, are code under test. */
extern const unsigned linux_tested;

/* The i-th file that the tree in that folder needs: these and more; or NULL. */
const char *linux_source_file(const char *dir, unsigned i);

struct linux_source {
	char *dir;      /* where the files are: absolute */
	char *shown;    /* how the user would call that place */
};

/*
 * Finds a tree that has all its files: `tree` itself, or the newest one
 * that the system has under /usr/src, unpacked or as an archive, whose files
 * are then extracted once into the cache.  On trouble *ret_why is one line.
 */
enum kernel_status linux_source_find(const char *tree,
                                     struct linux_source *ret, char **ret_why);
void linux_source_clear(struct linux_source *s);

/*
 * The flags that every file of the kernel is compiled with, for checks that
 * compile it in their own way.  `shims` is allocated: pmapshim/ at run time.
 */
struct strlist;
enum kernel_status linux_flags(const struct linux_source *s,
                               struct strlist *ret, char **shims,
                               char **ret_why);

/* One malloc'ed line that starts with the kernel's name. */
char *linux_why(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif
