/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of dev/pci/pcivar.h comes with shim.h. */
