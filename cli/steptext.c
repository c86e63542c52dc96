/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * steptext: see steptext.h.
 */
#include "cli/steptext.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/where.h"
#include "cli/words.h"

/* A text that grows. */
static void
add(char **text, char *more)
{
	char *whole = cli_format("%s%s", *text, more);

	free(*text);
	free(more);
	*text = whole;
}

/* "vCPU 0", "vCPUs 0, 2", "vCPUs 1-63" */
static char *
cpu_list(const struct cpus *set)
{
	char *text = cli_copy(cpus_count(set) > 1 ? "vCPUs" : "vCPU");
	const char *comma = " ";

	for (unsigned first = 0, end; first < RUNNER_MAX_CPUS; first = end) {
		end = first + 1;
		if (!cpus_has(set, first))
			continue;
		while (end < RUNNER_MAX_CPUS && cpus_has(set, end))
			end++;
		if (end - first < 5)
			end = first + 1;
		add(&text, cli_format("%s%u", comma, first));
		if (end > first + 1)
			add(&text, cli_format("-%u", end - 1));
		comma = ", ";
	}
	return text;
}

/* ---- who may hold the stale entry --------------------------------------------- */

static bool
same_tags(const struct holder *a, const struct holder *b)
{
	return a->ntags == b->ntags && memcmp(a->tags, b->tags,
	    a->ntags * sizeof(a->tags[0])) == 0;
}

static char *
tag_list(const struct holder *h)
{
	char *text = cli_copy("");

	for (unsigned i = 0; i < h->ntags; i++) {
		uint64_t tag = h->tags[i];

		if (tag > CR3_PCID)
			add(&text, cli_format("%sany PCID",
			                      i != 0 ? ", " : ""));
		else
			add(&text, cli_format("%s%" PRIu64,
			                      i != 0 ? ", " : "PCID ", tag));
	}
	return text;
}

static int
by_cpu(const void *a, const void *b)
{
	const struct holder *ha = a, *hb = b;

	return (ha->cpu > hb->cpu) - (ha->cpu < hb->cpu);
}

/* "vCPUs 0, 1 (any PCID)"; "" when nobody is. */
static char *
holder_list(const struct step *s)
{
	struct cpus told = { 0 };
	char *text = cli_copy("");

	if (s->nholders > 1)
		qsort(s->holders, s->nholders, sizeof(s->holders[0]), by_cpu);
	for (unsigned a = 0; a < s->nholders; a++) {
		struct cpus same = { 0 };
		char *cpus, *tags;

		if (cpus_has(&told, s->holders[a].cpu))
			continue;
		for (unsigned b = a; b < s->nholders; b++)
			if (same_tags(&s->holders[a], &s->holders[b])) {
				cpus_add(&same, s->holders[b].cpu);
				cpus_add(&told, s->holders[b].cpu);
			}
		cpus = cpu_list(&same);
		tags = tag_list(&s->holders[a]);
		add(&text, cli_format("%s%s (%s)", *text != '\0' ? ", " : "",
		                      cpus, tags));
		free(cpus);
		free(tags);
	}
	return text;
}

/* ---- single kinds ---------------------------------------------------------------- */

static char *
plain(const struct trace_event *e)
{
	char text[512];

	words_event(e, text, sizeof(text));
	return cli_copy(text);
}

/* "; whose call it was" comes from the program counters. */
static void
add_site(char **text, const struct trace_event *e, const struct row *row)
{
	char *site = NULL;

	if (row->object != NULL)
		site = where_brief(row->object, e->pc, e->npc);
	if (site != NULL)
		add(text, cli_format(" (%s)", site));
	free(site);
}

static char *
store_text(const struct step *s, const struct row *row)
{
	const struct machine_event *m = &s->e->machine;
	char *text = plain(s->e), *holders = holder_list(s);

	if (s->left) {
		free(text);
		text = cli_format("its store to table entry 0x%" PRIx64
		                  " leaves the store buffer: all see it", m->a);
	} else {
		add_site(&text, s->site, row);
	}
	if (*holders != '\0')
		add(&text, cli_format("; the old translation is stale now and "
		                      "may still be cached: %s", holders));
	free(holders);
	return text;
}

static char *
buffered_text(const struct step *s, const struct row *row)
{
	char *text = plain(s->e);

	add_site(&text, s->site, row);
	if (s->until != 0)
		add(&text, cli_format("; it waits in vCPU %u's store buffer "
		                      "until step %" PRIu64,
		                      s->e->machine.cpu, s->until));
	else
		add(&text, cli_format("; it is still in vCPU %u's store buffer "
		                      "at the end", s->e->machine.cpu));
	return text;
}

/* The range stands where the invalidation begins. */
static char *
return_text(const struct step *s)
{
	const struct trace_event *call =
	    s->call != NULL ? s->call : s->e;
	char *text = cli_copy("");

	if (call->kind == TRACE_HYPERCALL_DONE) {
		free(text);
		text = plain(call);
	}
	if (s->e->kind == TRACE_INVAL_END)
		add(&text, cli_format("%sits invalidation has returned",
		                      *text != '\0' ? "; " : ""));
	if (s->end != NULL)
		add(&text, cli_format("; %s ends", s->end->text));
	return text;
}

static char *
send_text(const struct step *s, const struct row *row)
{
	char *to = cpu_list(&s->targets);
	char *text = cli_format("sends IPI 0x%" PRIx64 " to %s", s->e->b, to);

	add_site(&text, s->e, row);
	free(to);
	return text;
}

static char *
body(const struct step *s, const struct row *row)
{
	char *text;

	switch (s->e->kind) {
	case TRACE_INVAL_END:
	case TRACE_HYPERCALL_DONE:
		return return_text(s);
	case TRACE_IPI_SEND:
		return send_text(s, row);
	case TRACE_HYPERCALL:
		text = plain(s->e);
		add_site(&text, s->e, row);
		return text;
	case TRACE_MACHINE:
		if (s->e->machine.kind == EVENT_PTE_STORE)
			return store_text(s, row);
		if (s->e->machine.kind == EVENT_PTE_BUFFERED)
			return buffered_text(s, row);
		if (s->e->machine.kind == EVENT_FLUSH &&
		    cpus_count(&s->cpus) > 1) {
			text = cpu_list(&s->cpus);
			add(&text, cli_copy(" "));
			add(&text, plain(s->e));
			return text;
		}
		return plain(s->e);
	default:
		return plain(s->e);
	}
}

int
step_actor(const struct step *s)
{
	if (cpus_count(&s->cpus) > 1)
		return -1;
	return (int)(s->e->kind == TRACE_MACHINE ? s->e->machine.cpu :
	             s->e->cpu);
}

char *
step_words(const struct step *s, const struct row *row)
{
	char *text = body(s, row), *who;

	/* A machine event of its own says it already. */
	if (cpus_count(&s->dead) > 0 && s->e->kind != TRACE_MACHINE) {
		who = cpu_list(&s->dead);
		add(&text, cli_format("; from here on %s must not use the old "
		                      "translation", who));
		free(who);
	}
	return text;
}

char *
step_text(const struct step *s, const struct row *row)
{
	const int actor = step_actor(s);
	const unsigned long long number = s->e->step;
	char *words = step_words(s, row), *text;

	if (actor < 0)
		text = cli_format("%6llu  host    %s", number, words);
	else
		text = cli_format("%6llu  vCPU %d  %s", number, actor, words);
	free(words);
	return text;
}
