/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prepare: builds the kernel object `linux` from a tree, our shim headers and
 * our glue.  Part of the executable; nothing of the tree is copied into it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pmapshim/build/build.h"
#include "pmapshim/build/sha256.h"
#include "pmapshim/build/text.h"
#include "pmapshim/linux/source.h"
#include "pmapshim/slice/slice.h"

#ifndef SHOOTDOWN_BUILD_ID
#define SHOOTDOWN_BUILD_ID "development"
#endif

/* Ours; the unhooked ones make no scheduling points (custom/shim/core.h). */
static const char *const glue[] = { "glue.c", "sched.c", "table.c", "mm.c",
	"large.c", "kmap.c", "gather.c",
	"reclaim.c", "ipi.c", "nmi.c", "hv.c" };
static const char *const unhooked[] = { "core.c", "insn.c" };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_UNITS (2 + COUNT(glue) + COUNT(unhooked) + 1)

static const char *const fixed_flags[] = { "-std=gnu11", "-nostdinc",
	/* an asm statement of the kernel that we turn into a call */
	"-mno-red-zone",
	"-include", "shim/config.h",
	"-Wall", "-Wno-unused-function", "-Wno-unused-but-set-variable",
	"-Wno-address-of-packed-member",
	"-Wno-gnu-variable-sized-type-not-at-end", "-Wno-unknown-warning-option",
	NULL };

struct job {
	struct linux_source source;
	unsigned cpus;                  /* that masks have room for */
	char *shims;                    /* pmapshim/ at run time */
	struct strlist flags, paths;
	struct build_unit units[MAX_UNITS];
	size_t nunits;
};

/* ---- flags and units --------------------------------------------------- */

static void
add_joined(struct strlist *l, const char *before, const char *dir,
           const char *name)
{
	struct text t = { 0 };

	text_printf(&t, "%s%s%s", before, dir, name);
	if (t.oom)
		l->oom = true;
	else
		strlist_add(l, t.s);
	text_clear(&t);
}

static bool
mentions(struct job *job, const char *file, const char *name)
{
	struct strlist path = { 0 };
	bool found;

	add_joined(&path, job->source.dir, "/", file);
	found = !path.oom && slice_probe(path.v[0], name) > 0;
	strlist_clear(&path);
	return found;
}

/*
 * The order decides who is seen: our own headers shadow the kernel's, and a
 * header of the tree is seen only where a file in real/ names it by its path
 * from the root of the tree.
 */
static void
add_flags(struct job *job)
{
	strlist_add_all(&job->flags, fixed_flags);
	add_joined(&job->flags, "-I", job->shims, "/linux/custom");
	add_joined(&job->flags, "-I", job->shims, "/linux/stub");
	add_joined(&job->flags, "-I", job->shims, "/linux/real");
	add_joined(&job->flags, "-I", job->source.dir, "");
	add_joined(&job->flags, "-I", job->shims, "/..");
	if (mentions(job, "arch/x86/include/asm/tlbflush.h",
	    "arch_tlbbatch_add_mm"))
		strlist_add(&job->flags, "-DSHIM_BATCH_ADD_MM");
	if (mentions(job, "arch/x86/mm/tlb.c", "invlpgb_count_max"))
		strlist_add(&job->flags, "-DCONFIG_BROADCAST_TLB_FLUSH=1");
	if (mentions(job, "arch/x86/mm/tlb.c", "use_temporary_mm"))
		strlist_add(&job->flags, "-DSHIM_TEMPORARY_MM");
	if (mentions(job, "arch/x86/hyperv/mmu.c", "tlb_remove_table"))
		strlist_add(&job->flags, "-DSHIM_PV_REMOVE_TABLE");
	build_flag_cpus(&job->flags, job->cpus);
}

static void
add_unit(struct job *job, const char *dir, const char *folder,
         const char *name, bool no_hooks)
{
	add_joined(&job->paths, dir, folder, name);
	job->units[job->nunits++].unhooked = no_hooks;
}

