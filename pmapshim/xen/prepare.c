/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prepare: builds the kernel under test `xen` out of a Xen source tree.
 *
 * guest/hyperv/tlb.c and util.c are compiled whole, with the reference kernel
 * around them.  A tree is probed for the names that the glue uses.
 */
#include "pmapshim/pmapshim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pmapshim/build/build.h"
#include "pmapshim/build/sha256.h"
#include "pmapshim/build/text.h"
#include "pmapshim/slice/slice.h"

#define HYPERV "arch/x86/guest/hyperv/"
#define HEADERS "arch/x86/include/asm/guest/"

static const char *const tested[] = {
	HYPERV "tlb.c", HYPERV "util.c", HYPERV "private.h",
	HEADERS "hyperv-hcall.h", HEADERS "hyperv-tlfs.h", HEADERS "hyperv.h",
	HEADERS "hypervisor.h",
};
#define TESTED (sizeof(tested) / sizeof(tested[0]))
#define WHOLE 2u                        /* the first are units */

static const struct {
	const char *file, *name;
} names[] = {
	{ HYPERV "tlb.c", "hyperv_flush_tlb" },
	{ HYPERV "util.c", "cpumask_to_vpset" },
	{ HYPERV "private.h", "hv_max_vp_index" },
	{ HEADERS "hyperv-hcall.h", "hv_do_rep_hypercall" },
	{ HEADERS "hyperv-tlfs.h", "hv_tlb_flush_ex" },
	{ HEADERS "hyperv.h", "ms_hyperv_info" },
};

static const char *const ours[] = {
	"xen/hv.c", "xen/ops.c", "reference/alone.c", "reference/config.c",
	"reference/guest.c", "reference/large.c", "reference/mutants.c",
	"reference/nmi.c", "reference/pmap.c", "reference/space.c",
	"reference/switch.c",
	"reference/tlb.c", "reference/tlb_ipi.c", "hooks/mem.c",
};
#define OURS (sizeof(ours) / sizeof(ours[0]))

struct job {
	char *xen;                      /* the folder xen/ of the tree */
	char *shown;                    /* the same, as the user has it */
	char *shims;
	unsigned cpus;                  /* that masks have room for */
	struct strlist flags, paths;
	struct build_unit units[WHOLE + OURS + 1];
	size_t nunits;
	char **ret_why;
};

/* One allocated line behind "xen: ". */
static char *
why(const char *format, ...)
{
	char *line = NULL;
	va_list ap, again;
	int n;

	va_start(ap, format);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, ap);
	if (n >= 0)
		line = malloc((size_t)n + 6);
	if (line) {
		strcpy(line, "xen: ");
		vsnprintf(line + 5, (size_t)n + 1, format, again);
	}
	va_end(again);
	va_end(ap);
	return line;
}

static char *
joined(const char *a, const char *b, const char *c)
{
	struct text t = { 0 };

	text_printf(&t, "%s%s%s", a, b, c);
	if (t.oom)
		text_clear(&t);
	return t.s;
}

static void
add(struct strlist *l, char *text)
{
	if (text)
		strlist_add(l, text);
	else
		l->oom = true;
	free(text);
}

/* DIR/xen, or DIR when it is the folder xen itself. */
static enum kernel_status
find_tree(struct job *job, const char *tree)
{
	char *below;

	if (!tree) {
		*job->ret_why = why("no source tree; give one with --tree DIR");
		return KERNEL_ABSENT;
	}
	below = joined(tree, "/xen/", HYPERV);
	if (below && access(below, R_OK) == 0)
		job->shown = joined(tree, "/xen", "");
	else
		job->shown = strdup(tree);
	free(below);
	job->xen = job->shown ? realpath(job->shown, NULL) : NULL;
	if (job->xen)
		return KERNEL_OK;
	*job->ret_why = why("%s: %s", tree, strerror(errno));
	return KERNEL_BAD_TREE;
}

static enum kernel_status
probe(struct job *job)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = joined(job->xen, "/", names[i].file);
		int found = path ? slice_probe(path, names[i].name) : -ENOMEM;

		free(path);
		if (found > 0)
			continue;
		*job->ret_why = found < 0 ?
		    why("%s/%s: %s; give --tree the top of a Xen source tree",
		    job->shown, names[i].file, strerror(-found)) :
		    why("%s/%s has no %s", job->shown, names[i].file,
		    names[i].name);
		return KERNEL_BAD_TREE;
	}
	return KERNEL_OK;
}

