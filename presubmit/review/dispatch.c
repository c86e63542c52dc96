/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dispatch: the pointer for the flush is valid from the first possible call
 * (before the driver attaches, pmap_pinit0 already flushes) and after detach.
 *
 * By reading: it has an initialiser, or a very early function of the core
 * stores into it, or each call tests it; and what attach stores is taken back
 * by something that detach reaches.  `early` runs the first part.
 */
#include <stdlib.h>
#include <string.h>

#include "presubmit/review/hook.h"
#include "presubmit/review/linux_hook.h"

/* Functions of the core that run before any pmap is made. */
static bool
is_early(const char *function)
{
	static const char *const names[] = { "pmap_bootstrap", "hammer_time",
		NULL };

	for (const char *const *n = names; function && *n; n++)
		if (strcmp(function, *n) == 0)
			return true;
	return false;
}

static const struct place *
early_store(const struct hook *h)
{
	for (size_t i = 0; i < h->core_stores.n; i++)
		if (is_early(h->core_stores.v[i].function) &&
		    h->core_stores.v[i].value)
			return &h->core_stores.v[i];
	return NULL;
}

static bool
all_calls_guarded(const struct hook *h)
{
	for (size_t i = 0; i < h->calls.n; i++)
		if (!h->calls.v[i].guarded)
			return false;
	return true;
}

/* Valid before attach?  Returns whether the value is never NULL then. */
static void
judge_before(struct review *r, struct check *c, const struct hook *h)
{
	const struct place *d = &h->definition, *early = early_store(h);

	if (d->value) {
		check_note(r, c, d->below, d->line, "%s starts as %s", h->name,
		    d->value);
		return;
	}
	if (early) {
		check_note(r, c, early->below, early->line, "%s() stores %s "
		    "into %s before any pmap is made", early->function,
		    early->value, h->name);
		return;
	}
	for (size_t i = 0; i < h->calls.n; i++) {
		const struct place *p = &h->calls.v[i];

		check_note(r, c, p->below, p->line, "%s calls through %s, %s",
		    p->function ? p->function : "a macro", h->name,
		    p->guarded ? "behind a test" : "which may be NULL here");
	}
	if (all_calls_guarded(h))
		return;
	check_note(r, c, d->below, d->line, "%s has no initialiser", h->name);
	check_say(c, VERDICT_FAIL, "%s%s:%zu: %s is NULL until something "
	    "stores into it, and pmap_pinit0 flushes before any driver "
	    "attaches; give it the native function as initialiser", r->prefix,
	    d->below, d->line, h->name);
}

/* What the driver leaves in the pointer when it goes away. */
static const struct place *
restored(const struct hook *h, const struct strlist *detach)
{
	for (size_t i = 0; i < h->driver_stores.n; i++) {
		const struct place *p = &h->driver_stores.v[i];

		if (p->function && strlist_has(detach, p->function,
		    strlen(p->function)))
			return p;
	}
	return NULL;
}

static void
judge_after(struct review *r, struct check *c, const struct hook *h,
            const struct strlist *detach)
{
	const struct place *back = restored(h, detach);
	const struct place *in = h->driver_stores.v;

	if (!h->driver_stores.n || !detach->n) {
		check_note(r, c, h->definition.below, h->definition.line, "%s",
		    detach->n ? "no driver stores into it" :
		    "the driver has no way to detach");
		return;
	}
	for (size_t i = 0; i < h->driver_stores.n; i++)
		check_note(r, c, in[i].below, in[i].line, "%s() stores %s into "
		    "%s", in[i].function ? in[i].function : "?",
		    in[i].value ? in[i].value : "NULL", h->name);
	if (!back)
		check_say(c, VERDICT_FAIL, "%s%s:%zu: attach stores %s into "
		    "%s and nothing that detach reaches takes it back; a flush "
		    "after detach runs the driver's code on what it freed",
		    r->prefix, in->below, in->line, in->value ? in->value :
		    "NULL", h->name);
	else if (!back->value && !all_calls_guarded(h))
		check_say(c, VERDICT_FAIL, "%s%s:%zu: %s() leaves NULL in %s, "
		    "and the core calls it untested", r->prefix, back->below,
		    back->line, back->function, h->name);
}

static void
judge(struct review *r, struct check *c)
{
	struct hooks h = { 0 };
	struct strlist detach = { 0 };

	if (hooks_find(r, &h) != 0 || hooks_detach_functions(r, &detach) != 0)
		check_say(c, VERDICT_SKIP, "the core or the driver cannot be "
		    "read");
	else if (!h.n)
		check_say(c, VERDICT_SKIP, "the core calls no flush through a "
		    "function pointer in this tree");
	for (size_t i = 0; i < h.n; i++) {
		judge_before(r, c, &h.v[i]);
		judge_after(r, c, &h.v[i], &detach);
		check_say(c, VERDICT_PASS, "%s is valid before attach (%s) and "
		    "after detach", h.v[i].name, h.v[i].definition.value ?
		    "by its initialiser" : "set early, or each call tests it");
	}
	hooks_clear(&h);
	strlist_clear(&detach);
}

void
check_dispatch(struct review *r, struct check *c)
{
	if (r->linux_kernel)
		linux_dispatch(r, c);
	else
		judge(r, c);
}
