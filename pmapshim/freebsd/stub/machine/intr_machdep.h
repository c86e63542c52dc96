/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of machine/intr_machdep.h comes with shim.h. */
