/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_insn: one instruction.  Operands are read without regard to the
 * mnemonic; a table says which of them make an instruction.
 */
#include "litmus/parse.h"

#include "model/model.h"

enum operand_kind {
	OPERAND_NONE,           /* nothing was read */
	OPERAND_REG, OPERAND_PAGE, OPERAND_FRAME, OPERAND_SLOT, OPERAND_VALUE
};

uint64_t
parse_offset(struct parser *p, int close, const char *what)
{
	struct litmus_place place;
	uint64_t word = 0;

	if (parse_accept(p, '+')) {
		place = p->now.place;
		word = parse_number(p, MACHINE_PAGE - 8,
		                    "an offset, 0 to 4088");
		if (word % 8 != 0)
			parse_fail(p, place, "an offset is a multiple of 8");
	}
	parse_expect(p, close, what);
	return word;
}

unsigned
parse_register(struct parser *p)
{
	const struct token t = parse_name(p, "a register");
	unsigned n = 0;

	if (p->failed)
		return 0;
	if (!token_register(&t, &n))
		parse_fail(p, t.place, "expected a register, found '%.*s'",
		           (int)t.size, t.text);
	else if (n >= LITMUS_MAX_REGS)
		parse_fail(p, t.place, "register r%u: r0 to r%d", n,
		           LITMUS_MAX_REGS - 1);
	return n;
}

/* "[x+8]". */
static void
parse_linear(struct parser *p, struct litmus_insn *ret)
{
	parse_expect(p, '[', "'['");
	ret->page = parse_page(p);
	ret->word = parse_offset(p, ']', "']'");
}

/* "<a+8>": past translation, so a table's words are none of its business. */
static void
parse_physical(struct parser *p, struct litmus_insn *ret)
{
	struct token name;

	parse_expect(p, '<', "'<'");
	name = p->now;
	ret->frame = parse_frame(p);
	if (!p->failed && p->t->frame[ret->frame].table)
		parse_fail(p, name.place, "'%.*s' is a table, not a data frame",
		           (int)name.size, name.text);
	ret->word = parse_offset(p, '>', "'>'");
}

static uint64_t
parse_value(struct parser *p, uint64_t max, const char *what)
{
	parse_expect(p, '$', "'$'");
	return parse_number(p, max, what);
}

/* Is it "PTE(x)" or "s1:PTE(x)"?  Reads it then. */
static bool
parse_if_slot(struct parser *p, struct litmus_insn *ret)
{
	struct lexer after = p->lex;
	unsigned space = 0;

	if (lex_next(&after).kind == ':') {
		space = parse_space(p);
		parse_next(p);
	} else if (token_level(&p->now) == 0) {
		return false;
	}
	ret->slot = parse_slot(p, space);
	return true;
}

/* Reads one operand of any kind into its members. */
static enum operand_kind
parse_operand(struct parser *p, struct litmus_insn *ret)
{
	unsigned n;

	if (parse_is(p, '[')) {
		parse_linear(p, ret);
		return OPERAND_PAGE;
	}
	if (parse_is(p, '<')) {
		parse_physical(p, ret);
		return OPERAND_FRAME;
	}
	if (parse_is(p, '$')) {
		ret->value = parse_value(p, UINT64_MAX, "a number");
		return OPERAND_VALUE;
	}
	if (token_register(&p->now, &n)) {
		ret->reg = parse_register(p);
		return OPERAND_REG;
	}
	if (parse_is(p, TOKEN_NAME) && parse_if_slot(p, ret))
		return OPERAND_SLOT;
	parse_expected(p, "r0, [page], <frame>, PTE(page) or $value");
	return OPERAND_NONE;
}

static void
expect_comma(struct parser *p)
{
	parse_expect(p, ',', "','");
}

/* ---- MOV, XCHG ----------------------------------------------------------- */

/* "MOV CR3,s1,noflush". */
static void
parse_cr3(struct parser *p, struct litmus_insn *ret)
{
	ret->op = OP_CR3;
	expect_comma(p);
	ret->space = parse_space(p);
	if (!parse_accept(p, ','))
		return;
	ret->on = parse_accept_word(p, "noflush");
	if (!ret->on)
		parse_expected(p, "noflush");
}

