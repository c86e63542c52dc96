/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source: finds the Linux tree, and takes what is needed out of a packed one.
 *
 * A tree is never asked for its version: it is usable when it has the files
 * and the names that the shims stand on.  Of an archive only those files are
 * extracted, under a temporary name that is renamed when all is there, so
 * that two at once are safe.
 */
#include "pmapshim/linux/source.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pmapshim/build/build.h"
#include "pmapshim/build/run.h"
#include "pmapshim/build/text.h"

#define SOURCES "/usr/src/linux-source-6.*"
#define ARCHIVE ".tar.xz"

#define ASM "arch/x86/include/asm/"

#define HYPERV "include/hyperv/"

const char *const linux_files[] = {
	"arch/x86/hyperv/mmu.c",
	"arch/x86/mm/tlb.c",
	ASM "mshyperv.h",
	"include/asm-generic/mshyperv.h",
	ASM "tlbflush.h",
	ASM "tlb.h",
	/* from here on: data only */
	"arch/x86/mm/mm_internal.h",
	ASM "cpufeatures.h",
	ASM "mmu.h",
	ASM "processor-flags.h",
	ASM "pti.h",
	ASM "tlbbatch.h",
	"arch/x86/include/uapi/asm/processor-flags.h",
	NULL
};
const unsigned linux_tested = 6;

/* What a file of the tree includes only in some trees. */
static const struct conditional {
	const char *file, *by, *as;
} conditional[] = {
	/* up to 6.14 */
	{ ASM "disabled-features.h", ASM "cpufeatures.h",
	    "asm/disabled-features.h" },
	{ ASM "required-features.h", ASM "cpufeatures.h",
	    "asm/required-features.h" },
	/* up to 6.13; then the hypervisor's own names, in a folder of theirs */
	{ ASM "hyperv-tlfs.h", ASM "mshyperv.h", "asm/hyperv-tlfs.h" },
	{ "include/asm-generic/hyperv-tlfs.h", ASM "mshyperv.h",
	    "asm/hyperv-tlfs.h" },
	{ HYPERV "hvhdk.h", ASM "mshyperv.h", "hyperv/hvhdk.h" },
	{ HYPERV "hvhdk_mini.h", ASM "mshyperv.h", "hyperv/hvhdk.h" },
	{ HYPERV "hvgdk.h", ASM "mshyperv.h", "hyperv/hvhdk.h" },
	{ HYPERV "hvgdk_ext.h", HYPERV "hvgdk.h", "hvgdk_ext.h" },
	{ HYPERV "hvgdk_mini.h", ASM "mshyperv.h", "hyperv/hvhdk.h" },
};
#define NCONDITIONAL (sizeof(conditional) / sizeof(conditional[0]))
#define NFILES (sizeof(linux_files) / sizeof(linux_files[0]) - 1)

/* A name that a file must have, for what the shims stand on. */
static const struct probe {
	const char *file, *name, *why;
} probes[] = {
	{ "arch/x86/mm/tlb.c", "flush_tlb_multi",
	    "trees before 5.13 flush the local CPU apart" },
	{ "arch/x86/mm/tlb.c", "initialize_tlbstate_and_flush",
	    "vCPUs start with it" },
	{ "arch/x86/hyperv/mmu.c", "hyperv_setup_mmu_ops",
	    "it takes the hypercall path into use" },
	{ ASM "mshyperv.h", "hv_hypercall_pg",
	    "hypercalls are caught where they go through it" },
	{ ASM "tlbflush.h", "user_pcid_flush_mask",
	    "the return to user mode reads it" },
};

char *
linux_why(const char *format, ...)
{
	char text[1400];
	va_list ap;
	int n = snprintf(text, sizeof(text), "linux: ");

	va_start(ap, format);
	vsnprintf(text + n, sizeof(text) - (size_t)n, format, ap);
	va_end(ap);
	return strdup(text);
}

static char *
formatted(const char *format, ...)
{
	char text[4096];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < sizeof(text) ? strdup(text) : NULL;
}

static enum kernel_status
no_memory(char **ret_why)
{
	*ret_why = linux_why("out of memory");
	return KERNEL_NO_TOOL;
}

/* ---- what makes a tree usable ------------------------------------------ */

static enum kernel_status
probe_names(const char *dir, const char *shown, char **ret_why)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		const struct probe *p = &probes[i];
		char *path = formatted("%s/%s", dir, p->file), *data = NULL;
		size_t size;
		int error = path ? file_read(path, &data, &size) : -ENOMEM;

		free(path);
		if (error) {
			*ret_why = linux_why("cannot read %s/%s: %s", shown,
			    p->file, strerror(-error));
			return KERNEL_BAD_TREE;
		}
		if (!strstr(data, p->name)) {
			*ret_why = linux_why("%s/%s has no %s (%s); give a "
			    "tree of 5.15 to 7.1 with --tree", shown, p->file,
			    p->name, p->why);
			free(data);
			return KERNEL_BAD_TREE;
		}
		free(data);
	}
	return KERNEL_OK;
}

