/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config: what is fixed at boot.  Read without hooks: no schedule can tell when
 * it was read.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

static unsigned config_mode;

void
config_set(const struct kernel_boot *b)
{
	config_mode = b->mode;
	reference_mutant = b->mutant;
}

/* True when every one of the KMODE_* bits is on. */
__attribute__((no_sanitize("thread"), noinline)) int
mode_has(unsigned bits)
{
	return (config_mode & bits) == bits;
}
