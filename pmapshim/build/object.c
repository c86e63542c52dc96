/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object: what a kernel object may not have.  A name that stays undefined is
 * one that neither the tree nor the shim defines (the linker was told to let
 * it pass, because the hooks are resolved at load time); thread-local storage
 * would not be restored between two runs.
 */
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "job.h"

#define NAMES_SHOWN	12

typedef bool (*symbol_test)(const GElf_Sym *sym, const char *name);

static bool
is_undefined(const GElf_Sym *sym, const char *name)
{
	return sym->st_shndx == SHN_UNDEF && *name &&
	    !build_undefined_allowed(name);
}

static bool
is_thread_local(const GElf_Sym *sym, const char *name)
{
	return GELF_ST_TYPE(sym->st_info) == STT_TLS && *name;
}

/* Names in the symbol tables that pass the test, sorted. */
static void
collect(Elf *elf, symbol_test test, struct strlist *names)
{
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn)); ) {
		Elf_Data *data = elf_getdata(scn, NULL);
		GElf_Shdr sh;
		GElf_Sym sym;

		if (!gelf_getshdr(scn, &sh) || !data || !sh.sh_entsize ||
		    (sh.sh_type != SHT_DYNSYM && sh.sh_type != SHT_SYMTAB))
			continue;
		for (int i = 0; gelf_getsym(data, i, &sym); i++) {
			const char *name = elf_strptr(elf, sh.sh_link,
			    sym.st_name);

			if (name && test(&sym, name))
				strlist_add(names, name);
		}
	}
	strlist_sort(names);
}

static bool
has_tls_segment(Elf *elf)
{
	size_t n = 0;
	GElf_Phdr ph;

	if (elf_getphdrnum(elf, &n) != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_TLS)
			return true;
	}
	return false;
}

static void
join_names(const struct strlist *names, struct text *out)
{
	for (size_t i = 0; i < names->n && i < NAMES_SHOWN; i++)
		text_printf(out, "%s%s", i ? ", " : "", names->v[i]);
	if (names->n > NAMES_SHOWN)
		text_printf(out, " and %zu more", names->n - NAMES_SHOWN);
	if (!names->n)
		text_printf(out, "(no name)");
}

static enum build_status
check_elf(struct build_job *job, Elf *elf)
{
	struct strlist undefined = { 0 }, tls = { 0 };
	enum build_status st = BUILD_OK;
	struct text joined = { 0 };

	collect(elf, is_thread_local, &tls);
	collect(elf, is_undefined, &undefined);
	if (tls.n || has_tls_segment(elf)) {
		join_names(&tls, &joined);
		st = job_fail(job, BUILD_BAD_SOURCE, "%s: thread-local "
		    "variables cannot be restored between runs: %s",
		    job->req->name, joined.s ? joined.s : "");
	} else if (undefined.n) {
		join_names(&undefined, &joined);
		st = job_fail(job, BUILD_BAD_SOURCE, "%s: defined neither in "
		    "the tree's sources nor in the shim: %s", job->req->name,
		    joined.s ? joined.s : "");
	} else if (tls.oom || undefined.oom) {
		st = job_fail(job, BUILD_SYSTEM, "out of memory");
	}
	strlist_clear(&tls);
	strlist_clear(&undefined);
	text_clear(&joined);
	return st;
}

enum build_status
object_check(struct build_job *job, const char *path)
{
	enum build_status st;
	Elf *elf = NULL;
	int fd;

	elf_version(EV_CURRENT);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		st = check_elf(job, elf);
	else
		st = job_fail(job, BUILD_SYSTEM, "%s: the linker made no ELF "
		    "object", job->req->name);
	if (elf)
		elf_end(elf);
	if (fd >= 0)
		close(fd);
	return st;
}
