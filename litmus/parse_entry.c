/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_entry: which entry (PTE(x), s1:PDE(x)) and what it holds.
 *
 * An entry is refused when no processor could take it as what it is called: a
 * table in a PTE, a page in a PML4E, a directory entry of a frame without PS.
 * SDM 3A 4.5: tables 4-14 to 4-20.
 */
#include "litmus/parse.h"

#include "model/model.h"

unsigned
token_level(const struct token *t)
{
	for (unsigned level = 1; level <= 5; level++) {
		if (token_is(t, litmus_levels[level]))
			return level;
	}
	return 0;
}

struct litmus_slot
parse_slot(struct parser *p, unsigned space)
{
	const struct token name = p->now;
	struct litmus_slot slot = { space, 0, token_level(&name) };

	if (slot.level == 0) {
		parse_expected(p, "PTE, PDE, PDPTE, PML4E or PML5E");
		return slot;
	}
	if (slot.level == 5 && !p->t->levels5) {
		parse_fail(p, name.place, "PML5E: the test does not say "
		           "'levels 5'");
		return slot;
	}
	parse_next(p);
	parse_expect(p, '(', "'('");
	slot.page = parse_page(p);
	parse_expect(p, ')', "')'");
	return slot;
}

/* One flag.  PAT and PS are one bit, which is PAT in a PTE alone. */
static uint64_t
parse_flag(struct parser *p, unsigned level)
{
	const struct token t = parse_name(p, "a flag");
	unsigned i = 0;

	while (litmus_flags[i].name != NULL &&
	       !token_is(&t, litmus_flags[i].name))
		i++;
	if (litmus_flags[i].name == NULL) {
		parse_fail(p, t.place, "unknown flag '%.*s': P W U PWT PCD "
		           "A D G PS PAT NX", (int)t.size, t.text);
		return 0;
	}
	if (token_is(&t, "PS") && level == 1)
		parse_fail(p, t.place, "a PTE has no PS");
	if (token_is(&t, "PAT") && level != 1)
		return LITMUS_PAT_LARGE;
	return litmus_flags[i].bit;
}

/* A PTE whose level is not known has its PAT where a PTE has it. */
static uint64_t
settle_pat(struct parser *p, struct litmus_place place, unsigned level,
           uint64_t flags)
{
	if (!(flags & LITMUS_PAT_LARGE) || flags & PTE_PS)
		return flags;
	if (level != 0)
		parse_fail(p, place, "PAT needs PS at this level");
	return (flags & ~LITMUS_PAT_LARGE) | PTE_PAT;
}

uint64_t
parse_flags(struct parser *p, unsigned level)
{
	const struct litmus_place place = p->now.place;
	uint64_t flags = 0;

	do
		flags |= parse_flag(p, level);
	while (parse_accept(p, ','));
	return settle_pat(p, place, level, flags);
}

/* "-W, G": added, or with a minus removed, in order. */
static uint64_t
parse_changes(struct parser *p, unsigned level, uint64_t flags)
{
	const struct litmus_place place = p->now.place;

	do {
		if (parse_accept(p, '-'))
			flags &= ~parse_flag(p, level);
		else
			flags |= parse_flag(p, level);
	} while (parse_accept(p, ','));
	return settle_pat(p, place, level, flags);
}

/* Is this an entry that the level can hold? */
static void
check_entry(struct parser *p, struct litmus_place place, unsigned level,
            const struct litmus_entry *e)
{
	const bool leaf = e->target == TARGET_FRAME;

	if (p->failed)
		return;
	if (!leaf && level == 1)
		parse_fail(p, place, "a PTE maps a frame, not a table");
	else if (!leaf && e->flags & PTE_PS)
		parse_fail(p, place, "an entry of a table has no PS");
	else if (leaf && level >= 4)
		parse_fail(p, place, "a %s maps a table, not a frame",
		           litmus_levels[level]);
	else if (leaf && level >= 2 && !(e->flags & PTE_PS))
		parse_fail(p, place, "a %s maps a frame only with PS",
		           litmus_levels[level]);
}

/* What an entry for the frame has if nothing else is said. */
static struct litmus_entry
entry_for(struct parser *p, unsigned frame)
{
	const bool table = p->t->frame[frame].table;

	return (struct litmus_entry){
		table ? TARGET_TABLE : TARGET_FRAME, frame,
		table ? LITMUS_TABLE_FLAGS : LITMUS_LEAF_FLAGS
	};
}

/* "pte(a,-W)" or "table(t,-A)"; the word is in hand. */
static struct litmus_entry
parse_call(struct parser *p, unsigned level, bool table)
{
	const struct litmus_place place = p->now.place;
	struct litmus_entry e = { 0 };
	struct token name;

	parse_next(p);
	parse_expect(p, '(', "'('");
	name = p->now;
	e.frame = parse_frame(p);
	if (p->failed)
		return e;
	e = entry_for(p, e.frame);
	if ((e.target == TARGET_TABLE) != table)
		parse_fail(p, name.place, "'%.*s' is a %s: write %s(...)",
		           (int)name.size, name.text, table ? "data frame" :
		           "table", table ? "pte" : "table");
	if (parse_accept(p, ','))
		e.flags = parse_changes(p, level, e.flags);
	parse_expect(p, ')', "')'");
	check_entry(p, place, level, &e);
	return e;
}

struct litmus_entry
parse_entry(struct parser *p, unsigned level)
{
	const struct litmus_entry none = { 0 };

	if (parse_is_word(p, "pte"))
		return parse_call(p, level, false);
	if (parse_is_word(p, "table"))
		return parse_call(p, level, true);
	if (parse_accept_word(p, "none"))
		return none;
	if (!parse_is(p, TOKEN_NUMBER) || p->now.value != 0)
		parse_expected(p, "pte(frame), table(table), none or 0");
	else
		parse_next(p);
	return none;
}

struct litmus_entry
parse_mapping(struct parser *p, unsigned level)
{
	const struct litmus_place place = p->now.place;
	struct litmus_entry e = { 0 };

	if (parse_accept_word(p, "none"))
		return e;
	e.frame = parse_frame(p);
	if (p->failed)
		return e;
	e = entry_for(p, e.frame);
	if (parse_accept(p, '(')) {
		e.flags = parse_changes(p, level, e.flags);
		parse_expect(p, ')', "')'");
	}
	check_entry(p, place, level, &e);
	return e;
}
