/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * emit.c: the real instruction for each one of a litmus test, with nothing
 * but loads of constants around it: no store that the test does not have, so
 * that store buffers are the test's own.  (INVPCID's descriptor is pushed.)
 *
 * Opcodes: SDM 2, by the names of the instructions.
 */
#include "litmus/emit.h"

#include <stdlib.h>
#include <string.h>

#define WAIT_LIMIT 100000000u   /* polls before a run is given up */

enum reg { RAX = 0, RCX = 1, RDX = 2, R15 = 15 };

/* Where the guest's assembly keeps the test's registers (start.S). */
static const unsigned char places[IMAGE_REGS] = { 8, 9, 10, 11, 12, 13, 14, 3,
	7, 6, 5 };

/* ---- bytes ---------------------------------------------------------------- */

static void
byte(struct emit *e, unsigned value)
{
	if (e->size == e->room) {
		e->room = e->room == 0 ? 4096 : 2 * e->room;
		e->code = realloc(e->code, e->room);
		if (e->code == NULL)
			abort();
	}
	e->code[e->size++] = (unsigned char)value;
}

static void
bytes(struct emit *e, const char *text, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		byte(e, (unsigned char)text[i]);
}

static void
number(struct emit *e, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		byte(e, value >> 8 * i & 0xff);
}

/* REX.W, opcode, and [base] with a register. */
static void
memory_op(struct emit *e, unsigned opcode, unsigned reg, unsigned base)
{
	byte(e, 0x48 | (reg & 8) >> 1 | (base & 8) >> 3);
	byte(e, opcode);
	byte(e, (reg & 7) << 3 | (base & 7));
}

/* MOV r64, imm64 */
static void
load_constant(struct emit *e, unsigned reg, uint64_t value)
{
	byte(e, 0x48 | (reg & 8) >> 3);
	byte(e, 0xb8 | (reg & 7));
	number(e, value, 8);
}

/* MOV r32, imm32 */
static void
load_small(struct emit *e, unsigned reg, uint32_t value)
{
	if (reg & 8)
		byte(e, 0x41);
	byte(e, 0xb8 | (reg & 7));
	number(e, value, 4);
}

/* MOV to, from */
static void
copy(struct emit *e, unsigned to, unsigned from)
{
	byte(e, 0x48 | (from & 8) >> 1 | (to & 8) >> 3);
	byte(e, 0x89);
	byte(e, 0xc0 | (from & 7) << 3 | (to & 7));
}

static void
through(struct emit *e, unsigned modrm, enum image_export which)
{
	byte(e, 0xff);
	byte(e, modrm);
	byte(e, 0x25);
	number(e, IMAGE_EXPORTS + 8 * which, 4);
}

static void
call(struct emit *e, enum image_export which)
{
	through(e, 0x14, which);
}

static void
jump(struct emit *e, enum image_export which)
{
	through(e, 0x24, which);
}

/* ---- places --------------------------------------------------------------- */

bool emit_giant;

/* Of the frames that large pages map, how many come before. */
static uint64_t
rank(uint64_t frame)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < frame; i++)
		n += run.phantom[i];
	return n;
}

uint64_t
emit_relocate(uint64_t pa)
{
	uint64_t i = (pa - RUN_PHANTOM) >> 30;

	if (pa < RUN_PHANTOM || i >= 64)
		return pa;
	if (emit_giant)
		return (1 + rank(i)) * IMAGE_GIANT + (pa & (IMAGE_GIANT - 1));
	return IMAGE_LARGE + i * IMAGE_LARGE_SIZE + (pa & (IMAGE_LARGE_SIZE -
	    1));
}

static uint64_t
relocate_entry(uint64_t value)
{
	return emit_relocate(value & PTE_ADDR) | (value & ~PTE_ADDR);
}

static unsigned
reg_of(struct emit *e, const struct litmus_insn *i)
{
	return places[e->place[i->reg] % IMAGE_REGS];
}