/* "MOV CR4,+PGE". */
static void
parse_cr4(struct parser *p, struct litmus_insn *ret)
{
	ret->op = OP_CR4;
	expect_comma(p);
	ret->on = parse_accept(p, '+');
	if (!ret->on)
		parse_expect(p, '-', "+ or -");
	if (parse_accept_word(p, "PGE"))
		ret->value = CR4_PGE;
	else if (parse_accept_word(p, "PCIDE"))
		ret->value = CR4_PCIDE;
	else
		parse_expected(p, "PGE or PCIDE");
}

/* "MOV r0," was read: what follows? */
static void
parse_load(struct parser *p, struct litmus_insn *ret)
{
	const struct litmus_place place = p->now.place;

	switch (parse_operand(p, ret)) {
	case OPERAND_PAGE:
		ret->op = OP_LOAD;
		return;
	case OPERAND_FRAME:
		ret->op = OP_FRAME_LOAD;
		return;
	case OPERAND_SLOT:
		ret->op = OP_ENTRY_LOAD;
		return;
	default:
		parse_fail(p, place, "a register is loaded from [page], "
		           "<frame> or PTE(page)");
	}
}

/* After the place and the comma: what is stored there. */
static void
parse_stored(struct parser *p, enum operand_kind place,
             struct litmus_insn *ret)
{
	if (place == OPERAND_SLOT)
		ret->entry = parse_entry(p, ret->slot.level);
	else
		ret->value = parse_value(p, UINT64_MAX, "a number");
}

static void
parse_mov(struct parser *p, struct litmus_insn *ret)
{
	static const enum litmus_op op[] = {
		[OPERAND_PAGE] = OP_STORE, [OPERAND_FRAME] = OP_FRAME_STORE,
		[OPERAND_SLOT] = OP_ENTRY_STORE,
	};
	const struct litmus_place place = p->now.place;
	enum operand_kind kind;

	if (parse_accept_word(p, "CR3")) {
		parse_cr3(p, ret);
		return;
	}
	if (parse_accept_word(p, "CR4")) {
		parse_cr4(p, ret);
		return;
	}
	kind = parse_operand(p, ret);
	if (kind == OPERAND_VALUE)
		parse_fail(p, place, "a value is no place to store to");
	expect_comma(p);
	if (p->failed)
		return;
	if (kind == OPERAND_REG) {
		parse_load(p, ret);
		return;
	}
	ret->op = op[kind];
	parse_stored(p, kind, ret);
}

static void
parse_xchg(struct parser *p, struct litmus_insn *ret)
{
	static const enum litmus_op op[] = {
		[OPERAND_PAGE] = OP_XCHG, [OPERAND_FRAME] = OP_FRAME_XCHG,
		[OPERAND_SLOT] = OP_ENTRY_XCHG,
	};
	struct litmus_place place;
	enum operand_kind kind;

	ret->reg = parse_register(p);
	expect_comma(p);
	place = p->now.place;
	kind = parse_operand(p, ret);
	if (kind == OPERAND_REG || kind == OPERAND_VALUE)
		parse_fail(p, place, "a register is exchanged with [page], "
		           "<frame> or PTE(page)");
	expect_comma(p);
	if (p->failed)
		return;
	ret->op = op[kind];
	parse_stored(p, kind, ret);
}

/* "LOCK BTR PTE(x),W": several flags stand for LOCK AND, LOCK OR. */
static void
parse_lock(struct parser *p, struct litmus_insn *ret)
{
	if (parse_accept_word(p, "BTR"))
		ret->op = OP_ENTRY_CLEAR;
	else if (parse_accept_word(p, "BTS"))
		ret->op = OP_ENTRY_SET;
	else
		parse_expected(p, "BTR or BTS");
	if (!parse_is(p, TOKEN_NAME) || !parse_if_slot(p, ret))
		parse_expected(p, "PTE(page)");
	expect_comma(p);
	ret->entry.flags = parse_flags(p, ret->slot.level);
}

/* ---- the others ---------------------------------------------------------- */

static void
parse_invlpg(struct parser *p, struct litmus_insn *ret)
{
	ret->op = OP_INVLPG;
	parse_linear(p, ret);
	if (ret->word != 0)
		parse_fail(p, ret->place, "INVLPG takes a page, no offset");
}

