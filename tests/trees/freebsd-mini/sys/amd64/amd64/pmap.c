/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Miniature tree: invalidation and activation, small but complete.
 *
 * Every invalidation of a pmap moves its epoch before it reads the set of
 * processors; a processor that activates the pmap joins the set before it
 * reads the epoch, and flushes the tag when the epoch has moved.  So each
 * processor is either a target or flushes by itself.  The user root of PTI is
 * flushed on the way to user mode.
 */
#include <sys/param.h>
#include <sys/cpuset.h>

#define	PMAP_INVLPG_THRESHOLD	(32 * PAGE_SIZE)
#define	ERA_SHIFT		12

int pmap_pcid_enabled = 1;
static int not_wanted_1, not_wanted_2;

/* Not reached by any root: must stay out of the slice. */
static int
not_wanted(void)
{
	return (not_wanted_1 + not_wanted_2 + undeclared_elsewhere());
}

/* ---- local flushes ---- */

/* Old style on purpose. */
static void
user_root_later(pmap)
	pmap_t pmap;
{
	if (pmap->pm_ucr3 != PMAP_NO_CR3)
		PCPU_SET(ucr3_load_mask, ~CR3_PCID_SAVE);
}

/* Kernel entries lie under every PCID when they are not global. */
static bool
kernel_needs_all(void)
{
	return (pti && pmap_pcid_enabled);
}

/* A macro that defines functions: one body for the kernel, one for users. */
#define	LOCAL_FLUSH(name, kernel_part, user_part)			\
static void								\
local_##name(pmap_t pmap, vm_offset_t sva, vm_offset_t eva)		\
{									\
	(void)sva;							\
	(void)eva;							\
	if (pmap == kernel_pmap) {					\
		if (kernel_needs_all())					\
			invltlb_glob();					\
		else							\
			kernel_part;					\
	} else if (pmap == PCPU_GET(curpmap)) {				\
		user_part;						\
		user_root_later(pmap);					\
	}								\
}

static void
each_page(sva, eva)
	vm_offset_t sva, eva;
{
	for (; sva < eva; sva += PAGE_SIZE)
		invlpg(sva);
}

LOCAL_FLUSH(page, invlpg(sva), invlpg(sva))
LOCAL_FLUSH(range, each_page(sva, eva), each_page(sva, eva))
LOCAL_FLUSH(all, invltlb_glob(), invltlb())
LOCAL_FLUSH(unused, not_wanted(), not_wanted())

static void
local_cache(pmap_t pmap __unused, vm_offset_t sva __unused,
    vm_offset_t eva __unused)
{
	wbinvd();
}

/* ---- invalidation ---- */

#ifdef SMP
static void
epoch_move(pmap_t pmap)
{
	sched_pin();
	/* LOCKed: the caller's stores to the tables come before. */
	atomic_add_long(&pmap->pm_eptgen, 1);
}

void
pmap_invalidate_page(pmap_t pmap, vm_offset_t va)
{
	epoch_move(pmap);
	smp_masked_invlpg(va, pmap, local_page);
}

void
pmap_invalidate_all(pmap_t pmap)
{
	epoch_move(pmap);
	smp_masked_invltlb(pmap, local_all);
}

void
pmap_invalidate_range(pmap_t pmap, vm_offset_t sva, vm_offset_t eva)
{
	if (eva - sva >= PMAP_INVLPG_THRESHOLD) {
		pmap_invalidate_all(pmap);
		return;
	}
	epoch_move(pmap);
	smp_masked_invlpg_range(sva, eva, pmap, local_range);
}

/* Small pages may live on behind a promotion: all of them go. */
static void
pmap_invalidate_pde_page(pmap_t pmap, vm_offset_t va,
    pd_entry_t pde __unused)
{
	pmap_invalidate_range(pmap, va, va + NBPDR);
}

/* ---- a page changes its size: all who run the pmap meet first ---- */

struct size_change {
	pmap_t pmap;
	pd_entry_t *pde, new;
	vm_offset_t va;
	u_int by;
};

static void
pmap_update_pde_store(pmap_t pmap __unused, pd_entry_t *pde,
    pd_entry_t newpde)
{
	*(volatile pd_entry_t *)pde = newpde;
}

static void
pmap_update_pde_invalidate(pmap_t pmap __unused, vm_offset_t va __unused,
    pd_entry_t newpde __unused)
{
	invltlb_glob();
}

static void
change_store(void *arg)
{
	const struct size_change *c = arg;

	if (c->by == PCPU_GET(cpuid))
		pmap_update_pde_store(c->pmap, c->pde, c->new);
}

static void
change_flush(void *arg)
{
	const struct size_change *c = arg;

	pmap_update_pde_invalidate(c->pmap, c->va, c->new);
}

static void
pmap_update_pde(pmap_t pmap, vm_offset_t va, pd_entry_t *pde,
    pd_entry_t newpde)
{
	struct size_change c = {
		.pmap = pmap, .pde = pde, .new = newpde, .va = va,
	};

	sched_pin();
	c.by = PCPU_GET(cpuid);
	smp_rendezvous_cpus(all_cpus, smp_no_rendezvous_barrier, change_store,
	    change_flush, &c);
	sched_unpin();
}

