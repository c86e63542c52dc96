/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input.c: what a caller may not take for granted, and what it forgot to write.
 *
 * Every vCPU's page of hypercall input is watched: which of its words were
 * stored since a call used them, and as what they were used.  A bank of a VP
 * set that was something else in the last call and has not been written since
 * is that call's left-over.
 */
#include "pmapshim/sim/sim.h"

#include <stdio.h>
#include <string.h>

#include "hvsim/abi.h"

#define WORDS 512
#define OTHER 0xff              /* used, but not as a bank; else bank + 1 */
#define WATCHED 64              /* words from the start: every bank fits */

struct input_page {
	uint16_t frame;
	uint64_t stored[2];
	uint8_t role[WATCHED + 8];
};

/* One of each vCPU; found by the number of their frame, + 1. */
static struct {
	unsigned count;
	struct input_page page[RUNNER_MAX_CPUS];
	uint16_t of_frame[MACHINE_MAX_FRAMES];
} now, saved;
/* Pages that the run changed, each once. */
static bool changed[RUNNER_MAX_CPUS];
static uint16_t list[RUNNER_MAX_CPUS];
static unsigned changes;

void
sim_input_reset(void)
{
	memset(now.of_frame, 0, sizeof(now.of_frame));
	now.count = 0;
}

static void
changes_forget(void)
{
	while (changes > 0)
		changed[list[--changes]] = false;
}

void
sim_input_save(void)
{
	saved = now;
	changes_forget();
}

void
sim_input_restore(void)
{
	for (unsigned i = 0; i < changes; i++) {
		if (list[i] < saved.count)
			now.page[list[i]] = saved.page[list[i]];
		else
			now.of_frame[now.page[list[i]].frame] = 0;
	}
	now.count = saved.count;
	changes_forget();
}

static struct input_page *
page_change(unsigned number)
{
	if (!changed[number]) {
		changed[number] = true;
		list[changes++] = (uint16_t)number;
	}
	return &now.page[number];
}

static struct input_page *
page_find(gpa_t pa)
{
	const gpa_t frame = (pa - MACHINE_RAM_BASE) / MACHINE_PAGE;

	if (frame >= MACHINE_MAX_FRAMES || now.of_frame[frame] == 0)
		return NULL;
	return page_change(now.of_frame[frame] - 1u);
}

/* NULL: there are as many as vCPUs already, or it is not RAM. */
static struct input_page *
page_get(gpa_t pa)
{
	const gpa_t frame = (pa - MACHINE_RAM_BASE) / MACHINE_PAGE;
	struct input_page *p = page_find(pa);

	if (p != NULL || frame >= MACHINE_MAX_FRAMES ||
	    now.count == RUNNER_MAX_CPUS)
		return p;
	now.of_frame[frame] = (uint16_t)(now.count + 1);
	p = page_change(now.count++);
	*p = (struct input_page){ .frame = (uint16_t)frame };
	return p;
}

void
sim_input_stored(const void *addr, unsigned size)
{
	gpa_t pa = machine_gpa(sim.m, addr);
	struct input_page *p = page_find(pa);
	unsigned first = (unsigned)(pa % MACHINE_PAGE / 8);
	unsigned last = (unsigned)((pa + size - 1) % MACHINE_PAGE / 8);

	if (p == NULL)
		return;
	for (unsigned w = first; w <= last && w < WATCHED + 8; w++)
		p->stored[w / 64] |= 1ull << w % 64;
}

static bool
stored(const struct input_page *p, unsigned word)
{
	return (p->stored[word / 64] >> word % 64 & 1) != 0;
}

static void
left_over(unsigned bank, uint64_t control)
{
	char text[200];

	snprintf(text, sizeof(text), "control 0x%llx: TLFS HV_VP_SET: bank %u "
	    "of the set was not written for this call, it is left from an "
	    "earlier one", (unsigned long long)control, bank);
	sim_finding(FINDING_STALE_BANKS, NULL, 0, text);
	sim_stop();
}

/* Where ValidBanksMask lies if the call reads a sparse set; -1: it does not. */
static int
set_at(const struct hv_regs *regs, const uint64_t *words)
{
	const struct hv_call_info *call = hv_call_find(regs->rcx &
	    HVA_CALL_CODE);
	int valid;

	if (call == NULL || !call->variable)
		return -1;
	valid = call->header - 1;
	if (words[valid - 1] != HVA_SET_SPARSE)
		return -1;
	if (call->kind == HV_CALL_FLUSH &&
	    (words[1] & HVA_FLUSH_ALL_PROCESSORS) != 0)
		return -1;
	return valid;
}

static void
use_banks(struct input_page *p, const struct hv_regs *regs,
          const uint64_t *words, unsigned first)
{
	int valid = set_at(regs, words);
	unsigned n = 0;

	if (valid < 0)
		return;
	for (unsigned bank = 0; bank < 64; bank++) {
		unsigned word = first + (unsigned)valid + 1 + n;

		if (!(words[valid] >> bank & 1))
			continue;
		n++;
		if (word >= WATCHED + 8)
			break;
		if (p->role[word] != 0 && p->role[word] != bank + 1 &&
		    !stored(p, word))
			left_over(bank, regs->rcx);
		p->role[word] = (uint8_t)(bank + 1);
		p->stored[word / 64] &= ~(1ull << word % 64);
	}
}

/* A call is about to read its input. */
void
sim_input_used(const struct hv_regs *regs)
{
	struct input_page *p;
	const char *at = machine_ptr(sim.m, regs->rdx);
	unsigned first = (unsigned)(regs->rdx % MACHINE_PAGE / 8);
	uint64_t words[4];

	if ((regs->rcx & HVA_FAST) != 0 || at == NULL || regs->rdx % 8 != 0 ||
	    first + 4 > WORDS)
		return;
	p = page_get(regs->rdx);
	if (p == NULL)
		return;
	memcpy(words, at, sizeof(words));
	use_banks(p, regs, words, first);
	for (unsigned w = 0; w < WATCHED + 8; w++)
		if (stored(p, w))
			p->role[w] = OTHER;
	memset(p->stored, 0, sizeof(p->stored));
}

enum finding_kind
sim_input_blame(const struct machine_finding *f, const char **text)
{
	const struct sim_vcpu *v = &sim.vcpu[f->store_cpu];

	if (f->kind != FINDING_STALE_TRANSLATION || sim.row.swallow)
		return f->kind;
	if (v->globals_kept && f->cached.global &&
	    (v->kept_end == 0 || (f->va >= v->kept && f->va < v->kept_end))) {
		*text = "TLFS HV_FLUSH_FLAGS: NON_GLOBAL_MAPPINGS_ONLY permits "
		    "the host to leave global entries; this kernel relies on "
		    "their being flushed";
		return FINDING_PERMISSION;
	}
	if (v->empty_set) {
		*text = "TLFS HvCallFlushVirtualAddressSpace/List (6.0b p. 84): "
		    "an empty set of processors is an error, everything, or "
		    "nothing, as the host likes; this kernel relies on one";
		return FINDING_EMPTY_SET;
	}
	return f->kind;
}
