/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree: where the kernel lies in the tree, which of its files are under test,
 * and which side of the border between core and driver a file is on.
 */
#include "presubmit/review/inner.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const freebsd_core[] = {
	"amd64/amd64/pmap.c", "amd64/amd64/mp_machdep.c",
	"amd64/include/pmap.h", "x86/include/x86_smp.h", NULL
};

static const char *const linux_core[] = {
	"arch/x86/mm/tlb.c", "arch/x86/include/asm/tlbflush.h", NULL
};

static const char *const freebsd_driver[] = { "dev/hyperv", NULL };
static const char *const linux_driver[] = { "arch/x86/hyperv", "drivers/hv",
	"arch/x86/include/asm/mshyperv.h", "include/asm-generic/mshyperv.h",
	"arch/x86/include/asm/hyperv-tlfs.h", "include/linux/hyperv.h",
	"include/asm-generic/hyperv-tlfs.h", NULL };

bool
has_ending(const char *s, const char *ending)
{
	const size_t n = strlen(s), m = strlen(ending);

	return n >= m && strcmp(s + n - m, ending) == 0;
}

const char *const *
review_core_files(const struct review *r)
{
	return r->linux_kernel ? linux_core : freebsd_core;
}

char *
review_path(struct review *r, const char *below)
{
	struct text t = { 0 };

	text_printf(&t, "%s/%s", r->base, below);
	if (t.oom) {
		r->oom = true;
		text_clear(&t);
	}
	return t.s;
}

bool
review_readable(struct review *r, const char *below)
{
	char *path = review_path(r, below);
	const bool ok = path && access(path, R_OK) == 0;

	free(path);
	return ok;
}

const char *
review_below(const struct review *r, const char *path)
{
	return !r->linux_kernel && strncmp(path, "sys/", 4) == 0 &&
	    *r->prefix ? path + 4 : path;
}

/* Whether one of the folders of a path is this one. */
static bool
starts_with(const char *path, const char *const *folders)
{
	for (; *folders; folders++)
		if (strncmp(path, *folders, strlen(*folders)) == 0)
			return true;
	return false;
}

enum side
review_side(const struct review *r, const char *below)
{
	static const char *const freebsd[] = { "amd64/", "i386/", "x86/",
		"vm/", "kern/", "sys/", NULL };
	static const char *const linux_folders[] = { "arch/x86/", "mm/",
		"kernel/", "include/", NULL };

	if (strstr(below, "hyperv") || strstr(below, "vmbus") ||
	    strstr(below, "drivers/hv/"))
		return SIDE_DRIVER;
	return starts_with(below, r->linux_kernel ? linux_folders : freebsd) ?
	    SIDE_CORE : SIDE_OTHER;
}

/* ---- lists of files ---- */

static void
walk(struct review *r, const char *folder, const char *ending,
     struct strlist *out)
{
	char *path = review_path(r, folder);
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL) {
		struct text t = { 0 };

		if (e->d_name[0] == '.')
			continue;
		text_printf(&t, "%s/%s", folder, e->d_name);
		if (t.oom)
			r->oom = true;
		else if (has_ending(t.s, ending))
			strlist_add(out, t.s);
		else if (!strchr(e->d_name, '.'))
			walk(r, t.s, ending, out);
		text_clear(&t);
	}
	if (dir)
		closedir(dir);
	else if (has_ending(folder, ending) && review_readable(r, folder))
		strlist_add(out, folder);
	free(path);
}

void
review_list(struct review *r, const char *folder, const char *ending,
	    struct strlist *out)
{
	walk(r, folder, ending, out);
	strlist_sort(out);
	r->oom |= out->oom;
}

void
review_side_files(struct review *r, enum side side, const char *ending,
		  struct strlist *out)
{
	const char *const *f = side == SIDE_CORE ? review_core_files(r) :
	    r->linux_kernel ? linux_driver : freebsd_driver;

	for (; *f; f++)
		walk(r, *f, ending, out);
	for (size_t i = 0; i < r->changed.n; i++)
		if (review_side(r, r->changed.v[i]) == side &&
		    has_ending(r->changed.v[i], ending) &&
		    review_readable(r, r->changed.v[i]))
			strlist_add(out, r->changed.v[i]);
	strlist_sort(out);
	r->oom |= out->oom;
}

/* ---- opening ---- */

static bool
is_folder(const char *dir, const char *below)
{
	struct text t = { 0 };
	struct stat st;
	bool yes;

	text_printf(&t, "%s/%s", dir, below);
	yes = t.s && stat(t.s, &st) == 0 && S_ISDIR(st.st_mode);
	text_clear(&t);
	return yes;
}

static bool
find_base(struct review *r)
{
	const char *tree = r->in->tree;
	struct text t = { 0 };

	r->prefix = "";
	if (r->linux_kernel) {
		if (is_folder(tree, "arch/x86"))
			r->base = realpath(tree, NULL);
	} else if (is_folder(tree, "sys/amd64")) {
		r->prefix = "sys/";
		text_printf(&t, "%s/sys", tree);
		r->base = t.s ? realpath(t.s, NULL) : NULL;
		text_clear(&t);
	} else if (is_folder(tree, "amd64/amd64"))
		r->base = realpath(tree, NULL);
	return r->base != NULL;
}

static bool
make_tmp(struct review *r)
{
	struct text t = { 0 };

	mkdir(r->in->cache, 0777);
	text_printf(&t, "%s/review.XXXXXX", r->in->cache);
	if (t.s && mkdtemp(t.s)) {
		r->tmp = t.s;
		return true;
	}
	text_clear(&t);
	return false;
}

int
review_open(struct review *r, char *err, size_t errlen)
{
	r->linux_kernel = strcmp(r->in->kernel, "linux") == 0;
	if (!r->linux_kernel && strcmp(r->in->kernel, "freebsd") != 0) {
		snprintf(err, errlen, "no checks for the kernel '%s'; give "
		    "freebsd or linux", r->in->kernel);
		return -1;
	}
	if (!find_base(r)) {
		snprintf(err, errlen, "%s: no %s here; give the top of a "
		    "source tree", r->in->tree, r->linux_kernel ?
		    "arch/x86" : "sys/amd64");
		return -1;
	}
	if (!make_tmp(r)) {
		snprintf(err, errlen, "%s: cannot make a folder: %s",
		    r->in->cache, strerror(errno));
		return -1;
	}
	for (size_t i = 0; i < r->in->nchanged; i++)
		strlist_add(&r->changed, review_below(r, r->in->changed[i]));
	strlist_sort(&r->changed);
	return 0;
}

/* The folder of this run has files only. */
static void
remove_files(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(folder);
}

void
review_close(struct review *r)
{
	if (r->tmp)
		remove_files(r->tmp);
	surroundings_close(r);
	free(r->tmp);
	free(r->base);
	strlist_clear(&r->changed);
}
