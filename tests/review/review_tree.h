/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * review_tree: a tree of a few files of our own in a temporary folder, and
 * one check run on it.
 */
#ifndef SHOOTDOWN_REVIEW_TREE_H
#define SHOOTDOWN_REVIEW_TREE_H

#include "presubmit/review/review.h"

struct review_tree {
	char dir[64];
	struct review_input in;
	json_t *results;		/* of the last tree_check() */
};

/* A new folder; the checks are told of no compiler. */
void tree_new(struct review_tree *t, const char *kernel);
/* A copy of a folder into it, links resolved. */
void tree_copy(struct review_tree *t, const char *from);
void tree_write(struct review_tree *t, const char *file, const char *text);
/* Every `from` of a file becomes `to`; there must be one. */
void tree_edit(struct review_tree *t, const char *file, const char *from,
               const char *to);
/* The line, from 1, in which the text stands first. */
size_t tree_line(const struct review_tree *t, const char *file,
                 const char *text);
/* Run one check; its status. */
const char *tree_check(struct review_tree *t, const char *name);
const char *tree_why(const struct review_tree *t);
/* All details of the last check as "FILE:LINE: TEXT\n"; freed with the tree. */
const char *tree_details(struct review_tree *t);
void tree_free(struct review_tree *t);

/* Fails the test unless the check has this status and says this. */
void tree_expect(struct review_tree *t, const char *name, const char *status,
                 const char *words);

/* Fails the test unless the last check says this too. */
void tree_says(struct review_tree *t, const char *words);

#endif
