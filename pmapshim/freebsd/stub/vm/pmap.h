/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of vm/pmap.h comes with shim.h. */
