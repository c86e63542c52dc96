/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of machine/vmparam.h comes with shim.h. */
