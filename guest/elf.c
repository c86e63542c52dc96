/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf.c: loads a shared object: segments, and the relocations that a position
 * independent C program has.  Anything else is refused, by name.
 */
#include "pmapshim/metal/metal.h"

#define PT_LOAD 1
#define PT_DYNAMIC 2
#define PT_TLS 7
#define PF_W 2
#define DT_PLTRELSZ 2
#define DT_STRTAB 5
#define DT_SYMTAB 6
#define DT_RELA 7
#define DT_RELASZ 8
#define DT_JMPREL 23
#define R_64 1
#define R_GLOB_DAT 6
#define R_JUMP_SLOT 7
#define R_RELATIVE 8
#define SHT_DYNSYM 11

struct header {
	unsigned char ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct section {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
	uint32_t link, info;
	uint64_t align, entsize;
};

struct symbol {
	uint32_t name;
	unsigned char info, other;
	uint16_t shndx;
	uint64_t value, size;
};

struct rela {
	uint64_t offset, info;
	int64_t addend;
};

struct loaded {
	const struct header *h;
	const char *file;
	size_t file_size;
	char *to;
	size_t size;
	const uint64_t *dynamic;        /* pairs: tag, value */
	const struct symbol *symbol;
	const char *names;
	char *begin, *end;              /* writable */
	void *(*find)(const char *name);
};

static const char *
load_segment(struct loaded *l, const struct segment *s)
{
	if (s->type == PT_TLS)
		return "it has thread-local data";
	if (s->type == PT_DYNAMIC)
		l->dynamic = (const void *)(l->to + s->vaddr);
	if (s->type != PT_LOAD)
		return NULL;
	if (s->vaddr + s->memsz > l->size ||
	    s->offset + s->filesz > l->file_size)
		return "it is too large, or damaged";
	memcpy(l->to + s->vaddr, l->file + s->offset, s->filesz);
	memset(l->to + s->vaddr + s->filesz, 0, s->memsz - s->filesz);
	if (s->flags & PF_W) {
		if (l->begin == NULL || l->to + s->vaddr < l->begin)
			l->begin = l->to + s->vaddr;
		if (l->to + s->vaddr + s->memsz > l->end)
			l->end = l->to + s->vaddr + s->memsz;
	}
	return NULL;
}

static uint64_t
dynamic_value(const struct loaded *l, uint64_t tag)
{
	for (const uint64_t *d = l->dynamic; d[0] != 0; d += 2)
		if (d[0] == tag)
			return d[1];
	return 0;
}

static const char *
relocate_one(const struct loaded *l, const struct rela *r)
{
	const struct symbol *s = &l->symbol[r->info >> 32];
	uint64_t *at = (void *)(l->to + r->offset), value;

	if (r->offset + 8 > l->size)
		return "a relocation lies outside of it";
	if ((uint32_t)r->info == R_RELATIVE) {
		*at = (uint64_t)(uintptr_t)l->to + (uint64_t)r->addend;
		return NULL;
	}
	if ((uint32_t)r->info != R_64 && (uint32_t)r->info != R_GLOB_DAT &&
	    (uint32_t)r->info != R_JUMP_SLOT)
		return "it has a relocation that is not known";
	value = s->shndx != 0 ? (uint64_t)(uintptr_t)l->to + s->value :
	    (uint64_t)(uintptr_t)l->find(l->names + s->name);
	/* Weak and not there is 0. */
	if (value == 0 && s->info >> 4 != 2)
		return l->names + s->name;
	*at = value + ((uint32_t)r->info == R_64 ? (uint64_t)r->addend : 0);
	return NULL;
}

static const char *
relocate(const struct loaded *l, uint64_t table, uint64_t size)
{
	const struct rela *r = (const void *)(l->to + table);
	const char *why;

	for (uint64_t i = 0; i < size / sizeof(*r); i++) {
		why = relocate_one(l, &r[i]);
		if (why != NULL)
			return why;
	}
	return NULL;
}

static bool
same(const char *a, const char *b)
{
	while (*a == *b && *a != '\0')
		a++, b++;
	return *a == *b;
}

static void *
find_symbol(const struct loaded *l, const char *name)
{
	const struct section *s = (const void *)(l->file + l->h->shoff);

	for (unsigned i = 0; i < l->h->shnum; i++) {
		if (s[i].type != SHT_DYNSYM)
			continue;
		for (uint64_t k = 0; k < s[i].size / sizeof(*l->symbol); k++)
			if (l->symbol[k].shndx != 0 &&
			    same(l->names + l->symbol[k].name, name))
				return l->to + l->symbol[k].value;
	}
	return NULL;
}

const char *
elf_load(const void *file, size_t file_size, char *to, size_t size,
         void *(*find)(const char *name), void **ret_entry, char **ret_begin,
         char **ret_end)
{
	struct loaded l = { .h = file, .file = file, .file_size = file_size,
	    .to = to, .size = size, .find = find };
	const struct segment *s;
	const char *why = NULL;

	if (file_size < sizeof(*l.h) || memcmp(file, "\177ELF\2\1", 6) != 0 ||
	    l.h->type != 3 || l.h->machine != 62)
		return "no shared object for x86-64";
	s = (const void *)(l.file + l.h->phoff);
	for (unsigned i = 0; i < l.h->phnum && why == NULL; i++)
		why = load_segment(&l, &s[i]);
	if (why != NULL || l.dynamic == NULL)
		return why != NULL ? why : "it is not linked";
	l.symbol = (const void *)(to + dynamic_value(&l, DT_SYMTAB));
	l.names = to + dynamic_value(&l, DT_STRTAB);
	why = relocate(&l, dynamic_value(&l, DT_RELA),
	    dynamic_value(&l, DT_RELASZ));
	if (why == NULL)
		why = relocate(&l, dynamic_value(&l, DT_JMPREL),
		    dynamic_value(&l, DT_PLTRELSZ));
	*ret_entry = find_symbol(&l, KERNEL_ENTRY);
	*ret_begin = l.begin;
	*ret_end = l.end;
	return why != NULL ? why : *ret_entry == NULL ?
	    "it does not export " KERNEL_ENTRY : NULL;
}
