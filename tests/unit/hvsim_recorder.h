/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hvsim_recorder: a partition whose host writes down what it is told to do.
 *
 * Nothing here decides whether that is right; tests compare the record with
 * what they expect.
 */
#ifndef SHOOTDOWN_TESTS_HVSIM_RECORDER_H
#define SHOOTDOWN_TESTS_HVSIM_RECORDER_H

#include "tests/unit/hvsim_request.h"

#define RECORDER_VPS 8

static union {
	struct hv_partition partition;
	unsigned char bytes[HV_PARTITION_SIZE(RECORDER_VPS)];
} memory;
#define part memory.partition

static struct {
	unsigned flushes, points, chooses, faults, reenters;
	unsigned pick;                  /* what choose answers */
	struct {
		unsigned vp;
		bool whole, keep, any;
		enum hv_globals globals;
		uint64_t va, bytes, root;
	} flush[64];
	unsigned ipis;
	struct { unsigned vp; uint32_t vector; } ipi[16];
	unsigned gpa_flushes;
	uint64_t root;                  /* the only one there is; 0: unknown */
	struct hv_fault fault;
	uint64_t poke;                  /* GPA to write to at each point */
	bool detach;                    /* disable the page when re-entered */
} host;

static void
on_point(void *ctx)
{
	(void)ctx;
	host.points++;
	if (host.poke != 0)
		put_word(host.poke, 0xdead);
}

static void
on_reenter(void *ctx, unsigned vp)
{
	(void)ctx;
	host.reenters++;
	if (host.detach)
		hv_wrmsr(&part, vp, 0x40000001, 0);
}

static unsigned
on_choose(void *ctx, unsigned n)
{
	(void)ctx;
	host.chooses++;
	return host.pick < n ? host.pick : n - 1;
}

static void
on_flush(void *ctx, unsigned vp, const struct hv_flush *f,
         const struct hv_range *range, enum hv_globals globals, bool any_space,
         uint64_t root)
{
	unsigned n = host.flushes++;

	(void)ctx;
	(void)f;
	ck_assert_uint_lt(n, COUNT(host.flush));
	host.flush[n].vp = vp;
	host.flush[n].whole = range == NULL;
	host.flush[n].va = range != NULL ? range->va : 0;
	host.flush[n].bytes = range != NULL ? range->bytes : 0;
	host.flush[n].keep = globals == HV_GLOBALS_KEEP;
	host.flush[n].globals = globals;
	host.flush[n].any = any_space;
	host.flush[n].root = root;
}

static void
on_fault(void *ctx, unsigned vp, uint64_t control, const struct hv_fault *f)
{
	(void)ctx;
	(void)vp;
	(void)control;
	host.faults++;
	host.fault = *f;
}

static void
on_ipi(void *ctx, unsigned vp, uint32_t vector)
{
	(void)ctx;
	ck_assert_uint_lt(host.ipis, COUNT(host.ipi));
	host.ipi[host.ipis].vp = vp;
	host.ipi[host.ipis++].vector = vector;
}

static void
on_flush_gpa(void *ctx, unsigned vp, const struct hv_flush *f,
             const struct hv_range *range)
{
	(void)ctx;
	(void)vp;
	(void)f;
	(void)range;
	host.gpa_flushes++;
}

static bool
on_is_root(void *ctx, uint64_t root)
{
	(void)ctx;
	return host.root == 0 || host.root == root;
}

static const struct hv_env env = {
	.read = read_ram, .point = on_point, .reenter = on_reenter,
	.choose = on_choose, .flush = on_flush, .fault = on_fault,
	.ipi = on_ipi, .flush_gpa = on_flush_gpa, .is_root = on_is_root,
};

/* The VPs have these indexes; the page is enabled. */
static inline void
boot_with(const char *name, unsigned vps, const uint32_t *index)
{
	struct hv_profile p = profile(name);

	memset(&host, 0, sizeof(host));
	hv_partition_init(&part, &p, &env, vps, index);
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000000, 1), 0);
	ck_assert_int_eq(hv_wrmsr(&part, 0, 0x40000001, 0x5000001), 0);
}

/* Three VPs, one of them far out. */
static inline void
boot(const char *name)
{
	static const uint32_t index[] = { 0, 64, 130 };

	boot_with(name, 3, index);
}

static inline void
knob(enum hv_knob k, const char *value)
{
	ck_assert_int_eq(hv_knob_set(&part.profile, k, value), 0);
}

/* Forgets the record, not what the host has been told to do. */
static inline void
forget(void)
{
	host.flushes = host.points = host.chooses = host.faults = 0;
	host.reenters = host.ipis = host.gpa_flushes = 0;
}

static inline uint64_t
call(const struct request *r)
{
	forget();
	return hv_hypercall(&part, 0, encode(r), r->gpa, ~0ull);
}

/*
 * Makes a call of these words, in memory (from RAM on, the rest of the page
 * being zero) or in registers.
 */
static inline uint64_t
call_words(uint64_t control, const uint64_t *words, unsigned count,
           struct hv_regs *regs)
{
	*regs = (struct hv_regs){ .rcx = control, .rdx = RAM, .r8 = ~0ull };
	forget();
	memset(ram, 0, sizeof(ram));
	if ((control & BIT(16)) != 0) {
		uint64_t fast[14] = { 0 };

		memcpy(fast, words, count * 8);
		regs->rdx = fast[0];
		regs->r8 = fast[1];
		memcpy(regs->xmm, &fast[2], sizeof(regs->xmm));
	} else {
		memcpy(ram, words, count * 8);
	}
	hv_hypercall_regs(&part, 0, regs);
	return regs->rax;
}

static inline uint64_t
result(unsigned status, unsigned reps)
{
	return status | (uint64_t)reps << 32;
}

#endif
