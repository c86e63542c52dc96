/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prepare: builds the kernel under test `freebsd` out of a source tree.
 *
 * Cuts invalidation and activation out of pmap.c, the native shootdown out of
 * mp_machdep.c and the hypercall helpers out of hyperv.c, and compiles them
 * with hyperv_mmu.c, which is whole, and with the glue of this folder.  Each
 * unit sees shim.h, then the slice of machine/pmap.h, then its own text.
 */
#include "pmapshim/pmapshim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pmapshim/build/build.h"
#include "pmapshim/build/sha256.h"
#include "pmapshim/freebsd/cuts.h"
#include "pmapshim/freebsd/tree.h"
#include "pmapshim/slice/slice.h"

#ifndef SHOOTDOWN_VERSION
#define SHOOTDOWN_VERSION "development"
#endif

#define MAX_UNITS 20

struct job {
	struct tree tree;
	unsigned cpus;			/* that its sets have room for */
	char *shims;			/* absolute */
	struct text prologue;
	struct strlist allowed;		/* names of headers, and of pmap.h */
	struct strlist headers;		/* whose names the shim provides */
	struct strlist flags;
	struct strlist kept;		/* text of the units */
	struct build_unit units[MAX_UNITS];
	size_t nunits;
	char **ret_why;
};

static enum kernel_status
no_memory(struct job *job)
{
	*job->ret_why = freebsd_why("out of memory");
	return KERNEL_NO_TOOL;
}

/* ---- units ---- */

static enum kernel_status
add_unit(struct job *job, const char *name, const char *text, bool unhooked)
{
	struct build_unit *u = &job->units[job->nunits];

	strlist_add(&job->kept, text);
	if (job->kept.oom || job->nunits == MAX_UNITS)
		return no_memory(job);
	*u = (struct build_unit){
		.name = name, .text = job->kept.v[job->kept.n - 1],
		.unhooked = unhooked,
	};
	job->nunits++;
	return KERNEL_OK;
}

/* A unit that is a file as it stands, behind the prologue. */
static enum kernel_status
add_file(struct job *job, const char *name, const char *path, bool unhooked)
{
	struct text t = { 0 };
	enum kernel_status st;

	text_printf(&t, "#line 1 \"shim-prologue\"\n%s", job->prologue.s);
	text_printf(&t, "#line 1 \"shim-include\"\n#include \"%s\"\n", path);
	st = t.oom ? no_memory(job) : add_unit(job, name, t.s, unhooked);
	text_clear(&t);
	return st;
}

static enum kernel_status
add_glue(struct job *job, const char *name, bool unhooked)
{
	struct text t = { 0 };
	enum kernel_status st;

	text_printf(&t, "%s/freebsd/%s", job->shims, name);
	st = t.oom ? no_memory(job) : add_file(job, name, t.s, unhooked);
	text_clear(&t);
	return st;
}

/* ---- slices ---- */

static enum kernel_status
slice_trouble(struct job *job, enum slice_status st,
              const struct slice_result *res)
{
	*job->ret_why = freebsd_why("%s", res->error);
	return st == SLICE_BAD_SOURCE ? KERNEL_BAD_TREE : KERNEL_NO_TOOL;
}

static enum kernel_status
take_slice(struct job *job, const struct cut *c, const struct slice_result *res)
{
	if (c->unit)
		return add_unit(job, c->unit, res->text, false);
	text_printf(&job->prologue, "%s#line 1 \"shim-prologue\"\n"
	    "#include \"shim_late.h\"\n", res->text);
	for (size_t i = 0; i < res->nnames; i++)
		strlist_add(&job->allowed, res->names[i]);
	return job->prologue.oom || job->allowed.oom ? no_memory(job) :
	    KERNEL_OK;
}

/* The headers are the same for every file: read once. */
static enum kernel_status
allow_headers(struct job *job)
{
	struct slice_result res;
	enum slice_status sst = slice_header_names(strlist_argv(&job->headers),
	    &res);
	enum kernel_status st = KERNEL_OK;

	if (sst == SLICE_OK)
		strlist_add_all(&job->allowed, (const char *const *)res.names);
	else
		st = slice_trouble(job, sst, &res);
	slice_result_clear(&res);
	return st == KERNEL_OK && job->allowed.oom ? no_memory(job) : st;
}

