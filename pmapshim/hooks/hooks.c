/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hooks.c: plain and volatile accesses, ranges.
 *
 * __tsan_writeN comes before the store, so the store is settled by the next
 * hook or shim of the same vCPU; no switch lies between.  What lies on the
 * running fiber's own stack is nobody else's: no point, and never buffered
 * (the frame would die while the buffer lives).
 */
#include "pmapshim/hooks/access.h"

#include <string.h>

struct hooks_state hooks;
void (*hooks_stray)(const void *addr, unsigned size);
void (*hooks_input)(const void *addr, unsigned size);
bool hooks_tracing;
void *hooks_pc;

void
hooks_attach(struct machine *m, char *ram)
{
	hooks = (struct hooks_state){ .m = m, .ram = ram, .tso = true };
}

void
hooks_memory(bool tso)
{
	hooks.tso = tso;
}

/*
 * gcc announces an aggregate copy as write_range(dst), read_range(src) and
 * copies only then: the range stays open until the first hook after the pair.
 */
static struct {
	char *addr;
	size_t size;
	char old[HOOKS_RANGE];
} range;

static void
range_settle(void)
{
	unsigned cpu = explore_current();

	for (size_t i = 0; i < range.size;) {
		unsigned n = 8;
		uint64_t old = 0;

		while (((uintptr_t)(range.addr + i) & (n - 1)) ||
		    i + n > range.size)
			n /= 2;
		memcpy(&old, range.old + i, n);
		machine_store_made(hooks.m, cpu, range.addr + i, old, n);
		i += n;
	}
	range.size = 0;
}

void
hooks_settle_slow(void)
{
	unsigned buffered;

	hooks.pending = false;
	if (hooks.m == NULL)
		return;
	buffered = machine_buffered(hooks.m, explore_current());
	if (range.size > 0)
		range_settle();
	else
		machine_store_settle(hooks.m, explore_current());
	/* A store to a full buffer has drained another. */
	if (hooks.tso &&
	    machine_buffered(hooks.m, explore_current()) == buffered)
		explore_touch_opaque();
}

void
hooks_settle(void)
{
	if (hooks.pending)
		hooks_settle_slow();
}

void
hooks_check_owner(const void *addr, unsigned size)
{
	gpa_t pa = machine_gpa(hooks.m, addr);

	if (hooks_input != NULL &&
	    machine_frame_use(hooks.m, pa) == FRAME_HYPERCALL)
		hooks_input(addr, size);
	for (unsigned i = 0; i < 2; i++, pa += size - 1) {
		enum frame_use use = machine_frame_use(hooks.m, pa);

		if (use != FRAME_FREE && use != FRAME_GUARD)
			continue;
		if (hooks_stray != NULL)
			hooks_stray((const char *)addr + i * (size - 1), size);
		return;
	}
}

/* May lie in two words. */
static void
hook_write_any(void *p, unsigned size)
{
	hook_write(p, size);
	if (hooks.pending)
		explore_touch_opaque();
}

#define ACCESS(n) \
	void __tsan_read##n(void *p) { hook_read(p); } \
	void __tsan_write##n(void *p) { hook_write(p, n); } \
	void __tsan_volatile_read##n(void *p) { hook_read(p); } \
	void __tsan_volatile_write##n(void *p) { hook_write(p, n); } \
	void __tsan_unaligned_read##n(void *p) { hook_read_any(p); } \
	void __tsan_unaligned_write##n(void *p) { hook_write_any(p, n); } \
	void __tsan_unaligned_volatile_read##n(void *p) { hook_read_any(p); } \
	void __tsan_unaligned_volatile_write##n(void *p) \
	{ \
		hook_write_any(p, n); \
	} \
	void __tsan_read##n##_pc(void *p, void *pc) { (void)pc; hook_read(p); } \
	void __tsan_write##n##_pc(void *p, void *pc) { (void)pc; hook_write(p, n); }

#define DECLARE(n) \
	void __tsan_read##n(void *p); \
	void __tsan_write##n(void *p); \
	void __tsan_volatile_read##n(void *p); \
	void __tsan_volatile_write##n(void *p); \
	void __tsan_unaligned_read##n(void *p); \
	void __tsan_unaligned_write##n(void *p); \
	void __tsan_unaligned_volatile_read##n(void *p); \
	void __tsan_unaligned_volatile_write##n(void *p); \
	void __tsan_read##n##_pc(void *p, void *pc); \
	void __tsan_write##n##_pc(void *p, void *pc);

DECLARE(1) DECLARE(2) DECLARE(4) DECLARE(8)
ACCESS(1) ACCESS(2) ACCESS(4) ACCESS(8)

void __tsan_read_range(void *p, unsigned long size);
void __tsan_write_range(void *p, unsigned long size);
void __tsan_read16(void *p);
void __tsan_write16(void *p);
void __tsan_volatile_read16(void *p);
void __tsan_volatile_write16(void *p);
void __tsan_unaligned_read16(void *p);
void __tsan_unaligned_write16(void *p);
void __tsan_init(void);
void __tsan_func_entry(void *pc);
void __tsan_func_exit(void);

void
__tsan_read_range(void *p, unsigned long size)
{
	(void)size;
	/* the second half of a copy that is only announced: nothing between */
	if (range.size > 0 && memcmp(range.addr, range.old, range.size) == 0)
		return;
	hook_read_any(p);
}

void
__tsan_write_range(void *p, unsigned long size)
{
	hooks_settle();
	if (hooks.m == NULL || hook_own_stack(p))
		return;
	explore_point();
	if (size > HOOKS_RANGE)
		__builtin_trap();       /* no kernel structure is that big */
	HOOK_PC();
	if (hook_in_ram(p))
		hooks_check_owner(p, (unsigned)size);
	range.addr = p;
	range.size = size;
	memcpy(range.old, p, size);
	hooks.pending = true;
	explore_progress();
}

void
__tsan_read16(void *p)
{
	hook_read_any(p);
}

void
__tsan_write16(void *p)
{
	__tsan_write_range(p, 16);
}

void
__tsan_volatile_read16(void *p)
{
	hook_read_any(p);
}

void
__tsan_volatile_write16(void *p)
{
	__tsan_write_range(p, 16);
}

void
__tsan_unaligned_read16(void *p)
{
	hook_read_any(p);
}

void
__tsan_unaligned_write16(void *p)
{
	__tsan_write_range(p, 16);
}

void
__tsan_init(void)
{
}

void
__tsan_func_entry(void *pc)
{
	(void)pc;
}

void
__tsan_func_exit(void)
{
}