static bool
add_units(struct job *job)
{
	add_unit(job, job->source.dir, "/", linux_files[0], false);
	add_unit(job, job->source.dir, "/", linux_files[1], false);
	for (size_t i = 0; i < COUNT(glue); i++)
		add_unit(job, job->shims, "/linux/", glue[i], false);
	for (size_t i = 0; i < COUNT(unhooked); i++)
		add_unit(job, job->shims, "/linux/", unhooked[i], true);
	add_unit(job, job->shims, "/hooks/", "mem.c", false);
	if (job->paths.oom || job->flags.oom)
		return false;
	for (size_t i = 0; i < job->nunits; i++)
		job->units[i].source = job->paths.v[i];
	return true;
}

static enum kernel_status
find_shims(struct job *job, char **ret_why)
{
	const char *dir = kernel_shim_dir();

	job->shims = realpath(dir, NULL);
	if (job->shims)
		return KERNEL_OK;
	*ret_why = linux_why("cannot read the shim headers in %s: %s; set "
	    "SHOOTDOWN_SHIMS to shootdown's pmapshim folder", dir,
	    strerror(errno));
	return KERNEL_NO_TOOL;
}

/* ---- the result -------------------------------------------------------- */

static enum kernel_status
no_memory(char **ret_why)
{
	*ret_why = linux_why("out of memory");
	return KERNEL_NO_TOOL;
}

static char *
shown_path(const struct job *job, const char *file)
{
	struct text t = { 0 };

	text_printf(&t, "%s/%s", job->source.shown, file);
	if (t.oom)
		text_clear(&t);
	return t.s;
}

static enum kernel_status
hash_sources(const struct job *job, struct kernel_object *ret, char **ret_why)
{
	ret->sources = calloc(linux_tested, sizeof(*ret->sources));
	for (unsigned i = 0; ret->sources && i < linux_tested; i++) {
		struct kernel_source *s = &ret->sources[ret->nsources++];
		struct strlist path = { 0 };
		int error = -ENOMEM;

		s->path = shown_path(job, linux_files[i]);
		add_joined(&path, job->source.dir, "/", linux_files[i]);
		if (!path.oom)
			error = sha256_file(path.v[0], s->sha256);
		strlist_clear(&path);
		if (!s->path || error)
			return no_memory(ret_why);
	}
	ret->tree = strdup(job->source.shown);
	return ret->sources && ret->tree ? KERNEL_OK : no_memory(ret_why);
}

static enum kernel_status
build(struct job *job, struct kernel_object *ret, char **ret_why)
{
	const struct build_request request = {
		.name = "linux", .units = job->units, .nunits = job->nunits,
		.flags = strlist_argv(&job->flags),
		.build_id = SHOOTDOWN_BUILD_ID,
	};
	struct build_result result;
	enum build_status st = kernel_object_build(&request, &result);

	if (st == BUILD_OK) {
		ret->so = result.object;
		result.object = NULL;
	} else
		*ret_why = linux_why("%s", result.error);
	build_result_clear(&result);
	return st == BUILD_OK ? KERNEL_OK :
	    st == BUILD_BAD_SOURCE ? KERNEL_BAD_TREE : KERNEL_NO_TOOL;
}

static void
job_clear(struct job *job)
{
	linux_source_clear(&job->source);
	free(job->shims);
	strlist_clear(&job->flags);
	strlist_clear(&job->paths);
}

enum kernel_status
linux_prepare(const char *tree, unsigned cpus, struct kernel_object *ret,
              char **ret_why)
{
	struct job job = { .cpus = cpus };
	enum kernel_status st = find_shims(&job, ret_why);

	memset(ret, 0, sizeof(*ret));
	ret->name = "linux";
	if (st == KERNEL_OK)
		st = linux_source_find(tree, &job.source, ret_why);
	if (st == KERNEL_OK) {
		add_flags(&job);
		st = add_units(&job) ? build(&job, ret, ret_why) :
		    no_memory(ret_why);
	}
	if (st == KERNEL_OK)
		st = hash_sources(&job, ret, ret_why);
	if (st != KERNEL_OK)
		kernel_object_clear(ret);
	job_clear(&job);
	return st;
}

enum kernel_status
linux_flags(const struct linux_source *s, struct strlist *ret, char **shims,
            char **ret_why)
{
	struct job job = { .source = *s };
	enum kernel_status st = find_shims(&job, ret_why);

	if (st != KERNEL_OK)
		return st;
	add_flags(&job);
	*ret = job.flags;
	*shims = job.shims;
	return ret->oom ? no_memory(ret_why) : KERNEL_OK;
}
