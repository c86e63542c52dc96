/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print_insn: one instruction.
 */
#include <inttypes.h>

#include "litmus/print.h"
#include "model/model.h"

static void
print_offset(uint64_t word, const char *close, FILE *out)
{
	if (word != 0)
		fprintf(out, "+%" PRIu64, word);
	fputs(close, out);
}

/* "[x+8]", "<a+8>" or "PTE(x)", as the instruction has it. */
static void
print_place(const struct litmus_test *t, const struct litmus_insn *i, FILE *out)
{
	switch (i->op) {
	case OP_LOAD:
	case OP_STORE:
	case OP_XCHG:
		fprintf(out, "[%s", t->page[i->page].name);
		print_offset(i->word, "]", out);
		return;
	case OP_FRAME_LOAD:
	case OP_FRAME_STORE:
	case OP_FRAME_XCHG:
	case OP_WAIT:
		fprintf(out, "<%s", t->frame[i->frame].name);
		print_offset(i->word, ">", out);
		return;
	default:
		print_slot(t, &i->slot, out);
	}
}

static void
print_value(uint64_t value, FILE *out)
{
	fputc('$', out);
	print_number(value, out);
}

/* What is stored: a word, or an entry. */
static void
print_stored(const struct litmus_test *t, const struct litmus_insn *i,
             FILE *out)
{
	fputc(',', out);
	if (i->op == OP_ENTRY_STORE || i->op == OP_ENTRY_XCHG)
		litmus_print_entry(t, &i->entry, i->slot.level, out);
	else
		print_value(i->value, out);
}

static void
print_move(const struct litmus_test *t, const struct litmus_insn *i, FILE *out)
{
	switch (i->op) {
	case OP_LOAD:
	case OP_FRAME_LOAD:
	case OP_ENTRY_LOAD:
		fprintf(out, "MOV r%u,", i->reg);
		print_place(t, i, out);
		return;
	case OP_XCHG:
	case OP_FRAME_XCHG:
	case OP_ENTRY_XCHG:
		fprintf(out, "XCHG r%u,", i->reg);
		break;
	default:
		fputs("MOV ", out);
	}
	print_place(t, i, out);
	print_stored(t, i, out);
}

static void
print_invpcid(const struct litmus_test *t, const struct litmus_insn *i,
              FILE *out)
{
	fprintf(out, "INVPCID $%" PRIu64, i->value);
	if (i->value <= 1)
		fprintf(out, ",$%u", i->pcid);
	if (i->value == 0)
		fprintf(out, ",[%s]", t->page[i->page].name);
}

static void
print_broadcast(const struct litmus_test *t, const struct litmus_insn *i,
                FILE *out)
{
	const struct litmus_broadcast *const b = &i->broadcast;
	const char *before = " ";

	fputs("INVLPGB", out);
	if (b->va) {
		fprintf(out, " [%s]", t->page[i->page].name);
		before = ",";
	}
	if (b->pcid) {
		fprintf(out, "%spcid=%u", before, b->pcid_value);
		before = ",";
	}
	if (b->global) {
		fprintf(out, "%sglobal", before);
		before = ",";
	}
	if (b->final) {
		fprintf(out, "%sfinal", before);
		before = ",";
	}
	if (b->count != 0)
		fprintf(out, ",count=%u", b->count);
	if (b->stride2m)
		fputs(",stride2m", out);
}

static void
print_cpu_set(uint64_t cpus, FILE *out)
{
	const char *before = "";

	fputs(" cpus={", out);
	for (unsigned i = 0; i < LITMUS_MAX_CPUS; i++) {
		if (!(cpus >> i & 1))
			continue;
		fprintf(out, "%s%u", before, i);
		before = ",";
	}
	fputc('}', out);
}

static void
print_flush(const struct litmus_test *t, const struct litmus_insn *i,
            FILE *out)
{
	const struct litmus_flush *const f = &i->flush;

	fputs(f->list ? "FLUSH LIST" : "FLUSH SPACE", out);
	for (unsigned n = 0; n < f->pages; n++)
		fprintf(out, " [%s]", t->page[f->page[n]].name);
	if (f->all_cpus)
		fputs(" all", out);
	else
		print_cpu_set(f->cpus, out);
	if (f->all_spaces)
		fputs(" spaces=all", out);
	else
		fprintf(out, " space=%s", t->space[f->space].name);
	if (f->nonglobal)
		fputs(" nonglobal", out);
	if (f->ex)
		fputs(" ex", out);
	if (f->result)
		fprintf(out, " result=r%u", i->reg);
}

static void
print_reuse(const struct litmus_test *t, const struct litmus_insn *i,
            FILE *out)
{
	fprintf(out, "REUSE %s,", t->frame[i->frame].name);
	if (i->entry.target != TARGET_NONE)
		litmus_print_entry(t, &i->entry, 0, out);
	else
		print_value(i->value, out);
}

static void
print_control(const struct litmus_test *t, const struct litmus_insn *i,
              FILE *out)
{
	if (i->op == OP_CR3)
		fprintf(out, "MOV CR3,%s%s", t->space[i->space].name,
		        i->on ? ",noflush" : "");
	else
		fprintf(out, "MOV CR4,%c%s", i->on ? '+' : '-',
		        i->value == CR4_PGE ? "PGE" : "PCIDE");
}

static const char *const plain[OP_COUNT] = {
	[OP_MFENCE] = "MFENCE", [OP_TLBSYNC] = "TLBSYNC", [OP_CLI] = "CLI",
	[OP_STI] = "STI", [OP_USER] = "USER", [OP_KERNEL] = "KERNEL",
};

void
litmus_print_insn(const struct litmus_test *t, const struct litmus_insn *i,
                  FILE *out)
{
	switch (i->op) {
	case OP_ENTRY_CLEAR:
	case OP_ENTRY_SET:
		fputs(i->op == OP_ENTRY_SET ? "LOCK BTS " : "LOCK BTR ", out);
		print_slot(t, &i->slot, out);
		fputc(',', out);
		print_flags(i->entry.flags, i->slot.level, out);
		return;
	case OP_INVLPG:
		fprintf(out, "INVLPG [%s]", t->page[i->page].name);
		return;
	case OP_INVPCID:
		print_invpcid(t, i, out);
		return;
	case OP_CR3:
	case OP_CR4:
		print_control(t, i, out);
		return;
	case OP_INVLPGB:
		print_broadcast(t, i, out);
		return;
	case OP_IPI:
		fprintf(out, "IPI P%u", i->cpu);
		return;
	case OP_WAIT:
		fputs("WAIT ", out);
		print_place(t, i, out);
		print_stored(t, i, out);
		return;
	case OP_FLUSH:
		print_flush(t, i, out);
		return;
	case OP_FREE:
		fprintf(out, "FREE %s", t->frame[i->frame].name);
		return;
	case OP_REUSE:
		print_reuse(t, i, out);
		return;
	default:
		if (plain[i->op] != NULL)
			fputs(plain[i->op], out);
		else
			print_move(t, i, out);
	}
}
