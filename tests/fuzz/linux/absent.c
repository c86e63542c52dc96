/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * absent: stands in for a Linux tree that is not there; says why.
 */
#include "tests/fuzz/linux/guest.h"

const char *const guest_absent = FUZZ_ABSENT;
const char *const guest_tree = "";

void
guest_flush(const struct guest_request *r, void *input_page)
{
	(void)r;
	(void)input_page;
}

int
guest_irqs_enabled(void)
{
	return 1;
}
