/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: what drivers of the hypervisor share. */
#ifndef _HYPERV_H_
#define _HYPERV_H_

extern u_int hyperv_features;

#endif
