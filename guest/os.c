/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * os.c: the files of a whole operating system as the guest.  A kernel without
 * an initramfs and a disk gets our initramfs, which runs the stress program.
 */
#include "guest/os.h"
#include "guest/cpio.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

extern const char os_script[], os_script_end[];
extern const char os_stress[];
extern const uint64_t os_stress_size;

bool
os_has_kernel(const struct guest_os *os)
{
	return os->kernel != NULL;
}

bool
os_has_initrd(const struct guest_os *os)
{
	return os->initrd != NULL || os->disk == NULL;
}

const char *
os_disk_format(const char *disk)
{
	static const char magic[4] = { 'Q', 'F', 'I', (char)0xfb };
	char start[4] = { 0 };
	FILE *f = fopen(disk, "r");
	const bool qcow = f != NULL && fread(start, 4, 1, f) == 1 &&
	    memcmp(start, magic, 4) == 0;

	if (f != NULL)
		fclose(f);
	return qcow ? "qcow2" : "raw";
}

/* Each is there twice: in the archive, and unpacked. */
unsigned
os_files_memory(const struct guest_os *os)
{
	const char *const name[] = { os->kernel, os->initrd };
	unsigned size = 0;
	struct stat st;

	for (unsigned i = 0; i < 2; i++)
		if (name[i] != NULL && stat(name[i], &st) == 0)
			size += (unsigned)(st.st_size >> 20) * 2;
	return size;
}

/* Allocated; what libc says of errno with a name before it. */
static char *
failed(const char *name)
{
	char *text;

	return asprintf(&text, "%s: %s", name, errno != 0 ? strerror(errno) :
	    "cannot be read or written") < 0 ? NULL : text;
}

static char *
copy(const char *from, const char *folder, const char *name)
{
	char path[600], buffer[65536];
	FILE *in = fopen(from, "r"), *out;
	char *why = NULL;
	size_t n;

	if (in == NULL)
		return failed(from);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "w");
	if (out == NULL) {
		why = failed(path);
		fclose(in);
		return why;
	}
	errno = 0;
	while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0)
		if (fwrite(buffer, 1, n, out) != n)
			break;
	if (ferror(in) || ferror(out))
		why = failed(from);
	fclose(in);
	if (fclose(out) != 0 && why == NULL)
		why = failed(path);
	return why;
}

/* busybox, the script as /init, the stress program. */
static char *
make_initrd(const char *folder, const char *busybox)
{
	static const char *const folders[] = { "bin", "dev", "proc", "sys" };
	char path[600];
	FILE *out;
	bool good;

	if (os_stress_size == 0)
		return strdup("this program was built without a static C "
		    "library, so it has no stress program; give --initrd");
	snprintf(path, sizeof(path), "%s/module", folder);
	out = fopen(path, "w");
	if (out == NULL)
		return failed(path);
	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		cpio_member(out, folders[i], 040755, NULL, 0);
	good = cpio_file(out, "bin/busybox", 0100755, busybox) == 0;
	cpio_member(out, "init", 0100755, os_script,
	    (size_t)(os_script_end - os_script));
	cpio_member(out, "stress", 0100755, os_stress, os_stress_size);
	cpio_end(out);
	good = !ferror(out) && good;
	if (fclose(out) != 0 || !good)
		return failed(good ? path : busybox);
	return NULL;
}

static bool
is_debian(const struct guest_os *os)
{
	return os->kernel != NULL && strcmp(os->kernel, GUEST_DEBIAN) == 0;
}

static bool
is_ours(const struct guest_os *os)
{
	return os->initrd == NULL && os->disk == NULL;
}

bool
os_wants_image(const struct guest_os *os)
{
	return is_debian(os) || is_ours(os);
}

char *
os_prepare(const struct guest_os *os, const char *folder, const char *cache)
{
	char path[600], *why = NULL;

	snprintf(path, sizeof(path), "%s/vmlinuz", cache != NULL ? cache : "");
	if (os->kernel != NULL)
		why = copy(is_debian(os) ? path : os->kernel, folder,
		    "kernel");
	snprintf(path, sizeof(path), "%s/busybox", cache != NULL ? cache : "");
	if (why == NULL && os->initrd != NULL)
		why = copy(os->initrd, folder, "module");
	else if (why == NULL && is_ours(os))
		why = make_initrd(folder, path);
	return why;
}
