/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * origin: the user's tree, and how parts of it get into the cache.
 *
 * Nothing is ever written into the tree, nor into its .git: git gets an index
 * and a work tree of ours, no hook, and no lock that it could do without.
 */
#ifndef SHOOTDOWN_PRESUBMIT_ORIGIN_H
#define SHOOTDOWN_PRESUBMIT_ORIGIN_H

#include <stddef.h>

enum origin_kind { ORIGIN_GIT, ORIGIN_FOLDER, ORIGIN_PACKED };

struct origin {
	const char *path;       /* as the user wrote it */
	enum origin_kind kind;
	char *git_dir;
	char *prefix;           /* of the folder within the repository: "a/" */
	const char *cache;      /* folders are made in there */
	const char *scratch;    /* ours alone, for this run */
	const char *kernel;     /* "freebsd", "linux" */
	const char *lead;       /* freebsd: "sys/", or "" when it is sys */
};

/*
 * All return 0, or the exit status with a malloc'ed *ret_why.  rev NULL: the
 * tree needs no history, a folder will do.
 */
int origin_open(struct origin *o, const char *path, const char *rev,
                char **ret_why);
void origin_close(struct origin *o);
/* The commit's full name. */
int origin_commit(const struct origin *o, const char *option, const char *rev,
                  char **ret_commit, char **ret_why);
/* Which kernel is it; name: what the user says, or NULL. */
int origin_find_kernel(struct origin *o, const char *commit, const char *name,
                       char **ret_why);
/*
 * Takes what presubmit needs of the tree, and the files in `more`, as far as
 * they are there.  *ret_folder: the top of the tree in the cache; nobody may
 * write into it.  commit NULL: as the tree lies there.
 */
int origin_take(const struct origin *o, const char *commit,
                const char *const *more, size_t nmore, char **ret_folder,
                char **ret_why);
/* The names of all files that differ, as a list that NULL ends. */
int origin_changed(const struct origin *o, const char *base,
                   const char *head, char ***ret_names, size_t *ret_count,
                   char **ret_why);
/* The option that makes git's names those of the tree; malloc'ed. */
char *origin_relative(const struct origin *o);
/* The output of git for the tree, in *ret_text (with its size). */
int origin_git(const struct origin *o, const char *const *args,
               char **ret_text, size_t *ret_size, char **ret_why);

#endif
