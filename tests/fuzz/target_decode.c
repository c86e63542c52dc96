/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target: arbitrary calls to a running hvsim host.
 *
 * The input is a host (a profile and a few changed knobs), VP indexes, the
 * state of the MSRs, and some hypercalls with their input value, address and
 * memory, which other VPs may rewrite while a call runs.  Beside what the
 * sanitizers see: decoding is a pure function; the set is that of the memory;
 * only its VPs are flushed, with canonical ranges; a success has flushed each
 * of them alike; reps completed never exceed what was asked; no VP stays
 * inside.
 */
#include <stdlib.h>

#include "hvsim/hvsim.h"
#include "tests/fuzz/fuzz.h"

#define RAM 0x100000ull
#define RAM_SIZE 8192u

#define MAX_VPS 8

static union {
	struct hv_partition partition;
	unsigned char bytes[HV_PARTITION_SIZE(MAX_VPS)];
} memory;
#define host memory.partition
static uint8_t ram[RAM_SIZE];
static struct bytes input;
static bool rewrites;           /* other VPs write to the memory */
static struct hv_flush asked;
static bool asked_valid;        /* asked holds what the call says */
static unsigned flushes[MAX_VPS];
static unsigned points;

const char *
fuzz_absent(void)
{
	return NULL;
}

/* ---- the guest around the host ----------------------------------------- */

static int
read_ram(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	(void)ctx;
	if (gpa < RAM || gpa - RAM > RAM_SIZE || size > RAM_SIZE - (gpa - RAM))
		return -1;
	memcpy(buf, &ram[gpa - RAM], size);
	return 0;
}

static void
on_point(void *ctx)
{
	(void)ctx;
	/* long lists have many points; one rewrite each is enough */
	if (rewrites && points++ < 16)
		ram[take16(&input) % RAM_SIZE] = take8(&input);
}

static void
on_reenter(void *ctx, unsigned vp)
{
	(void)ctx;
	if (vp >= host.vps)
		fuzz_fail("VP %u re-enters, and there are %u", vp, host.vps);
	on_point(ctx);
}

static unsigned
on_choose(void *ctx, unsigned n)
{
	(void)ctx;
	if (n == 0)
		fuzz_fail("a choice among none");
	return take8(&input);   /* more than n is the host's to fold */
}

static bool
canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

static void
check_range(const struct hv_range *range)
{
	if (range->bytes == 0 || !canonical(range->va) ||
	    !canonical(range->va + range->bytes - 1) ||
	    range->va + (range->bytes - 1) < range->va)
		fuzz_fail("a range that is not canonical: 0x%llx, 0x%llx bytes",
		    (unsigned long long)range->va,
		    (unsigned long long)range->bytes);
}

static void
on_flush(void *ctx, unsigned vp, const struct hv_flush *f,
         const struct hv_range *range, enum hv_globals globals, bool any_space,
         uint64_t root)
{
	(void)ctx;
	(void)any_space;
	if (vp >= host.vps)
		fuzz_fail("VP %u is flushed, and there are %u", vp, host.vps);
	if (asked_valid && !hv_vp_set_has(&asked.set, host.vp_index[vp]))
		fuzz_fail("VP index %u is flushed and was not named",
		    host.vp_index[vp]);
	if (globals == HV_GLOBALS_KEEP && (f->flags & HVA_FLUSH_NON_GLOBAL) == 0)
		fuzz_fail("globals are kept without NON_GLOBAL");
	if (host.profile.knob[HV_KNOB_AS] != 2 && (root & 0xfff) != 0)
		fuzz_fail("a root with low bits: 0x%llx",
		    (unsigned long long)root);
	flushes[vp]++;
	if (range != NULL)
		check_range(range);
}

static void
on_flush_gpa(void *ctx, unsigned vp, const struct hv_flush *f,
             const struct hv_range *range)
{
	(void)ctx;
	(void)f;
	if (vp >= host.vps || (range != NULL && range->bytes == 0))
		fuzz_fail("VP %u loses guest-physical translations", vp);
}

static void
on_ipi(void *ctx, unsigned vp, uint32_t vector)
{
	(void)ctx;
	if (vp >= host.vps)
		fuzz_fail("VP %u is interrupted, and there are %u", vp,
		    host.vps);
	if (vector < 0x10 || vector > 0xff)
		fuzz_fail("an interrupt with vector 0x%x", vector);
}

static bool
on_is_root(void *ctx, uint64_t root)
{
	(void)ctx;
	return (root & 0x1000) == 0;
}

static void
on_fault(void *ctx, unsigned vp, uint64_t control, const struct hv_fault *f)
{
	(void)ctx;
	(void)control;
	if (vp >= host.vps)
		fuzz_fail("VP %u is at fault, and there are %u", vp, host.vps);
	if (f->rule == NULL || strncmp(f->rule, "TLFS ", 5) != 0)
		fuzz_fail("a fault without a rule");
}

/* ---- the host ---------------------------------------------------------- */

