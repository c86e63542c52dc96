/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * literal.c: the literal host's decisions: hvsim, with the real machine as its
 * environment.
 *
 * hvsim is made for a world in which one VP at a time is inside it, except at
 * its points.  So a lock is held, and let go of where hvsim says that others
 * may run; what it leaves to an explorer is drawn at random.  The caller is not
 * in the guest: its interrupts are off, but for the window in which a call that
 * is continued goes back to it.
 */
#include "guest/literal_tlb.h"

#define OS_ID 0x8100000000000000ull
#define FLAGS_IF 0x200ull
#define CR4_OSFXSR 0x200ull
#define CR3_ROOT 0xffffffffff000ull

struct frame {                  /* of literal_entry, in literal_entry.S */
	uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

void literal_window(struct frame *frame);
bool literal_answer(struct frame *frame, uint64_t flags);

bool literal_on;
void (*literal_complain)(unsigned cpu, uint64_t control, const char *rule);

static union {
	struct hv_partition hv;
	char room[HV_PARTITION_SIZE(LITERAL_CPUS)];
} partition;
static volatile char lock;

/* ---- hvsim's environment ----------------------------------------------- */

static uint64_t
ram_size(void)
{
	const uint32_t *info = direct(boot_info);

	/* Multiboot: KiB above 1 MiB. */
	/* The firmware keeps less than a MiB of the end for itself. */
	return info[0] & 1 ? (((uint64_t)info[2] << 10) + (2u << 20) - 1) &
	    ~0xfffffull : 1u << 30;
}

static int
read_ram(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	const uint64_t end = ram_size();

	(void)ctx;
	if (gpa >= end || size > end - gpa)
		return -1;
	memcpy(buf, direct(gpa), size);
	return 0;
}

/* Others run; for how long is left to chance. */
static void
let_others(void *ctx)
{
	uint64_t r = cpu_random();

	(void)ctx;
	lock_drop(&lock);
	for (r = r & 3 ? 0 : r >> 8 & 1023; r > 0; r--)
		__asm__ volatile("" ::: "memory");
	lock_take(&lock);
}

static unsigned
choose(void *ctx, unsigned n)
{
	(void)ctx;
	return (unsigned)(cpu_random() >> 16) % n;
}

static void
flush(void *ctx, unsigned vp, const struct hv_flush *f,
      const struct hv_range *range, enum hv_globals globals, bool any_space,
      uint64_t root)
{
	const bool strict = partition.hv.profile.knob[HV_KNOB_AS] == 2;
	const struct literal_order order = { .whole = range == NULL,
	    .any = any_space, .va = range != NULL ? range->va : 0,
	    .bytes = range != NULL ? range->bytes : 0, .root = root,
	    .root_mask = strict ? ~0ull : CR3_ROOT, .globals = globals };

	(void)ctx;
	(void)f;
	lock_drop(&lock);
	literal_order(vp, &order);
	lock_take(&lock);
}

static void
send(void *ctx, unsigned vp, uint32_t vector)
{
	(void)ctx;
	apic_send(guest_cpus[vp].apic, 0x4000 | vector);
}

static void
complain(void *ctx, unsigned vp, uint64_t control, const struct hv_fault *f)
{
	(void)ctx;
	if (literal_complain != NULL)
		literal_complain(vp, control, f->rule);
}

static const struct hv_env environment = { .read = read_ram,
	.point = let_others, .choose = choose, .flush = flush, .ipi = send,
	.fault = complain };

/* ---- start ------------------------------------------------------------- */

const char *
literal_start(const char *profile, unsigned ncpus, const uint32_t *vp_index)
{
	struct hv_profile p;

	if (hv_profile_parse(profile, &p) != 0)
		return "no such host";
	if (ncpus > LITERAL_CPUS)
		return "too many processors";
	hv_partition_init(&partition.hv, &p, &environment, ncpus, vp_index);
	literal_tlb_start(ncpus);
	for (unsigned i = 0; i < ncpus; i++)
		guest_cpus[i].vp = partition.hv.vp_index[i];
	literal_canary = false;
	literal_on = true;
	return NULL;
}

void
literal_stop(void)
{
	literal_on = false;
	literal_tlb_start(0);
}

void
literal_enable(void)
{
	(void)literal_wrmsr(HVA_MSR_GUEST_OS_ID, OS_ID);
	(void)literal_wrmsr(HVA_MSR_HYPERCALL, (uint64_t)(uintptr_t)hyperv_page
	    - KERNEL_BASE + HVA_HYPERCALL_ENABLE);
	hv_partition_save(&partition.hv);
}

void
literal_reset(void)
{
	hv_partition_restore(&partition.hv);
}

void
literal_keep(void)
{
	hv_partition_save(&partition.hv);
}

/* ---- calls ------------------------------------------------------------- */

static uint64_t
irq_save(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) :: "memory");
	return flags;
}

