/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb: one flush: whom it concerns, which engine does it, and what it means on
 * one CPU.
 *
 * CPUs that are not in the space's mask are not told: they find its generation
 * changed when they load it again.
 */
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

/* CPUs that have s loaded; lazy ones only if tables are freed, since those are
 * walked speculatively in any mode. */
static struct mask
tlb_targets(const struct space *s, int freed)
{
	struct mask mask = { { 0 } };
	unsigned c, n = sd_ncpus();

	if (s == &kernel_space)
		return mask_all();
	for (c = 0; c < n; c++) {
		unsigned on = READ(s->on[c]);

		if (on == SPACE_ON || (on == SPACE_LAZY && freed))
			mask_add(&mask, c);
	}
	return mask;
}

struct mask
tlb_early(const struct space *s)
{
	return mutant_is(MUTANT_MASK_TOO_EARLY) ? tlb_targets(s, 1) :
	    MASK_NONE;
}

/* Tells the oracle what this flush promises. */
static void
promise(const struct space *s, unsigned long va, unsigned long pages)
{
	unsigned long root = s == &kernel_space ? 0 : s->root;

	if (pages)
		sd_inval_begin(root, va, va + pages * PAGE);
	else if (root)
		sd_inval_begin(root, 0, USER_TOP);
	else
		sd_inval_begin(0, KERNEL_BOTTOM, 0);
}

/* How many pages are flushed one by one. */
static unsigned long
threshold(void)
{
	if (mutant_is(MUTANT_WHOLE_UNITS) && tlb_hv_ready())
		return tlb_hv_list_max() * TLB_HV_UNIT + TLB_HV_UNIT - 1;
	return FLUSH_THRESHOLD;
}

/*
 * MUTANT_MASK_READ_TWICE: the highest CPU of a mask that was not empty when it
 * was read before, as an index.
 */
static void
check_last(const struct space *s, int freed)
{
	if (!mask_any(tlb_targets(s, freed)))
		sd_panic(__FILE__, __LINE__, "the mask's last CPU is none");
}

/* Others are told by the hypervisor if possible, by interrupts if not. */
static void
tlb_tell(struct space *s, unsigned long va, unsigned long pages, int freed,
         struct mask targets)
{
	const struct mask others = mask_without(targets, sd_cpu());

	if (alone_silent()) {
		tlb_local(s, va, pages);
		return;
	}
	if (mutant_is(MUTANT_MASK_READ_TWICE) && mask_any(targets))
		check_last(s, freed);
	if (mutant_is(MUTANT_IRQS_LEFT_OFF) && !mask_any(targets))
		sd_irq_disable();
	if (!tlb_hv_ready() || !mask_any(others) ||
	    !tlb_hv_flush(s, va, pages, targets))
		tlb_ipi_flush(s, va, pages, targets);
	else if (freed && !mutant_is(MUTANT_NO_WALKER_SYNC))
		tlb_ipi_sync(others);
}

/* No hook: fixed. */
__attribute__((no_sanitize("thread"), noinline)) static int
is_uncounted(const struct space *s)
{
	return mutant_is(MUTANT_GUEST_NOT_COUNTED) && s->guest;
}

/* MUTANT_ONE_THREAD: the space runs here, and has not run twice at a time. */
__attribute__((no_sanitize("thread"), noinline)) static int
one_thread(const struct space *s)
{
	return s != &kernel_space && READ(s->threads) == 1 &&
	    READ(s->on[sd_cpu()]) == SPACE_ON;
}

void
tlb_flush(struct space *s, unsigned long va, unsigned long pages, int freed,
          struct mask early)
{
	struct mask targets;

