/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * partition: a partition's life, CPUID and synthetic MSRs.
 *
 * Only what flush hypercalls need exists; every other MSR raises #GP, every
 * other leaf reads as zero.  The hypercall page counts as enabled only while
 * the guest OS identity is not zero.
 */
#include "hvsim/internal.h"

#include <string.h>

void
hv_partition_init(struct hv_partition *p, const struct hv_profile *profile,
                  const struct hv_env *env, unsigned vps,
                  const uint32_t *vp_index)
{
	memset(p, 0, offsetof(struct hv_partition, scratch));
	p->profile = *profile;
	p->env = *env;
	p->vps = vps < HV_MAX_VPS ? vps : HV_MAX_VPS;
	for (unsigned i = 0; i < p->vps; i++)
		p->vp_index[i] = vp_index != NULL ? vp_index[i] : i;
}

/* ---- CPUID (TLFS Hypervisor CPUID Leaves) ---- */

/* "Maximum supported VPs": big enough for every VP index in whole banks. */
static uint32_t
max_vps(const struct hv_partition *p)
{
	uint32_t max = 0;

	for (unsigned i = 0; i < p->vps; i++) {
		if (p->vp_index[i] > max)
			max = p->vp_index[i];
	}
	return (max / 64 + 1) * 64;
}

static uint32_t
recommendations(const struct hv_profile *profile)
{
	uint32_t eax = 0;

	if (profile->knob[HV_KNOB_REC_FLUSH] != 0)
		eax |= HVA_REC_REMOTE_FLUSH;
	if (profile->knob[HV_KNOB_REC_EX] != 0)
		eax |= HVA_REC_EX_PROCESSOR_MASKS;
	return eax;
}

void
hv_cpuid(const struct hv_partition *p, uint32_t leaf, uint32_t out[4])
{
	memset(out, 0, 4 * sizeof(out[0]));
	switch (leaf) {
	case HVA_CPUID_VENDOR:
		out[0] = HVA_CPUID_LIMITS;
		memcpy(&out[1], "Microsoft Hv", 12);
		break;
	case HVA_CPUID_INTERFACE:
		out[0] = HVA_INTERFACE_HV1;
		break;
	case HVA_CPUID_VERSION:
		out[1] = 10u << 16;     /* 10.0; for information only */
		break;
	case HVA_CPUID_FEATURES:
		out[0] = HVA_ACCESS_HYPERCALL_MSRS | HVA_ACCESS_VP_INDEX;
		out[3] = HVA_FEATURE_MSR_LOCK;
		if (p->profile.knob[HV_KNOB_EXT_RANGES] != 0)
			out[3] |= HVA_FEATURE_EXT_RANGES;
		break;
	case HVA_CPUID_RECOMMENDATIONS:
		out[0] = recommendations(&p->profile);
		out[1] = 0xffffffff;    /* never notify about long spins */
		break;
	case HVA_CPUID_LIMITS:
		out[0] = max_vps(p);
		out[1] = max_vps(p);
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
	p->guest_os_id = value;
	if (value == 0 && (p->hypercall_msr & HVA_HYPERCALL_LOCKED) == 0)
		p->hypercall_msr &= ~HVA_HYPERCALL_ENABLE;
}

/* TLFS Establishing the Hypercall Interface. */
static int
set_hypercall(struct hv_partition *p, uint64_t value)
{
	/* "immutable ... only a system reset can clear the bit" */
	if ((p->hypercall_msr & HVA_HYPERCALL_LOCKED) != 0)
		return value == p->hypercall_msr ? 0 : -1;
	/* "beyond the bounds of the GPA space, a #GP fault will result" */
	if (value >> HVA_ADDRESS_BITS != 0)
		return -1;
	/* "the enable bit will remain zero even if a one is written to it" */
	if (p->guest_os_id == 0)
		value &= ~HVA_HYPERCALL_ENABLE;
	p->hypercall_msr = value;
	if ((value & HVA_HYPERCALL_ENABLE) != 0)
		p->was_enabled = true;
	return 0;
}

int
hv_rdmsr(struct hv_partition *p, unsigned vp, uint32_t msr, uint64_t *ret)
{
	if (vp >= p->vps)
		return -1;
	switch (msr) {
	case HVA_MSR_GUEST_OS_ID:
		*ret = p->guest_os_id;
		return 0;
	case HVA_MSR_HYPERCALL:
		*ret = p->hypercall_msr;
		return 0;
	case HVA_MSR_VP_INDEX:
		*ret = p->vp_index[vp];
		return 0;
	case HVA_MSR_VP_ASSIST_PAGE:
		*ret = p->vp_assist[vp];
		return 0;
	default:
		return -1;
	}
}

int
hv_wrmsr(struct hv_partition *p, unsigned vp, uint32_t msr, uint64_t value)
{
	if (vp >= p->vps)
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
		p->vp_assist[vp] = value;
		return 0;
	default:                /* HV_X64_MSR_VP_INDEX is read-only */
		return -1;
	}
}
