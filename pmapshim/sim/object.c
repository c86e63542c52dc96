/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.c: loads a kernel object and undoes what a run wrote into it.
 *
 * The object's writable segments (less what the dynamic linker made read-only
 * after relocation) are saved twice: pristine, from which each row boots, and
 * after set-up, from which each run starts.
 */
#include "pmapshim/sim/sim.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SEGMENTS 8
#define MAX_OBJECTS 8

struct segment {
	char *start;
	size_t size;
	char *pristine, *saved;
};

static struct object {
	const void *key;        /* its kernel_ops */
	struct segment segment[MAX_SEGMENTS];
	unsigned count;
} objects[MAX_OBJECTS], *object;

struct wanted {
	uintptr_t symbol;
	int found;
};

static void
segment_add(uintptr_t start, uintptr_t end)
{
	struct segment *s = &object->segment[object->count];

	if (start >= end || object->count == MAX_SEGMENTS)
		return;
	s->start = (char *)start;
	s->size = end - start;
	s->pristine = malloc(s->size);
	s->saved = malloc(s->size);
	if (s->pristine == NULL || s->saved == NULL)
		abort();
	memcpy(s->pristine, s->start, s->size);
	object->count++;
}

static int
object_visit(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct wanted *w = arg;
	uintptr_t relro = 0, relro_end = 0;
	bool ours = false;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + p->p_vaddr;

		if (p->p_type == PT_LOAD && w->symbol - at < p->p_memsz)
			ours = true;
		if (p->p_type == PT_GNU_RELRO) {
			uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

			relro = at & ~(page - 1);
			relro_end = (at + p->p_memsz) & ~(page - 1);
		}
	}
	if (!ours)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + p->p_vaddr;
		uintptr_t end = at + p->p_memsz;

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_W))
			continue;
		if (relro < relro_end && relro <= at && at < relro_end)
			at = relro_end;
		segment_add(at, end);
	}
	w->found = 1;
	return 1;
}

/* Goes back to the state in which the object was loaded. */
static void
object_restore_pristine(void)
{
	for (unsigned i = 0; i < object->count; i++)
		memcpy(object->segment[i].start, object->segment[i].pristine,
		    object->segment[i].size);
}

int
object_select(const struct kernel_ops *ops)
{
	struct wanted w = { .symbol = (uintptr_t)ops };
	unsigned i;

	for (i = 0; i < MAX_OBJECTS && objects[i].key != NULL; i++)
		if (objects[i].key == ops) {
			object = &objects[i];
			object_restore_pristine();
			return 0;
		}
	if (i == MAX_OBJECTS)
		return -1;
	object = &objects[i];
	object->key = ops;
	dl_iterate_phdr(object_visit, &w);
	return w.found ? 0 : -1;
}

void
object_save(void)
{
	for (unsigned i = 0; i < object->count; i++)
		memcpy(object->segment[i].saved, object->segment[i].start,
		    object->segment[i].size);
}

void
object_restore(void)
{
	for (unsigned i = 0; i < object->count; i++)
		memcpy(object->segment[i].start, object->segment[i].saved,
		    object->segment[i].size);
}

uint64_t
object_hash(uint64_t h)
{
	for (unsigned i = 0; i < object->count; i++)
		h = sim_hash(h, object->segment[i].start,
		    object->segment[i].size);
	return h;
}

/*
 * An object is loaded once and stays; another one may be loaded beside it
 * (RTLD_LOCAL), and the segments follow the one that is used.
 */
const struct kernel_ops *
kernel_load(const struct kernel_object *k, char **ret_why)
{
	void *handle = dlopen(k->so, RTLD_NOW | RTLD_LOCAL);
	void *symbol = handle == NULL ? NULL : dlsym(handle, KERNEL_ENTRY);
	const struct kernel_ops *ops;
	kernel_entry_fn *entry;

	if (symbol == NULL) {
		*ret_why = strdup(dlerror());
		return NULL;
	}
	memcpy(&entry, &symbol, sizeof(entry));
	ops = entry();
	if (ops == NULL || ops->abi != KERNEL_ABI) {
		*ret_why = strdup("the kernel object was built for another "
		    "version of shootdown: remove the cache and try again");
		return NULL;
	}
	return ops;
}
