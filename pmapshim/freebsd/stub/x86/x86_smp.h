/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of x86/x86_smp.h comes with shim.h. */
