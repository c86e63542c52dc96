/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Miniature tree: the native shootdown.
 *
 * Each processor has one request.  Its owner fills it, raises one flag for
 * each target, interrupts them, does its own part and waits until all flags
 * are down; a target does the flush and then lowers its flag.
 */
#include <sys/param.h>
#include <sys/cpuset.h>

struct request {
	pmap_t pmap;
	vm_offset_t sva, eva;
	smp_invl_cb_t flush;
	u_int wanted[MAXCPU];
};
static struct request *requests;

#ifdef MINI_HOOK_IS_A_MACRO
#define	smp_targeted_tlb_shootdown	smp_targeted_tlb_shootdown_native
#else
smp_targeted_tlb_shootdown_t smp_targeted_tlb_shootdown =
    &smp_targeted_tlb_shootdown_native;
#endif

static void
invl_scoreboard_init(void *arg __unused)
{
	requests = malloc(sizeof(*requests) * (mp_maxid + 1), M_DEVBUF,
	    M_WAITOK | M_ZERO);
}
SYSINIT(invl_ops, SI_SUB_SMP, SI_ORDER_FIRST, invl_scoreboard_init, NULL);

static void
targets_of(pmap_t pmap, cpuset_t *ret)
{
	CPU_COPY(pmap_invalidate_cpu_mask(pmap), ret);
	CPU_CLR(curcpu, ret);
	/* Nobody answers when nobody else runs. */
	if (kdb_active || KERNEL_PANICKED() || !smp_started)
		CPU_ZERO(ret);
	if (MINI_BUG && !CPU_EMPTY(ret))
		CPU_CLR(CPU_LAST(ret), ret);
}

static void
request_wait(struct request *r, const cpuset_t *targets)
{
	u_int i;

	CPU_FOREACH(i) {
		if (!CPU_ISSET(i, targets))
			continue;
		while (atomic_load_int(&r->wanted[i]) != 0)
			ia32_pause();
	}
}

void
smp_targeted_tlb_shootdown_native(pmap_t pmap, vm_offset_t addr1,
    vm_offset_t addr2, smp_invl_local_cb_t curcpu_cb, enum invl_op_codes op)
{
	struct request *r;
	cpuset_t targets;
	u_int i;

	KASSERT(curthread->td_pinned > 0, ("op %d: not pinned", op));
	critical_enter();
	r = &requests[PCPU_GET(cpuid)];
	targets_of(pmap, &targets);
	if (CPU_EMPTY(&targets)) {
		curcpu_cb(pmap, addr1, addr2);
		goto out;
	}
	r->pmap = pmap;
	r->sva = addr1;
	r->eva = addr2;
	r->flush = curcpu_cb;
	atomic_thread_fence_rel();
	CPU_FOREACH(i) {
		if (CPU_ISSET(i, &targets))
			atomic_store_int(&r->wanted[i], 1);
	}
	ipi_selected(targets, IPI_INVLOP);
	curcpu_cb(pmap, addr1, addr2);
	request_wait(r, &targets);
out:
	sched_unpin();
	critical_exit();
}

/* Kernel ranges by broadcast: one page (what: its address), else all. */
static bool
broadcast(pmap_t pmap, uint64_t what)
{
	if (!invlpgb_works || pmap != kernel_pmap)
		return (false);
	invlpgb(INVLPGB_GLOB | what, 0, 0);
	tlbsync();
	sched_unpin();
	return (true);
}

#define	PAGE_AT(va)	(INVLPGB_VA | trunc_page(va))

/* A macro that defines functions, with their arguments spelled by the user. */
#define	MASKED(name, args, pmap, from, to, op)				\
void									\
smp_masked_##name args							\
{									\
	if (broadcast(pmap, op == INVL_OP_PG ? PAGE_AT(from) : 0))	\
		return;							\
	smp_targeted_tlb_shootdown(pmap, from, to, curcpu_cb, op);	\
}

MASKED(invltlb, (pmap_t pmap, smp_invl_cb_t curcpu_cb), pmap, 0, 0,
    INVL_OP_TLB)
MASKED(invlpg, (vm_offset_t addr, pmap_t pmap, smp_invl_cb_t curcpu_cb), pmap,
    addr, 0, INVL_OP_PG)
MASKED(invlpg_range, (vm_offset_t addr1, vm_offset_t addr2, pmap_t pmap,
    smp_invl_cb_t curcpu_cb), pmap, addr1, addr2, INVL_OP_PGRNG)

void
smp_cache_flush(curcpu_cb)
	smp_invl_cb_t curcpu_cb;
{
	smp_targeted_tlb_shootdown(kernel_pmap, 0, 0, curcpu_cb,
	    INVL_OP_CACHE);
}

void
invlop_handler(void)
{
	const u_int self = PCPU_GET(cpuid);
	u_int i;

	CPU_FOREACH(i) {
		struct request *r = &requests[i];

		if (atomic_load_int(&r->wanted[self]) == 0)
			continue;
		atomic_thread_fence_acq();
		r->flush(r->pmap, r->sva, r->eva);
		atomic_store_rel_int(&r->wanted[self], 0);
	}
}
