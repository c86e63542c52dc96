/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files: see files.h.  A reader never sees half a file: the rename comes
 * after everything was written and flushed.
 */
#include "cli/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

int
files_write(const char *path, const char *text)
{
	char *temporary = cli_format("%s.%ld.tmp", path, (long)getpid());
	FILE *f = fopen(temporary, "w");
	int error = 0;

	if (f == NULL) {
		error = -errno;
		free(temporary);
		return error;
	}
	if (fputs(text, f) == EOF)
		error = -EIO;
	if (fclose(f) != 0 && error == 0)
		error = errno != 0 ? -errno : -EIO;
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
