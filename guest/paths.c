/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paths.c: the user's cache folder (XDG base directories).
 */
#include "guest/paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int
paths_cache(const char *name, char *ret, size_t size)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const char *base = cache != NULL && cache[0] == '/' ? cache : home;
	const char *more = base == cache ? "" : "/.cache";
	const char *const parts[] = { "", "/shootdown", NULL };

	if (base == NULL || base[0] != '/')
		return -1;
	for (unsigned i = 0; parts[i] != NULL; i++) {
		snprintf(ret, size, "%s%s%s", base, more, parts[i]);
		(void)mkdir(ret, 0700);
	}
	if ((size_t)snprintf(ret, size, "%s%s/shootdown/%s", base, more,
	    name) >= size)
		return -1;
	(void)mkdir(ret, 0700);
	return 0;
}
