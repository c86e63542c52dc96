/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: registers of the hypervisor. */
#ifndef _HYPERV_REG_H_
#define _HYPERV_REG_H_

#define	MSR_HV_VP_INDEX	0x40000002

#endif
