/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files: writes a whole file or nothing, and makes folders.
 */
#ifndef SHOOTDOWN_CLI_FILES_H
#define SHOOTDOWN_CLI_FILES_H

#include <jansson.h>

/*
 * Writes text under a temporary name beside `path` and renames it; what is no
 * regular file there is written to as it is.
 * Returns 0 or a negative errno; then nothing is left behind.
 */
int files_write(const char *path, const char *text);
/* The same for JSON, indented, with a newline at the end. */
int files_write_json(const char *path, const json_t *root);
/* Can such a file be made?  Better known before a minute of work. */
int files_try(const char *path);
/* Is it a folder, or a packed one whose name ends so (NULL: none may)? */
int files_try_tree(const char *path, const char *packed);
/* Can the folder be made, or written to?  Makes nothing. */
int files_try_folder(const char *path);
/* Makes a folder and those above it.  Returns 0 or a negative errno. */
int files_make_folder(const char *path);

#endif