	if (pages > threshold())
		pages = 0;
	promise(s, va, pages);
	if (mutant_is(MUTANT_RANGE_WRAP) && pages && va >= va + pages * PAGE) {
		sd_inval_end();
		return;
	}
	if (pages && mutant_is(MUTANT_FIRST_PAGE_ONLY))
		pages = 1;
	if (mutant_is(MUTANT_FREED_TABLES_SKIP_LAZY))
		freed = 0;
	if (mutant_is(MUTANT_ONE_THREAD) && one_thread(s)) {
		tlb_local(s, va, pages);
		sd_inval_end();
		return;
	}
	/* Drains the entries' stores; pairs with the fence in enter_mask(). */
	__atomic_add_fetch(&s->gen, !is_uncounted(s), __ATOMIC_SEQ_CST);
	targets = mutant_is(MUTANT_MASK_TOO_EARLY) && mask_any(early) ?
	    early : tlb_targets(s, freed);
	if (mutant_is(MUTANT_LOCAL_ONLY))
		targets = mask_has(targets, sd_cpu()) ? mask_one(sd_cpu()) :
		    MASK_NONE;
	if (mutant_is(MUTANT_WORD_SHORT) && mask_words() > 1)
		targets.w[mask_words() - 1] = 0;
	if (mutant_is(MUTANT_OTHERS_ONLY) && s != 0 && !freed)
		targets = mask_without(targets, sd_cpu());
	tlb_tell(s, va, pages, freed, targets);
	sd_inval_end();
}

/* No hypercall is for caches. */
void
tlb_caches(void)
{
	const struct mask all = tlb_targets(&kernel_space, 0);

	sd_cache_begin();
	if (!mutant_is(MUTANT_CACHES_BY_CALL) || !tlb_hv_ready() ||
	    !tlb_hv_flush(&kernel_space, 0, 0, all))
		tlb_ipi_caches(mutant_is(MUTANT_CACHES_LOCAL) ? MASK_NONE :
		    all);
	sd_cache_end();
}

/* Everything, globals and all PCIDs. */
void
tlb_all(void)
{
	unsigned long cr4;
	int on;

	if (mode_has(KMODE_INVPCID)) {
		sd_invpcid(INVPCID_ALL_GLOBAL, 0, 0);
		return;
	}
	/* I9 wants an edge: nobody may toggle in between. */
	on = sd_irq_enabled();
	sd_irq_disable();
	cr4 = sd_read_cr4();
	sd_write_cr4(mutant_is(MUTANT_CR4_SAME) ? cr4 : cr4 & ~CR4_PGE);
	sd_write_cr4(cr4);
	if (on)
		sd_irq_enable();
}

static void
local_kernel(struct cpu *cpu, unsigned long va, unsigned long pages)
{
	unsigned long i;

	if (!pages) {
		tlb_all();
		return;
	}
	for (i = 0; i < pages; i++) {
		if (mutant_is(MUTANT_GLOBAL_BY_PCID))
			sd_invpcid(INVPCID_ADDR, sd_read_cr3() & 0xfff,
			    va + i * PAGE);
		else
			sd_invlpg(va + i * PAGE);
	}
	/* not global, so cached once per PCID; INVLPG reached one */
	if (mode_has(KMODE_PCID | KMODE_PTI) &&
	    !mutant_is(MUTANT_CURRENT_TAG_ONLY))
		pcid_forget(cpu);
}

/* PTI: the user root's entries, under their own PCID. */
static void
local_user_half(struct pcid_slot *slot, unsigned long va, unsigned long pages)
{
	unsigned long i;

	if (mutant_is(MUTANT_PTI_USER_FORGOTTEN))
		return;
	if (!pages || !mode_has(KMODE_INVPCID)) {
		slot->user_flush = 1;   /* by load_user_root() */
		return;
	}
	for (i = 0; i < pages; i++)
		sd_invpcid(INVPCID_ADDR, slot->pcid | PCID_USER,
		    va + i * PAGE);
}

static void
local_user(struct space *s, struct pcid_slot *slot, unsigned long va,
           unsigned long pages)
{
	unsigned long i;

	if (pages)
		for (i = 0; i < pages; i++)
			sd_invlpg(va + i * PAGE);
	else if (mode_has(KMODE_INVPCID))
		sd_invpcid(INVPCID_CONTEXT, slot->pcid, 0);
	else
		sd_write_cr3(s->root | slot->pcid);
	/* without PCIDs the way out loads CR3, and that flushes */
	if (mode_has(KMODE_PCID | KMODE_PTI))
		local_user_half(slot, va, pages);
}

/* On this CPU.  A space that is not loaded is flushed when it is next. */
void
tlb_local(struct space *s, unsigned long va, unsigned long pages)
{
	const unsigned c = sd_cpu();

	if (s == &kernel_space)
		local_kernel(&cpus[c], va, pages);
	else if (cpus[c].cur == s ||
	         (!pages && mutant_is(MUTANT_FLUSHED_ROOT_LOADED)))
		local_user(s, &s->slot[c], va, pages);
}
