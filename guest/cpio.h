/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpio: archives that Linux unpacks as its first file system ("newc": man 5
 * cpio).  Private to guest/.
 */
#ifndef SHOOTDOWN_GUEST_CPIO_H
#define SHOOTDOWN_GUEST_CPIO_H

#include <stddef.h>
#include <stdio.h>

/* One file or folder; errors stay in `out`. */
void cpio_member(FILE *out, const char *name, unsigned mode, const void *data,
                 size_t size);
/* The same from a file; -1: it cannot be read. */
int cpio_file(FILE *out, const char *name, unsigned mode, const char *path);
/* After the last: the end, up to a whole block. */
void cpio_end(FILE *out);

#endif
