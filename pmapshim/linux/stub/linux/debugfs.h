/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: there are no files to make. */
#ifndef SHIM_STUB_LINUX_DEBUGFS_H
#define SHIM_STUB_LINUX_DEBUGFS_H

#include <linux/fs.h>

#define arch_debugfs_dir NULL
#define S_IRUSR 0400
#define S_IWUSR 0200
#define debugfs_create_file(name, mode, parent, data, fops)             \
	do {                                                            \
		(void)(fops);                                           \
	} while (0)

#endif
