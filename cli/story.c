/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * story: see story.h.
 *
 * The least weight whose steps fit into the lines that there are decides what
 * is told; lines that are left go to the last steps that just missed, since
 * the end is what matters.
 */
#include "cli/story.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/explain.h"
#include "cli/signature.h"
#include "cli/steps.h"
#include "cli/steptext.h"
#include "cli/words.h"

static void
add_line(struct story *s, char *line)
{
	if (s->count == s->capacity) {
		s->capacity = s->capacity != 0 ? 2 * s->capacity : 32;
		s->lines = cli_grow(s->lines, s->capacity, sizeof(*s->lines));
	}
	s->lines[s->count++] = line;
}

/* Adds a text, broken into lines; those after the first are indented. */
static void
add_wrapped(struct story *s, const char *text, int indent)
{
	size_t width = STORY_WIDTH, n;
	int margin = 0;

	while (*text != '\0') {
		n = words_break(text, width);
		add_line(s, cli_format("%*s%.*s", margin, "", (int)n, text));
		text += n;
		while (*text == ' ')
			text++;
		margin = indent;
		width = STORY_WIDTH - (size_t)indent;
	}
}

static void
add_step(struct story *s, const struct step *step, const struct run_result *r,
         const struct row *row)
{
	char *text = step_text(step, row), *why = NULL;

	add_wrapped(s, text, STEP_INDENT);
	free(text);
	if (step->e->kind == TRACE_HYPERCALL)
		why = explain_call(step->e->text, r, row);
	if (why != NULL) {
		text = cli_format("%*s%s", STEP_INDENT, "", why);
		add_wrapped(s, text, STEP_INDENT + 2);
		free(text);
		free(why);
	}
}

/* All steps of at least this weight, from number `from` on. */
static void
tell_from(struct story *s, const struct steps *steps, int least, unsigned from,
          const struct run_result *r, const struct row *row)
{
	for (unsigned i = from; i < steps->count; i++)
		if (steps->v[i].weight >= least)
			add_step(s, &steps->v[i], r, row);
}

static unsigned
count_lines(const struct steps *steps, int least, unsigned from,
            const struct run_result *r, const struct row *row)
{
	struct story trial;
	unsigned n;

	memset(&trial, 0, sizeof(trial));
	tell_from(&trial, steps, least, from, r, row);
	n = trial.count;
	story_clear(&trial);
	return n;
}

static unsigned
count_steps(const struct steps *steps, int least, unsigned from)
{
	unsigned n = 0;

	for (unsigned i = from; i < steps->count; i++)
		n += steps->v[i].weight >= least;
	return n;
}

/* Gives the lines that are left to the last steps that just missed. */
static void
promote(struct steps *steps, int least, unsigned used,
        const struct run_result *r, const struct row *row)
{
	for (unsigned i = steps->count; i-- > 0 && used < STORY_MAX_LINES;) {
		struct step *step = &steps->v[i];
		struct story trial;

		if (step->weight != least - 1 || step->weight <= WEIGHT_LOW)
			continue;
		memset(&trial, 0, sizeof(trial));
		add_step(&trial, step, r, row);
		if (used + trial.count <= STORY_MAX_LINES) {
			step->weight = least;
			used += trial.count;
		}
		story_clear(&trial);
	}
}

/* So many steps would never fit: spares the work of putting them in words. */
static bool
fits(const struct steps *steps, int least, const struct run_result *r,
     const struct row *row, unsigned *lines)
{
	if (count_steps(steps, least, 0) > STORY_MAX_LINES)
		return false;
	*lines = count_lines(steps, least, 0, r, row);
	return *lines <= STORY_MAX_LINES;
}

/* The line that the step's text names too, as a place of the tree. */
static void
keep_step(struct story_step *out, const struct step *step,
          const struct row *row)
{
	memset(out, 0, sizeof(*out));
	out->number = step->e->step;
	out->actor = step_actor(step);
	out->words = step_words(step, row);
	if (row->object != NULL && step->site->npc != 0)
		where_find(row->object, step->site->pc, step->site->npc,
		           &out->where);
}

