/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crash: the last words of a worker whose kernel uses a bad pointer: where that
 * was, which a signal's number does not tell.
 *
 * It is no finding: a shim may be to blame as well as the kernel.
 */
#ifndef SHOOTDOWN_CLI_CRASH_H
#define SHOOTDOWN_CLI_CRASH_H

#include "pmapshim/pmapshim.h"

/* From now on, in this process, for the kernel object; it has to stay. */
void crash_catch(const struct kernel_object *k);

#endif
