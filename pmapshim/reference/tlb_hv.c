/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb_hv: shootdown by the hypervisor's flush calls, and its interrupts.
 *
 * The host flushes every VP of the set, the caller too if it is one of them,
 * before the call returns; a call that fails may have done nothing, and the
 * caller then falls back to interrupts.  Each CPU fills its own input page;
 * interrupt handlers make no hypercalls, so it needs no protection.
 */
#include "hvsim/abi.h"
#include "pmapshim/reference/mutants.h"
#include "pmapshim/reference/reference.h"

#define PAGES_PER_ELEMENT TLB_HV_UNIT
#define FAST_WORDS 14ul         /* RDX, R8, XMM0 to XMM5 */
#define GUEST_OS_ID 0x8100000000000001ul        /* open source, no vendor */

static struct {
	int ready, sets, ipis, fast;    /* sets: the Ex calls may be used */
	unsigned long *input[CPUS];
} hv;

__attribute__((no_sanitize("thread"), noinline)) int
tlb_hv_ready(void)
{
	return hv.ready;
}

int
tlb_hv_attach(void)
{
	unsigned regs[4], c, n = sd_ncpus();
	void *page = sd_frame_alloc(SD_FRAME_KERNEL);

	sd_cpuid(0x40000004, regs);
	if (!(regs[0] & HVA_REC_REMOTE_FLUSH))
		return 0;               /* not wanted: interrupts it is */
	hv.sets = !!(regs[0] & HVA_REC_EX_PROCESSOR_MASKS);
	hv.ipis = !!(regs[0] & HVA_REC_CLUSTER_IPI);
	sd_cpuid(0x40000003, regs);
	hv.fast = !!(regs[3] & HVA_FEATURE_XMM_INPUT);
	sd_wrmsr(HVA_MSR_GUEST_OS_ID, GUEST_OS_ID);
	sd_wrmsr(HVA_MSR_HYPERCALL,
	    sd_virt_to_phys(page) | HVA_HYPERCALL_ENABLE);
	vpset_boot();
	for (c = 0; c < n; c++)
		hv.input[c] = sd_frame_alloc(SD_FRAME_HYPERCALL);
	hv.ready = 1;
	return 0;
}

void
tlb_hv_detach(void)
{
	hv.ready = 0;
	sd_wrmsr(HVA_MSR_HYPERCALL, 0);
	sd_wrmsr(HVA_MSR_GUEST_OS_ID, 0);
}

void
tlb_hv_lose_input(void)
{
	hv.input[sd_cpu()] = 0;
}

/* Nothing was in use yet: what attach took goes back, the rest is undone. */
void
tlb_hv_attach_fails(void)
{
	unsigned c, n = sd_ncpus();

	if (!hv.ready)
		return;
	if (!mutant_is(MUTANT_HALF_ATTACHED))
		tlb_hv_detach();
	for (c = 0; c < n; c++)
		sd_frame_free(hv.input[c]);
}

/*
 * NON_GLOBAL only for whole user spaces: kernel entries are global, and a list
 * need not accept the flag.  Kernel entries may be cached under every root, and
 * with PTI a user entry under two, of which a call can name one.
 */
static unsigned long
flags_of(const struct space *s, unsigned long pages)
{
	unsigned long flags = 0;

	if (s == &kernel_space) {
		flags = HVA_FLUSH_ALL_PROCESSORS | HVA_FLUSH_ALL_SPACES;
		if (mutant_is(MUTANT_GLOBAL_NON_GLOBAL))
			flags |= HVA_FLUSH_NON_GLOBAL;
		return flags;
	}
	if (mode_has(KMODE_PTI))
		flags |= HVA_FLUSH_ALL_SPACES;
	if (!pages)
		flags |= HVA_FLUSH_NON_GLOBAL;
	return flags;
}

/* Elements that fit the page, behind space, flags and mask. */
unsigned long
tlb_hv_list_max(void)
{
	return PAGE / sizeof(unsigned long) - 3;
}

/* MUTANT_LIST_WRAP: the end may be the last byte of all. */
static unsigned long
list_fill_wrapping(unsigned long *list, unsigned long va, unsigned long pages)
{
	const unsigned long last = va + pages * PAGE - 1;
	unsigned long n = 0;

	while (va < last) {
		list[n++] = va | (PAGES_PER_ELEMENT - 1);
		va += PAGES_PER_ELEMENT * PAGE;
	}
	return n;
}

/* Fills the elements; returns how many. */
static unsigned long
list_fill(unsigned long *list, unsigned long va, unsigned long pages)
{
	unsigned long n = 0;

	if (mutant_is(MUTANT_LIST_WRAP))
		return list_fill_wrapping(list, va, pages);
	while (pages) {
		unsigned long some = pages < PAGES_PER_ELEMENT ?
		    pages : PAGES_PER_ELEMENT;
		unsigned long additional = some - 1;

		if (additional && mutant_is(MUTANT_ADDITIONAL_PAGES))
			additional--;
		list[n++] = va | additional;
		va += some * PAGE;
		pages -= some;
	}
	return n;
}