/* Types 0 and 1 name a PCID, type 0 a page too (SDM 2A, INVPCID). */
static void
parse_invpcid(struct parser *p, struct litmus_insn *ret)
{
	ret->op = OP_INVPCID;
	ret->value = parse_value(p, 3, "a type of INVPCID, 0 to 3");
	if (ret->value > 1)
		return;
	expect_comma(p);
	ret->pcid = (uint16_t)parse_value(p, CR3_PCID, "a PCID, 0 to 4095");
	if (ret->value > 0)
		return;
	expect_comma(p);
	parse_linear(p, ret);
	if (ret->word != 0)
		parse_fail(p, ret->place, "INVPCID takes a page, no offset");
}

static void
parse_ipi(struct parser *p, struct litmus_insn *ret)
{
	const struct token t = parse_name(p, "a vCPU");

	ret->op = OP_IPI;
	if (p->failed)
		return;
	if (!token_cpu(&t, &ret->cpu))
		parse_fail(p, t.place, "expected a vCPU, found '%.*s'",
		           (int)t.size, t.text);
	else if (ret->cpu >= p->t->cpus)
		parse_fail(p, t.place, "P%u has no column", ret->cpu);
	else if (!p->t->cpu[ret->cpu].has_handler)
		parse_fail(p, t.place, "P%u has no handler", ret->cpu);
}

static void
parse_wait(struct parser *p, struct litmus_insn *ret)
{
	ret->op = OP_WAIT;
	parse_physical(p, ret);
	expect_comma(p);
	ret->value = parse_value(p, UINT64_MAX, "a number");
}

static void
parse_free(struct parser *p, struct litmus_insn *ret)
{
	ret->op = OP_FREE;
	ret->frame = parse_frame(p);
}

static void
parse_reuse(struct parser *p, struct litmus_insn *ret)
{
	ret->op = OP_REUSE;
	ret->frame = parse_frame(p);
	expect_comma(p);
	if (parse_is(p, '$')) {
		ret->value = parse_value(p, UINT64_MAX, "a number");
		return;
	}
	ret->entry = parse_entry(p, 0);
	/* An entry that maps nothing is a word of zeros. */
}

static const struct mnemonic {
	const char *word;
	enum litmus_op op;      /* of those without operands */
	void (*parse)(struct parser *p, struct litmus_insn *ret);
} mnemonics[] = {
	{ "MOV", OP_LOAD, parse_mov }, { "XCHG", OP_XCHG, parse_xchg },
	{ "LOCK", OP_ENTRY_SET, parse_lock },
	{ "INVLPG", OP_INVLPG, parse_invlpg },
	{ "INVPCID", OP_INVPCID, parse_invpcid },
	{ "INVLPGB", OP_INVLPGB, parse_broadcast },
	{ "IPI", OP_IPI, parse_ipi }, { "WAIT", OP_WAIT, parse_wait },
	{ "FLUSH", OP_FLUSH, parse_flush }, { "FREE", OP_FREE, parse_free },
	{ "REUSE", OP_REUSE, parse_reuse }, { "MFENCE", OP_MFENCE, NULL },
	{ "TLBSYNC", OP_TLBSYNC, NULL }, { "CLI", OP_CLI, NULL },
	{ "STI", OP_STI, NULL }, { "USER", OP_USER, NULL },
	{ "KERNEL", OP_KERNEL, NULL },
};

void
parse_insn(struct parser *p, unsigned cpu, struct litmus_insn *ret)
{
	const struct token t = p->now;

	ret->place = t.place;
	for (size_t i = 0; i < sizeof(mnemonics) / sizeof(mnemonics[0]); i++) {
		if (!parse_accept_word(p, mnemonics[i].word))
			continue;
		ret->op = mnemonics[i].op;
		if (mnemonics[i].parse != NULL)
			mnemonics[i].parse(p, ret);
		if (ret->op == OP_IPI && ret->cpu == cpu)
			parse_fail(p, t.place, "P%u sends itself an IPI", cpu);
		return;
	}
	if (t.kind == TOKEN_NAME)
		parse_fail(p, t.place, "unknown instruction '%.*s'",
		           (int)t.size, t.text);
	else
		parse_expected(p, "an instruction");
}
