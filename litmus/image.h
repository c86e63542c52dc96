/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * image: a litmus test as bytes for a real machine: the words of its memory,
 * its columns as machine code, and what of its end states can be read back.
 *
 * The physical addresses are those of the model, so the model's page tables
 * are the machine's.  A file of images is one after the other, each aligned to
 * 8 bytes, up to an image of size 0.  Freestanding: the guest reads it too.
 */
#ifndef SHOOTDOWN_LITMUS_IMAGE_H
#define SHOOTDOWN_LITMUS_IMAGE_H

#include <stdint.h>

#define IMAGE_MAGIC 0x33656c7474696cull
#define IMAGE_CPUS 8
#define IMAGE_REGS 11           /* registers of a vCPU that a test may use */
#define IMAGE_NONE 0xffffffffu
#define IMAGE_HOST 128         /* of text that names a host */

/* Memory of tests: the model's RAM, then the code, then what large pages map. */
#define IMAGE_RAM 0x1000000ull
#define IMAGE_RAM_SIZE 0x200000ull
#define IMAGE_CODE (IMAGE_RAM + IMAGE_RAM_SIZE)
#define IMAGE_CODE_SIZE 0x100000ull
#define IMAGE_LARGE 0x8000000ull
#define IMAGE_LARGE_SIZE 0x200000ull
#define IMAGE_LARGES 16u
/* Where a test has pages of 1 GiB, all that large pages map is there. */
#define IMAGE_GIANT 0x40000000ull
#define IMAGE_GIANTS 2u

/* What the machine has to have. */
#define IMAGE_NEEDS_PCID 1u
#define IMAGE_NEEDS_INVPCID 2u
#define IMAGE_NEEDS_HYPERV 4u
#define IMAGE_NEEDS_LA57 8u     /* all roots are of five levels */
#define IMAGE_NEEDS_GIANT 16u   /* pages of 1 GiB, and RAM for them */

enum image_seen {               /* where a number of an end state is */
	IMAGE_SEEN_REG,         /* cpu, index */
	IMAGE_SEEN_WORD,        /* at: a physical address */
	IMAGE_SEEN_FAULT        /* cpu, index: image_fault_bit() */
};

struct image_cpu {
	uint64_t cr3;
	uint32_t irq, user;     /* at the start */
	/* Offsets into the code: plain, and with a delay before each
	 * instruction.  The handler's may be IMAGE_NONE. */
	uint32_t code[2], handler[2];
	uint32_t vp, reserved;  /* VP index, where places are fixed */
};

struct image_observed {
	uint32_t kind, cpu, index, reserved;
	uint64_t at;
};

struct image_word {
	uint64_t at, value;
};

struct image {
	uint64_t magic;
	uint32_t size;          /* of all of it, a multiple of 8 */
	uint32_t needs;
	uint32_t cpus, ipis;    /* vectors used */
	uint32_t words, roots, touches, observed, code_size;
	uint32_t fixed;         /* columns have fixed places: VP indexes */
	uint64_t cr4;           /* flags that the test sets */
	/* "tlfs": the guest answers hypercalls itself; "": it does not. */
	char host[IMAGE_HOST];
	uint32_t canary;        /* such a host invalidates nothing */
	uint32_t reserved;
	struct image_cpu cpu[IMAGE_CPUS];
	/* Then: image_word[words], u64 roots[], u64 touches[],
	 * image_observed[observed], code. */
};

/* The bit of a fault, and what R15 holds while the instruction runs. */
static inline unsigned
image_fault_bit(unsigned handler, unsigned index)
{
	return handler << 6 | index;
}

/* ---- what the guest offers to the code ------------------------------------ */

/* A table of addresses at a fixed place, called through. */
#define IMAGE_EXPORTS 0xffffffff82001000ull
enum image_export {
	EXPORT_COLUMN_EXIT, EXPORT_HANDLER_EXIT, EXPORT_COLUMN_STUCK,
	EXPORT_HANDLER_STUCK, EXPORT_IPI, EXPORT_FLUSH, EXPORT_ABORT, EXPORT_USER,
	IMAGE_EXPORT_COUNT
};
/* At which a physical address is seen, and where GS has the delays. */
#define IMAGE_DIRECT 0xffffffff80000000ull
#define IMAGE_DIRECT_GIANT 0xffffff8000000000ull        /* beyond 1 GiB */
#define IMAGE_GS_DELAY 104u
#define IMAGE_DELAYS 64u
#define IMAGE_VECTOR 0x40u
#define IMAGE_VECTORS 0x40u
#define IMAGE_VECTOR_KERNEL 0x80u       /* INT: out of user mode */
#define IMAGE_SLOT 511u         /* of the root: the guest's own mappings */

static inline uint64_t
image_direct(uint64_t pa)
{
	return pa + (pa < IMAGE_GIANT ? IMAGE_DIRECT : IMAGE_DIRECT_GIANT);
}

#endif