static enum kernel_status
find_shims(struct job *job)
{
	const char *dir = kernel_shim_dir();

	job->shims = realpath(dir, NULL);
	if (job->shims)
		return KERNEL_OK;
	*job->ret_why = why("cannot read the shim headers in %s: %s; set "
	    "SHOOTDOWN_SHIMS to shootdown's pmapshim folder", dir,
	    strerror(errno));
	return KERNEL_NO_TOOL;
}

static enum kernel_status
set_units(struct job *job)
{
	static const char *const fixed[] = { "-std=gnu11", "-nostdinc",
		"-mno-red-zone", "-include", "shim.h", "-Wall",
		"-Wno-unused-function", "-Wno-address-of-packed-member", NULL };

	strlist_add_all(&job->flags, fixed);
	add(&job->flags, joined("-I", job->shims, "/xen/custom"));
	add(&job->flags, joined("-I", job->shims, "/xen/stub"));
	add(&job->flags, joined("-I", job->shims, "/xen/real"));
	add(&job->flags, joined("-I", job->xen, ""));
	add(&job->flags, joined("-I", job->shims, "/.."));
	build_flag_cpus(&job->flags, job->cpus);
	for (size_t i = 0; i < WHOLE; i++)
		add(&job->paths, joined(job->xen, "/", tested[i]));
	for (size_t i = 0; i < OURS; i++)
		add(&job->paths, joined(job->shims, "/", ours[i]));
	add(&job->paths, joined(job->shims, "/", "xen/insn.c"));
	if (job->flags.oom || job->paths.oom) {
		*job->ret_why = why("out of memory");
		return KERNEL_NO_TOOL;
	}
	for (; job->nunits < job->paths.n; job->nunits++)
		job->units[job->nunits].source = job->paths.v[job->nunits];
	job->units[job->nunits - 1].unhooked = true;
	return KERNEL_OK;
}

static enum kernel_status
build(struct job *job, struct kernel_object *ret)
{
	const struct build_request req = {
		.name = "xen", .units = job->units, .nunits = job->nunits,
		.flags = strlist_argv(&job->flags),
		.build_id = SHOOTDOWN_BUILD_ID,
	};
	struct build_result res;
	const enum build_status st = kernel_object_build(&req, &res);

	if (st == BUILD_OK) {
		ret->so = res.object;
		res.object = NULL;
	} else
		*job->ret_why = why("%s", res.error);
	build_result_clear(&res);
	return st == BUILD_OK ? KERNEL_OK :
	    st == BUILD_BAD_SOURCE ? KERNEL_BAD_TREE : KERNEL_NO_TOOL;
}

static enum kernel_status
hash_sources(struct job *job, struct kernel_object *ret)
{
	ret->sources = calloc(TESTED, sizeof(*ret->sources));
	for (size_t i = 0; ret->sources && i < TESTED; i++) {
		struct kernel_source *s = &ret->sources[ret->nsources++];
		char *path = joined(job->xen, "/", tested[i]);

		s->path = joined(job->shown, "/", tested[i]);
		if (!path || !s->path || sha256_file(path, s->sha256) != 0) {
			*job->ret_why = why("cannot read %s",
			    path ? path : tested[i]);
			free(path);
			return KERNEL_NO_TOOL;
		}
		free(path);
	}
	return ret->sources ? KERNEL_OK : KERNEL_NO_TOOL;
}

enum kernel_status
xen_prepare(const char *tree, unsigned cpus, struct kernel_object *ret,
            char **ret_why)
{
	struct job job = { .ret_why = ret_why, .cpus = cpus };
	enum kernel_status st = find_tree(&job, tree);

	memset(ret, 0, sizeof(*ret));
	ret->name = "xen";
	if (st == KERNEL_OK)
		st = probe(&job);
	if (st == KERNEL_OK)
		st = find_shims(&job);
	if (st == KERNEL_OK)
		st = set_units(&job);
	if (st == KERNEL_OK)
		st = build(&job, ret);
	if (st == KERNEL_OK)
		st = hash_sources(&job, ret);
	if (st == KERNEL_OK)
		ret->tree = strdup(tree);
	else
		kernel_object_clear(ret);
	free(job.xen);
	free(job.shown);
	free(job.shims);
	strlist_clear(&job.flags);
	strlist_clear(&job.paths);
	return st;
}
