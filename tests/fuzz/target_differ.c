/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target: hvsim's profile `kvm` beside KVM's own code.
 *
 * The same virtual machine, call and memory go through the slice of
 * arch/x86/kvm/hyperv.c and through hvsim, in memory and in registers: the
 * status, the reps completed, the vCPUs flushed and the vCPUs interrupted have
 * to be the same.  KVM of this tree may flush
 * everything instead of a list (before 6.2), which is a knob of the profile.
 */
#include <stdlib.h>

#include "hvsim/hvsim.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/kvm/host.h"

#define RAM 0x100000ull
#define RAM_SIZE 8192u

static uint8_t ram[RAM_SIZE];
static unsigned vp_index[KVM_TARGET_VCPUS];

const char *
fuzz_absent(void)
{
	return kvm_absent;
}

static int
read_ram(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	(void)ctx;
	if (gpa < RAM || gpa - RAM > RAM_SIZE || size > RAM_SIZE - (gpa - RAM))
		return -1;
	memcpy(buf, &ram[gpa - RAM], size);
	return 0;
}

int
kvm_target_read(unsigned long gpa, void *to, unsigned long size)
{
	return read_ram(NULL, gpa, to, size);
}

/* ---- the machine ------------------------------------------------------- */

/* All different: identity, reversed, from some index on, scattered. */
static void
make_indexes(struct bytes *b, unsigned vcpus)
{
	const unsigned how = take8(b) % 4, base = take16(b);

	for (unsigned i = 0; i < vcpus; i++) {
		switch (how) {
		case 0:
			vp_index[i] = i;
			break;
		case 1:
			vp_index[i] = vcpus - 1 - i;
			break;
		case 2:
			vp_index[i] = (base + i) % KVM_TARGET_INDEXES;
			break;
		default:
			vp_index[i] = (base + i * (2 * (base >> 10) + 1)) %
			    KVM_TARGET_INDEXES;
			break;
		}
	}
}

static void
make_machine(struct bytes *b)
{
	const unsigned flags = take8(b);

	memset(&kvm_target, 0, sizeof(kvm_target));
	kvm_target.vcpus = 1 + take8(b) % KVM_TARGET_VCPUS;
	make_indexes(b, kvm_target.vcpus);
	kvm_target.vp_index = vp_index;
	/* mostly everything is offered */
	kvm_target.enforce = (flags & 1) != 0;
	kvm_target.rec_flush = (flags & 6) != 6;
	kvm_target.rec_ex = (flags & 0x18) != 0x18;
	kvm_target.rec_ipi = (flags & 0x60) != 0x60;
	kvm_target.xmm = (flags & 0x80) == 0;
}

/* Half of the calls have a known code; most memory calls a good address. */
static void
make_call(struct bytes *b)
{
	static const uint16_t codes[] = { 0x02, 0x03, 0x13, 0x14, 0x0b, 0x15,
		0x03, 0x14 };
	const unsigned how = take8(b);
	uint64_t gpa = RAM + take16(b) % (RAM_SIZE + 64);

	kvm_target.control = take64(b);
	if ((how & 1) == 0)
		kvm_target.control = (kvm_target.control & ~0xffffull) |
		    codes[kvm_target.control & 7];
	if ((how & 6) == 0)
		gpa &= ~7ull;
	if ((how & 0xf8) == 0xf8)
		gpa = take64(b);
	kvm_target.word[0] = gpa;
	if ((kvm_target.control & HVA_FAST) != 0) {
		take(b, kvm_target.word, sizeof(kvm_target.word));
		return;
	}
	take(b, &ram[gpa >= RAM && gpa - RAM < RAM_SIZE ? gpa - RAM : 0],
	     gpa >= RAM && gpa - RAM < RAM_SIZE ? RAM_SIZE - (gpa - RAM) :
	     RAM_SIZE);
}

/* ---- both answers ------------------------------------------------------ */

struct answer {
	unsigned status, reps;
	bool ud;
	uint64_t flushed, interrupted;
	unsigned vector;
};

static struct answer
ask_kvm(void)
{
	kvm_call();
	return (struct answer){
		.status = kvm_target.result & HVA_RESULT_STATUS,
		.reps = kvm_target.result >> HVA_RESULT_REPS_SHIFT &
		    HVA_REP_MASK,
		.ud = kvm_target.ud != 0, .flushed = kvm_target.flushed,
		.interrupted = kvm_target.interrupted,
		.vector = kvm_target.vector };
}

