/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of dev/pci/pcib_private.h comes with shim.h. */
