/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * job: what the guest is told to run: kernel objects and rows, one record
 * after the other, each aligned to 8 bytes, up to a record of kind 0.
 *
 * A row names its object by the number of that record.  With a schedule the
 * row's vCPUs are held to it; without, they run freely.  Freestanding: written
 * by the command, read by the guest.
 */
#ifndef SHOOTDOWN_PMAPSHIM_METAL_JOB_H
#define SHOOTDOWN_PMAPSHIM_METAL_JOB_H

#include <stdint.h>

#define METAL_MAX_CPUS 8

enum metal_kind { METAL_END, METAL_OBJECT, METAL_ROW };

struct metal_record {
	uint32_t kind;          /* enum metal_kind */
	uint32_t size;          /* with this head, a multiple of 8 */
};

struct metal_object {           /* then the shared object itself */
	struct metal_record head;
	uint64_t bytes;
};

/* As explore's, but fixed in size; kinds are those of enum choice_kind. */
struct metal_choice {
	uint32_t kind, task, arg, value;
};

/* A hypercall in the model's run, in the caller's own steps. */
struct metal_call {
	uint32_t task, begin, end, reserved;
};

#define METAL_LITERAL 1u        /* the guest's own host answers */
#define METAL_HYPERCALL 2u      /* the kernel's hypercall path */
#define METAL_STEERED 4u        /* there is a schedule */

struct metal_row {
	struct metal_record head;
	uint32_t object;        /* number of a METAL_OBJECT, from 0 */
	uint32_t flags, vcpus, mode, mutant;
	uint32_t runs, canaries;        /* runs; and with nothing invalidated */
	uint32_t choices, calls;
	uint32_t vcpu;          /* steered: whose access the finding is about */
	uint64_t va;            /* where; 0: anywhere */
	uint32_t left_out[METAL_MAX_CPUS];
	uint32_t vp_index[METAL_MAX_CPUS];
	char scenario[64], host[128];
	/* Then: metal_choice[choices], metal_call[calls]. */
};

#endif
