/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shims: where a patch meets what stands around the kernel under test: headers
 * that are replaced, names that are not there.
 */
#ifndef SHOOTDOWN_PRESUBMIT_SHIMS_H
#define SHOOTDOWN_PRESUBMIT_SHIMS_H

#include "presubmit/patch.h"

/*
 * The shim ("freebsd/stub/sys/smp.h", below pmapshim) that stands in for a
 * header of the tree; malloc'ed, or NULL.
 */
char *shims_replacing(const char *shims, const char *kernel,
                      const char *path);
/*
 * What to do about a side that does not compile: the compiler's line and, when
 * a name is missing, which one and where to add it.  malloc'ed.
 */
char *shims_advice(const char *shims, const char *kernel,
                   const struct patch *change, const char *complaint);

#endif