static enum kernel_status
cut_file(struct job *job, const struct cut *c)
{
	char *file = tree_shown(&job->tree, c->file);
	struct text before = { 0 };
	struct slice_result res = { 0 };
	enum kernel_status st;

	if (c->unit)
		text_printf(&before, "%s%s", job->prologue.s,
		    c->includes ? c->includes : "");
	if (!file || before.oom)
		st = no_memory(job);
	else {
		const struct slice_request req = {
			.file = file, .roots = c->roots, .stop = c->stop,
			.defined = cut_defined,
			.allowed = strlist_argv(&job->allowed),
			.prologue = before.s, .epilogue = c->epilogue,
		};
		enum slice_status sst = slice_cut(&req, &res);

		st = sst == SLICE_OK ? take_slice(job, c, &res) :
		    slice_trouble(job, sst, &res);
		slice_result_clear(&res);
	}
	text_clear(&before);
	free(file);
	return st;
}

/* The native shootdown, by the name that this tree has for it. */
static enum kernel_status
cut_shootdown(struct job *job)
{
	struct strlist roots = { 0 };
	struct cut c = cut_mp_machdep;
	enum kernel_status st;

	strlist_add_all(&roots, c.roots);
	if (job->tree.hook_point)
		strlist_add(&roots, job->tree.native);
	c.roots = strlist_argv(&roots);
	st = roots.oom ? no_memory(job) : cut_file(job, &c);
	strlist_clear(&roots);
	return st;
}

static enum kernel_status
add_hook_units(struct job *job)
{
	char *mmu = tree_path(&job->tree, "dev/hyperv/vmbus/hyperv_mmu.c");
	enum kernel_status st;

	st = mmu ? add_file(job, "hyperv_mmu_whole.c", mmu, false) :
	    no_memory(job);
	free(mmu);
	if (st == KERNEL_OK)
		st = cut_file(job, &cut_hyperv);
	if (st == KERNEL_OK && job->tree.flush_wrapper)
		st = cut_file(job, &cut_vmbus);
	if (st == KERNEL_OK)
		st = add_glue(job, "hypercall.c", false);
	return st;
}

const char *const freebsd_glue[] = { "space.c", "inval.c", "mutate.c",
	"large.c", "nested.c", "alone.c", "trap.c", "nmi.c", "rendezvous.c", "ops.c", NULL };

static enum kernel_status
add_units(struct job *job, char *mem)
{
	enum kernel_status st = allow_headers(job);

	if (st == KERNEL_OK)
		st = cut_file(job, &cut_pmap_h);
	if (st == KERNEL_OK)
		st = cut_file(job, job->tree.no_update_pde ? &cut_pmap :
		    &cut_pmap_resizing);
	if (st == KERNEL_OK)
		st = cut_shootdown(job);
	if (st == KERNEL_OK && job->tree.cpustop)
		st = cut_file(job, &cut_cpustop);
	if (st == KERNEL_OK && job->tree.hook)
		st = add_hook_units(job);
	if (st == KERNEL_OK)
		st = add_glue(job, "cpu.c", true);
	for (const char *const *g = freebsd_glue; st == KERNEL_OK && *g; g++)
		st = add_glue(job, *g, false);
	if (st == KERNEL_OK)
		job->units[job->nunits++] = (struct build_unit){ .source = mem };
	return st;
}

/* ---- surroundings ---- */

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

static void
set_headers(struct job *job)
{
	static const char *const shim[] = { "/freebsd/custom", "/freebsd/stub",
		"/backend.h", NULL };
	static const char *const native[] = { "/sys/_bitset.h",
		"/sys/bitset.h", "/sys/_cpuset.h", "/sys/cpuset.h", NULL };
	static const char *const hook[] = {
		"/dev/hyperv/include/hyperv.h",
		"/dev/hyperv/vmbus/vmbus_var.h",
		"/dev/hyperv/vmbus/hyperv_var.h",
		"/dev/hyperv/vmbus/hyperv_common_reg.h",
		"/dev/hyperv/vmbus/x86/hyperv_machdep.h",
		"/dev/hyperv/vmbus/x86/hyperv_reg.h", NULL };

	for (const char *const *h = shim; *h; h++)
		add_joined(&job->headers, "", job->shims, *h);
	for (const char *const *h = native; *h; h++)
		add_joined(&job->headers, "", job->tree.sys, *h);
	for (const char *const *h = hook; job->tree.hook && *h; h++)
		add_joined(&job->headers, "", job->tree.sys, *h);
}

