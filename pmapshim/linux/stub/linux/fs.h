/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: nobody reads or writes the debug file. */
#ifndef SHIM_STUB_LINUX_FS_H
#define SHIM_STUB_LINUX_FS_H

#include <linux/types.h>

struct file;
struct file_operations {
	ssize_t (*read)(struct file *, char *, size_t, loff_t *);
	ssize_t (*write)(struct file *, const char *, size_t, loff_t *);
	loff_t (*llseek)(struct file *, loff_t, int);
};
#define default_llseek NULL
#define sprintf(buf, ...) ((void)(buf), 0)
#define simple_read_from_buffer(to, n, pos, from, avail) (-EINVAL)
#define copy_from_user(to, from, n) 1UL
#define kstrtoint(text, base, value) ((void)(text), *(value) = 0, -EINVAL)

#endif