/* RAX: where the instruction's operand is. */
static void
load_address(struct emit *e, const struct litmus_insn *i)
{
	uint64_t at;

	switch (i->op) {
	case OP_LOAD: case OP_STORE: case OP_XCHG: case OP_INVLPG:
		at = run.t->page[i->page].va + i->word;
		break;
	case OP_FRAME_LOAD: case OP_FRAME_STORE: case OP_FRAME_XCHG:
	case OP_WAIT: case OP_REUSE:
		at = image_direct(emit_relocate(setup_word(i->frame,
		    i->word)));
		break;
	default:
		at = IMAGE_DIRECT + setup_slot(&i->slot);
	}
	load_constant(e, RAX, at);
}

static uint64_t
value_of(const struct litmus_insn *i)
{
	switch (i->op) {
	case OP_ENTRY_STORE: case OP_ENTRY_XCHG:
		return relocate_entry(setup_value(&i->entry));
	case OP_REUSE:
		return i->entry.target == TARGET_NONE ? i->value :
		    relocate_entry(setup_value(&i->entry));
	case OP_ENTRY_CLEAR:
		return ~i->entry.flags;
	case OP_ENTRY_SET:
		return i->entry.flags;
	default:
		return i->value;
	}
}

void
emit_registers(struct emit *e, const struct litmus_cpu *cpu)
{
	const struct litmus_code *codes[] = { &cpu->code, &cpu->handler };
	unsigned n = 0;

	for (unsigned r = 0; r < LITMUS_MAX_REGS; r++)
		e->place[r] = IMAGE_NONE;
	for (unsigned c = 0; c < 2; c++)
		for (unsigned k = 0; k < codes[c]->count; k++) {
			unsigned r = codes[c]->insn[k].reg;

			if (e->place[r] == IMAGE_NONE)
				e->place[r] = n++;
		}
	if (n > IMAGE_REGS)
		e->reason = "more registers than a processor has to spare";
}

/* ---- instructions --------------------------------------------------------- */

static void
emit_load(struct emit *e, const struct litmus_insn *i)
{
	load_address(e, i);
	memory_op(e, 0x8b, reg_of(e, i), RAX);
}

static void
emit_store(struct emit *e, const struct litmus_insn *i)
{
	load_address(e, i);
	load_constant(e, RCX, value_of(i));
	memory_op(e, 0x89, RCX, RAX);
}

/* The register changes only when the exchange went through. */
static void
emit_exchange(struct emit *e, const struct litmus_insn *i)
{
	load_address(e, i);
	load_constant(e, RCX, value_of(i));
	memory_op(e, 0x87, RCX, RAX);
	copy(e, reg_of(e, i), RCX);
}

static void
emit_locked(struct emit *e, const struct litmus_insn *i)
{
	load_address(e, i);
	load_constant(e, RCX, value_of(i));
	byte(e, 0xf0);
	memory_op(e, i->op == OP_ENTRY_CLEAR ? 0x21 : 0x09, RCX, RAX);
}

static void
emit_mfence(struct emit *e, const struct litmus_insn *i)
{
	(void)i;
	bytes(e, "\x0f\xae\xf0", 3);
}

static void
emit_invlpg(struct emit *e, const struct litmus_insn *i)
{
	if (e->canary) {
		emit_mfence(e, i);
		return;
	}
	load_address(e, i);
	bytes(e, "\x0f\x01\x38", 3);
}

static void
emit_invpcid(struct emit *e, const struct litmus_insn *i)
{
	e->needs |= IMAGE_NEEDS_INVPCID;
	load_constant(e, RAX, i->value == 0 ? run.t->page[i->page].va : 0);
	byte(e, 0x50);
	load_small(e, RAX, i->pcid);
	byte(e, 0x50);
	load_small(e, RCX, (uint32_t)i->value);
	bytes(e, "\x66\x0f\x38\x82\x0c\x24", 6);
	bytes(e, "\x48\x8d\x64\x24\x10", 5);    /* lea rsp,[rsp+16] */
}

static void
emit_cr3(struct emit *e, const struct litmus_insn *i)
{
	load_constant(e, RAX, setup_cr3(i->space) | (i->on ? CR3_NOFLUSH :
	    0));
	bytes(e, "\x0f\x22\xd8", 3);
}

