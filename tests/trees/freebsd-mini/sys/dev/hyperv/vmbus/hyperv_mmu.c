/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Miniature tree: the shootdown by hypercall.
 *
 * Always asks for all address spaces and never for "non-global only": the host
 * may then keep nothing of the range, whatever the root, PCID or G bit.
 */
#include <sys/param.h>
#include <sys/smp.h>
#include <sys/systm.h>
#include <vm/pmap.h>
#include <dev/hyperv/vmbus/x86/hyperv_machdep.h>
#include <dev/hyperv/vmbus/hyperv_var.h>
#include <dev/hyperv/vmbus/hyperv_common_reg.h>
#include "hyperv_mmu.h"

struct target_set {
	uint64_t bank[BANKS];
	int first, last;		/* banks that are not empty */
};

static void
targets_of(pmap_t pmap, struct vmbus_softc *sc, struct target_set *ret)
{
	cpuset_t cpus;
	u_int i;

	for (i = 0; i < BANKS; i++)
		ret->bank[i] = 0;
	ret->first = BANKS;
	ret->last = -1;
	CPU_COPY(pmap_invalidate_cpu_mask(pmap), &cpus);
	if (MINI_BUG && !CPU_EMPTY(&cpus))
		CPU_CLR(CPU_LAST(&cpus), &cpus);
	CPU_FOREACH(i) {
		const uint32_t vp = VMBUS_PCPU_GET(sc, vcpuid, i);
		const int bank = vp / VPS_PER_BANK;

		if (!CPU_ISSET(i, &cpus))
			continue;
		ret->bank[bank] |= 1UL << vp % VPS_PER_BANK;
		ret->first = MIN(ret->first, bank);
		ret->last = MAX(ret->last, bank);
	}
}

/* 0: the whole space. */
static int
fill_range(uint64_t *range, vm_offset_t addr1, vm_offset_t addr2,
    enum invl_op_codes op)
{
	uint64_t pages;

	if (op == INVL_OP_TLB)
		return (0);
	pages = op == INVL_OP_PG ? 1 : atop(round_page(addr2) - addr1);
	if (pages == 0 || pages > PAGES_PER_RANGE)
		return (0);
	*range = trunc_page(addr1) | (pages - 1);
	return (1);
}

static uint64_t
flush_simple(struct flush_simple *in, const struct target_set *set,
    vm_offset_t addr1, vm_offset_t addr2, enum invl_op_codes op)
{
	in->space = 0;
	in->flags = FLUSH_ALL_SPACES;
	in->processors = set->bank[0];
	if (fill_range(in->ranges, addr1, addr2, op) == 0)
		return (HV_STATUS(hypercall_do_md(HV_CALL_SPACE,
		    (uint64_t)in, 0)));
	return (hv_do_rep_hypercall(HV_CALL_LIST, 1, 0, (uint64_t)in, 0));
}

static uint64_t
flush_sparse(struct flush_sparse *in, const struct target_set *set,
    vm_offset_t addr1, vm_offset_t addr2, enum invl_op_codes op)
{
	uint16_t n = 0;

	in->space = 0;
	in->flags = FLUSH_ALL_SPACES;
	in->format = 0;
	in->valid_banks = 0;
	for (int i = set->first; i <= set->last; i++) {
		if (set->bank[i] == 0)
			continue;
		in->valid_banks |= 1UL << i;
		in->banks[n++] = set->bank[i];
	}
	if (fill_range(&in->banks[n], addr1, addr2, op) == 0)
		return (hv_do_rep_hypercall(HV_CALL_SPACE_EX, 0, n,
		    (uint64_t)in, 0));
	return (hv_do_rep_hypercall(HV_CALL_LIST_EX, 1, n, (uint64_t)in, 0));
}

void
hv_vm_tlb_flush(pmap_t pmap, vm_offset_t addr1, vm_offset_t addr2,
    enum invl_op_codes op, struct vmbus_softc *sc,
    smp_invl_local_cb_t curcpu_cb)
{
	struct target_set set;
	uint64_t status;
	void *page;

	critical_enter();
	page = VMBUS_PCPU_GET(sc, cpu_mem, curcpu);
	if (op == INVL_OP_CACHE || page == NULL)
		goto native;
	targets_of(pmap, sc, &set);
	if (set.last < 0)
		goto done;	/* nobody has it, or the epoch tells them */
	if (set.last == 0)
		status = flush_simple(page, &set, addr1, addr2, op);
	else
		status = flush_sparse(page, &set, addr1, addr2, op);
	if (status != 0)
		goto native;
done:
	sched_unpin();
	critical_exit();
	return;
native:
	critical_exit();
	smp_targeted_tlb_shootdown_native(pmap, addr1, addr2, curcpu_cb, op);
}
