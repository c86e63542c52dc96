/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of x86/apicvar.h comes with shim.h. */
