/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rungs.c: which rungs there are here.  A file that exists proves nothing, so
 * each is tried: a vCPU runs instructions, a guest boots.
 */
#include "guest/kvm.h"
#include "guest/rungs.h"
#include "guest/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
rungs_try(enum guest_rung rung, const char *uri)
{
	const struct guest_job job = { .rung = rung, .uri = uri,
	    .command_line = "cpus=2", .cpus = 2, .memory = 256,
	    .seconds = 300 };
	char *why, *text = NULL;
	int status = guest_run(&job, &why);

	if (status > 0 && asprintf(&text, "the guest ended with %d",
	    status) < 0)
		text = NULL;
	if (status < 0)
		return why != NULL ? why : strdup("no reason given");
	free(why);
	return text;
}

char *
guest_rung_missing(enum guest_rung rung, const char *uri)
{
	char *why = NULL;

	if (rung == RUNG_KVM && uri == NULL)
		why = kvm_missing("/dev/kvm");
	return why != NULL ? why : rungs_try(rung, uri);
}
