/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: the hypercall input value and result (TLFS chapter 3). */
#ifndef _HYPERV_COMMON_REG_H_
#define _HYPERV_COMMON_REG_H_

#define	HV_CALL_SPACE		0x0002
#define	HV_CALL_LIST		0x0003
#define	HV_CALL_SPACE_EX	0x0013
#define	HV_CALL_LIST_EX		0x0014

#define	HV_VARHEAD_SHIFT	17
#define	HV_COUNT_SHIFT		32
#define	HV_START_SHIFT		48
#define	HV_STATUS(r)		((r) & 0xffff)
#define	HV_DONE(r)		(((r) >> HV_COUNT_SHIFT) & 0xfff)

#endif