/* Values of knobs; those that are none of the knob's are refused. */
static const char *const values[] = { "0", "1", "2", "3", "4", "5", "7", "16",
	"ignore", "root", "strict", "keep", "drop", "accept", "reject",
	"error", "all", "none", "counted", "intercept", "whole", "atomic",
	"element", "list", "never", "always", "no", "yes", "honour", "check",
	"no_nested", "on", "off", "misread", "any", "match", "random",
	"refused", "fast", "sparse", "works", "absent" };

static void
make_profile(struct hv_profile *p)
{
	unsigned n = 0, changes;

	while (hv_profile_name(n) != NULL)
		n++;
	if (hv_profile_find(hv_profile_name(take8(&input) % n), p) != 0)
		abort();
	changes = take8(&input) % 4;
	for (unsigned i = 0; i < changes; i++) {
		const unsigned knob = take8(&input) % HV_KNOB_COUNT;
		const size_t value = take8(&input) % (sizeof(values) /
		    sizeof(values[0]));

		(void)hv_knob_set(p, (enum hv_knob)knob, values[value]);
	}
}

static void
make_host(void)
{
	static const struct hv_env env = { .read = read_ram,
		.point = on_point, .reenter = on_reenter, .choose = on_choose,
		.flush = on_flush, .fault = on_fault, .ipi = on_ipi,
		.flush_gpa = on_flush_gpa, .is_root = on_is_root };
	const unsigned vps = 1 + take8(&input) % MAX_VPS;
	const uint32_t first = take16(&input), step = 1 + take8(&input);
	uint32_t index[MAX_VPS];
	struct hv_profile profile;

	make_profile(&profile);
	for (unsigned i = 0; i < vps; i++)
		index[i] = (first + i * step) % (HV_MAX_VP_INDEX + 64);
	hv_partition_init(&host, &profile, &env, vps, index);
}

/* Most hosts have the hypercall page enabled, below the memory. */
static void
set_msrs(void)
{
	const unsigned how = take8(&input);
	uint64_t value;

	if ((how & 0xf) != 0) {
		(void)hv_wrmsr(&host, 0, HVA_MSR_GUEST_OS_ID, 1);
		(void)hv_wrmsr(&host, 0, HVA_MSR_HYPERCALL, 0x80001);
	}
	for (unsigned i = 0; i < how >> 6; i++) {
		const uint32_t msr = HVA_MSR_GUEST_OS_ID + take8(&input);
		const unsigned vp = take8(&input) % (MAX_VPS + 1);

		(void)hv_wrmsr(&host, vp, msr, take64(&input));
		(void)hv_rdmsr(&host, vp, msr, &value);
	}
	if ((how & 0x10) != 0) {
		uint32_t out[4];

		hv_cpuid(&host, HVA_CPUID_VENDOR + take8(&input) % 16, out);
	}
}

/* ---- calls ------------------------------------------------------------- */

struct call {
	unsigned vp;
	uint64_t control, gpa;
	struct hv_regs regs;
};

/* Mostly long mode at CPL 0; the input in memory is where RDX says. */
static void
take_regs(struct call *c, unsigned how)
{
	c->regs = (struct hv_regs){ .rcx = c->control, .rdx = c->gpa,
		.r8 = take32(&input) };
	take(&input, c->regs.xmm, 2 * (how >> 4));
	if ((how & 0xc) == 0xc) {
		c->regs.mode = (enum hv_mode)(take8(&input) % 3);
		c->regs.cpl = take8(&input) % 4;
		c->regs.rax = c->control;
		c->regs.rbx = c->gpa >> 32;
	}
}

static void
take_call(struct call *c)
{
	const unsigned how = take8(&input);
	unsigned n = 0;

	while (hv_call_at(n) != NULL)
		n++;
	c->vp = take8(&input) % host.vps;
	c->control = take64(&input);
	if ((how & 1) == 0)
		c->control = (c->control & ~0xffffull) |
		    hv_call_at((unsigned)(c->control & 0xff) % n)->code;
	c->gpa = (how & 2) != 0 ? take64(&input) :
	    RAM + take16(&input) % (RAM_SIZE + 64);
	rewrites = (how & 4) != 0;
	take_regs(c, how);
}

static uint64_t
word_at(uint64_t gpa)
{
	uint64_t word = 0;

	(void)read_ram(NULL, gpa, &word, sizeof(word));
	return word;
}

/* The same question, asked of the memory as the TLFS lays it out. */
static bool
memory_names(const struct call *c, uint32_t index)
{
	const unsigned code = c->control & HVA_CALL_CODE;
	uint64_t valid = 1, at = c->gpa + 16;

	if (code == HVA_CALL_FLUSH_SPACE_EX || code == HVA_CALL_FLUSH_LIST_EX) {
		valid = word_at(c->gpa + 24);
		at = c->gpa + 32;
	}
	if (index >= HV_MAX_VP_INDEX || (valid >> index / 64 & 1) == 0)
		return false;
	at += 8ull * (unsigned)__builtin_popcountll(valid &
	    ((1ull << index / 64) - 1));
	return (word_at(at) >> index % 64 & 1) != 0;
}

