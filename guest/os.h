/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * os: files of a guest that is a whole operating system.  Private to guest/.
 */
#ifndef SHOOTDOWN_GUEST_OS_H
#define SHOOTDOWN_GUEST_OS_H

#include "guest/runner.h"

/* Does it boot a kernel that we load; is there an initramfs with it? */
bool os_has_kernel(const struct guest_os *os);
bool os_has_initrd(const struct guest_os *os);
/* "qcow2" or "raw", by the first bytes of the file. */
const char *os_disk_format(const char *disk);
/* What the user's own files take in a machine's memory, in MiB. */
unsigned os_files_memory(const struct guest_os *os);
/* Does it need the kernel or busybox of the machine in the middle (l1.h)? */
bool os_wants_image(const struct guest_os *os);
/*
 * Puts FOLDER/kernel and FOLDER/module there; what comes from that image is in
 * the folder `cache`.  NULL, or why not (allocated).
 */
char *os_prepare(const struct guest_os *os, const char *folder,
                 const char *cache);

#endif
