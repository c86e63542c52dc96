/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of machine/_pmap.h comes with shim.h. */
