/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree: finds and probes a FreeBSD source tree.
 */
#include "pmapshim/freebsd/tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pmapshim/slice/slice.h"

#define VMBUS "dev/hyperv/vmbus/"
#define MMU_C VMBUS "hyperv_mmu.c"
#define VMBUS_VAR_H VMBUS "vmbus_var.h"
#define MP_X86_C "x86/x86/mp_x86.c"
#define PMAP_C "amd64/amd64/pmap.c"
#define PMAP_H "amd64/include/pmap.h"
#define MP_MACHDEP_C "amd64/amd64/mp_machdep.c"

static const char *const native_sources[] = {
	PMAP_C, MP_MACHDEP_C, PMAP_H, "sys/_bitset.h",
	"sys/bitset.h", "sys/_cpuset.h", "sys/cpuset.h", NULL
};

static const char *const hook_sources[] = {
	MMU_C, VMBUS "hyperv_mmu.h", VMBUS "hyperv.c", VMBUS_VAR_H,
	VMBUS "hyperv_var.h", VMBUS "hyperv_common_reg.h",
	VMBUS "x86/hyperv_reg.h", PMAP_C, MP_MACHDEP_C, PMAP_H,
	"sys/_bitset.h", "sys/bitset.h", "sys/_cpuset.h", "sys/cpuset.h",
	NULL
};

char *
freebsd_why(const char *format, ...)
{
	char *line = NULL;
	va_list ap, again;
	int n;

	va_start(ap, format);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, ap);
	if (n >= 0)
		line = malloc((size_t)n + 10);
	if (line) {
		strcpy(line, "freebsd: ");
		vsnprintf(line + 9, (size_t)n + 1, format, again);
	}
	va_end(again);
	va_end(ap);
	return line;
}

static char *
join(const char *dir, const char *relative)
{
	struct text t = { 0 };

	text_printf(&t, "%s/%s", dir, relative);
	if (t.oom)
		text_clear(&t);
	return t.s;
}

char *
tree_path(const struct tree *t, const char *relative)
{
	return join(t->sys, relative);
}

char *
tree_shown(const struct tree *t, const char *relative)
{
	return join(t->shown, relative);
}

const char *const *
tree_sources(const struct tree *t)
{
	return t->hook ? hook_sources : native_sources;
}

static bool
readable(const char *dir, const char *relative)
{
	char *path = join(dir, relative);
	bool ok = path && access(path, R_OK) == 0;

	free(path);
	return ok;
}

static bool
mentions(const struct tree *t, const char *relative, const char *name)
{
	char *path = tree_path(t, relative);
	bool found = path && slice_probe(path, name) > 0;

	free(path);
	return found;
}

/* Does a line begin with NAME( as that of a function's definition does? */
static bool
defines(const struct tree *t, const char *relative, const char *name)
{
	char *path = tree_path(t, relative), line[256];
	FILE *f = path ? fopen(path, "r") : NULL;
	const size_t n = strlen(name);
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strncmp(line, name, n) == 0 && line[n] == '(';
	if (f)
		fclose(f);
	free(path);
	return found;
}