static void
emit_cr4(struct emit *e, const struct litmus_insn *i)
{
	if (i->value & CR4_PCIDE)
		e->needs |= IMAGE_NEEDS_PCID;
	bytes(e, "\x0f\x20\xe0", 3);            /* mov rax,cr4 */
	load_constant(e, RCX, i->on ? i->value : ~i->value);
	bytes(e, i->on ? "\x48\x09\xc8" : "\x48\x21\xc8", 3);
	bytes(e, "\x0f\x22\xe0", 3);
}

static void
emit_if(struct emit *e, const struct litmus_insn *i)
{
	byte(e, i->op == OP_STI ? 0xfb : 0xfa);
}

/* The guest's page tables let user mode use all that is the guest's. */
static void
emit_user(struct emit *e, const struct litmus_insn *i)
{
	(void)i;
	call(e, EXPORT_USER);
}

static void
emit_kernel(struct emit *e, const struct litmus_insn *i)
{
	(void)i;
	byte(e, 0xcd);
	byte(e, IMAGE_VECTOR_KERNEL);
}

static void
emit_ipi(struct emit *e, const struct litmus_insn *i)
{
	if (e->ipis >= IMAGE_VECTORS)
		e->reason = "too many IPIs";
	load_small(e, RAX, i->cpu);
	load_small(e, RCX, IMAGE_VECTOR + e->ipis++);
	call(e, EXPORT_IPI);
}

/* FREE is the allocator's affair; on the machine nothing happens. */
static void
emit_free(struct emit *e, const struct litmus_insn *i)
{
	emit_mfence(e, i);
}

/* 512 stores, downwards, between fences. */
static void
emit_reuse(struct emit *e, const struct litmus_insn *i)
{
	emit_mfence(e, i);
	load_address(e, i);
	load_constant(e, RDX, value_of(i));
	load_small(e, RCX, 512);
	bytes(e, "\x48\x89\x54\xc8\xf8", 5);    /* mov [rax+rcx*8-8],rdx */
	bytes(e, "\xff\xc9\x75\xf7", 4);        /* dec ecx; jnz */
	emit_mfence(e, i);
}

static void
emit_wait(struct emit *e, const struct litmus_insn *i, unsigned index,
          bool handler)
{
	size_t top, done, stuck, again;

	load_address(e, i);
	load_constant(e, RCX, i->value);
	load_small(e, RDX, WAIT_LIMIT);
	top = e->size;
	memory_op(e, 0x39, RCX, RAX);           /* cmp [rax],rcx */
	bytes(e, "\x74\x00", 2);                /* je done */
	done = e->size;
	bytes(e, "\xf3\x90", 2);                /* pause */
	/* Has somebody else given up?  mov r15,[abort]; cmp dword [r15],0 */
	bytes(e, "\x4c\x8b\x3c\x25", 4);
	number(e, IMAGE_EXPORTS + 8 * EXPORT_ABORT, 4);
	bytes(e, "\x41\x83\x3f\x00", 4);
	load_small(e, R15, image_fault_bit(handler, index));
	bytes(e, "\x75\x00", 2);                /* jne stuck */
	stuck = e->size;
	bytes(e, "\xff\xca\x75\x00", 4);        /* dec edx; jnz top */
	again = e->size;
	e->code[again - 1] = (unsigned char)(top - again);
	e->code[stuck - 1] = (unsigned char)(again - stuck);
	jump(e, handler ? EXPORT_HANDLER_STUCK : EXPORT_COLUMN_STUCK);
	e->code[done - 1] = (unsigned char)(e->size - done);
}

/* RAX leads to the data: control, how many words, the words of the input. */
static void
emit_flush(struct emit *e, const struct litmus_insn *i, unsigned id)
{
	const unsigned words = run.call[id].words;

	e->needs |= IMAGE_NEEDS_HYPERV;
	e->fixed = true;
	bytes(e, "\x48\x8d\x05\x05\x00\x00\x00", 7);   /* lea rax,[data] */
	byte(e, 0xe9);
	number(e, 8 * (2 + words), 4);
	number(e, run.call[id].control, 8);
	number(e, words, 8);
	for (unsigned w = 0; w < words; w++)
		number(e, run.call[id].word[w], 8);
	call(e, EXPORT_FLUSH);
	if (!i->flush.result)
		return;
	bytes(e, "\x0f\xb7\xc0", 3);                  /* movzx eax,ax */
	copy(e, reg_of(e, i), RAX);
}

