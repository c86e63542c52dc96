/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faults.c: which operands of invalidating instructions fault.
 *
 * Each function says which rule is broken, with its section, and changes
 * nothing; the instructions themselves ask them first and then do nothing.
 */
#include "model/machine.h"

/*
 * SDM 2A, INVPCID: a type above 3; bits 63:12 of the descriptor; a PCID in
 * types 0 and 1 without CR4.PCIDE; in type 0 an address that is not canonical.
 */
const char *
machine_invpcid_fault(const struct machine *m, unsigned cpu, unsigned type,
                      uint64_t pcid, gva_t va)
{
	if (type > 3)
		return "#GP: INVPCID of a type above 3 (SDM 2, INVPCID)";
	if (pcid > CR3_PCID)
		return "#GP: INVPCID with a reserved bit (63:12) set in its "
		    "descriptor (SDM 2, INVPCID)";
	if (type < 2 && pcid != 0 && !(m->cpu[cpu].cr4 & CR4_PCIDE))
		return "#GP: INVPCID of a PCID that is not 0 while CR4.PCIDE "
		    "is 0 (SDM 2, INVPCID)";
	if (type == 0 && canonical(m, va) != va)
		return "#GP: INVPCID of an address that is not canonical "
		    "(SDM 2, INVPCID)";
	return NULL;
}

/* SDM 3A, 2.5 and 4.5: bits above MAXPHYADDR; bit 63 without CR4.PCIDE. */
const char *
machine_cr3_fault(const struct machine *m, unsigned cpu, uint64_t value)
{
	if ((value & CR3_NOFLUSH) && !(m->cpu[cpu].cr4 & CR4_PCIDE))
		return "#GP: MOV CR3 with bit 63 while CR4.PCIDE is 0 "
		    "(SDM 3A, 4.10.4.1)";
	if (value & ~(CR3_NOFLUSH | PTE_ADDR | CR3_PCID))
		return "#GP: MOV CR3 with a bit above MAXPHYADDR "
		    "(SDM 3A, 2.5)";
	return NULL;
}

/*
 * SDM 3A, 2.5 and 4.10.1: reserved bits; PCIDE goes on while CR3 has a PCID;
 * in 64-bit mode, where the model's processors are, PAE goes off or LA57
 * changes.
 */
const char *
machine_cr4_fault(const struct machine *m, unsigned cpu, uint64_t value)
{
	const struct cpu *c = &m->cpu[cpu];
	const uint64_t edge = c->cr4 ^ value;

	if (edge & value & CR4_RESERVED)
		return "#GP: MOV CR4 sets a reserved bit (SDM 3A, 2.5)";
	if ((edge & value & CR4_PCIDE) && (c->cr3 & CR3_PCID))
		return "#GP: MOV CR4 sets PCIDE while CR3[11:0] is not 0 "
		    "(SDM 3A, 4.10.1)";
	if ((edge & ~value & CR4_PAE) || (edge & CR4_LA57))
		return "#GP: MOV CR4 clears PAE or changes LA57 in 64-bit "
		    "mode (SDM 3A, 2.5)";
	return NULL;
}

/*
 * APM 3, INVLPGB; not verified there.  Linux and FreeBSD keep within CPUID's
 * count, and the crate x86_64 has its callers see to CR4.PCIDE before they name
 * a PCID.
 */
const char *
machine_invlpgb_fault(const struct machine *m, unsigned cpu,
                      const struct machine_invlpgb *op)
{
	const unsigned max = m->config.invlpgb_max != 0 ?
	    m->config.invlpgb_max : UINT16_MAX;

	if (m->config.no_invlpgb)
		return "#UD: INVLPGB on a processor without it "
		    "(APM 3, INVLPGB)";
	if (op->count > max)
		return "#GP: INVLPGB with a count above CPUID "
		    "Fn8000_0008 EDX[15:0] (APM 3, INVLPGB)";
	if (op->pcid > CR3_PCID || (op->pcid_valid && op->pcid != 0 &&
	    !(m->cpu[cpu].cr4 & CR4_PCIDE)))
		return "#GP: INVLPGB of a PCID that is not 0 while CR4.PCIDE "
		    "is 0 (APM 3, INVLPGB)";
	return NULL;
}

const char *
machine_invlpgb_decode(uint64_t rax, uint32_t edx, uint32_t ecx,
                       struct machine_invlpgb *ret)
{
	*ret = (struct machine_invlpgb){
		.va_valid = rax & 1, .pcid_valid = rax >> 1 & 1,
		.globals = rax >> 3 & 1, .final_only = rax >> 4 & 1,
		.large = ecx >> 31, .count = (uint16_t)ecx,
		.pcid = edx >> 16 & CR3_PCID, .va = rax & ~(MACHINE_PAGE - 1),
	};
	if ((rax & INVLPGB_RAX_RESERVED) || (edx & INVLPGB_EDX_RESERVED) ||
	    (ecx & INVLPGB_ECX_RESERVED))
		return "#GP: INVLPGB with a reserved bit set in rAX[11:6], "
		    "EDX[31:28] or ECX[30:16] (APM 3, INVLPGB)";
	return NULL;
}
