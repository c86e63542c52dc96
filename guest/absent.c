/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * absent.c: the runner where there is no libvirt to build it with: every rung
 * is missing and says why.
 */
#include "guest/runner.h"

#include <string.h>

static const char reason[] = "this program was built without libvirt";
static const char *const names[RUNG_COUNT] = { "tcg", "nested", "kvm" };

const char *
guest_rung_name(enum guest_rung rung)
{
	return names[rung];
}

int
guest_rung_find(const char *name)
{
	for (int i = 0; i < RUNG_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

char *
guest_rung_missing(enum guest_rung rung, const char *uri)
{
	(void)rung;
	(void)uri;
	return strdup(reason);
}

int
guest_run_apart(const struct guest_job *job, char **ret_why)
{
	return guest_run(job, ret_why);
}

int
guest_run(const struct guest_job *job, char **ret_why)
{
	(void)job;
	*ret_why = strdup(reason);
	return -1;
}
