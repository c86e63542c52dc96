/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conform_known.c: where real hosts differ from their profiles, and why.
 *
 * A difference is known if the profile with one knob turned answers just as the
 * host did, and that knob is one that hosts of this kind turn; or by the name
 * of a case of the table, of which each stands for one rule.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/conform.h"

static const struct {
	bool cpuid;
	enum hv_knob knob;
	const char *value, *why;
} turns[] = {
	{ false, HV_KNOB_FULL_LIST, "1", "full_list=1: KVM of Linux 6.1 "
	  "does not read lists (6.12 does): each is a full flush, however "
	  "long, and wherever it lies" },
	{ true, HV_KNOB_XMM, "ud", "QEMU sets the bit if asked to "
	  "(hv-xmm-input); KVM takes the registers all the same" },
	{ true, HV_KNOB_EXT_RANGES, "off", "QEMU sets the bit if asked to "
	  "(hv-tlbflush-ext), where KVM knows it (6.12; 6.1 does not)" },
	{ true, HV_KNOB_MAX_VPS, "unlimited", "QEMU reports as many as the "
	  "field holds, unless it is told otherwise" },
};

static const struct {
	const char *name, *why;
} rules[] = {
	{ "call 0x0008", "HvCallNotifyLongSpinWait: KVM has it, hvsim has "
	  "not" },
	{ "RCX after a list of 2", "KVM leaves RCX alone; that a rep call "
	  "changes it (TLFS Hypercall Continuation) shows only where calls "
	  "are continued, which KVM never does" },
	{ "CPUID 0x40000003: lock of the hypercall MSR", "KVM has no lock, "
	  "and QEMU does not say so" },
	{ "MSR 0x40000001: disabled although locked", "KVM has no lock, and "
	  "says so (CPUID 0x40000003.EDX[18])" },
	{ "CPUID 0x40000005: processors", "QEMU reports 64; for information "
	  "only" },
	{ "a call while the page is disabled", "KVM then takes the "
	  "instruction for a call of its own interface, and answers that; "
	  "the TLFS leaves open what happens outside of the page" },
};

/* Would the profile answer like this, had it the knob turned? */
static bool
agrees_turned(const struct conform_set *s, const struct conform_case *c,
              const struct conform_answer *a, unsigned turn)
{
	struct hv_profile p = s->profile;
	struct conform_case *copy = cli_alloc(c->size);
	struct conform_want *w;
	bool agrees;

	if (hv_knob_set(&p, turns[turn].knob, turns[turn].value) != 0)
		cli_fail(CLI_UNFINISHED, "a knob has lost its value");
	w = conform_host(&p, s->other, s->ram);
	memcpy(copy, c, c->size);
	conform_ask(w, copy);
	agrees = !conform_differs(copy, a);
	conform_host_free(w);
	free(copy);
	return agrees;
}

const char *
conform_explain(const struct conform_set *s, unsigned n,
                const struct conform_case *c, const struct conform_answer *a)
{
	const bool call = c->kind == CONFORM_CALL;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strcmp(rules[i].name, s->name[n]) == 0)
			return rules[i].why;
	for (unsigned i = 0; i < sizeof(turns) / sizeof(turns[0]); i++)
		if ((turns[i].cpuid ? c->kind == CONFORM_CPUID : call) &&
		    agrees_turned(s, c, a, i))
			return turns[i].why;
	return NULL;
}