static void
make_profile(struct hv_profile *p)
{
	if (hv_profile_find("kvm", p) != 0)
		abort();
	p->knob[HV_KNOB_ENFORCE] = kvm_target.enforce != 0;
	p->knob[HV_KNOB_REC_FLUSH] = kvm_target.rec_flush != 0;
	p->knob[HV_KNOB_REC_EX] = kvm_target.rec_ex != 0;
	p->knob[HV_KNOB_REC_IPI] = kvm_target.rec_ipi != 0;
	/* KVM takes the fast form unless CPUID is enforced */
	p->knob[HV_KNOB_XMM] = kvm_target.xmm || !kvm_target.enforce;
	if (!kvm_lists)
		p->knob[HV_KNOB_FULL_LIST] = 1;
}

static uint64_t
members(const struct hv_vp_set *set)
{
	uint64_t vcpus = 0;

	for (unsigned i = 0; i < kvm_target.vcpus; i++)
		if (hv_vp_set_has(set, vp_index[i]))
			vcpus |= 1ull << i;
	return vcpus;
}

static bool
is_ipi(void)
{
	const unsigned code = kvm_target.control & HVA_CALL_CODE;

	return code == HVA_CALL_SEND_IPI || code == HVA_CALL_SEND_IPI_EX;
}

static struct answer
ask_hvsim(const char **rule)
{
	static struct hv_flush flush;
	struct hv_profile p;
	struct hv_regs regs = { .rcx = kvm_target.control,
		.rdx = kvm_target.word[0], .r8 = kvm_target.word[1] };
	const struct hv_request r = { &p, &regs, read_ram, NULL };
	struct hv_ipi ipi;
	struct hv_fault fault;
	int bad;

	memcpy(regs.xmm, &kvm_target.word[2], sizeof(regs.xmm));
	make_profile(&p);
	*rule = "-";
	bad = is_ipi() ? hv_ipi_decode(&r, &ipi, &fault) :
	    hv_flush_decode_regs(&r, &flush, &fault);
	if (bad != 0) {
		*rule = fault.rule;
		return (struct answer){ .status = fault.status,
			.ud = fault.ud };
	}
	if (is_ipi())
		return (struct answer){ .interrupted = members(&ipi.set),
			.vector = ipi.vector };
	return (struct answer){ .reps = flush.rep_count,
		.flushed = members(&flush.set) };
}

static void
compare(void)
{
	const char *rule;
	const struct answer kvm = ask_kvm(), ours = ask_hvsim(&rule);

	if (kvm.ud != ours.ud || (!kvm.ud && kvm.status != ours.status))
		fuzz_fail("call 0x%lx at 0x%lx: KVM says %s%u, hvsim %s%u (%s)",
		    kvm_target.control, kvm_target.word[0], kvm.ud ? "#UD " :
		    "", kvm.status, ours.ud ? "#UD " : "", ours.status, rule);
	if (kvm.reps != ours.reps)
		fuzz_fail("call 0x%lx: KVM completes %u reps, hvsim %u",
		    kvm_target.control, kvm.reps, ours.reps);
	if (kvm.flushed != ours.flushed)
		fuzz_fail("call 0x%lx: KVM flushes vCPUs 0x%llx, hvsim 0x%llx",
		    kvm_target.control, (unsigned long long)kvm.flushed,
		    (unsigned long long)ours.flushed);
	if (kvm.interrupted != ours.interrupted ||
	    (kvm.interrupted != 0 && kvm.vector != ours.vector))
		fuzz_fail("call 0x%lx: KVM sends 0x%x to 0x%llx, hvsim 0x%x to "
		    "0x%llx", kvm_target.control, kvm.vector,
		    (unsigned long long)kvm.interrupted, ours.vector,
		    (unsigned long long)ours.interrupted);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = bytes_of(data, size);

	memset(ram, 0, sizeof(ram));
	make_machine(&b);
	make_call(&b);
	switch (kvm_target.control & HVA_CALL_CODE) {
	case HVA_CALL_FLUSH_SPACE:
	case HVA_CALL_FLUSH_LIST:
	case HVA_CALL_FLUSH_SPACE_EX:
	case HVA_CALL_FLUSH_LIST_EX:
	case HVA_CALL_SEND_IPI:
	case HVA_CALL_SEND_IPI_EX:
		compare();
		break;
	default:
		break;
	}
	return 0;
}
