/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile: host profiles and their knobs.
 *
 * A profile is `tlfs` plus what is known to differ, each value with the source
 * that says so.  `tlfs` promises the least that the text promises and checks
 * everything that the text lets a host check.  Nothing here acts; the decoder
 * and the running host read the values.
 */
#include "hvsim/hvsim.h"

#include <string.h>

struct word {
	const char *name;       /* NULL ends the list */
	uint32_t value;
};

#define WORDS 4

struct knob_info {
	const char *name;
	uint32_t max;           /* numbers up to here are values too; 0: none */
	struct word word[WORDS];
	const char *help;
};

#define NO_YES { { "no", 0 }, { "yes", 1 } }
#define EMPTY { { "error", 0 }, { "all", 1 }, { "none", 2 } }

static const struct knob_info knobs[HV_KNOB_COUNT] = {
	[HV_KNOB_AS] = { "as", 0,
		{ { "ignore", 0 }, { "root", 1 }, { "strict", 2 } },
		"what AddressSpace selects: nothing, entries filled under that "
		"root, under that CR3 with its PCID "
		"(TLFS HvCallFlushVirtualAddressSpace)" },
	[HV_KNOB_GLOBALS] = { "globals", 0,
		{ { "keep", 0 }, { "drop", 1 }, { "random", 2 } },
		"global entries under NON_GLOBAL_MAPPINGS_ONLY "
		"(TLFS HV_FLUSH_FLAGS: need not be flushed)" },
	[HV_KNOB_LIST_NON_GLOBAL] = { "list_non_global", 0,
		{ { "accept", 0 }, { "reject", 1 } },
		"NON_GLOBAL_MAPPINGS_ONLY on a list call "
		"(TLFS HvCallFlushVirtualAddressList: invalid option)" },
	[HV_KNOB_EMPTY_SET] = { "empty_set", 0, EMPTY,
		"ProcessorMask 0 without ALL_PROCESSORS (TLFS 6.0b p. 84)" },
	[HV_KNOB_EMPTY_SET_EX] = { "empty_set_ex", 0, EMPTY,
		"empty VP set without ALL_PROCESSORS (TLFS 6.0b p. 84)" },
	[HV_KNOB_SET_ALL] = { "set_all", 0,
		{ { "accept", 0 }, { "reject", 1 }, { "counted", 2 } },
		"VP set format 1; counted: its banks must be right too "
		"(TLFS HV_VP_SET)" },
	[HV_KNOB_VARHEAD] = { "varhead", 0,
		{ { "ignore", 0 }, { "3", 3 }, { "5", 5 } },
		"status of a wrong variable header size "
		"(TLFS Variable Sized Hypercall Input Headers)" },
	[HV_KNOB_STRADDLE] = { "straddle", 0,
		{ { "ignore", 0 }, { "3", 3 }, { "4", 4 } },
		"status of input that crosses a page "
		"(TLFS Alignment Requirements)" },
	[HV_KNOB_BAD_GPA] = { "bad_gpa", 0x78, { { "intercept", 0 } },
		"unmapped input: a memory intercept, or a status "
		"(TLFS Alignment Requirements)" },
	[HV_KNOB_REP] = { "rep", 0xfff, { { "whole", 0 }, { "stall", HV_ANY } },
		"lists return SUCCESS after so many elements, the rest is left "
		"to the caller; stall: after none, a fault of the host "
		"(TLFS Hypercall Classes)" },
	[HV_KNOB_LATE_TARGET] = { "late_target", 0,
		{ { "atomic", 0 }, { "element", 1 }, { "list", 2 },
		  { "any", 3 } },
		"targets are flushed at once, each at its own point element by "
		"element, each with its whole list, or target and element in "
		"any order (TLFS Hypercall Atomicity and Ordering)" },
	[HV_KNOB_FAIL_CALL] = { "fail_call", UINT32_MAX,
		{ { "never", 0 }, { "always", UINT32_MAX } },
		"the n-th flush call fails (TLFS Hypercall Status Codes)" },
	[HV_KNOB_FAIL_STATUS] = { "fail_status", 0xffff, { { NULL, 0 } },
		"status of fail_call (TLFS Hypercall Status Codes)" },
	[HV_KNOB_REC_FLUSH] = { "rec_flush", 0, NO_YES,
		"remote flush recommended (TLFS CPUID 0x40000004.EAX[2])" },
	[HV_KNOB_REC_EX] = { "rec_ex", 0, NO_YES,
		"Ex processor masks recommended (TLFS CPUID 0x40000004.EAX[11])" },
	[HV_KNOB_CONTINUE] = { "continue", 0xfff,
		{ { "never", 0 }, { "any", HV_ANY } },
		"lists are re-executed after so many elements, interrupts are "
		"taken, input is read again (TLFS Hypercall Continuation)" },
	[HV_KNOB_FAIL_REPS] = { "fail_reps", 0xfff, { { "none", 0 } },
		"elements that a call failed by fail_call does first "
		"(TLFS Hypercall Classes)" },
	[HV_KNOB_ALIGN] = { "align", 0,
		{ { "ignore", 0 }, { "3", 3 }, { "4", 4 } },
		"status of input that is not 8-byte aligned "
		"(TLFS Alignment Requirements)" },
	[HV_KNOB_REP_START] = { "rep_start", 0,
		{ { "accept", 0 }, { "reject", 1 } },
		"calls that start in the middle of their list "
		"(TLFS Hypercall Classes)" },
	[HV_KNOB_SET_FORMAT] = { "set_format", 0,
		{ { "error", 0 }, { "all", 1 } },
		"VP set formats above 1 (TLFS HV_VP_SET)" },
	[HV_KNOB_ALL_EX] = { "all_ex", 0, { { "honour", 0 }, { "ignore", 1 } },
		"ALL_PROCESSORS on Ex calls (TLFS HV_FLUSH_FLAGS)" },
	[HV_KNOB_RESERVED_FLAGS] = { "reserved_flags", 0,
		{ { "error", 0 }, { "ignore", 1 } },
		"reserved flush flags (TLFS 6.0b p. 84)" },
	[HV_KNOB_CONTROL] = { "control", 0,
		{ { "check", 0 }, { "no_nested", 1 }, { "ignore", 2 } },
		"reserved bits of the input value; no_nested: bit 31 counts as "
		"one (TLFS Hypercall Inputs)" },
	[HV_KNOB_FULL_LIST] = { "full_list", 0xfff, { { "never", 0 } },
		"lists of so many elements or more flush everything "
		"(TLFS: flushing more is always permitted)" },
	[HV_KNOB_EXT_RANGES] = { "ext_ranges", 0,
		{ { "off", 0 }, { "on", 1 }, { "misread", 2 } },
		"extended GVA ranges; misread: offered, but read as normal ones "
		"(TLFS CPUID 0x40000003.EDX[14])" },
	[HV_KNOB_ENFORCE] = { "enforce", 0, NO_YES,
		"calls that are not recommended are denied "
		"(TLFS CPUID 0x40000004)" },
	[HV_KNOB_XMM] = { "xmm", 0, { { "ud", 0 }, { "on", 1 }, { "5", 5 } },
		"input in XMM registers: #UD, offered, or refused with a status "
		"(TLFS XMM Fast Hypercall Input, CPUID 0x40000003.EDX[4])" },
	[HV_KNOB_REC_IPI] = { "rec_ipi", 0, NO_YES,
		"cluster IPI recommended (TLFS CPUID 0x40000004.EAX[10])" },
	[HV_KNOB_IPI_VECTOR] = { "ipi_vector", 0, { { "3", 3 }, { "5", 5 } },
		"status of a vector outside 0x10 to 0xff "
		"(TLFS HvCallSendSyntheticClusterIpi)" },
	[HV_KNOB_IPI_EMPTY] = { "ipi_empty", 0,
		{ { "none", 0 }, { "error", 1 }, { "first", 2 } },
		"an IPI to an empty set; first: SUCCESS before the vector is "
		"looked at (TLFS HvCallSendSyntheticClusterIpi)" },
	[HV_KNOB_IPI_FORMAT] = { "ipi_format", 0,
		{ { "error", 0 }, { "sparse", 1 } },
		"VP set formats above 1 in an IPI (TLFS HV_VP_SET)" },
	[HV_KNOB_VTL] = { "vtl", 0,
		{ { "check", 0 }, { "fast", 1 }, { "ignore", 2 },
		  { "zero", 3 } },
		"target VTL of an IPI; fast: must be 0 in the fast form, not "
		"looked at otherwise; zero: 0, and so must the padding be "
		"(TLFS HV_INPUT_VTL)" },
	[HV_KNOB_NESTED] = { "nested", 0,
		{ { "no", 0 }, { "yes", 1 }, { "unknown", 2 } },
		"guest-physical flushes: status 0x15, they work, or no such call "
		"(TLFS HvCallFlushGuestPhysicalAddressSpace)" },
	[HV_KNOB_GLOBAL_AS] = { "global_as", 0, { { "any", 0 }, { "match", 1 } },
		"which globals go when a flush names a space: any, or those "
		"filled under it (TLFS HvCallFlushVirtualAddressSpace)" },
	[HV_KNOB_OVERFLUSH] = { "overflush", 0,
		{ { "no", 0 }, { "yes", 1 }, { "random", 2 } },
		"elements of a list that flush everything "
		"(TLFS: flushing more is always permitted)" },
	[HV_KNOB_TLB_LOCK] = { "tlb_lock", 0xfff, { { "off", 0 } },
		"how often a locked TLB may suspend a call, which is then made "
		"again (TLFS 6.0b 9.1 Restrictions on TLB Flushes)" },
	[HV_KNOB_MAX_VPS] = { "max_vps", 0x100000,
		{ { "fitting", 0 }, { "unlimited", HV_ANY } },
		"the number of VPs reported (TLFS CPUID 0x40000005.EAX)" },
	[HV_KNOB_MSRS] = { "msrs", 0,
		{ { "all", 0 }, { "no_hypercall", 1 }, { "no_vp_index", 2 } },
		"partition privileges for MSRs (TLFS CPUID 0x40000003.EAX)" },
};

