/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of machine/md_var.h comes with shim.h. */
