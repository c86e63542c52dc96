/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owners.c: whose stores made a candidate wrong, where one word of bits is not
 * enough: the stores of processors that lie 64 or more apart.  Further words
 * are nodes that a run takes one after the other and never gives back.
 */
#include "model/machine.h"

static struct owners *
word_find(const struct machine *m, const struct owners *o, unsigned word)
{
	for (uint32_t i = o->more; i != 0; i = m->node[i - 1].more)
		if (m->node[i - 1].word == word)
			return &m->node[i - 1];
	return NULL;
}

void
owners_add_far(struct machine *m, struct owners *o, unsigned cpu)
{
	struct owners *n = word_find(m, o, cpu / 64);

	if (n == NULL) {
		if (m->now.nodes == m->max_nodes) {
			m->now.overflow = true;
			return;
		}
		n = &m->node[m->now.nodes++];
		*n = (struct owners){ 0, (uint16_t)(cpu / 64), o->more };
		o->more = m->now.nodes;
	}
	n->bits |= 1ull << cpu % 64;
}

bool
owners_has_far(const struct machine *m, const struct owners *o, unsigned cpu)
{
	const struct owners *n = word_find(m, o, cpu / 64);

	return n != NULL && (n->bits >> cpu % 64 & 1) != 0;
}
