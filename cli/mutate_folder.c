/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutate_folder: where the variants of a run are compiled, in the cache.
 *
 * A run holds a lock on its folder, its workers too; the lock goes with the
 * last of them, however they end.  So a folder that nobody holds was left
 * behind by a run that was killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/mutation.h"

#define PREFIX "mutants."

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void
mutation_remove_folder(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Inherited by workers, not by the compilers that they start. */
static int
lock_folder(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Between the making of a folder and its lock it has nothing in it. */
static bool
is_empty(const char *path)
{
	DIR *d = opendir(path);
	unsigned n = 0;

	if (d == NULL)
		return true;
	while (n <= 2 && readdir(d) != NULL)
		n++;
	closedir(d);
	return n <= 2;
}

static void
remove_left(const char *path)
{
	int fd;

	if (is_empty(path))
		return;
	fd = lock_folder(path);
	if (fd < 0)
		return;
	mutation_remove_folder(path);
	close(fd);
}

static void
remove_what_is_left(const char *cache)
{
	DIR *d = opendir(cache);
	struct dirent *e;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) == 0) {
			char *path = cli_format("%s/%s", cache, e->d_name);

			remove_left(path);
			free(path);
		}
	closedir(d);
}

void
mutation_make_folder(struct mutation *m)
{
	char *cache = build_cache_dir();

	remove_what_is_left(cache != NULL ? cache : ".");
	m->dir = cli_format("%s/" PREFIX "XXXXXX", cache != NULL ? cache : ".");
	if (mkdtemp(m->dir) == NULL)
		cli_fail(CLI_UNFINISHED, "mutate: cannot make a folder %s: %s; "
		         "set SHOOTDOWN_CACHE", m->dir, strerror(errno));
	/* where locks do not work nothing is removed either */
	m->lock = lock_folder(m->dir);
	free(cache);
}

void
mutation_drop_folder(struct mutation *m)
{
	if (m->dir == NULL)
		return;
	mutation_remove_folder(m->dir);
	if (m->lock >= 0)
		close(m->lock);
	free(m->dir);
	m->dir = NULL;
}

char *
mutation_variant_folder(const struct mutation *m, size_t i)
{
	return cli_format("%s/%zu", m->dir, i);
}
