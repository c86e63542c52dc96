/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target: hvsim's profile `kvm` beside KVM's own code.
 *
 * The same virtual machine, call and memory go through the slice of
 * arch/x86/kvm/hyperv.c and through hvsim: the status, the reps completed and
 * the vCPUs flushed have to be the same.  KVM of this tree may flush
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

/* ---- the machine ------------------------------------------------------------------------ */

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
	kvm_target.rec_ipi = 1;
	kvm_target.xmm = 1;
}

/* Half of the calls are memory calls of the four codes, at a good address. */
static void
make_call(struct bytes *b)
{
	static const uint16_t codes[] = { 0x02, 0x03, 0x13, 0x14 };
	const unsigned how = take8(b);
	uint64_t gpa = RAM + take16(b) % (RAM_SIZE + 64);

	kvm_target.control = take64(b);
	if ((how & 1) == 0)
		kvm_target.control = (kvm_target.control & ~0xffffull) |
		    codes[kvm_target.control & 3];
	if ((how & 6) == 0)
		gpa &= ~7ull;
	if ((how & 0xf8) == 0xf8)
		gpa = take64(b);
	kvm_target.word[0] = gpa;
	take(b, &ram[gpa >= RAM && gpa - RAM < RAM_SIZE ? gpa - RAM : 0],
	     gpa >= RAM && gpa - RAM < RAM_SIZE ? RAM_SIZE - (gpa - RAM) :
	     RAM_SIZE);
}

/* ---- both answers ------------------------------------------------------------------------- */

struct answer {
	unsigned status, reps;
	bool ud;
	uint64_t flushed;
};

static struct answer
ask_kvm(void)
{
	kvm_call();
	return (struct answer){
		.status = kvm_target.result & HVA_RESULT_STATUS,
		.reps = kvm_target.result >> HVA_RESULT_REPS_SHIFT &
		    HVA_REP_MASK,
		.ud = kvm_target.ud != 0, .flushed = kvm_target.flushed };
}

static void
make_profile(struct hv_profile *p)
{
	if (hv_profile_find("kvm", p) != 0)
		abort();
	p->knob[HV_KNOB_ENFORCE] = kvm_target.enforce != 0;
	p->knob[HV_KNOB_REC_FLUSH] = kvm_target.rec_flush != 0;
	p->knob[HV_KNOB_REC_EX] = kvm_target.rec_ex != 0;
	if (!kvm_lists)
		p->knob[HV_KNOB_FULL_LIST] = 1;
}

/* hvsim's status, and `permitted`: the set of statuses that it allows. */
static struct answer
ask_hvsim(uint64_t *permitted, const char **rule)
{
	static struct hv_flush flush;
	struct answer a = { 0 };
	struct hv_profile p;
	struct hv_fault fault;

	make_profile(&p);
	*rule = "-";
	if (hv_flush_decode(&p, kvm_target.control, kvm_target.word[0],
	    read_ram, NULL, &flush, &fault) != 0) {
		a.status = fault.status;
		a.ud = fault.ud;
		*permitted = fault.also | 1ull << fault.status;
		*rule = fault.rule;
		return a;
	}
	*permitted = 1;
	a.reps = flush.rep_count;
	for (unsigned i = 0; i < kvm_target.vcpus; i++)
		if (hv_vp_set_has(&flush.set, vp_index[i]))
			a.flushed |= 1ull << i;
	return a;
}

static void
compare(void)
{
	const struct answer kvm = ask_kvm();
	uint64_t permitted;
	const char *rule;
	const struct answer ours = ask_hvsim(&permitted, &rule);

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
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = bytes_of(data, size);

	memset(ram, 0, sizeof(ram));
	make_machine(&b);
	make_call(&b);
	/* the fast form and interrupts: hvsim's decoder has neither yet */
	if ((kvm_target.control & HVA_FAST) != 0)
		return 0;
	switch (kvm_target.control & HVA_CALL_CODE) {
	case HVA_CALL_FLUSH_SPACE:
	case HVA_CALL_FLUSH_LIST:
	case HVA_CALL_FLUSH_SPACE_EX:
	case HVA_CALL_FLUSH_LIST_EX:
		compare();
		break;
	default:
		break;
	}
	return 0;
}