static void
keep_steps(struct story *s, const struct steps *steps, int least,
           unsigned from, const struct row *row)
{
	s->steps = cli_alloc((steps->count + 1) * sizeof(*s->steps));
	for (unsigned i = from; i < steps->count; i++)
		if (steps->v[i].weight >= least)
			keep_step(&s->steps[s->nsteps++], &steps->v[i], row);
}

void
story_tell(struct story *s, const struct trace *t, const struct run_result *r,
           const struct row *row)
{
	struct steps steps = { NULL, 0, 0 };
	unsigned lines = STORY_MAX_LINES, from = 0;
	int least = WEIGHT_LOW;

	steps_make(&steps, t, r);
	while (least < WEIGHT_ALWAYS && !fits(&steps, least, r, row, &lines))
		least++;
	if (least == WEIGHT_ALWAYS && !fits(&steps, least, r, row, &lines)) {
		/* Still too many: the end again. */
		from = steps.count;
		while (from > 0 && count_lines(&steps, least, from - 1, r,
		                               row) <= STORY_MAX_LINES)
			from--;
		lines = STORY_MAX_LINES;
	}
	promote(&steps, least, lines, r, row);
	tell_from(s, &steps, least, from, r, row);
	keep_steps(s, &steps, least, from, row);
	s->left_out = count_steps(&steps, WEIGHT_LOW, 0) -
	    count_steps(&steps, least, from);
	steps_clear(&steps);
}

void
story_tell_all(struct story *s, const struct trace *t)
{
	char text[512];

	for (size_t i = 0; i < t->count; i++) {
		const struct trace_event *e = &t->events[i];
		unsigned cpu = e->kind == TRACE_MACHINE ? e->machine.cpu :
		    e->cpu;

		if (e->kind == TRACE_SITE)
			continue;
		words_event(e, text, sizeof(text));
		add_line(s, cli_format("%6llu  vCPU %u  %s",
		                       (unsigned long long)e->step, cpu, text));
	}
}

void
story_clear(struct story *s)
{
	for (unsigned i = 0; i < s->count; i++)
		free(s->lines[i]);
	free(s->lines);
	for (unsigned i = 0; i < s->nsteps; i++)
		free(s->steps[i].words);
	free(s->steps);
	memset(s, 0, sizeof(*s));
}

/* Who promised that the entry is gone. */
static const char *
promise(const char *by)
{
	if (by == NULL)
		return "by contract";
	if (strcmp(by, "invalidation") == 0)
		return "the kernel's invalidation has returned";
	if (strcmp(by, "operation") == 0)
		return "the operation has returned";
	return by;
}

static char *
stale_message(const struct machine_finding *f)
{
	char cached[160], memory[96] = "nothing there";

	words_translation(&f->cached, cached, sizeof(cached));
	if (f->memory != 0)
		words_entry(f->memory, memory, sizeof(memory));
	return cli_format("vCPU %u %s%s and may still use 0x%llx -> %s, "
	                  "filled under root 0x%llx, PCID %u; the page tables "
	                  "say: %s; must be gone since: %s%s", f->cpu,
	                  f->where != NULL ? f->where : "goes on",
	                  f->accessed ? ", uses it," : "",
	                  (unsigned long long)f->va, cached,
	                  (unsigned long long)f->root, f->pcid, memory,
	                  promise(f->killed_by), f->reused ?
	                  "; the page has been given away" : "");
}

char *
story_message(const struct run_result *r)
{
	if (finding_is_stale(r->finding.kind)) {
		char *text = stale_message(&r->finding), *both;

		if (r->message[0] == '\0')
			return text;
		both = cli_format("%s; %s", text, r->message);
		free(text);
		return both;
	}
	if (strncmp(r->message, "vCPU ", 5) == 0)
		return cli_copy(r->message);
	return cli_format("vCPU %u: %s", r->finding.cpu,
	                  r->message[0] != '\0' ? r->message :
	                  finding_kind_name(r->finding.kind));
}
