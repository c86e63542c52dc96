/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * where: see where.h.  libdw reads the kernel object's DWARF; with #line in
 * sliced text the files are the user's own.  Shims are no part of a tree, so
 * their frames are passed over.
 */
#include "cli/where.h"

#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

struct frame {
	const char *file, *function;
	int line;
};

#define MAX_FRAMES 24

static bool
same_file(const char *a, const char *b)
{
	char ra[PATH_MAX], rb[PATH_MAX];

	if (strcmp(a, b) == 0)
		return true;
	return realpath(a, ra) != NULL && realpath(b, rb) != NULL &&
	    strcmp(ra, rb) == 0;
}

const char *
where_shorten(const struct kernel_object *k, const char *file)
{
	size_t n = k->tree != NULL ? strlen(k->tree) : 0;
	const char *ours = strstr(file, "/pmapshim/");

	/* A kernel of our own: from the top of our sources on. */
	if (k->tree == NULL && ours != NULL)
		return ours + 1;
	if (n == 0 || strncmp(file, k->tree, n) != 0)
		return file;
	while (file[n] == '/')
		n++;
	return file + n;
}

/*
 * Is it a copy of this source, taken out of a packed tree?  Then it ends as
 * the source does below the tree.
 */
static bool
is_copy(const struct kernel_object *k, const char *source, const char *file)
{
	const char *below = where_shorten(k, source);
	size_t n = strlen(below), m = strlen(file);

	return below != source && m > n && file[m - n - 1] == '/' &&
	    strcmp(file + m - n, below) == 0;
}

const char *
where_in_tree(const struct kernel_object *k, const char *file)
{
	size_t n = k->tree != NULL ? strlen(k->tree) : 0;

	/* A kernel of our own has no tree: all of it counts. */
	if (n == 0 && k->nsources == 0)
		return file;
	if (n != 0 && strncmp(file, k->tree, n) == 0 &&
	    (file[n] == '/' || k->tree[n - 1] == '/'))
		return file;
	for (unsigned i = 0; i < k->nsources; i++)
		if (same_file(k->sources[i].path, file) ||
		    is_copy(k, k->sources[i].path, file))
			return k->sources[i].path;
	return NULL;
}

/* hv_do_rep_hypercall, hypercall_do_md_ap, ...: they know no reason. */
static bool
is_wrapper(const char *function)
{
	return strstr(function, "hypercall") != NULL ||
	    strstr(function, "hcall") != NULL;
}

/* File of the call that was inlined into this scope. */
static void
call_site(Dwarf_Die *scope, Dwarf_Die *cu, struct frame *outer)
{
	Dwarf_Attribute attr;
	Dwarf_Word number = 0, line = 0;
	Dwarf_Files *files;
	size_t nfiles;

	outer->file = NULL;
	if (dwarf_attr(scope, DW_AT_call_file, &attr) != NULL &&
	    dwarf_formudata(&attr, &number) == 0 &&
	    dwarf_getsrcfiles(cu, &files, &nfiles) == 0 && number < nfiles)
		outer->file = dwarf_filesrc(files, number, NULL, NULL);
	if (dwarf_attr(scope, DW_AT_call_line, &attr) != NULL)
		dwarf_formudata(&attr, &line);
	outer->line = (int)line;
}

static const char *
scope_name(Dwarf_Die *scope)
{
	Dwarf_Attribute attr;
	const char *name;

	name = dwarf_formstring(dwarf_attr_integrate(scope, DW_AT_name, &attr));
	return name != NULL ? name : "?";
}

/* The compilation unit: clang writes no table of addresses to find it by. */
static Dwarf_Die *
unit_at(Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Addr *bias)
{
	Dwarf_Die *cu = dwfl_module_addrdie(module, pc, bias);

	if (cu != NULL)
		return cu;
	while ((cu = dwfl_module_nextcu(module, cu, bias)) != NULL)
		if (dwarf_haspc(cu, pc - *bias) == 1)
			break;
	return cu;
}

