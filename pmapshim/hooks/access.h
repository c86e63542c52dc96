/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * access.h: the fast path that all hooks share.  Private to hooks/.
 */
#ifndef SHOOTDOWN_PMAPSHIM_HOOKS_ACCESS_H
#define SHOOTDOWN_PMAPSHIM_HOOKS_ACCESS_H

#include "explore/explore.h"
#include "pmapshim/hooks/hooks.h"

#define HOOKS_RANGE 4096

struct hooks_state {
	struct machine *m;
	char *ram;
	bool tso;               /* stores are buffered */
	bool pending;           /* a store was announced and not yet settled */
};
extern struct hooks_state hooks;

void hooks_settle_slow(void);
void hooks_check_owner(const void *addr, unsigned size);

#define HOOK_PC() do { \
	if (__builtin_expect(hooks_tracing, 0)) \
		hooks_pc = __builtin_return_address(0); \
} while (0)

static inline bool
hook_own_stack(const void *p)
{
	return (const char *)p >= explore_hot.stack_low &&
	    (const char *)p < explore_hot.stack_high;
}

static inline bool
hook_in_ram(const void *p)
{
	return (uintptr_t)p - (uintptr_t)hooks.ram <
	    MACHINE_MAX_FRAMES * MACHINE_PAGE;
}

/*
 * The word that an access touches, for an exhaustive search.  Accesses are
 * aligned, or announced by hook_read_any().
 */
static inline uint64_t
hook_word(const void *p)
{
	return (uintptr_t)p >> 3;
}

static inline __attribute__((always_inline)) void
hook_read(const void *p)
{
	if (hooks.pending)
		hooks_settle_slow();
	if (hooks.m == NULL || hook_own_stack(p))
		return;
	HOOK_PC();
	explore_point_at(hook_word(p), EXPLORE_READ);
}

/* A read of any size and alignment. */
static inline __attribute__((always_inline)) void
hook_read_any(const void *p)
{
	if (hooks.pending)
		hooks_settle_slow();
	if (hooks.m == NULL || hook_own_stack(p))
		return;
	HOOK_PC();
	explore_point();
}

/*
 * The point before a store.  In the machine's RAM it may change what anybody
 * has cached; elsewhere it touches nothing until it drains.
 */
static inline __attribute__((always_inline)) void
hook_store_point(const void *p)
{
	if (--explore_hot.countdown >= 0)
		return;
	if (hook_in_ram(p))
		explore_point_slow();
	else if (hooks.tso)
		explore_point_event_slow(&(struct explore_event){ 0 });
	else
		explore_point_at_slow(hook_word(p), EXPLORE_WRITE);
}

static inline __attribute__((always_inline)) void
hook_write(void *p, unsigned size)
{
	if (hooks.pending)
		hooks_settle_slow();
	if (hooks.m == NULL || hook_own_stack(p))
		return;
	hook_store_point(p);
	HOOK_PC();
	if (__builtin_expect(hook_in_ram(p), 0))
		hooks_check_owner(p, size);
	machine_store_before(hooks.m, explore_current(), p, size);
	hooks.pending = true;
	explore_progress();
}

#endif
