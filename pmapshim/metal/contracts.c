/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * contracts.c: operations as the glue brackets them, and what ends a run.
 */
#include "pmapshim/metal/metal.h"

/* An operation this large catches up with all that was put off. */
#define WHOLE (1ull << 30)

/*
 * The guest has to stay mapped in every space: by a top-level entry of its
 * own, or, where the kernel uses the same one, by one in the table below.
 */
void
metal_enter_guest(uint64_t root)
{
	uint64_t *top = direct(root & PTE_ADDR), *below;
	const uint64_t *mine = (const uint64_t *)(const void *)boot_pdpt;

	if (!(top[511] & PTE_P)) {
		top[511] = ((uint64_t)(uintptr_t)boot_pdpt - KERNEL_BASE) |
		    PTE_P | PTE_W | PTE_U | 0x20;
		return;
	}
	below = direct(top[511] & PTE_ADDR);
	if (below != (uint64_t *)(void *)boot_pdpt)
		below[KERNEL_BASE >> 30 & 511] = mine[KERNEL_BASE >> 30 & 511];
}

void
sd_space_add(unsigned long root, unsigned long user_root, int is_kernel)
{
	(void)is_kernel;
	metal_enter_guest(root);
	if (user_root == 0)
		return;
	metal_enter_guest(user_root);
	if (metal.npairs < METAL_PAIRS) {
		metal.pair[metal.npairs][0] = root & PTE_ADDR;
		metal.pair[metal.npairs++][1] = user_root & PTE_ADDR;
	}
}

uint64_t
metal_kernel_root(uint64_t root)
{
	for (unsigned i = metal.npairs; i-- > 0;)
		if (metal.pair[i][1] == (root & PTE_ADDR))
			return metal.pair[i][0];
	return root & PTE_ADDR;
}

void
sd_space_remove(unsigned long root)
{
	(void)root;
}

void
sd_inval_begin(unsigned long root, unsigned long va, unsigned long end)
{
	struct metal_cpu *v = metal_self();

	(void)root;
	metal_settle();
	metal_track();
	if (v->invals++ == 0)
		v->inval = (struct metal_op){ .va = va, .end = end,
		    .seq = metal.seq };
}

void
sd_inval_end(void)
{
	struct metal_cpu *v = metal_self();

	metal_settle();
	metal_track();
	if (--v->invals > 0 || !metal.steered)
		return;
	metal_dead(&v->inval);
	metal_contract();
}

void
sd_op_begin(const char *name, unsigned long root, unsigned long va,
            unsigned long end)
{
	struct metal_cpu *v = metal_self();

	(void)name;
	(void)root;
	metal_settle();
	metal_track();
	if (v->ops < METAL_OPS)
		v->op[v->ops] = (struct metal_op){ .va = va, .end = end,
		    .seq = metal.seq };
	__atomic_store_n(&v->ops, v->ops + 1, __ATOMIC_SEQ_CST);
}

static struct metal_op *
op_top(struct metal_cpu *v)
{
	return v->ops > 0 && v->ops <= METAL_OPS ? &v->op[v->ops - 1] : NULL;
}

void
sd_op_read(void)
{
	struct metal_op *op = op_top(metal_self());

	metal_settle();
	metal_track();
	if (op != NULL)
		op->seq = metal.seq;
}

unsigned long
sd_op_moment(void)
{
	metal_settle();
	metal_track();
	return metal.seq;
}

void
sd_op_as_of(unsigned long moment)
{
	struct metal_op *op = op_top(metal_self());

	if (op != NULL)
		op->seq = (uint32_t)moment;
}

void
sd_op_defer(void)
{
	struct metal_op *op = op_top(metal_self());

	if (op != NULL)
		op->deferred = true;
}

void
sd_op_end(void)
{
	struct metal_cpu *v = metal_self();
	const struct metal_op *op = op_top(v);

	metal_settle();
	metal_track();
	if (op != NULL && op->deferred)
		metal.deferred = 1;
	else if (op != NULL && op->end - op->va >= WHOLE)
		metal.deferred = 0;
	if (op != NULL && !op->deferred)
		metal_dead(op);
	if (v->ops > 0)
		__atomic_store_n(&v->ops, v->ops - 1, __ATOMIC_SEQ_CST);
	metal_contract();
}

/* Nothing here tells what a processor's caches hold. */
void
sd_cache_begin(void)
{
	metal_settle();
}

void
sd_cache_end(void)
{
	metal_settle();
}

/* ---- what ends a run --------------------------------------------------------- */

static void
copy_text(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < size && from[i] != '\0'; i++)
		to[i] = from[i];
	to[i] = '\0';
}

void
metal_trouble(enum metal_trouble kind, const char *why)
{
	static volatile char lock;

	lock_take(&lock);
	if (metal.trouble == TROUBLE_NONE) {
		copy_text(metal.why, sizeof(metal.why), why);
		metal.trouble = kind;
	}
	lock_drop(&lock);
}

_Noreturn void
metal_stop(enum metal_trouble kind, const char *why)
{
	metal_trouble(kind, why);
	metal.abort = true;
	metal_leave();
}

void
sd_assert_failed(const char *file, int line, const char *text)
{
	(void)file;
	(void)line;
	metal_stop(TROUBLE_ASSERTION, text);
}

void
sd_panic(const char *file, int line, const char *text)
{
	(void)file;
	(void)line;
	metal_stop(TROUBLE_ASSERTION, text);
}

void
sd_unbalanced(const char *text)
{
	metal_stop(TROUBLE_ASSERTION, text);
}
