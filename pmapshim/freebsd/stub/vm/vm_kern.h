/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of vm/vm_kern.h comes with shim.h. */