struct setting {
	bool given;
	uint32_t value;
	const char *source;
};

struct profile_info {
	const char *name;
	struct setting set[HV_KNOB_COUNT];
};

#define OFF_UNLESS_ASKED "off unless asked for"
#define KVM "KVM arch/x86/kvm/hyperv.c (6.12): "
#define OPENVMM "OpenVMM vm/hv1/hv1_hypercall: "
#define XEN "Xen xen/arch/x86/hvm/viridian: "

/* The first one is the base of the others. */
static const struct profile_info profiles[] = {
	{ "tlfs", {
	[HV_KNOB_AS] = { true, 1, "HvCallFlushVirtualAddressSpace: the given "
		"space, under whatever PCID; others may keep theirs" },
	[HV_KNOB_GLOBALS] = { true, 0, "HV_FLUSH_FLAGS: globals may be left "
		"under NON_GLOBAL_MAPPINGS_ONLY" },
	[HV_KNOB_LIST_NON_GLOBAL] = { true, 0, "invalid on paper, but every "
		"known host accepts it" },
	[HV_KNOB_EMPTY_SET] = { true, 0, "6.0b p. 84: INVALID_PARAMETER" },
	[HV_KNOB_EMPTY_SET_EX] = { true, 0, "6.0b p. 84: INVALID_PARAMETER" },
	[HV_KNOB_SET_ALL] = { true, 0, "HV_VP_SET: format 1 is defined" },
	[HV_KNOB_VARHEAD] = { true, 3, "Variable Sized Hypercall Input "
		"Headers: INVALID_HYPERCALL_INPUT" },
	[HV_KNOB_STRADDLE] = { true, 4, "Common Hypercall Status Codes: "
		"INVALID_ALIGNMENT" },
	[HV_KNOB_BAD_GPA] = { true, 0, "Alignment Requirements: memory "
		"intercept message" },
	[HV_KNOB_REP] = { true, 0, OFF_UNLESS_ASKED },
	[HV_KNOB_LATE_TARGET] = { true, 3, "Hypercall Atomicity and Ordering: "
		"only that the effects are complete at the return is promised" },
	[HV_KNOB_FAIL_CALL] = { true, 0, OFF_UNLESS_ASKED },
	[HV_KNOB_FAIL_STATUS] = { true, 6, "ACCESS_DENIED: what KVM gives to a "
		"well-formed flush that it does not recommend" },
	[HV_KNOB_REC_FLUSH] = { true, 1, "CPUID 0x40000004.EAX[2]" },
	[HV_KNOB_REC_EX] = { true, 1, "CPUID 0x40000004.EAX[11]" },
	[HV_KNOB_CONTINUE] = { true, HV_ANY, "Hypercall Continuation: a host may "
		"go back to the guest after any element" },
	[HV_KNOB_FAIL_REPS] = { true, 0, OFF_UNLESS_ASKED },
	[HV_KNOB_ALIGN] = { true, 4, "Common Hypercall Status Codes: "
		"INVALID_ALIGNMENT" },
	[HV_KNOB_REP_START] = { true, 0, "Hypercall Classes: resumes at the rep "
		"start index" },
	[HV_KNOB_SET_FORMAT] = { true, 0, "6.0b p. 84: a parameter is invalid" },
	[HV_KNOB_ALL_EX] = { true, 0, "HV_FLUSH_FLAGS: ALL_PROCESSORS" },
	[HV_KNOB_RESERVED_FLAGS] = { true, 0, "6.0b p. 84: INVALID_PARAMETER" },
	[HV_KNOB_CONTROL] = { true, 0, "Hypercall Inputs: RsvdZ" },
	[HV_KNOB_FULL_LIST] = { true, 0, "flushes no more than asked" },
	[HV_KNOB_EXT_RANGES] = { true, 1, "CPUID 0x40000003.EDX[14]" },
	[HV_KNOB_ENFORCE] = { true, 0, "CPUID 0x40000004 recommends, no more" },
	[HV_KNOB_XMM] = { true, 0, "XMM Fast Hypercall Input: optional, #UD "
		"without it" },
	[HV_KNOB_REC_IPI] = { true, 1, "CPUID 0x40000004.EAX[10]" },
	[HV_KNOB_IPI_VECTOR] = { true, 5, "HvCallSendSyntheticClusterIpi: a "
		"parameter is invalid" },
	[HV_KNOB_IPI_EMPTY] = { true, 0, "HvCallSendSyntheticClusterIpi: no "
		"status is named" },
	[HV_KNOB_IPI_FORMAT] = { true, 0, "HV_VP_SET: formats 0 and 1" },
	[HV_KNOB_VTL] = { true, 0, "HV_INPUT_VTL: there is only VTL 0" },
	[HV_KNOB_NESTED] = { true, 0, "HvCallFlushGuestPhysicalAddressSpace: "
		"INVALID_VP_STATE for a partition without nested guests" },
	[HV_KNOB_GLOBAL_AS] = { true, 0, "HV_FLUSH_FLAGS: without NON_GLOBAL_"
		"MAPPINGS_ONLY globals go; they belong to every space" },
	[HV_KNOB_OVERFLUSH] = { true, 0, "flushes no more than asked" },
	[HV_KNOB_TLB_LOCK] = { true, 0, OFF_UNLESS_ASKED },
	[HV_KNOB_MAX_VPS] = { true, 0, "CPUID 0x40000005.EAX: room for every VP "
		"index" },
	[HV_KNOB_MSRS] = { true, 0, "CPUID 0x40000003.EAX[5], [6]" },
	} },
	{ "kvm", {
	[HV_KNOB_AS] = { true, 0, KVM "AddressSpace is not looked at" },
	[HV_KNOB_GLOBALS] = { true, 1, KVM "NON_GLOBAL is not looked at" },
	[HV_KNOB_LIST_NON_GLOBAL] = { true, 0, KVM "not looked at" },
	[HV_KNOB_EMPTY_SET] = { true, 1, KVM "mask 0 is all (for WS2012)" },
	[HV_KNOB_EMPTY_SET_EX] = { true, 2, KVM "no banks: SUCCESS, nothing" },
	[HV_KNOB_SET_ALL] = { true, 2, KVM "var_cnt is compared first" },
	[HV_KNOB_VARHEAD] = { true, 3, KVM "INVALID_HYPERCALL_INPUT" },
	[HV_KNOB_STRADDLE] = { true, 0, KVM "never checked" },
	[HV_KNOB_BAD_GPA] = { true, 3, KVM "INVALID_HYPERCALL_INPUT" },
	[HV_KNOB_LATE_TARGET] = { true, 2, KVM "a queue per vCPU, emptied "
		"before it runs the guest again" },
	[HV_KNOB_CONTINUE] = { true, 0, KVM "a call is executed once" },
	[HV_KNOB_ALIGN] = { true, 0, KVM "never checked" },
	[HV_KNOB_REP_START] = { true, 1, KVM "rep_idx must be 0" },
	[HV_KNOB_SET_FORMAT] = { true, 1, KVM "whatever is not sparse is all" },
	[HV_KNOB_ALL_EX] = { true, 1, KVM "flags are not read on Ex calls" },
	[HV_KNOB_RESERVED_FLAGS] = { true, 1, KVM "not looked at" },
	[HV_KNOB_CONTROL] = { true, 1, "KVM, HV_HYPERCALL_RSVD0_MASK is "
		"GENMASK(31, 27): bit 31 too" },
	[HV_KNOB_FULL_LIST] = { true, 16, KVM "15 entries fit into the queue" },
	[HV_KNOB_EXT_RANGES] = { true, 2, KVM "EDX[14] is set, flag 3 is never "
		"read" },
	[HV_KNOB_XMM] = { true, 1, KVM "EDX[4] is set" },
	[HV_KNOB_IPI_VECTOR] = { true, 3, KVM "INVALID_HYPERCALL_INPUT" },
	[HV_KNOB_IPI_EMPTY] = { true, 2, KVM "no banks: SUCCESS, nothing" },
	[HV_KNOB_IPI_FORMAT] = { true, 1, KVM "whatever is not all is sparse" },
	[HV_KNOB_VTL] = { true, 1, KVM "reserved bytes are looked at in the "
		"fast form of 0x000b only" },
	[HV_KNOB_NESTED] = { true, 2, KVM "INVALID_HYPERCALL_CODE" },
	} },
	{ "hyperv", {
	[HV_KNOB_AS] = { true, 1, "Linux 617ab45c9a89: flushes all PCIDs of the "
		"space" },
	[HV_KNOB_LIST_NON_GLOBAL] = { true, 0, "observed: the Windows root "
		"sends it with flags 0xf" },
	[HV_KNOB_EXT_RANGES] = { true, 1, "observed: the Windows root sends "
		"flags 0xf" },
	[HV_KNOB_XMM] = { true, 1, "observed: the Windows root sends lists in "
		"the fast form" },
	} },
	{ "openvmm", {
	[HV_KNOB_AS] = { true, 0, OPENVMM "the address space is not passed on" },
	[HV_KNOB_LIST_NON_GLOBAL] = { true, 0, OPENVMM "accepted" },
	[HV_KNOB_EMPTY_SET] = { true, 0, OPENVMM "INVALID_PARAMETER" },
	[HV_KNOB_EMPTY_SET_EX] = { true, 0, OPENVMM "INVALID_PARAMETER" },
	[HV_KNOB_SET_ALL] = { true, 1, OPENVMM "format 1 is refused" },
	[HV_KNOB_VARHEAD] = { true, 5, OPENVMM "INVALID_PARAMETER" },
	[HV_KNOB_STRADDLE] = { true, 3, OPENVMM "INVALID_HYPERCALL_INPUT" },
	[HV_KNOB_CONTINUE] = { true, HV_ANY, OPENVMM "a call that takes too "
		"long is retried from its rep start" },
	[HV_KNOB_ALIGN] = { true, 4, OPENVMM "INVALID_ALIGNMENT" },
	[HV_KNOB_SET_FORMAT] = { true, 0, OPENVMM "INVALID_PARAMETER" },
	[HV_KNOB_CONTROL] = { true, 2, OPENVMM "reserved bits not validated" },
	[HV_KNOB_EXT_RANGES] = { true, 1, OPENVMM "flag 3 valid on lists" },
	[HV_KNOB_XMM] = { true, 1, OPENVMM "extended fast calls on x64" },
	} },
	{ "xen", {
	[HV_KNOB_AS] = { true, 0, XEN "the whole TLB is flushed" },
	[HV_KNOB_GLOBALS] = { true, 1, XEN "the whole TLB is flushed" },
	[HV_KNOB_LIST_NON_GLOBAL] = { true, 0, XEN "not looked at" },
	[HV_KNOB_EMPTY_SET] = { true, 2, XEN "nothing to do" },
	[HV_KNOB_EMPTY_SET_EX] = { true, 2, XEN "nothing to do" },
	[HV_KNOB_VARHEAD] = { true, 0, XEN "the field is not parsed" },
	[HV_KNOB_RESERVED_FLAGS] = { true, 1, XEN "only ALL_PROCESSORS is read" },
	[HV_KNOB_CONTINUE] = { true, 0, XEN "a list is done at once" },
	[HV_KNOB_FULL_LIST] = { true, 1, XEN "a list is a full flush" },
	[HV_KNOB_EXT_RANGES] = { true, 0, XEN "not offered" },
	[HV_KNOB_XMM] = { true, 5, XEN "the fast form of a flush is refused" },
	[HV_KNOB_VTL] = { true, 3, XEN "target_vtl and reserved_zero" },
	} },
};

