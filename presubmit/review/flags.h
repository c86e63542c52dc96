/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flags: the warnings that the kernel's own build asks a compiler for.
 */
#ifndef SHOOTDOWN_REVIEW_FLAGS_H
#define SHOOTDOWN_REVIEW_FLAGS_H

#include "presubmit/review/inner.h"

/*
 * The -W flags for one compiler.  *from says where they come from: the file
 * of the tree, or our list.  What the build tolerates (-Wno-error=x) is off.
 */
void
warning_flags(struct review *r, bool clang, struct strlist *out,
              const char **from);

#endif
