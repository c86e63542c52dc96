/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: there is one memory node. */
#ifndef SHIM_STUB_ACPI_ACPI_NUMA_H
#define SHIM_STUB_ACPI_ACPI_NUMA_H

#define NUMA_NO_NODE (-1)
#define node_to_pxm(node) 0

#endif