static bool
is_readable(const char *dir, const char *file)
{
	char *path = formatted("%s/%s", dir, file);
	bool there = path && access(path, R_OK) == 0;

	free(path);
	return there;
}

/* Does the tree's file mention the text? */
static bool
includes(const char *dir, const struct conditional *c)
{
	char *path = formatted("%s/%s", dir, c->by), *data = NULL;
	size_t size;
	bool yes = path && file_read(path, &data, &size) == 0 &&
	    strstr(data, c->as);

	free(data);
	free(path);
	return yes;
}

const char *
linux_source_file(const char *dir, unsigned i)
{
	if (i < NFILES)
		return linux_files[i];
	i -= NFILES;
	for (size_t k = 0; k < NCONDITIONAL; k++)
		if (includes(dir, &conditional[k]) && i-- == 0)
			return conditional[k].file;
	return NULL;
}

/* The first file that is missing, or NULL. */
static const char *
missing_file(const char *dir)
{
	const char *file;

	for (unsigned i = 0; (file = linux_source_file(dir, i)); i++)
		if (!is_readable(dir, file))
			return file;
	return NULL;
}

static enum kernel_status
check_tree(const struct linux_source *s, char **ret_why)
{
	const char *missing = missing_file(s->dir);

	if (missing) {
		*ret_why = linux_why("%s has no readable %s; give a tree of "
		    "5.15 to 7.1 with --tree", s->shown, missing);
		return KERNEL_BAD_TREE;
	}
	return probe_names(s->dir, s->shown, ret_why);
}

/* ---- out of an archive ------------------------------------------------- */

/* "linux-source-6.1" of "/usr/src/linux-source-6.1.tar.xz" */
static char *
tree_name(const char *archive)
{
	const char *base = strrchr(archive, '/') + 1;

	return formatted("%.*s", (int)(strlen(base) - strlen(ARCHIVE)), base);
}

static void
add_members(struct strlist *argv, const char *name)
{
	for (size_t i = 0; i < NFILES + NCONDITIONAL; i++) {
		char *member = formatted("%s/%s", name, i < NFILES ?
		    linux_files[i] : conditional[i - NFILES].file);

		if (member)
			strlist_add(argv, member);
		free(member);
	}
}

/*
 * Did tar complain of nothing but members that are not there?  What the tree
 * needs of them is asked later.
 */
static bool
only_absent(const char *output)
{
	while (output && *output) {
		size_t n = strcspn(output, "\n");

		if (!memmem(output, n, "Not found in archive", 20) &&
		    !memmem(output, n, "due to previous errors", 22))
			return false;
		output += n + (output[n] == '\n');
	}
	return output != NULL;
}

static enum kernel_status
run_tar(const char *archive, const char *name, const char *to, char **ret_why)
{
	struct strlist argv = { 0 };
	struct text output = { 0 };
	int status = -ENOMEM;

	strlist_add(&argv, "tar");
	strlist_add(&argv, "-xJf");
	strlist_add(&argv, archive);
	strlist_add(&argv, "-C");
	strlist_add(&argv, to);
	strlist_add(&argv, "--strip-components=1");
	add_members(&argv, name);
	/* xz decompresses an archive's blocks at once, from 5.4 on */
	(void)setenv("XZ_DEFAULTS", "-T0", 0);
	if (!argv.oom)
		status = run_capture(strlist_argv(&argv), &output);
	if (status > 0 && only_absent(output.s))
		status = 0;
	if (status)
		*ret_why = linux_why("tar cannot read %s: %.*s", archive,
		    status < 0 ? 80 : (int)strcspn(output.s ? output.s : "",
		    "\n"), status < 0 ? strerror(-status) :
		    output.s ? output.s : "");
	text_clear(&output);
	strlist_clear(&argv);
	return status == 0 ? KERNEL_OK :
	    status < 0 ? KERNEL_NO_TOOL : KERNEL_BAD_TREE;
}

/* Removes what an extraction left: files, then folders, deepest first. */
static void
remove_tree(const char *dir)
{
	for (size_t i = 0; i < NFILES + NCONDITIONAL; i++) {
		char *path = formatted("%s/%s", dir, i < NFILES ?
		    linux_files[i] : conditional[i - NFILES].file), *slash;

		if (!path)
			continue;
		unlink(path);
		while ((slash = strrchr(path, '/')) &&
		    (size_t)(slash - path) > strlen(dir)) {
			*slash = '\0';
			if (rmdir(path) != 0)
				break;
		}
		free(path);
	}
	rmdir(dir);
}

