/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus_equal: see litmus_equal.h.
 */
#include "tests/unit/litmus_equal.h"

#include <string.h>

static bool
equal_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
equal_entry(const struct litmus_entry *a, const struct litmus_entry *b)
{
	return a->target == b->target && a->frame == b->frame &&
	    a->flags == b->flags;
}

static bool
equal_slot(const struct litmus_slot *a, const struct litmus_slot *b)
{
	return a->space == b->space && a->page == b->page &&
	    a->level == b->level;
}

static bool
equal_names(const struct litmus_test *a, const struct litmus_test *b)
{
	if (a->frames != b->frames || a->spaces != b->spaces ||
	    a->pages != b->pages || a->maps != b->maps)
		return false;
	for (unsigned i = 0; i < a->frames; i++) {
		if (!equal_text(a->frame[i].name, b->frame[i].name) ||
		    a->frame[i].table != b->frame[i].table ||
		    a->frame[i].word != b->frame[i].word)
			return false;
	}
	for (unsigned i = 0; i < a->spaces; i++) {
		if (!equal_text(a->space[i].name, b->space[i].name) ||
		    a->space[i].pcid != b->space[i].pcid)
			return false;
	}
	for (unsigned i = 0; i < a->pages; i++) {
		if (!equal_text(a->page[i].name, b->page[i].name) ||
		    a->page[i].va != b->page[i].va ||
		    a->page[i].placed != b->page[i].placed)
			return false;
	}
	for (unsigned i = 0; i < a->maps; i++) {
		if (!equal_slot(&a->map[i].slot, &b->map[i].slot) ||
		    !equal_entry(&a->map[i].entry, &b->map[i].entry))
			return false;
	}
	return true;
}

static bool
equal_flush(const struct litmus_flush *a, const struct litmus_flush *b)
{
	return a->list == b->list && a->ex == b->ex &&
	    a->all_cpus == b->all_cpus && a->all_spaces == b->all_spaces &&
	    a->nonglobal == b->nonglobal && a->cpus == b->cpus &&
	    a->space == b->space && a->pages == b->pages &&
	    memcmp(a->page, b->page, sizeof(a->page)) == 0 &&
	    a->result == b->result;
}

static bool
equal_broadcast(const struct litmus_broadcast *a,
                const struct litmus_broadcast *b)
{
	return a->va == b->va && a->pcid == b->pcid && a->global == b->global &&
	    a->final == b->final && a->pcid_value == b->pcid_value &&
	    a->count == b->count && a->stride2m == b->stride2m;
}

static bool
equal_insn(const struct litmus_insn *a, const struct litmus_insn *b)
{
	if (a->op == OP_FLUSH && !equal_flush(&a->flush, &b->flush))
		return false;
	if (a->op == OP_INVLPGB &&
	    !equal_broadcast(&a->broadcast, &b->broadcast))
		return false;
	return a->op == b->op && equal_text(a->label, b->label) &&
	    a->reg == b->reg && a->page == b->page && a->frame == b->frame &&
	    a->space == b->space && a->word == b->word &&
	    a->value == b->value && a->pcid == b->pcid && a->on == b->on &&
	    a->cpu == b->cpu && equal_slot(&a->slot, &b->slot) &&
	    equal_entry(&a->entry, &b->entry);
}

static bool
equal_code(const struct litmus_code *a, const struct litmus_code *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++) {
		if (!equal_insn(&a->insn[i], &b->insn[i]))
			return false;
	}
	return true;
}

static bool
equal_cpus(const struct litmus_test *a, const struct litmus_test *b)
{
	if (a->cpus != b->cpus)
		return false;
	for (unsigned i = 0; i < LITMUS_MAX_CPUS; i++) {
		const struct litmus_cpu *const p = &a->cpu[i], *const q =
		    &b->cpu[i];

		if (p->space != q->space || p->user != q->user ||
		    p->irq != q->irq || p->vp_index != q->vp_index ||
		    p->has_handler != q->has_handler ||
		    !equal_code(&p->code, &q->code) ||
		    !equal_code(&p->handler, &q->handler))
			return false;
	}
	return true;
}

static bool
equal_event(const struct litmus_event *a, const struct litmus_event *b)
{
	return a->init == b->init && a->dirty == b->dirty && a->cpu == b->cpu &&
	    a->index == b->index && a->handler == b->handler;
}

static bool
equal_cond(const struct litmus_cond *a, const struct litmus_cond *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->logic == b->logic && equal_cond(a->left, b->left) &&
	    equal_cond(a->right, b->right) && a->atom == b->atom &&
	    a->cpu == b->cpu && a->reg == b->reg && equal_event(&a->a, &b->a) &&
	    equal_event(&a->b, &b->b) && a->frame == b->frame &&
	    a->word == b->word && a->value == b->value &&
	    equal_slot(&a->slot, &b->slot) &&
	    equal_entry(&a->entry, &b->entry) && a->is_entry == b->is_entry;
}

static bool
equal_clauses(const struct litmus_test *a, const struct litmus_test *b)
{
	if (a->clauses != b->clauses)
		return false;
	for (unsigned i = 0; i < a->clauses; i++) {
		if (a->clause[i].quantifier != b->clause[i].quantifier ||
		    !equal_cond(a->clause[i].cond, b->clause[i].cond))
			return false;
	}
	return true;
}

bool
litmus_equal(const struct litmus_test *a, const struct litmus_test *b)
{
	return equal_text(a->name, b->name) && equal_text(a->doc, b->doc) &&
	    equal_text(a->machine, b->machine) &&
	    equal_text(a->host, b->host) &&
	    equal_text(a->cpu_profile, b->cpu_profile) &&
	    equal_text(a->cpu_knobs, b->cpu_knobs) && a->sc == b->sc &&
	    a->dirty_always == b->dirty_always && a->levels5 == b->levels5 &&
	    a->cr4 == b->cr4 && equal_names(a, b) && equal_cpus(a, b) &&
	    equal_clauses(a, b);
}
