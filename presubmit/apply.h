/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apply: a patch onto a folder.  A hunk has to match exactly; it may lie at
 * another line than it says, as with git apply, but never be fitted in with
 * other context than it has.
 */
#ifndef SHOOTDOWN_PRESUBMIT_APPLY_H
#define SHOOTDOWN_PRESUBMIT_APPLY_H

#include "presubmit/patch.h"

/*
 * How many folders to take off the names for them to be files of the folder;
 * -1 when no number fits, then *ret_why names the first file.
 */
int apply_find_strip(const struct patch *p, const char *name,
                     const char *folder, char **ret_why);
/*
 * Applies it all.  Returns 0, or -1 with a malloc'ed *ret_why that names file
 * and hunk; the folder is of no use then.  Files are replaced, never written
 * into.
 */
int apply_patch(const struct patch *p, const char *name, unsigned strip,
                const char *folder, char **ret_why);

#endif
