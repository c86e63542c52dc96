/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernels.c: the kernels under test by name, and the names of their modes.
 */
#include "pmapshim/pmapshim.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const kernel_names[] = { "reference", "linux", "freebsd",
	"xen", NULL };

unsigned
kernel_cpus_rounded(unsigned cpus)
{
	return cpus <= KERNEL_CPUS ? KERNEL_CPUS : (cpus + 63) / 64 * 64;
}

enum kernel_status
kernel_prepare(const char *name, const char *tree, struct kernel_object *ret,
               char **ret_why)
{
	return kernel_prepare_for(name, tree, KERNEL_CPUS, ret, ret_why);
}

enum kernel_status
kernel_prepare_for(const char *name, const char *tree, unsigned cpus,
                   struct kernel_object *ret, char **ret_why)
{
	*ret = (struct kernel_object){ 0 };
	*ret_why = NULL;
	cpus = kernel_cpus_rounded(cpus);
	if (strcmp(name, "reference") == 0)
		return reference_prepare(tree, cpus, ret, ret_why);
	if (strcmp(name, "linux") == 0)
		return linux_prepare(tree, cpus, ret, ret_why);
	if (strcmp(name, "freebsd") == 0)
		return freebsd_prepare(tree, cpus, ret, ret_why);
	if (strcmp(name, "xen") == 0)
		return xen_prepare(tree, cpus, ret, ret_why);
	*ret_why = strdup("there is no such kernel; see `shootdown kernels`");
	return KERNEL_BAD_TREE;
}

const char *
kernel_shim_dir(void)
{
	const char *dir = getenv("SHOOTDOWN_SHIMS");

	if (dir != NULL && dir[0] != '\0')
		return dir;
	return access(SHOOTDOWN_SHIM_DIR, R_OK) == 0 ? SHOOTDOWN_SHIM_DIR :
	    SHOOTDOWN_INSTALLED_SHIM_DIR;
}

void
kernel_object_clear(struct kernel_object *k)
{
	for (unsigned i = 0; i < k->nsources; i++)
		free(k->sources[i].path);
	free(k->sources);
	free(k->so);
	free(k->tree);
	*k = (struct kernel_object){ 0 };
}

static const struct {
	unsigned bit;
	const char *name;
} mode_names[] = {
	{ KMODE_PCID, "pcid" }, { KMODE_INVPCID, "invpcid" },
	{ KMODE_INVLPGB, "invlpgb" }, { KMODE_SMALL, "small" },
	{ KMODE_PTI, "pti" }, { KMODE_ERRATUM383, "erratum383" },
};

/* Without PCID the name starts with "nopcid"; buf has room for 32 bytes. */
const char *
kernel_mode_name(unsigned mode, char *buf)
{
	strcpy(buf, mode & KMODE_PCID ? "" : "nopcid");
	for (unsigned i = 0; i < sizeof(mode_names) / sizeof(*mode_names); i++)
		if (mode & mode_names[i].bit) {
			if (buf[0] != '\0')
				strcat(buf, "+");
			strcat(buf, mode_names[i].name);
		}
	return buf;
}

int
kernel_mode_parse(const char *text, unsigned *ret)
{
	char buf[32];

	for (unsigned mode = 0; mode <= KMODE_ERRATUM383; mode++)
		if (!((mode & KMODE_INVLPGB) && (mode & KMODE_SMALL)) &&
		    strcmp(kernel_mode_name(mode, buf), text) == 0) {
			*ret = mode;
			return 0;
		}
	return -1;
}
