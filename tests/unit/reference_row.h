/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reference_row: the reference kernel, loaded once, and rows of it by their
 * words, for tests that run a few.  Include it in one file of a program.
 */
#ifndef SHOOTDOWN_TESTS_UNIT_REFERENCE_ROW_H
#define SHOOTDOWN_TESTS_UNIT_REFERENCE_ROW_H

#include <check.h>
#include <string.h>

#include "cli/rowtext.h"

static struct kernel_object object;
static const struct kernel_ops *ops;

/* The one for so many vCPUs; not both in one test. */
static inline void
load_for(unsigned cpus)
{
	char *why = NULL;

	if (ops != NULL)
		return;
	ck_assert_int_eq(kernel_prepare_for("reference", NULL, cpus, &object,
	                 &why), KERNEL_OK);
	ops = kernel_load(&object, &why);
	ck_assert_msg(ops != NULL, "%s", why);
}

static inline void
load(void)
{
	load_for(KERNEL_CPUS);
}

/* In mode pcid, under host tlfs, with store buffers. */
static void
reference_row(const char *scenario, const char *path, unsigned vcpus,
              struct row *ret)
{
	struct rowtext t;
	char *why = NULL;

	memset(&t, 0, sizeof(t));
	strcpy(t.kernel, "reference");
	strcpy(t.path, path);
	strcpy(t.scenario, scenario);
	strcpy(t.mode, "pcid");
	strcpy(t.host, "tlfs");
	strcpy(t.memory, "tso");
	strcpy(t.machine, "full");
	t.vcpus = vcpus;
	ck_assert_msg(rowtext_to_row(&t, &object, ops, ret, &why) == 0, "%s",
	              why);
}

#endif
