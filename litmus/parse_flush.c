/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_flush: the operands of FLUSH (a hypercall) and of INVLPGB.
 */
#include "litmus/parse.h"

#include "model/model.h"

/* "{1,2}" */
static uint64_t
parse_cpu_set(struct parser *p)
{
	uint64_t set = 0;
	struct litmus_place place;
	uint64_t n;

	parse_expect(p, '{', "'{'");
	while (!p->failed && !parse_is(p, '}')) {
		place = p->now.place;
		n = parse_number(p, UINT64_MAX, "the number of a vCPU");
		if (n >= p->t->cpus && !p->failed)
			parse_fail(p, place, "P%llu has no column",
			           (unsigned long long)n);
		else
			set |= 1ull << (n % 64);
		if (!parse_accept(p, ',') && !parse_is(p, '}'))
			parse_expected(p, "',' or '}'");
	}
	parse_next(p);
	return set;
}

struct flush_said {
	bool cpus, space;
};

static void
parse_flush_space(struct parser *p, struct litmus_flush *f)
{
	parse_next(p);
	parse_expect(p, '=', "'='");
	f->all_spaces = parse_accept_word(p, "all");
	if (!f->all_spaces)
		f->space = parse_space(p);
}

/* One option; false: none follows. */
static bool
parse_flush_option(struct parser *p, struct litmus_insn *ret,
                   struct flush_said *said)
{
	struct litmus_flush *const f = &ret->flush;
	const bool cpus = parse_is_word(p, "all") || parse_is_word(p, "cpus");
	const bool space = parse_is_word(p, "space") ||
	    parse_is_word(p, "spaces");

	if ((cpus && said->cpus) || (space && said->space))
		parse_fail(p, p->now.place, "%s given twice",
		           cpus ? "vCPUs are" : "the space is");
	said->cpus |= cpus;
	said->space |= space;
	if (space) {
		parse_flush_space(p, f);
	} else if (parse_accept_word(p, "all")) {
		f->all_cpus = true;
	} else if (parse_accept_word(p, "cpus")) {
		parse_expect(p, '=', "'='");
		f->cpus = parse_cpu_set(p);
	} else if (parse_accept_word(p, "nonglobal")) {
		f->nonglobal = true;
	} else if (parse_accept_word(p, "ex")) {
		f->ex = true;
	} else if (parse_accept_word(p, "result")) {
		parse_expect(p, '=', "'='");
		f->result = true;
		ret->reg = parse_register(p);
	} else {
		return false;
	}
	return true;
}

static void
parse_flush_pages(struct parser *p, struct litmus_flush *f)
{
	if (!parse_is(p, '['))
		parse_expected(p, "'['");
	while (parse_is(p, '[')) {
		if (f->pages == LITMUS_MAX_LIST) {
			parse_fail(p, p->now.place, "a list has at most "
			           "%d pages", LITMUS_MAX_LIST);
			return;
		}
		parse_next(p);
		f->page[f->pages++] = parse_page(p);
		parse_expect(p, ']', "']'");
	}
}

void
parse_flush(struct parser *p, struct litmus_insn *ret)
{
	struct litmus_flush *const f = &ret->flush;
	struct flush_said said = { 0 };

	f->list = parse_accept_word(p, "LIST");
	if (f->list)
		parse_flush_pages(p, f);
	else if (!parse_accept_word(p, "SPACE"))
		parse_expected(p, "SPACE or LIST");
	while (parse_flush_option(p, ret, &said))
		;
	if (!said.cpus)
		parse_fail(p, p->now.place, "FLUSH needs vCPUs: all, or "
		           "cpus={...}");
	else if (!said.space && p->t->spaces > 1)
		parse_fail(p, p->now.place, "FLUSH needs a space: space=NAME, "
		           "or spaces=all");
}

/* ---- INVLPGB ------------------------------------------------------------- */

static void
parse_pages_number(struct parser *p, struct litmus_broadcast *b)
{
	const struct litmus_place place = p->now.place;

	parse_next(p);
	parse_expect(p, '=', "'='");
	b->count = (uint16_t)parse_number(p, UINT16_MAX, "a count, 0 to 65535");
	if (!b->va)
		parse_fail(p, place, "a count needs a page");
}

static void
parse_broadcast_option(struct parser *p, struct litmus_broadcast *b)
{
	const struct litmus_place place = p->now.place;

	if (parse_accept_word(p, "pcid")) {
		parse_expect(p, '=', "'='");
		b->pcid = true;
		b->pcid_value = (uint16_t)parse_number(p, CR3_PCID,
		    "a PCID, 0 to 4095");
	} else if (parse_accept_word(p, "global")) {
		b->global = true;
	} else if (parse_accept_word(p, "final")) {
		b->final = true;
	} else if (parse_is_word(p, "count")) {
		parse_pages_number(p, b);
	} else if (parse_accept_word(p, "stride2m")) {
		b->stride2m = true;
		if (!b->va)
			parse_fail(p, place, "a stride needs a page");
	} else {
		parse_expected(p, "pcid, global, final, count or stride2m");
	}
}

void
parse_broadcast(struct parser *p, struct litmus_insn *ret)
{
	struct litmus_broadcast *const b = &ret->broadcast;

	if (parse_accept(p, '[')) {
		b->va = true;
		ret->page = parse_page(p);
		parse_expect(p, ']', "']'");
		if (!parse_accept(p, ','))
			return;
	} else if (!parse_is(p, TOKEN_NAME)) {
		return;
	}
	do
		parse_broadcast_option(p, b);
	while (parse_accept(p, ','));
}
