/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * story: see story.h.
 *
 * Each event has a weight that depends on the finding: what happens to the
 * entry and on the vCPU that may still use it weighs most.  The least weight
 * that fits into the lines there are decides what is told.
 */
#include "cli/story.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/signature.h"
#include "cli/words.h"

enum { WEIGHT_NONE, WEIGHT_LOW, WEIGHT_SOME, WEIGHT_HIGH, WEIGHT_ALWAYS };

static bool
same_page(uint64_t a, uint64_t b)
{
	return ((a ^ b) & ~(MACHINE_PAGE - 1)) == 0;
}

/* The page is in the reach of the entry that the finding is about. */
static bool
concerns(const struct run_result *r, uint64_t va)
{
	const struct translation *t = &r->finding.cached;
	unsigned shift = t->level >= 1 && t->level <= 4 ?
	    12 + 9 * (t->level - 1u) : 12;

	if (same_page(va, r->finding.va))
		return true;
	return finding_is_stale(r->finding.kind) &&
	    ((va ^ t->va) >> shift) == 0;
}

static int
machine_weight(const struct trace_event *e, const struct run_result *r)
{
	const struct machine_event *m = &e->machine;
	bool victim = m->cpu == r->finding.cpu;

	switch (m->kind) {
	case EVENT_CANDIDATE:
	case EVENT_DEAD:
		if (!concerns(r, m->a))
			return WEIGHT_NONE;
		return victim ? WEIGHT_ALWAYS : WEIGHT_LOW;
	case EVENT_ACCESS:
		if (!concerns(r, m->a))
			return WEIGHT_NONE;
		return victim ? WEIGHT_HIGH : WEIGHT_LOW;
	case EVENT_FLUSH:
		return victim ? WEIGHT_HIGH : WEIGHT_LOW;
	case EVENT_INVLPG:
		if (!concerns(r, m->a))
			return WEIGHT_LOW;
		return victim ? WEIGHT_HIGH : WEIGHT_SOME;
	case EVENT_INVPCID:
	case EVENT_MOV_CR3:
	case EVENT_MOV_CR4:
		return victim ? WEIGHT_HIGH : WEIGHT_SOME;
	case EVENT_MODE:
		return victim ? WEIGHT_SOME : WEIGHT_LOW;
	case EVENT_PTE_STORE:
	case EVENT_PTE_BUFFERED:
	case EVENT_FAULT:
	case EVENT_IF:
		return victim ? WEIGHT_LOW : WEIGHT_NONE;
	default:
		return WEIGHT_NONE;
	}
}

static int
base_weight(const struct trace_event *e, const struct run_result *r)
{
	switch (e->kind) {
	case TRACE_FINDING:
		return WEIGHT_NONE;     /* the message says it */
	case TRACE_HYPERCALL:
		return WEIGHT_ALWAYS;
	case TRACE_OP_BEGIN:
	case TRACE_INVAL_END:
	case TRACE_HYPERCALL_DONE:
	case TRACE_IPI_SEND:
	case TRACE_IPI_TAKE:
		return WEIGHT_HIGH;
	case TRACE_OP_END:
	case TRACE_INVAL_BEGIN:
	case TRACE_IPI_DONE:
	case TRACE_FRAME_FREE:
		return WEIGHT_SOME;
	case TRACE_MACHINE:
		return machine_weight(e, r);
	default:
		return WEIGHT_NONE;
	}
}

static bool
is_machine(const struct trace_event *e, enum machine_event_kind kind)
{
	return e->kind == TRACE_MACHINE && e->machine.kind == kind;
}

/* The stores that made the entry stale weigh as much as it does. */
static void
weigh(const struct trace *t, const struct run_result *r, int *weight)
{
	uint64_t pa = 0;
	bool known = false;

	for (size_t i = 0; i < t->count; i++)
		weight[i] = base_weight(&t->events[i], r);
	for (size_t i = t->count; i-- > 0;) {
		if (!is_machine(&t->events[i], EVENT_CANDIDATE) ||
		    weight[i] != WEIGHT_ALWAYS)
			continue;
		for (size_t j = i; j-- > 0 && j + 16 > i;)
			if (is_machine(&t->events[j], EVENT_PTE_STORE)) {
				weight[j] = WEIGHT_ALWAYS;
				pa = t->events[j].machine.a;
				known = true;
				break;
			}
	}
	for (size_t i = 0; known && i < t->count; i++)
		if (is_machine(&t->events[i], EVENT_PTE_BUFFERED) &&
		    t->events[i].machine.a == pa)
			weight[i] = WEIGHT_HIGH;
}