#define PROFILE_COUNT (sizeof(profiles) / sizeof(profiles[0]))

/* The profile's own setting, or what it takes over from `tlfs`. */
static const struct setting *
setting_of(unsigned profile, enum hv_knob knob)
{
	const struct setting *s = &profiles[profile].set[knob];

	return s->given ? s : &profiles[0].set[knob];
}

static int
profile_index(const char *name)
{
	for (unsigned i = 0; i < PROFILE_COUNT; i++) {
		if (strcmp(profiles[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

int
hv_profile_find(const char *name, struct hv_profile *ret)
{
	int i = profile_index(name);

	if (i < 0)
		return -1;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->name, profiles[i].name, strlen(profiles[i].name) + 1);
	for (unsigned k = 0; k < HV_KNOB_COUNT; k++)
		ret->knob[k] = setting_of((unsigned)i, (enum hv_knob)k)->value;
	return 0;
}

/* One "knob=value" of a text, up to its comma; NULL: it is none. */
static const char *
take_setting(const char *text, struct hv_profile *p)
{
	const char *equals = strchr(text, '='), *end = strchr(text, ',');
	char name[32], value[32];
	size_t n, m;
	int knob;

	if (end == NULL)
		end = text + strlen(text);
	if (equals == NULL || equals > end)
		return NULL;
	n = (size_t)(equals - text);
	m = (size_t)(end - equals - 1);
	if (n >= sizeof(name) || m >= sizeof(value))
		return NULL;
	memcpy(name, text, n);
	name[n] = '\0';
	memcpy(value, equals + 1, m);
	value[m] = '\0';
	knob = hv_knob_find(name);
	return knob < 0 || hv_knob_set(p, (enum hv_knob)knob, value) != 0 ?
	    NULL : end;
}

int
hv_profile_parse(const char *text, struct hv_profile *ret)
{
	const char *end = strchr(text, ',');
	char name[16];
	size_t n = end != NULL ? (size_t)(end - text) : strlen(text);
	struct hv_profile p;

	if (n >= sizeof(name))
		return -1;
	memcpy(name, text, n);
	name[n] = '\0';
	if (hv_profile_find(name, &p) != 0)
		return -1;
	for (text += n; *text != '\0';) {
		text = take_setting(text + 1, &p);
		if (text == NULL)
			return -1;
	}
	*ret = p;
	return 0;
}

const char *
hv_profile_name(unsigned i)
{
	return i < PROFILE_COUNT ? profiles[i].name : NULL;
}

const char *
hv_knob_source(const char *profile, enum hv_knob knob)
{
	int i = profile_index(profile);

	if (i < 0 || (unsigned)knob >= HV_KNOB_COUNT)
		return NULL;
	return setting_of((unsigned)i, knob)->source;
}

const char *
hv_knob_name(enum hv_knob knob)
{
	return (unsigned)knob < HV_KNOB_COUNT ? knobs[knob].name : NULL;
}

const char *
hv_knob_help(enum hv_knob knob)
{
	return (unsigned)knob < HV_KNOB_COUNT ? knobs[knob].help : NULL;
}

int
hv_knob_find(const char *name)
{
	for (unsigned k = 0; k < HV_KNOB_COUNT; k++) {
		if (strcmp(knobs[k].name, name) == 0)
			return (int)k;
	}
	return -1;
}

/* Decimal, or hexadecimal with 0x; false: not a number up to max. */
static bool
parse_number(const char *text, uint32_t max, uint32_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	unsigned base = 10;
	uint64_t value = 0;

	if (text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
	}
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		const char *digit = strchr(digits, *text);

		if (digit == NULL || (unsigned)(digit - digits) >= base)
			return false;
		value = value * base + (unsigned)(digit - digits);
		if (value > max)
			return false;
	}
	*ret = (uint32_t)value;
	return true;
}

int
hv_knob_set(struct hv_profile *p, enum hv_knob knob, const char *value)
{
	const struct knob_info *info;
	uint32_t number;

	if ((unsigned)knob >= HV_KNOB_COUNT)
		return -1;
	info = &knobs[knob];
	for (unsigned i = 0; i < WORDS && info->word[i].name != NULL; i++) {
		if (strcmp(info->word[i].name, value) == 0) {
			p->knob[knob] = info->word[i].value;
			return 0;
		}
	}
	if (info->max == 0 || !parse_number(value, info->max, &number))
		return -1;
	/* A failing call that says SUCCESS would be a host without effects. */
	if (knob == HV_KNOB_FAIL_STATUS && number == 0)
		return -1;
	p->knob[knob] = number;
	return 0;
}

const char *
hv_knob_value(const struct hv_profile *p, enum hv_knob knob, char *buf,
              size_t size)
{
	char digits[10];
	size_t n = 0, len = 0;
	uint32_t value;

	if ((unsigned)knob >= HV_KNOB_COUNT || size == 0)
		return "";
	value = p->knob[knob];
	for (unsigned i = 0; i < WORDS && knobs[knob].word[i].name != NULL; i++) {
		if (knobs[knob].word[i].value == value)
			return knobs[knob].word[i].name;
	}
	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	while (n > 0 && len + 1 < size)
		buf[len++] = digits[--n];
	buf[len] = '\0';
	return buf;
}
