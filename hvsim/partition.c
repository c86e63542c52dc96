/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * partition: a partition's life, CPUID and synthetic MSRs.
 *
 * Only what the hypercalls here need exists; every other MSR raises #GP, every
 * other leaf reads as zero.  A bit is set if and only if what it announces
 * works.  The hypercall page counts as enabled only while the guest OS identity
 * is not zero.
 */
#include "hvsim/internal.h"

#include <string.h>

void
hv_partition_init(struct hv_partition *p, const struct hv_profile *profile,
                  const struct hv_env *env, unsigned vps,
                  const uint32_t *vp_index)
{
	memset(p, 0, sizeof(*p));
	p->profile = *profile;
	p->env = *env;
	p->vps = vps < HV_MAX_VPS ? vps : HV_MAX_VPS;
	p->scratch = (void *)(p + 1);
	p->vp = (void *)(p->scratch + p->vps);
	p->saved_vp = p->vp + p->vps;
	p->changed = (void *)(p->saved_vp + p->vps);
	p->vp_index = (void *)(p->changed + (p->vps + 63) / 64);
	memset(p->vp, 0, p->vps * sizeof(p->vp[0]));
	for (unsigned i = 0; i < p->vps; i++)
		p->vp_index[i] = vp_index != NULL ? vp_index[i] : i;
	hv_partition_save(p);
}

void
hv_partition_save(struct hv_partition *p)
{
	p->saved = p->now;
	memcpy(p->saved_vp, p->vp, p->vps * sizeof(p->vp[0]));
	memset(p->changed, 0, (p->vps + 63) / 64 * sizeof(p->changed[0]));
}

void
hv_partition_restore(struct hv_partition *p)
{
	p->now = p->saved;
	for (unsigned w = 0; w < (p->vps + 63) / 64; w++) {
		for (; p->changed[w] != 0; p->changed[w] &= p->changed[w] - 1) {
			unsigned i = w * 64 +
			    (unsigned)__builtin_ctzll(p->changed[w]);

			p->vp[i] = p->saved_vp[i];
		}
	}
}

/* ---- CPUID (TLFS Hypervisor CPUID Leaves) ---- */

static uint32_t
knob(const struct hv_partition *p, enum hv_knob k)
{
	return p->profile.knob[k];
}

/* "Maximum supported VPs": big enough for every VP index in whole banks. */
static uint32_t
max_vps(const struct hv_partition *p)
{
	uint32_t max = 0;

	if (knob(p, HV_KNOB_MAX_VPS) != 0)
		return knob(p, HV_KNOB_MAX_VPS);
	for (unsigned i = 0; i < p->vps; i++) {
		if (p->vp_index[i] > max)
			max = p->vp_index[i];
	}
	return (max / 64 + 1) * 64;
}

static void
features(const struct hv_partition *p, uint32_t out[4])
{
	if (knob(p, HV_KNOB_MSRS) != 1)
		out[0] |= HVA_ACCESS_HYPERCALL_MSRS;
	if (knob(p, HV_KNOB_MSRS) != 2)
		out[0] |= HVA_ACCESS_VP_INDEX;
	out[3] = HVA_FEATURE_MSR_LOCK;
	if (knob(p, HV_KNOB_EXT_RANGES) != 0)
		out[3] |= HVA_FEATURE_EXT_RANGES;
	if (knob(p, HV_KNOB_XMM) == 1)
		out[3] |= HVA_FEATURE_XMM_INPUT;
}

static uint32_t
recommendations(const struct hv_partition *p)
{
	uint32_t eax = 0;

	if (knob(p, HV_KNOB_REC_FLUSH) != 0)
		eax |= HVA_REC_REMOTE_FLUSH;
	if (knob(p, HV_KNOB_REC_IPI) != 0)
		eax |= HVA_REC_CLUSTER_IPI;
	if (knob(p, HV_KNOB_REC_EX) != 0)
		eax |= HVA_REC_EX_PROCESSOR_MASKS;
	return eax;
}

