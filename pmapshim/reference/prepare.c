/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prepare: finds the reference kernel's shared object.
 *
 * It is built with us, so there is nothing to compile and no tree to read: once
 * with sets of processors of one word, and once for as many vCPUs as there can
 * be.  The environment may point to another build of it, for any number.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pmapshim/pmapshim.h"

#ifndef SHOOTDOWN_REFERENCE_SO
#error "SHOOTDOWN_REFERENCE_SO: path of the reference kernel's shared object"
#endif

/* Where it was built, else where it was installed. */
static const char *
own_object(unsigned cpus)
{
	if (cpus <= KERNEL_CPUS)
		return access(SHOOTDOWN_REFERENCE_SO, R_OK) == 0 ?
		    SHOOTDOWN_REFERENCE_SO : SHOOTDOWN_INSTALLED_REFERENCE_SO;
	return access(SHOOTDOWN_REFERENCE_WIDE_SO, R_OK) == 0 ?
	    SHOOTDOWN_REFERENCE_WIDE_SO :
	    SHOOTDOWN_INSTALLED_REFERENCE_WIDE_SO;
}

static char *
absent(const char *path, int error)
{
	const char *form = "reference: cannot read %s: %s; set "
	    "SHOOTDOWN_REFERENCE to the path of shootdown's reference.so";
	const char *reason = strerror(error);
	size_t size = strlen(form) + strlen(path) + strlen(reason) + 1;
	char *text = malloc(size);

	if (text)
		snprintf(text, size, form, path, reason);
	return text;
}

enum kernel_status
reference_prepare(const char *tree, unsigned cpus, struct kernel_object *ret,
                  char **ret_why)
{
	const char *path = getenv("SHOOTDOWN_REFERENCE");

	(void)tree;             /* it has none */
	if (!path || !*path)
		path = own_object(cpus);
	if (access(path, R_OK) != 0) {
		*ret_why = absent(path, errno);
		return KERNEL_ABSENT;
	}
	memset(ret, 0, sizeof(*ret));
	ret->name = "reference";
	ret->so = strdup(path);
	if (!ret->so) {
		*ret_why = strdup("reference: out of memory");
		return KERNEL_ABSENT;
	}
	return KERNEL_OK;
}