static enum kernel_status
extract_into(const char *archive, const char *final, char **ret_why)
{
	char *name = tree_name(archive);
	char *tmp = formatted("%s.XXXXXX", final);
	enum kernel_status st;

	if (!name || !tmp)
		st = no_memory(ret_why);
	else if (!mkdtemp(tmp)) {
		*ret_why = linux_why("cannot make %s: %s; set SHOOTDOWN_CACHE "
		    "to a folder that can be written", tmp, strerror(errno));
		st = KERNEL_NO_TOOL;
	} else {
		st = run_tar(archive, name, tmp, ret_why);
		/* Someone else may have been first, with the same files. */
		if (st != KERNEL_OK || rename(tmp, final) != 0)
			remove_tree(tmp);
	}
	free(tmp);
	free(name);
	return st;
}

static void
make_folders(const char *path)
{
	char *copy = strdup(path);

	for (char *p = copy ? strchr(copy + 1, '/') : NULL; p;
	    p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(copy, 0777);
		*p = '/';
	}
	free(copy);
	(void)mkdir(path, 0777);
}

/* The cache knows an archive by its name, size and date. */
static char *
cached_name(const char *archive, const struct stat *st)
{
	char *cache = build_cache_dir(), *name = tree_name(archive);
	char *path = NULL;

	if (cache && name) {
		make_folders(cache);
		path = formatted("%s/%s-%llx-%llx", cache, name,
		    (unsigned long long)st->st_size,
		    (unsigned long long)st->st_mtime);
	}
	free(name);
	free(cache);
	return path;
}

static enum kernel_status
unpack(const char *archive, struct linux_source *ret, char **ret_why)
{
	struct stat st;

	if (stat(archive, &st) != 0) {
		*ret_why = linux_why("cannot read %s: %s", archive,
		    strerror(errno));
		return KERNEL_BAD_TREE;
	}
	ret->dir = cached_name(archive, &st);
	ret->shown = strdup(archive);
	if (!ret->dir || !ret->shown)
		return no_memory(ret_why);
	if (!missing_file(ret->dir))
		return KERNEL_OK;
	remove_tree(ret->dir);  /* half deleted, if it is there at all */
	return extract_into(archive, ret->dir, ret_why);
}

/* ---- where to look ----------------------------------------------------- */

static bool
has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && !strcmp(s + n - m, suffix);
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The name without what an archive has more than a folder. */
static void
stem(const char *path, char *buf, size_t size)
{
	size_t n = strlen(path);

	if (has_suffix(path, ARCHIVE))
		n -= strlen(ARCHIVE);
	snprintf(buf, size, "%.*s", (int)n, path);
}

/* Whether a is to be preferred to b: the newer; unpacked over packed. */
static bool
better(const char *a, const char *b)
{
	char x[256], y[256];
	int order;

	stem(a, x, sizeof(x));
	stem(b, y, sizeof(y));
	order = strverscmp(x, y);
	return order > 0 || (order == 0 && !has_suffix(a, ARCHIVE));
}

static char *
newest(void)
{
	glob_t g;
	char *best = NULL;

	if (glob(SOURCES, 0, NULL, &g) != 0)
		return NULL;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		const char *path = g.gl_pathv[i];

		if (!has_suffix(path, ARCHIVE) && !is_folder(path))
			continue;
		if (best && !better(path, best))
			continue;
		free(best);
		best = strdup(path);
	}
	globfree(&g);
	return best;
}

static enum kernel_status
take_folder(const char *path, struct linux_source *ret, char **ret_why)
{
	ret->dir = realpath(path, NULL);
	if (!ret->dir || !is_folder(ret->dir)) {
		*ret_why = linux_why("%s is no folder to read a tree from: %s",
		    path, strerror(ret->dir ? ENOTDIR : errno));
		return KERNEL_BAD_TREE;
	}
	ret->shown = strdup(path);
	return ret->shown ? KERNEL_OK : no_memory(ret_why);
}

enum kernel_status
linux_source_find(const char *tree, struct linux_source *ret, char **ret_why)
{
	char *found = tree ? strdup(tree) : newest();
	enum kernel_status st;

	*ret = (struct linux_source){ 0 };
	if (!found) {
		*ret_why = linux_why("no " SOURCES " here; install the package "
		    "linux-source, or name a tree with --tree");
		return KERNEL_ABSENT;
	}
	if (has_suffix(found, ARCHIVE) && !is_folder(found))
		st = unpack(found, ret, ret_why);
	else
		st = take_folder(found, ret, ret_why);
	if (st == KERNEL_OK)
		st = check_tree(ret, ret_why);
	if (st != KERNEL_OK)
		linux_source_clear(ret);
	free(found);
	return st;
}

void
linux_source_clear(struct linux_source *s)
{
	free(s->dir);
	free(s->shown);
	*s = (struct linux_source){ 0 };
}