/* All frames at one address, innermost first. */
static unsigned
expand(Dwfl_Module *module, Dwarf_Addr pc, struct frame *frames)
{
	Dwfl_Line *line = dwfl_module_getsrc(module, pc);
	Dwarf_Die *cu, *inner = NULL, *scopes = NULL;
	Dwarf_Addr bias;
	unsigned n = 0;
	int nscopes, column;

	frames[0].file = NULL;
	frames[0].line = 0;
	if (line != NULL)
		frames[0].file = dwfl_lineinfo(line, NULL, &frames[0].line,
		                               &column, NULL, NULL);
	cu = unit_at(module, pc, &bias);
	if (cu == NULL)
		return 0;
	/* Beyond an inlined one dwarf_getscopes() goes on where it is defined,
	 * and not where it was called: only the first is of use. */
	nscopes = dwarf_getscopes(cu, pc - bias, &inner);
	if (nscopes > 0)
		nscopes = dwarf_getscopes_die(&inner[0], &scopes);
	for (int i = 0; i < nscopes && n + 1 < MAX_FRAMES; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag != DW_TAG_inlined_subroutine &&
		    tag != DW_TAG_subprogram)
			continue;
		frames[n++].function = scope_name(&scopes[i]);
		if (tag == DW_TAG_subprogram)
			break;
		call_site(&scopes[i], cu, &frames[n]);
	}
	free(scopes);
	free(inner);
	return n;
}

static bool
is_header(const char *file)
{
	const size_t n = strlen(file);

	return n > 2 && strcmp(file + n - 2, ".h") == 0;
}

static bool
choose(const struct kernel_object *k, const struct frame *frames, unsigned n,
       struct where *ret)
{
	for (unsigned i = 0; i < n; i++) {
		const struct frame *f = &frames[i];
		const char *file = f->file;

		if (file == NULL || (k != NULL && is_wrapper(f->function)))
			continue;
		/* An atomic's own lines say little: rather who used it. */
		if (k == NULL && i + 1 < n && is_header(file))
			continue;
		if (k != NULL && (file = where_in_tree(k, file)) == NULL)
			continue;
		snprintf(ret->file, sizeof(ret->file), "%s", file);
		snprintf(ret->function, sizeof(ret->function), "%s",
		         f->function);
		ret->line = f->line;
		return true;
	}
	return false;
}

/* The object that holds the first of the addresses. */
static Dwfl_Module *
open_object(Dwfl *dwfl, void *const *pc, unsigned npc)
{
	Dwfl_Module *module = NULL;
	Dl_info info;

	for (unsigned i = 0; i < npc && module == NULL; i++) {
		if (dladdr(pc[i], &info) == 0)
			continue;
		dwfl_report_begin(dwfl);
		module = dwfl_report_elf(dwfl, info.dli_fname, info.dli_fname,
		                         -1, (GElf_Addr)(uintptr_t)
		                         info.dli_fbase, false);
		dwfl_report_end(dwfl, NULL, NULL);
	}
	return module;
}

/* k: only lines of its tree; NULL: any line. */
static void
find(const struct kernel_object *k, void *const *pc, unsigned npc,
     struct where *ret)
{
	static char *debuginfo_path;
	const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
		.debuginfo_path = &debuginfo_path,
	};
	struct frame frames[MAX_FRAMES];
	Dwfl_Module *module;
	Dwfl *dwfl = dwfl_begin(&callbacks);

	memset(ret, 0, sizeof(*ret));
	if (dwfl == NULL)
		return;
	module = open_object(dwfl, pc, npc);
	for (unsigned i = 0; module != NULL && i < npc; i++) {
		/* A return address: the call is just before it. */
		Dwarf_Addr at = (Dwarf_Addr)(uintptr_t)pc[i] - 1;

		if (choose(k, frames, expand(module, at, frames), ret))
			break;
	}
	dwfl_end(dwfl);
}

void
where_find(const struct kernel_object *k, void *const *pc, unsigned npc,
           struct where *ret)
{
	find(k, pc, npc, ret);
}

char *
where_brief(const struct kernel_object *k, void *const *pc, unsigned npc)
{
	struct where w;
	const char *slash, *ours = "";

	if (npc == 0)
		return NULL;
	where_find(k, pc, npc, &w);
	if (w.file[0] == '\0') {
		find(NULL, pc, npc, &w);
		ours = ", our glue";
	}
	if (w.file[0] == '\0')
		return NULL;
	slash = strrchr(w.file, '/');
	return cli_format("%s:%d%s", slash != NULL ? slash + 1 : w.file,
	                  w.line, ours);
}