static void
set_flags(struct job *job)
{
	static const char *const fixed[] = { "-std=gnu11", "-nostdinc",
		"-D_KERNEL", "-DSMP", "-DINVARIANTS", "-D__FreeBSD__=15",
		"-Wall", "-Wno-unknown-pragmas", "-Wno-unused-function",
		"-Wno-unused-variable", "-Wno-address-of-packed-member", NULL };
	const struct tree *t = &job->tree;

	for (const char *const *f = fixed; *f; f++)
		strlist_add(&job->flags, *f);
	add_joined(&job->flags, "-I", job->shims, "/freebsd/custom");
	add_joined(&job->flags, "-I", job->shims, "/freebsd/stub");
	add_joined(&job->flags, "-I", t->sys, "");
	add_joined(&job->flags, "-I", job->shims, "/freebsd");
	if (t->pcidp)
		strlist_add(&job->flags, "-DSHIM_PCIDP");
	if (t->hook_point)
		add_joined(&job->flags, "-DSHIM_HOOK_POINT=", t->native, "");
	if (t->hook)
		strlist_add(&job->flags, "-DSHIM_HOOK");
	else
		add_joined(&job->flags, "-DSHIM_NO_HOOK=\"", t->no_hook, "\"");
	if (t->cpustop)
		strlist_add(&job->flags, "-DSHIM_CPUSTOP");
	if (t->pde_page)
		strlist_add(&job->flags, "-DSHIM_PDE_PAGE");
	if (!t->no_update_pde)
		strlist_add(&job->flags, "-DSHIM_UPDATE_PDE");
	else
		add_joined(&job->flags, "-DSHIM_NO_UPDATE_PDE=\"",
		    t->no_update_pde, "\"");
	if (t->nested)
		strlist_add(&job->flags, "-DSHIM_NESTED");
	if (t->invlpgb)
		strlist_add(&job->flags, "-DSHIM_INVLPGB");
	if (t->small_core)
		strlist_add(&job->flags, "-DSHIM_SMALL_CORE");
	if (t->free_pcpu)
		strlist_add(&job->flags, "-DSHIM_FREE_PCPU");
	if (t->cpu_mem)
		strlist_add(&job->flags, "-DSHIM_CPU_MEM");
	if (t->hook && !t->flush_wrapper)
		strlist_add(&job->flags, "-DSHIM_OWN_HOOK");
	build_flag_cpus(&job->flags, job->cpus);
}

static enum kernel_status
find_shims(struct job *job)
{
	const char *dir = kernel_shim_dir();

	job->shims = realpath(dir, NULL);
	if (!job->shims) {
		*job->ret_why = freebsd_why("cannot read the shim headers in "
		    "%s: %s; set SHOOTDOWN_SHIMS to shootdown's pmapshim "
		    "folder", dir, strerror(errno));
		return KERNEL_NO_TOOL;
	}
	return KERNEL_OK;
}

static enum kernel_status
start(struct job *job)
{
	enum kernel_status st = find_shims(job);

	if (st != KERNEL_OK)
		return st;
	set_headers(job);
	set_flags(job);
	text_printf(&job->prologue, "#include \"shim.h\"\n");
	return job->headers.oom || job->flags.oom || job->prologue.oom ?
	    no_memory(job) : KERNEL_OK;
}

/* ---- the result ---- */

static enum kernel_status
hash_sources(struct job *job, struct kernel_object *ret)
{
	const char *const *f = tree_sources(&job->tree);
	size_t n = 0;

	while (f[n])
		n++;
	ret->sources = calloc(n, sizeof(*ret->sources));
	for (; ret->sources && *f; f++) {
		struct kernel_source *s = &ret->sources[ret->nsources];
		char *path = tree_path(&job->tree, *f);

		s->path = tree_shown(&job->tree, *f);
		if (!path || !s->path || sha256_file(path, s->sha256) != 0) {
			free(path);
			ret->nsources++;
			return no_memory(job);
		}
		free(path);
		ret->nsources++;
	}
	return ret->sources ? KERNEL_OK : no_memory(job);
}