static void
irq_restore(uint64_t flags)
{
	if (flags & FLAGS_IF)
		irq_on();
}

/*
 * TLFS Hypercall Continuation: the caller is in the guest again for a moment.
 * What its interrupt handlers call is not this call.
 */
static void
reenter(unsigned cpu, struct frame *frame, const struct hv_regs *regs,
        uint64_t flags)
{
	struct hv_vp_call *call = &partition.hv.vp[cpu].call, saved = *call;

	frame->rcx = regs->rcx;
	*call = (struct hv_vp_call){ 0 };
	lock_drop(&lock);
	if (flags & FLAGS_IF)
		literal_window(frame);
	lock_take(&lock);
	*call = saved;
}

/* Executes the instruction until it is over; interrupts are off. */
static void
run(struct frame *frame, struct hv_regs *regs, uint64_t flags)
{
	const unsigned cpu = this_cpu()->number;

	literal_counts[cpu].calls++;
	lock_take(&lock);
	for (;;) {
		regs->rcx = frame->rcx;
		regs->rdx = frame->rdx;
		regs->r8 = frame->r8;
		if (hv_hypercall_execute(&partition.hv, cpu, regs))
			break;
		reenter(cpu, frame, regs, flags);
	}
	lock_drop(&lock);
	frame->rcx = regs->rcx;
	frame->rax = regs->rax;
}

/* TLFS XMM Fast Hypercall Input; there are none before CR4.OSFXSR is set. */
static void
read_xmm(struct hv_regs *regs)
{
	uint64_t cr4;

	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	if (!(cr4 & CR4_OSFXSR))
		return;
	__asm__ volatile("movups %%xmm0, (%0); movups %%xmm1, 16(%0);"
	    "movups %%xmm2, 32(%0); movups %%xmm3, 48(%0);"
	    "movups %%xmm4, 64(%0); movups %%xmm5, 80(%0)"
	    :: "r"(regs->xmm) : "memory");
}

/* From literal_entry.S.  True: #UD. */
bool
literal_answer(struct frame *frame, uint64_t flags)
{
	struct hv_regs regs = { .mode = HV_MODE_LONG };

	if (!literal_on)
		return true;
	read_xmm(&regs);
	run(frame, &regs, flags);
	return regs.ud;
}

uint64_t
literal_hypercall(uint64_t control, uint64_t in, uint64_t out,
                  const uint64_t xmm[6][2])
{
	struct hv_regs regs = { .mode = HV_MODE_LONG };
	struct frame frame = { .rcx = control, .rdx = in, .r8 = out };
	const uint64_t flags = irq_save();

	if (xmm != NULL)
		memcpy(regs.xmm, xmm, sizeof(regs.xmm));
	run(&frame, &regs, flags);
	irq_restore(flags);
	return frame.rax;
}

/* ---- CPUID and MSRs ---------------------------------------------------- */

void
literal_cpuid(uint32_t leaf, uint32_t ret[4])
{
	hv_cpuid(&partition.hv, leaf, ret);
}

int
literal_rdmsr(uint32_t msr, uint64_t *ret)
{
	const uint64_t flags = irq_save();
	int error;

	lock_take(&lock);
	error = hv_rdmsr(&partition.hv, this_cpu()->number, msr, ret);
	lock_drop(&lock);
	irq_restore(flags);
	return error;
}

int
literal_wrmsr(uint32_t msr, uint64_t value)
{
	const uint64_t flags = irq_save();
	int error;

	lock_take(&lock);
	error = hv_wrmsr(&partition.hv, this_cpu()->number, msr, value);
	lock_drop(&lock);
	irq_restore(flags);
	return error;
}