static void
add_line(struct story *s, char *line)
{
	if (s->count == s->capacity) {
		s->capacity = s->capacity != 0 ? 2 * s->capacity : 32;
		s->lines = cli_grow(s->lines, s->capacity, sizeof(*s->lines));
	}
	s->lines[s->count++] = line;
}

static void
add_event(struct story *s, const struct trace_event *e)
{
	char text[512];
	unsigned cpu = e->kind == TRACE_MACHINE ? e->machine.cpu : e->cpu;

	words_event(e, text, sizeof(text));
	add_line(s, cli_format("%6llu  vCPU %u  %s",
	                       (unsigned long long)e->step, cpu, text));
}

/* Events of at least this weight. */
static unsigned
count_weight(const int *weight, size_t n, int least)
{
	unsigned count = 0;

	for (size_t i = 0; i < n; i++)
		count += weight[i] >= least;
	return count;
}

/*
 * Lines that are left go to the last events that just missed: the end is what
 * matters.
 */
static unsigned
promote(int *weight, size_t n, int least)
{
	unsigned told = count_weight(weight, n, least);

	for (size_t i = n; i-- > 0 && told < STORY_MAX_LINES;)
		if (weight[i] == least - 1 && weight[i] > WEIGHT_LOW) {
			weight[i] = least;
			told++;
		}
	return told;
}

void
story_tell(struct story *s, const struct trace *t, const struct run_result *r)
{
	int *weight = cli_alloc((t->count + 1) * sizeof(*weight));
	int least = WEIGHT_LOW;
	unsigned total, told, skip = 0, seen = 0;

	weigh(t, r, weight);
	total = count_weight(weight, t->count, WEIGHT_LOW);
	while (least < WEIGHT_ALWAYS &&
	       count_weight(weight, t->count, least) > STORY_MAX_LINES)
		least++;
	told = promote(weight, t->count, least);
	/* Still too many: again the end. */
	if (told > STORY_MAX_LINES)
		skip = told - STORY_MAX_LINES;
	for (size_t i = 0; i < t->count; i++)
		if (weight[i] >= least && seen++ >= skip)
			add_event(s, &t->events[i]);
	s->left_out = total - s->count;
	free(weight);
}

void
story_tell_all(struct story *s, const struct trace *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->events[i].kind != TRACE_SITE)
			add_event(s, &t->events[i]);
}

void
story_clear(struct story *s)
{
	for (unsigned i = 0; i < s->count; i++)
		free(s->lines[i]);
	free(s->lines);
	memset(s, 0, sizeof(*s));
}

static char *
stale_message(const struct machine_finding *f)
{
	char cached[160], memory[96] = "not mapped";

	words_translation(&f->cached, cached, sizeof(cached));
	if (f->memory != 0)
		words_entry(f->memory, memory, sizeof(memory));
	return cli_format("vCPU %u %s%s and may still use 0x%llx -> %s "
	                  "(filled under PCID %u, root 0x%llx); page tables: "
	                  "%s%s; dead by: %s", f->cpu,
	                  f->where != NULL ? f->where : "goes on",
	                  f->accessed ? ", uses it," : "",
	                  (unsigned long long)f->va, cached, f->pcid,
	                  (unsigned long long)f->root, memory,
	                  f->reused ? "; its page has been given away" : "",
	                  f->killed_by != NULL ? f->killed_by : "contract");
}

char *
story_message(const struct run_result *r)
{
	if (finding_is_stale(r->finding.kind))
		return stale_message(&r->finding);
	if (strncmp(r->message, "vCPU ", 5) == 0)
		return cli_copy(r->message);
	return cli_format("vCPU %u: %s", r->finding.cpu,
	                  r->message[0] != '\0' ? r->message :
	                  finding_kind_name(r->finding.kind));
}