static enum kernel_status
build(struct job *job, struct kernel_object *ret)
{
	const struct build_request req = {
		.name = "freebsd", .units = job->units, .nunits = job->nunits,
		.flags = strlist_argv(&job->flags),
		.build_id = SHOOTDOWN_VERSION,
	};
	struct build_result res;
	enum build_status st = kernel_object_build(&req, &res);

	if (st == BUILD_OK) {
		ret->so = res.object;
		res.object = NULL;
	} else {
		const char *own = "freebsd: ";	/* the builder's prefix */
		const bool twice = strncmp(res.error, own, strlen(own)) == 0;

		*job->ret_why = freebsd_why("%s",
		    res.error + (twice ? strlen(own) : 0));
	}
	build_result_clear(&res);
	return st == BUILD_OK ? KERNEL_OK :
	    st == BUILD_BAD_SOURCE ? KERNEL_BAD_TREE : KERNEL_NO_TOOL;
}

static void
job_clear(struct job *job)
{
	tree_close(&job->tree);
	free(job->shims);
	text_clear(&job->prologue);
	strlist_clear(&job->allowed);
	strlist_clear(&job->headers);
	strlist_clear(&job->flags);
	strlist_clear(&job->kept);
}

static enum kernel_status
prepare(struct job *job, struct kernel_object *ret)
{
	struct text mem = { 0 };
	enum kernel_status st = start(job);

	if (st == KERNEL_OK) {
		text_printf(&mem, "%s/hooks/mem.c", job->shims);
		st = mem.oom ? no_memory(job) : add_units(job, mem.s);
	}
	if (st == KERNEL_OK)
		st = build(job, ret);
	if (st == KERNEL_OK)
		st = hash_sources(job, ret);
	text_clear(&mem);
	return st;
}

enum kernel_status
freebsd_prepare(const char *tree, unsigned cpus, struct kernel_object *ret,
                char **ret_why)
{
	struct job job = { .ret_why = ret_why, .cpus = cpus };
	enum kernel_status st = tree_open(tree, &job.tree, ret_why);

	memset(ret, 0, sizeof(*ret));
	ret->name = "freebsd";
	if (st != KERNEL_OK)
		return st;
	if (tree)
		ret->tree = strdup(tree);
	st = prepare(&job, ret);
	if (st != KERNEL_OK)
		kernel_object_clear(ret);
	job_clear(&job);
	return st;
}

/* ---- parts ---- */

static void
take_parts(struct job *job, struct freebsd_parts *ret)
{
	for (size_t i = 0; i < job->nunits; i++) {
		if (!job->units[i].text)
			continue;
		strlist_add(&ret->names, job->units[i].name);
		strlist_add(&ret->texts, job->units[i].text);
	}
	ret->shims = job->shims;
	ret->flags = job->flags;
	ret->prologue = job->prologue;
	job->shims = NULL;
	job->flags = (struct strlist){ 0 };
	job->prologue = (struct text){ 0 };
}

enum kernel_status
freebsd_parts_open(const char *tree, struct freebsd_parts *ret, char **ret_why)
{
	static char none[] = "";
	struct job job = { .ret_why = ret_why };
	enum kernel_status st = tree_open(tree, &job.tree, ret_why);

	*ret = (struct freebsd_parts){ 0 };
	if (st != KERNEL_OK)
		return st;
	st = start(&job);
	if (st == KERNEL_OK)
		st = add_units(&job, none);
	if (st == KERNEL_OK)
		take_parts(&job, ret);
	if (st == KERNEL_OK && (ret->names.oom || ret->texts.oom))
		st = no_memory(&job);
	job_clear(&job);
	return st;
}

void
freebsd_parts_close(struct freebsd_parts *p)
{
	free(p->shims);
	strlist_clear(&p->flags);
	text_clear(&p->prologue);
	strlist_clear(&p->names);
	strlist_clear(&p->texts);
}