void
hv_cpuid(const struct hv_partition *p, uint32_t leaf, uint32_t out[4])
{
	bool nested = knob(p, HV_KNOB_NESTED) == 1;

	memset(out, 0, 4 * sizeof(out[0]));
	switch (leaf) {
	case HVA_CPUID_VENDOR:
		out[0] = nested ? HVA_CPUID_NESTED : HVA_CPUID_LIMITS;
		memcpy(&out[1], "Microsoft Hv", 12);
		break;
	case HVA_CPUID_INTERFACE:
		out[0] = HVA_INTERFACE_HV1;
		break;
	case HVA_CPUID_VERSION:
		out[1] = 10u << 16;     /* 10.0; for information only */
		break;
	case HVA_CPUID_FEATURES:
		features(p, out);
		break;
	case HVA_CPUID_RECOMMENDATIONS:
		out[0] = recommendations(p);
		out[1] = 0xffffffff;    /* never notify about long spins */
		break;
	case HVA_CPUID_LIMITS:
		out[0] = max_vps(p);
		out[1] = max_vps(p);
		break;
	case HVA_CPUID_NESTED:
		if (nested)
			out[0] = HVA_NESTED_FLUSH_GPA;
		break;
	default:
		break;
	}
}

/* ---- synthetic MSRs ---- */

/*
 * TLFS Reporting the Guest OS Identity: zeroing the identity disables the
 * hypercall page.  A locked register keeps its bits; the page is off anyway.
 */
static void
set_guest_os_id(struct hv_partition *p, uint64_t value)
{
	p->now.guest_os_id = value;
	if (value == 0 && (p->now.hypercall_msr & HVA_HYPERCALL_LOCKED) == 0)
		p->now.hypercall_msr &= ~HVA_HYPERCALL_ENABLE;
}

/* TLFS Establishing the Hypercall Interface. */
static int
set_hypercall(struct hv_partition *p, uint64_t value)
{
	/* "immutable ... only a system reset can clear the bit" */
	if ((p->now.hypercall_msr & HVA_HYPERCALL_LOCKED) != 0)
		return value == p->now.hypercall_msr ? 0 : -1;
	/* "beyond the bounds of the GPA space, a #GP fault will result" */
	if (value >> HVA_ADDRESS_BITS != 0)
		return -1;
	/* "the enable bit will remain zero even if a one is written to it" */
	if (p->now.guest_os_id == 0)
		value &= ~HVA_HYPERCALL_ENABLE;
	p->now.hypercall_msr = value;
	if ((value & HVA_HYPERCALL_ENABLE) != 0)
		p->now.was_enabled = true;
	return 0;
}

/* TLFS Partition Privileges: an MSR that the partition must not touch: #GP. */
static bool
may_access(const struct hv_partition *p, uint32_t msr)
{
	switch (msr) {
	case HVA_MSR_GUEST_OS_ID:
	case HVA_MSR_HYPERCALL:
		return knob(p, HV_KNOB_MSRS) != 1;
	case HVA_MSR_VP_INDEX:
		return knob(p, HV_KNOB_MSRS) != 2;
	case HVA_MSR_NESTED_VP_INDEX:
		return knob(p, HV_KNOB_NESTED) == 1;
	default:
		return true;
	}
}

int
hv_rdmsr(struct hv_partition *p, unsigned vp, uint32_t msr, uint64_t *ret)
{
	if (vp >= p->vps || !may_access(p, msr))
		return -1;
	switch (msr) {
	case HVA_MSR_GUEST_OS_ID:
		*ret = p->now.guest_os_id;
		return 0;
	case HVA_MSR_HYPERCALL:
		*ret = p->now.hypercall_msr;
		return 0;
	case HVA_MSR_VP_INDEX:
	case HVA_MSR_NESTED_VP_INDEX:
		*ret = p->vp_index[vp];
		return 0;
	case HVA_MSR_VP_ASSIST_PAGE:
		*ret = p->vp[vp].assist;
		return 0;
	default:
		return -1;
	}
}

int
hv_wrmsr(struct hv_partition *p, unsigned vp, uint32_t msr, uint64_t value)
{
	if (vp >= p->vps || !may_access(p, msr))
		return -1;
	switch (msr) {
	case HVA_MSR_GUEST_OS_ID:
		set_guest_os_id(p, value);
		return 0;
	case HVA_MSR_HYPERCALL:
		return set_hypercall(p, value);
	case HVA_MSR_VP_ASSIST_PAGE:
		if (value >> HVA_ADDRESS_BITS != 0)
			return -1;
		p->now.assists += (uint32_t)(value & 1) -
		    (uint32_t)(p->vp[vp].assist & 1);
		hv_vp_changes(p, vp)->assist = value;
		return 0;
	default:                /* VP indexes are read-only */
		return -1;
	}
}
