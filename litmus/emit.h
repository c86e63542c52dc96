/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * emit: columns as machine code.  Private to litmus/.
 *
 * RAX, RCX and RDX are free between instructions; R15 holds which instruction
 * runs (image_fault_bit()); a test's registers live in the eleven others.
 */
#ifndef SHOOTDOWN_LITMUS_EMIT_H
#define SHOOTDOWN_LITMUS_EMIT_H

#include <stddef.h>

#include "litmus/image.h"
#include "litmus/run.h"

struct emit {
	unsigned char *code;
	size_t size, room;
	unsigned needs, ipis;
	bool fixed;
	bool canary;            /* INVLPG does nothing */
	const char *reason;     /* the first thing that cannot be done */
	/* of the vCPU under way: place of each register; IMAGE_NONE: unused */
	unsigned place[LITMUS_MAX_REGS];
};

/* Does the test have pages of 1 GiB? */
extern bool emit_giant;
/* Physical address on the machine of one in the model. */
uint64_t emit_relocate(uint64_t pa);
/* Finds a place for each register that the vCPU's columns name. */
void emit_registers(struct emit *e, const struct litmus_cpu *cpu);
/* Appends a column; returns its offset.  `delays`: with a delay before each
 * instruction. */
uint32_t emit_column(struct emit *e, unsigned cpu, bool handler, bool delays);

#endif
