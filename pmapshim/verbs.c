/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verbs.c: what scenario programs do beside kernel operations, as far as it is
 * the same on both backends; the rest is in sim/verbs.c and metal/verbs.c.
 * Part of the executable and of the guest.
 */
#include "pmapshim/backend.h"
#include "pmapshim/operations.h"
#include "scenarios/scenarios.h"

static uint64_t
touch(const char *name, uint64_t va, bool write)
{
	uint64_t seen;

	if (!operation_begin_inside(name))
		return SCN_FAULT;
	seen = verb_access(va, write);
	operation_end();
	return seen;
}

void
scn_touch(uint64_t va, bool write)
{
	(void)touch(write ? "write" : "read", va, write);
}

uint64_t
scn_see(uint64_t va, bool write)
{
	return touch(write ? "write" : "read", va, write);
}

void
scn_kernel_touch(uint64_t va, bool write)
{
	(void)touch(write ? "kernel write" : "kernel read", va, write);
}

unsigned long
scn_frame_alloc(void)
{
	unsigned long pa;

	if (!operation_begin("take a frame"))
		return 0;
	pa = sd_virt_to_phys(sd_frame_alloc(SD_FRAME_DATA));
	operation_end();
	return pa;
}

void
scn_frame_free(unsigned long pa)
{
	if (!operation_begin_free())
		return;
	sd_frame_free(sd_phys_to_virt(pa));
	operation_end();
}