void
pmap_invalidate_cache(void)
{
	sched_pin();
	smp_cache_flush(local_cache);
}
#else /* the same for one processor */
void
pmap_invalidate_page(pmap_t pmap, vm_offset_t va)
{
	local_page(pmap, va, va + PAGE_SIZE);
}

void
pmap_invalidate_all(pmap_t pmap)
{
	local_all(pmap, 0, 0);
}

void
pmap_invalidate_range(pmap_t pmap, vm_offset_t sva, vm_offset_t eva)
{
	local_range(pmap, sva, eva);
}

void
pmap_invalidate_cache(void)
{
	wbinvd();
}
#endif

/* ---- tags ---- */

static uint32_t
tag_new(void)
{
	const uint32_t limit = pti ? PMAP_PCID_OVERMAX_KERN : PMAP_PCID_OVERMAX;
	uint32_t next = PCPU_GET(pcid_next);

	if (next >= limit) {
		PCPU_SET(pcid_gen, mini_next_epoch(PCPU_GET(pcid_gen)));
		next = PMAP_PCID_KERN + 1;
	}
	PCPU_SET(pcid_next, next + 1);
	return (PCPU_GET(pcid_gen) << ERA_SHIFT | next);
}

/* PCID for CR3, with CR3_PCID_SAVE when nothing has to be flushed. */
static uint64_t
tag_with_pcid(pmap_t pmap)
{
	struct pmap_pcid *tag = zpcpu_get(pmap->pm_pcidp);
	const uint32_t epoch = (uint32_t)atomic_load_long(&pmap->pm_eptgen);
	uint64_t save = 0;

	if (tag->pm_pcid >> ERA_SHIFT != PCPU_GET(pcid_gen))
		tag->pm_pcid = tag_new();
	else if (tag->pm_gen == epoch)
		save = CR3_PCID_SAVE;
	tag->pm_gen = epoch;
	return (save | (tag->pm_pcid & CR3_PCID_MASK));
}

static uint64_t
tag_without_pcid(pmap_t pmap __unused)
{
	return (0);
}

DEFINE_IFUNC(static, uint64_t, tag_for,
    (pmap_t))
{
	return (pmap_pcid_enabled ? tag_with_pcid : tag_without_pcid);
}

/* ---- activation ---- */

/* A flush still owed to the user root would be lost: give up the tag. */
static void
user_root_settle(old)
	pmap_t old;
{
	struct pmap_pcid *tag = zpcpu_get(old->pm_pcidp);

	if (PCPU_GET(ucr3_load_mask) != PMAP_UCR3_NOMASK)
		tag->pm_pcid = PMAP_PCID_NONE;
}

static void
roots_for_traps(pmap_t pmap, uint64_t tag)
{
	const uint64_t pcid = tag & CR3_PCID_MASK;
	const uint64_t save = pmap_pcid_enabled ? CR3_PCID_SAVE : 0;

	PCPU_SET(kcr3, pmap->pm_cr3 | pcid | save);
	PCPU_GET(tssp)->tss_rsp0 = pmap->pm_ucr3 == PMAP_NO_CR3 ?
	    PCPU_GET(rsp0) : PCPU_GET(pti_rsp0);
	if (pmap->pm_ucr3 == PMAP_NO_CR3) {
		PCPU_SET(ucr3, PMAP_NO_CR3);
		PCPU_SET(ucr3_load_mask, PMAP_UCR3_NOMASK);
		return;
	}
	PCPU_SET(ucr3, pmap->pm_ucr3 | pcid |
	    (save != 0 ? PMAP_PCID_USER_PT | save : 0));
	PCPU_SET(ucr3_load_mask, (tag & CR3_PCID_SAVE) != 0 ?
	    PMAP_UCR3_NOMASK : ~CR3_PCID_SAVE);
}

void
pmap_activate_sw(struct thread *td)
{
	pmap_t const old = PCPU_GET(curpmap);
	pmap_t const pmap = vmspace_pmap(td->td_proc->p_vmspace);
	uint64_t tag;

	KASSERT((read_rflags() & PSL_I) == 0, ("interrupts on in a switch"));
	if (old == pmap)
		return;
	if (pti && pmap_pcid_enabled)
		user_root_settle(old);
	CPU_SET_ATOMIC(PCPU_GET(cpuid), &pmap->pm_active);
	tag = tag_for(pmap);
	load_cr3(pmap->pm_cr3 | tag);
	PCPU_SET(curpmap, pmap);
	if (pti)
		roots_for_traps(pmap, tag);
	CPU_CLR_ATOMIC(PCPU_GET(cpuid), &old->pm_active);
}

void
pmap_activate_boot(pmap_t pmap)
{
	CPU_SET_ATOMIC(PCPU_GET(cpuid), &pmap->pm_active);
	PCPU_SET(curpmap, pmap);
	PCPU_SET(kcr3, PMAP_NO_CR3);
	PCPU_SET(ucr3, PMAP_NO_CR3);
}