static void
check_set(const struct call *c)
{
	for (unsigned i = 0; i < host.vps && !asked.set.all; i++) {
		const uint32_t index = host.vp_index[i];

		if (hv_vp_set_has(&asked.set, index) != memory_names(c, index))
			fuzz_fail("VP index %u: the set is not that of the "
			    "memory", index);
	}
}

/* Decoding twice gives the same, in words too. */
static void
check_pure(const struct call *c)
{
	static struct hv_flush again;
	struct hv_fault fault, fault_again;
	char text[2][256];
	const struct hv_request r = { &host.profile, &c->regs, read_ram,
		NULL };
	const int bad = hv_flush_decode_regs(&r, &asked, &fault);

	if (hv_flush_decode_regs(&r, &again, &fault_again) != bad)
		fuzz_fail("decoding is not a function of its input");
	asked_valid = bad == 0 || fault.element;
	if (bad != 0 && (fault.rule == NULL || fault.rule !=
	    fault_again.rule || fault.status != fault_again.status))
		fuzz_fail("a refusal is not a function of its input");
	if (!asked_valid)
		return;
	if ((c->control & HVA_FAST) == 0 && c->regs.mode == HV_MODE_LONG)
		check_set(c);
	if (asked.ranges > HV_MAX_RANGES || asked.rep_start > 0xfff)
		fuzz_fail("more ranges than there can be");
	hv_flush_describe(&asked, text[0], sizeof(text[0]));
	hv_flush_describe(&again, text[1], 1 + take8(&input) % 255);
	if (strncmp(text[0], text[1], strlen(text[1])) != 0)
		fuzz_fail("'%s' and '%s' are one call", text[0], text[1]);
}

/* Calls that are no flush, or not of this kind: refused or told in words. */
static void
check_others(const struct call *c)
{
	static struct hv_flush gpa_flush;
	const struct hv_request r = { &host.profile, &c->regs, read_ram,
		NULL };
	struct hv_ipi ipi;
	struct hv_fault fault;
	char text[300];

	if (hv_ipi_decode(&r, &ipi, &fault) == 0) {
		hv_ipi_describe(&ipi, text, sizeof(text));
		if (strstr(text, "Ipi") == NULL)
			fuzz_fail("an interrupt is told as '%s'", text);
	} else if (fault.rule == NULL) {
		fuzz_fail("an interrupt is refused without a rule");
	}
	if (hv_gpa_flush_decode(&r, &gpa_flush, &fault) == 0)
		hv_flush_describe(&gpa_flush, text, sizeof(text));
	else if (fault.rule == NULL)
		fuzz_fail("a guest-physical flush is refused without a rule");
}

/* Each VP that was named was flushed as often as the others. */
static void
check_alike(void)
{
	unsigned times = 0;

	for (unsigned i = 0; i < host.vps; i++) {
		if (!hv_vp_set_has(&asked.set, host.vp_index[i]))
			continue;
		if (times == 0)
			times = flushes[i];
		if (flushes[i] != times)
			fuzz_fail("VP %u is flushed %u times, others %u", i,
			    flushes[i], times);
		if (asked.whole && flushes[i] == 0)
			fuzz_fail("VP %u is named and not flushed", i);
	}
}

static void
make_call(void)
{
	struct call c;
	struct hv_regs regs;
	uint64_t result;
	unsigned reps, count;

	take_call(&c);
	check_pure(&c);
	check_others(&c);
	if (rewrites)
		asked_valid = false;
	memset(flushes, 0, sizeof(flushes));
	points = 0;
	regs = c.regs;
	hv_hypercall_regs(&host, c.vp, &regs);
	if (regs.ud || regs.intercepted)
		return;
	result = regs.rax;
	reps = result >> HVA_RESULT_REPS_SHIFT & HVA_REP_MASK;
	count = c.control >> HVA_REP_COUNT_SHIFT & HVA_REP_MASK;
	if ((result & ~(HVA_RESULT_STATUS | HVA_REP_MASK <<
	    HVA_RESULT_REPS_SHIFT)) != 0)
		fuzz_fail("reserved bits of the result are set");
	if ((result & HVA_RESULT_STATUS) == HVA_SUCCESS && reps > count)
		fuzz_fail("%u of %u reps are completed", reps, count);
	if ((result & HVA_RESULT_STATUS) == HVA_SUCCESS && asked_valid)
		check_alike();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned calls;

	input = bytes_of(data, size);
	make_host();
	set_msrs();
	calls = 1 + take8(&input) % 3;
	/* what is behind the calls is the memory, at both its ends */
	memset(ram, 0, sizeof(ram));
	for (unsigned i = 0; i < calls; i++) {
		const size_t n = input.left < RAM_SIZE ? input.left : RAM_SIZE;
		const size_t at = (i & 1) != 0 ? RAM_SIZE - n : 0;

		if (n > 64)
			memcpy(&ram[at], input.p + 64, n - 64);
		make_call();
	}
	if (host.now.busy != 0)
		fuzz_fail("VPs 0x%x never left their hypercalls", host.now.busy);
	return 0;
}
