/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patch: unified diffs as they come: plain, of git, of a mail (or several, one
 * after the other), of Phabricator or GitHub.  Reads, does not apply.
 */
#ifndef SHOOTDOWN_PRESUBMIT_PATCH_H
#define SHOOTDOWN_PRESUBMIT_PATCH_H

#include <stdbool.h>
#include <stddef.h>

struct patch_hunk {
	unsigned at;            /* its line in the patch */
	unsigned old_line, old_count, new_line, new_count;
	const char *body;       /* lines that begin with ' ', '-', '+', '\' */
	size_t size;
};

struct patch_file {
	char *old, *new;        /* as they stand there; NULL: /dev/null */
	unsigned at;
	const char *refused;    /* why it cannot be applied, or NULL */
	struct patch_hunk *hunks;
	size_t nhunks;
	unsigned added, removed;
	size_t mail;            /* of patch.mails; only when there is one */
};

struct patch_mail {
	char *subject, *body;   /* without "[PATCH ...]"; never NULL */
};

struct patch {
	char *text;             /* hunks point into it */
	struct patch_file *files;
	size_t nfiles;
	struct patch_mail *mails;
	size_t nmails;
};

/*
 * Takes text over.  Returns 0, or -1 with a malloc'ed *ret_why
 * ("NAME:LINE: ..."; then ret is empty).  A text without any diff is an error
 * unless `empty` is set.
 */
int patch_parse(struct patch *ret, const char *name, char *text, bool empty,
                char **ret_why);
void patch_clear(struct patch *p);

/* The name without its first n folders; NULL: it has no more. */
const char *patch_strip(const char *name, unsigned n);
/* The next line of a hunk's body, without its line end; false: no more. */
bool patch_line(const char **at, const char *end, const char **ret_line,
                size_t *ret_size);

#endif