/* Takes over NAME of a line "NAMEmore(" as a function's definition begins. */
static bool
take_name(const char *line, const char *name, char *ret, size_t size)
{
	const size_t n = strlen(name), more = strncmp(line, name, n) ? 0 :
	    strspn(line + n, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (more == 0 || line[n + more] != '(' || n + more >= size)
		return false;
	memcpy(ret, line, n + more);
	ret[n + more] = '\0';
	return true;
}

/*
 * The hook is a pointer smp_targeted_tlb_shootdown; the function that is in it
 * without a hypervisor has a longer name, "..._native" or another.
 */
static bool
find_native(struct tree *t)
{
	char *path = tree_path(t, MP_MACHDEP_C), line[256];
	FILE *f = path ? fopen(path, "r") : NULL;
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = take_name(line, "smp_targeted_tlb_shootdown_",
		    t->native, sizeof(t->native));
	if (f)
		fclose(f);
	free(path);
	return found;
}

/* DIR/sys, or DIR when it is the folder sys itself. */
static enum kernel_status
find_sys(const char *path, bool named, struct tree *t, char **ret_why)
{
	char *below = join(path, "sys");

	if (below && readable(below, "amd64"))
		t->shown = below;
	else {
		free(below);
		if (!readable(path, "amd64/amd64")) {
			*ret_why = freebsd_why(named ? "%s: no sys/amd64 here; "
			    "give --tree the top of a FreeBSD source tree" :
			    "no source tree in %s; give one with --tree DIR",
			    path);
			return named ? KERNEL_BAD_TREE : KERNEL_ABSENT;
		}
		t->shown = strdup(path);
	}
	t->sys = t->shown ? realpath(t->shown, NULL) : NULL;
	if (!t->sys) {
		*ret_why = freebsd_why("%s: %s", path, strerror(errno));
		return KERNEL_BAD_TREE;
	}
	return KERNEL_OK;
}

static enum kernel_status
check_sources(const struct tree *t, char **ret_why)
{
	for (const char *const *f = tree_sources(t); *f; f++) {
		if (!readable(t->sys, *f)) {
			*ret_why = freebsd_why("%s/%s: %s; the tree is not "
			    "complete", t->shown, *f, strerror(errno));
			return KERNEL_BAD_TREE;
		}
	}
	return KERNEL_OK;
}

static void
probe_hook(struct tree *t)
{
	t->hook_point = find_native(t);
	if (!readable(t->sys, MMU_C))
		t->no_hook = "this tree has no dev/hyperv/vmbus/hyperv_mmu.c";
	else if (!t->hook_point)
		t->no_hook = "mp_machdep.c of this tree has no hook for "
		    "hyperv_mmu.c (smp_targeted_tlb_shootdown_native)";
	else
		t->hook = true;
}

/* Up to FreeBSD 12 each kind of shootdown has an interrupt of its own. */
static enum kernel_status
check_scoreboard(const struct tree *t, char **ret_why)
{
	if (defines(t, MP_MACHDEP_C, "invlop_handler"))
		return KERNEL_OK;
	*ret_why = freebsd_why("%s/" MP_MACHDEP_C ": no invlop_handler(), with "
	    "which trees since FreeBSD 13 shoot down; give such a one",
	    t->shown);
	return KERNEL_BAD_TREE;
}

/* Why pages are not resized in a rendezvous; NULL: they are. */
static const char *
no_update_pde(const struct tree *t)
{
	if (!defines(t, PMAP_C, "pmap_update_pde"))
		return "pmap.c of this tree has no pmap_update_pde()";
	if (!defines(t, PMAP_C, "pmap_update_pde_store"))
		return "pmap.c of this tree has no pmap_update_pde_store()";
	if (!defines(t, PMAP_C, "pmap_update_pde_invalidate"))
		return "pmap.c of this tree has no "
		    "pmap_update_pde_invalidate()";
	return NULL;
}

static enum kernel_status
probe(struct tree *t, char **ret_why)
{
	enum kernel_status st;

	probe_hook(t);
	st = check_sources(t, ret_why);
	if (st == KERNEL_OK)
		st = check_scoreboard(t, ret_why);
	if (st != KERNEL_OK)
		return st;
	t->pcidp = mentions(t, PMAP_H, "pm_pcidp");
	t->cpustop = readable(t->sys, MP_X86_C) &&
	    mentions(t, MP_X86_C, "cpustop_handler_post");
	t->pde_page = mentions(t, PMAP_C, "pmap_invalidate_pde_page");
	t->no_update_pde = no_update_pde(t);
	t->nested = mentions(t, PMAP_C, "pmap_invalidate_ept");
	t->invlpgb = mentions(t, MP_MACHDEP_C, "invlpgb_works");
	t->small_core = mentions(t, PMAP_C, "pcid_invlpg_workaround");
	if (!t->hook)
		return KERNEL_OK;
	t->cpu_mem = mentions(t, MMU_C, "cpu_mem");
	t->flush_wrapper = mentions(t, VMBUS "vmbus.c", "hyperv_vm_tlb_flush");
	t->free_pcpu = t->flush_wrapper && !t->cpu_mem &&
	    mentions(t, VMBUS "vmbus.c", "free_pcpu_ptr");
	if (t->cpu_mem && !mentions(t, VMBUS_VAR_H, "cpu_mem")) {
		*ret_why = freebsd_why("%s/" VMBUS_VAR_H ": no member cpu_mem, "
		    "which hyperv_mmu.c uses; the two files are not of one "
		    "version", t->shown);
		return KERNEL_BAD_TREE;
	}
	return KERNEL_OK;
}

enum kernel_status
tree_open(const char *path, struct tree *ret, char **ret_why)
{
	const bool named = path != NULL;
	enum kernel_status st;

	memset(ret, 0, sizeof(*ret));
#ifdef __FreeBSD__
	if (!path)
		path = "/usr/src";
#else
	if (!path) {
		*ret_why = freebsd_why("no source tree; give one with "
		    "--tree DIR");
		return KERNEL_ABSENT;
	}
#endif
	st = find_sys(path, named, ret, ret_why);
	if (st == KERNEL_OK)
		st = probe(ret, ret_why);
	if (st != KERNEL_OK)
		tree_close(ret);
	return st;
}

void
tree_close(struct tree *t)
{
	free(t->shown);
	free(t->sys);
	t->shown = t->sys = NULL;
}
