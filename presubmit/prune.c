/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prune: see prune.h.  Only names that this room gives are touched, so that a
 * cache that was pointed at a folder of somebody else's loses nothing.
 */
#include "presubmit/prune.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "presubmit/util.h"

static const char *const ours[] = { "commit-", "folder-", "packed-", "patched-",
                                    "run." };

static bool
is_ours(const char *name)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strncmp(name, ours[i], strlen(ours[i])) == 0)
			return true;
	return false;
}

void
prune_used(const char *folder)
{
	(void)utimensat(AT_FDCWD, folder, NULL, 0);
}

void
prune_cache(const char *cache)
{
	const time_t before = time(NULL) - PRUNE_DAYS * 24 * 60 * 60;
	DIR *d = opendir(cache);
	struct dirent *e;
	struct stat st;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char *path;

		if (!is_ours(e->d_name))
			continue;
		path = ps_format("%s/%s", cache, e->d_name);
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
		    st.st_mtime < before)
			ps_remove(path);
		free(path);
	}
	if (d != NULL)
		closedir(d);
}