/* Makes the call once; in registers where the host has that and they hold it. */
static unsigned long
call_once(unsigned long control, const unsigned long *in, unsigned long words)
{
	unsigned long xmm[FAST_WORDS - 2], i;

	if (!hv.fast || words > FAST_WORDS)
		return sd_hypercall(control, sd_virt_to_phys(in), 0);
	for (i = 2; i < FAST_WORDS; i++)
		xmm[i - 2] = i < words ? in[i] : 0;
	return sd_hypercall_xmm(control | HVA_FAST, in[0], in[1], xmm);
}

static unsigned long
reps_of(unsigned long count, unsigned long start)
{
	if (mutant_is(MUTANT_REP_SWAPPED))
		return start << HVA_REP_COUNT_SHIFT |
		    count << HVA_REP_START_SHIFT;
	return count << HVA_REP_COUNT_SHIFT | start << HVA_REP_START_SHIFT;
}

/* Makes the call, again from where it stopped as long as it gets on. */
static int
call(unsigned long control, unsigned long reps, const unsigned long *in,
     unsigned long words)
{
	unsigned long start = 0;

	for (;;) {
		unsigned long r = call_once(control | reps_of(reps, start), in,
		    words);
		unsigned long done = r >> HVA_REP_COUNT_SHIFT & HVA_REP_MASK;

		if ((r & 0xffff) != HVA_SUCCESS) {
			if (mutant_is(MUTANT_DETACH_EARLY))
				sd_wrmsr(HVA_MSR_HYPERCALL, 0);
			return mutant_is(MUTANT_STATUS_IGNORED);
		}
		if (done >= reps || mutant_is(MUTANT_PARTLY_DONE))
			return 1;
		if (done <= start && !mutant_is(MUTANT_NO_PROGRESS))
			return 0;
		start = done;
	}
}

/* What a call names as the space. */
static unsigned long
root_of(const struct space *s)
{
	if (mutant_is(MUTANT_WRONG_SPACE))
		return kernel_space.root;
	return mutant_is(MUTANT_FRAME_FOR_ROOT) ? s->root / PAGE : s->root;
}

/* What a call has for flags. */
static unsigned long
call_flags(unsigned long flags, unsigned long pages)
{
	if (mutant_is(MUTANT_EMPTY_IS_ALL))
		flags &= ~HVA_FLUSH_ALL_PROCESSORS;
	if (mutant_is(MUTANT_RESERVED_FLAG) && !pages)
		flags |= HVA_FLUSH_EXTENDED;
	return flags;
}

int
tlb_hv_flush(const struct space *s, unsigned long va, unsigned long pages,
             struct mask targets)
{
	unsigned self = mutant_is(MUTANT_SHARED_INPUT) ? 0 : sd_cpu();
	unsigned long *in = hv.input[self], *list;
	unsigned long flags = flags_of(s, pages), control, reps = 0;
	int ex = !(flags & HVA_FLUSH_ALL_PROCESSORS) &&
	    vpset_needed(targets) && !mutant_is(MUTANT_SMALL_CALL);

	if (!in)
		return mutant_is(MUTANT_NO_INPUT_NO_FLUSH);
	if (ex && !hv.sets)
		return 0;
	list = in + 3;
	in[0] = root_of(s);
	if (mutant_is(MUTANT_FLAGS_REMEMBERED))
		flags |= in[1];
	in[1] = call_flags(flags, pages);
	if (ex) {
		unsigned long banks = vpset_fill(in + 2, targets);

		control = pages ? HVA_CALL_FLUSH_LIST_EX :
		    HVA_CALL_FLUSH_SPACE_EX;
		list = in + 4 + banks;
		if (mutant_is(MUTANT_HEADER_SIZE))
			banks += 2;
		control |= banks << HVA_VARHEAD_SHIFT;
	} else {
		control = pages ? HVA_CALL_FLUSH_LIST : HVA_CALL_FLUSH_SPACE;
		in[2] = flags & HVA_FLUSH_ALL_PROCESSORS ?
		    0 : vpset_mask(targets);
	}
	if (pages)
		reps = list_fill(list, va, pages);
	if (pages && mutant_is(MUTANT_COUNT_PAST_PAGE))
		reps = PAGE / sizeof(*list);
	return call(control, reps, in, (unsigned long)(list - in) + reps);
}

/* Two registers are enough for VP indexes below 64. */
int
tlb_hv_ipi(unsigned vector, struct mask targets)
{
	unsigned long *in = hv.input[sd_cpu()], banks;

	if (!tlb_hv_ready() || !hv.ipis)
		return 0;
	if (!vpset_needed(targets))
		return (sd_hypercall(HVA_CALL_SEND_IPI | HVA_FAST, vector,
		    vpset_mask(targets)) & HVA_RESULT_STATUS) == HVA_SUCCESS;
	if (!hv.sets || !in)
		return 0;
	in[0] = vector;
	banks = vpset_fill(in + 1, targets);
	return (sd_hypercall(HVA_CALL_SEND_IPI_EX | banks << HVA_VARHEAD_SHIFT,
	    sd_virt_to_phys(in), 0) & HVA_RESULT_STATUS) == HVA_SUCCESS;
}