static void (*const emitters[OP_COUNT])(struct emit *e,
                                        const struct litmus_insn *i) = {
	[OP_LOAD] = emit_load, [OP_STORE] = emit_store,
	[OP_XCHG] = emit_exchange, [OP_FRAME_LOAD] = emit_load,
	[OP_FRAME_STORE] = emit_store, [OP_FRAME_XCHG] = emit_exchange,
	[OP_ENTRY_LOAD] = emit_load, [OP_ENTRY_STORE] = emit_store,
	[OP_ENTRY_XCHG] = emit_exchange, [OP_ENTRY_CLEAR] = emit_locked,
	[OP_ENTRY_SET] = emit_locked, [OP_MFENCE] = emit_mfence,
	[OP_INVLPG] = emit_invlpg, [OP_INVPCID] = emit_invpcid,
	[OP_CR3] = emit_cr3, [OP_CR4] = emit_cr4, [OP_CLI] = emit_if,
	[OP_STI] = emit_if, [OP_USER] = emit_user,
	[OP_KERNEL] = emit_kernel, [OP_IPI] = emit_ipi, [OP_FREE] = emit_free,
	[OP_REUSE] = emit_reuse
};

/* Instructions that send one to this vCPU. */
static unsigned
ipis_to(unsigned cpu)
{
	unsigned n = 0;

	for (unsigned c = 0; c < run.t->cpus; c++) {
		const struct litmus_code *code[] = { &run.t->cpu[c].code,
		    &run.t->cpu[c].handler };

		for (unsigned k = 0; k < 2; k++)
			for (unsigned x = 0; x < code[k]->count; x++)
				n += code[k]->insn[x].op == OP_IPI &&
				    code[k]->insn[x].cpu == cpu;
	}
	return n;
}

/*
 * An IPI has a vector of its own, so that an APIC does not make one of two;
 * one of a handler that runs twice would be sent twice.
 */
static const char *
why_not(const struct litmus_insn *i, unsigned cpu, bool handler)
{
	switch (i->op) {
	case OP_INVLPGB: case OP_TLBSYNC:
		return "INVLPGB";
	case OP_IPI:
		return handler && ipis_to(cpu) > 1 ?
		    "a handler that sends IPIs and may run twice" : NULL;
	default:
		return NULL;
	}
}

/* mov ecx, gs:[delay]; 1: dec ecx; jns 1b */
static void
emit_delay(struct emit *e, unsigned index)
{
	bytes(e, "\x65\x8b\x0c\x25", 4);
	number(e, IMAGE_GS_DELAY + 4 * (index % IMAGE_DELAYS), 4);
	bytes(e, "\xff\xc9\x79\xfc", 4);
}

static void
emit_insn(struct emit *e, const struct litmus_insn *i, unsigned cpu,
          unsigned index, bool handler)
{
	const char *why = why_not(i, cpu, handler);

	if (why != NULL) {
		e->reason = why;
		return;
	}
	load_small(e, R15, image_fault_bit(handler, index));
	if (i->op == OP_WAIT)
		emit_wait(e, i, index, handler);
	else if (i->op == OP_FLUSH)
		emit_flush(e, i, run_id(cpu, handler, index));
	else
		emitters[i->op](e, i);
}

uint32_t
emit_column(struct emit *e, unsigned cpu, bool handler, bool delays)
{
	const struct litmus_code *code = handler ? &run.t->cpu[cpu].handler :
	    &run.t->cpu[cpu].code;
	uint32_t start;

	while (e->size % 16 != 0)
		byte(e, 0xcc);
	start = (uint32_t)e->size;
	for (unsigned k = 0; k < code->count && e->reason == NULL; k++) {
		if (delays)
			emit_delay(e, k);
		emit_insn(e, &code->insn[k], cpu, k, handler);
	}
	jump(e, handler ? EXPORT_HANDLER_EXIT : EXPORT_COLUMN_EXIT);
	return start;
}
