/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conform_want.c: hvsim as the host that a real one is compared with.  Its
 * guest has the memory of the real one as far as calls may refer to it.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/conform.h"

#define OS_ID 0x8100000000000000ull
#define PAGE 4096u

struct conform_want {
	struct hv_partition *hv;
	uint64_t ram;
	unsigned other;                 /* number of that VP */
	const struct conform_case *c;   /* that is being asked */
};

static const uint64_t *
words_of(const struct conform_case *c)
{
	return (const void *)(c + 1);
}

/* One byte of the guest's memory; what nobody wrote reads as the fill. */
static unsigned char
byte_at(const struct conform_case *c, uint64_t gpa)
{
	const uint64_t at = gpa - c->at;

	return at < 8 * (uint64_t)c->words ?
	    ((const unsigned char *)words_of(c))[at] : CONFORM_FILL;
}

static int
read_ram(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	const struct conform_want *w = ctx;

	if (gpa >= w->ram || size > w->ram - gpa)
		return -1;
	for (size_t i = 0; i < size; i++)
		((unsigned char *)buf)[i] = byte_at(w->c, gpa + i);
	return 0;
}

static struct conform_answer *
answer(struct conform_want *w)
{
	return (struct conform_answer *)(uintptr_t)&w->c->want;
}

static int
place_of(const struct conform_want *w, unsigned vp)
{
	return vp == 0 ? 0 : vp == w->other ? 1 : -1;
}

static void
flush(void *ctx, unsigned vp, const struct hv_flush *f,
      const struct hv_range *range, enum hv_globals globals, bool any_space,
      uint64_t root)
{
	struct conform_want *w = ctx;
	const int place = place_of(w, vp);

	(void)f;
	(void)globals;
	(void)root;
	/* The guest's own root is in no case: a named space is another one. */
	if (place < 0 || !any_space || !(w->c->flags & CONFORM_PROBE))
		return;
	if (range == NULL || CONFORM_VA - range->va < range->bytes)
		answer(w)->read[place] = 2;
}

static void
send(void *ctx, unsigned vp, uint32_t vector)
{
	struct conform_want *w = ctx;
	const int place = place_of(w, vp);

	(void)vector;
	if (place >= 0)
		answer(w)->ipis[place]++;
}

static void
fault(void *ctx, unsigned vp, uint64_t control, const struct hv_fault *f)
{
	(void)ctx;
	(void)vp;
	(void)control;
	(void)f;
}

struct conform_want *
conform_host(const struct hv_profile *p, unsigned other, uint64_t ram)
{
	const unsigned vps = other + 1;
	struct conform_want *w = cli_alloc(sizeof(*w));
	const struct hv_env env = { .ctx = w, .read = read_ram, .flush = flush,
	    .ipi = send, .fault = fault };

	w->ram = ram;
	w->other = other;
	w->hv = cli_alloc(HV_PARTITION_SIZE(vps));
	hv_partition_init(w->hv, p, &env, vps, NULL);
	(void)hv_wrmsr(w->hv, 0, HVA_MSR_GUEST_OS_ID, OS_ID);
	(void)hv_wrmsr(w->hv, 0, HVA_MSR_HYPERCALL, CONFORM_PAGE |
	    HVA_HYPERCALL_ENABLE);
	return w;
}

void
conform_host_free(struct conform_want *w)
{
	free(w->hv);
	free(w);
}

static void
ask_call(struct conform_want *w, struct conform_case *c)
{
	struct hv_regs r = { .rcx = c->reg[0], .rdx = c->reg[1],
	    .r8 = c->reg[2], .mode = HV_MODE_LONG,
	    .cpl = c->kind == CONFORM_CALL_USER ? 3 : 0 };

	memcpy(r.xmm, c->xmm, sizeof(r.xmm));
	hv_hypercall_regs(w->hv, 0, &r);
	c->want.fault = r.ud || r.intercepted;
	if (c->want.fault)
		return;
	c->want.value[0] = r.rax;
	c->want.value[1] = r.rcx;
	/* TLFS Hypercall Outputs: status and reps, the rest is ignored. */
	c->mask[0] = HVA_RESULT_STATUS | HVA_REP_MASK << HVA_RESULT_REPS_SHIFT;
}

/* What of a leaf hvsim has an opinion on. */
static void
ask_leaf(struct conform_want *w, struct conform_case *c)
{
	uint32_t r[4];

	hv_cpuid(w->hv, (uint32_t)c->reg[0], r);
	c->want.value[0] = r[0] | (uint64_t)r[1] << 32;
	c->want.value[1] = r[2] | (uint64_t)r[3] << 32;
}

void
conform_ask(struct conform_want *w, struct conform_case *c)
{
	uint64_t value = 0;

	w->c = c;
	memset(&c->want, 0, sizeof(c->want));
	switch (c->kind) {
	case CONFORM_CALL:
	case CONFORM_CALL_USER:
		ask_call(w, c);
		break;
	case CONFORM_RDMSR:
		c->want.fault = hv_rdmsr(w->hv, 0, (uint32_t)c->reg[0],
		    &value) != 0;
		c->want.value[0] = c->want.fault ? 0 : value;
		break;
	case CONFORM_WRMSR:
		c->want.fault = hv_wrmsr(w->hv, 0, (uint32_t)c->reg[0],
		    c->reg[1]) != 0;
		break;
	case CONFORM_CPUID:
		ask_leaf(w, c);
		break;
	default:
		break;
	}
}

bool
conform_differs(const struct conform_case *c, const struct conform_answer *a)
{
	const struct conform_answer *w = &c->want;

	for (unsigned i = 0; i < 2; i++)
		if (((a->value[i] ^ w->value[i]) & c->mask[i]) != 0 ||
		    a->ipis[i] != w->ipis[i] ||
		    (w->read[i] != 0 && a->read[i] != w->read[i]))
			return true;
	return a->fault != w->fault || a->changed != w->changed;
}
