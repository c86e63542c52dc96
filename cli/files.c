/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files: see files.h.  A reader never sees half a file: the rename comes
 * after everything was written and flushed.  A device or a pipe is written
 * to and stays what it is: root can rename over /dev/null.
 */
#include "cli/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

static bool
is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	int error = 0;

	if (f == NULL)
		return -errno;
	if (fputs(text, f) == EOF)
		error = -EIO;
	if (fclose(f) != 0 && error == 0)
		error = errno != 0 ? -errno : -EIO;
	return error;
}

int
files_write(const char *path, const char *text)
{
	char *temporary;
	int error;

	if (is_special(path))
		return write_text(path, text);
	temporary = cli_format("%s.%ld.tmp", path, (long)getpid());
	error = write_text(temporary, text);
	if (error == 0 && rename(temporary, path) != 0)
		error = -errno;
	if (error != 0)
		unlink(temporary);
	free(temporary);
	return error;
}

int
files_write_json(const char *path, const json_t *root)
{
	char *text = json_dumps(root, JSON_INDENT(2));
	char *line;
	int error;

	if (text == NULL)
		return -ENOMEM;
	line = cli_format("%s\n", text);
	error = files_write(path, line);
	free(line);
	free(text);
	return error;
}

int
files_try(const char *path)
{
	char *trial;
	struct stat st;
	FILE *f;
	int error = 0;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (is_special(path))
		return access(path, W_OK) != 0 ? -errno : 0;
	trial = cli_format("%s.%ld.tmp", path, (long)getpid());
	f = fopen(trial, "w");
	if (f == NULL) {
		error = -errno;
	} else {
		fclose(f);
		unlink(trial);
	}
	free(trial);
	return error;
}

int
files_try_tree(const char *path, const char *packed)
{
	const size_t n = strlen(path);
	const size_t m = packed != NULL ? strlen(packed) : 0;
	struct stat st;
	int mode = R_OK | X_OK;

	if (stat(path, &st) != 0)
		return -errno;
	if (S_ISREG(st.st_mode) && m != 0 && n > m &&
	    strcmp(path + n - m, packed) == 0)
		mode = R_OK;
	else if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return access(path, mode) != 0 ? -errno : 0;
}

int
files_try_folder(const char *path)
{
	char *copy = cli_copy(path), *slash;
	struct stat st;
	int error = 0;

	/* The nearest one above that is there. */
	while (*copy != '\0' && stat(copy, &st) != 0 && errno == ENOENT) {
		slash = strrchr(copy, '/');
		if (slash == NULL)
			strcpy(copy, ".");
		else if (slash == copy)
			strcpy(copy, "/");
		else
			*slash = '\0';
	}
	if (*copy == '\0')
		error = -ENOENT;
	else if (stat(copy, &st) != 0)
		error = -errno;
	else if (!S_ISDIR(st.st_mode))
		error = -ENOTDIR;
	else if (access(copy, W_OK | X_OK) != 0)
		error = -errno;
	free(copy);
	return error;
}

int
files_make_folder(const char *path)
{
	char *copy = cli_copy(path);
	struct stat st;
	int error = 0;

	for (char *p = copy + 1; error == 0 && *copy != '\0'; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, 0777) != 0 && errno != EEXIST)
			error = -errno;
		*p = c;
		if (c == '\0')
			break;
	}
	if (error == 0 && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
		error = -ENOTDIR;
	free(copy);
	return error;
}
