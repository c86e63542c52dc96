/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names: what ctags finds in files of the tree.
 */
#ifndef SHOOTDOWN_REVIEW_NAMES_H
#define SHOOTDOWN_REVIEW_NAMES_H

#include "presubmit/review/inner.h"

/*
 * Names of these kinds (letters of ctags) in the files, sorted; `outer`: only
 * what other files can see.  Returns 0, or what run_capture() does.
 */
int
names_of(struct review *r, const struct strlist *files, const char *kinds,
         bool outer, struct strlist *out);

#endif
