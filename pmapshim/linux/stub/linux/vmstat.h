/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: events are not counted. */
#ifndef SHIM_STUB_LINUX_VMSTAT_H
#define SHIM_STUB_LINUX_VMSTAT_H

#define count_vm_tlb_event(event) do { } while (0)
#define count_vm_tlb_events(event, n) ((void)(n))
#define inc_irq_stat(member) do { } while (0)
#define trace_tlb_flush(reason, pages) ((void)(pages))

#endif
