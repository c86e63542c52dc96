/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpio.c: archives for Linux' initramfs, written as a stream.  Owners are root
 * and times zero: the same files make the same archive.
 */
#include "guest/cpio.h"

#include <stdlib.h>
#include <string.h>

static void
pad(FILE *out)
{
	while (ftell(out) % 4 != 0)
		fputc(0, out);
}

void
cpio_member(FILE *out, const char *name, unsigned mode, const void *data,
            size_t size)
{
	static unsigned inode;

	fprintf(out, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x"
	    "%08x", ++inode, mode, 0u, 0u, 1u, 0u, (unsigned)size, 0u, 0u, 0u,
	    0u, (unsigned)strlen(name) + 1, 0u);
	fwrite(name, 1, strlen(name) + 1, out);
	pad(out);
	if (size > 0)
		fwrite(data, 1, size, out);
	pad(out);
}

/* The whole file, allocated; NULL: it cannot be read. */
static char *
read_file(const char *path, size_t *ret_size)
{
	FILE *in = fopen(path, "r");
	char *data = NULL;
	long size;

	if (in == NULL)
		return NULL;
	if (fseek(in, 0, SEEK_END) == 0 && (size = ftell(in)) >= 0 &&
	    (data = malloc((size_t)size + 1)) != NULL) {
		rewind(in);
		*ret_size = (size_t)size;
		if (fread(data, 1, (size_t)size, in) != (size_t)size) {
			free(data);
			data = NULL;
		}
	}
	fclose(in);
	return data;
}

int
cpio_file(FILE *out, const char *name, unsigned mode, const char *path)
{
	size_t size = 0;
	char *data = read_file(path, &size);

	if (data == NULL)
		return -1;
	cpio_member(out, name, mode, data, size);
	free(data);
	return 0;
}

void
cpio_end(FILE *out)
{
	cpio_member(out, "TRAILER!!!", 0, NULL, 0);
	while (ftell(out) % 512 != 0)
		fputc(0, out);
}
