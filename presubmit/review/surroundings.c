/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * surroundings: what the tree's code under test is compiled with, taken from
 * the preparers of the kernel objects, so that there is one truth about it.
 */
#include <stdlib.h>
#include <string.h>

#include "pmapshim/freebsd/tree.h"
#include "pmapshim/linux/source.h"
#include "presubmit/review/compile.h"

/*
 * Without warnings; and folders become system folders.  All of them: the
 * compiler searches -I first, which would change who shadows whom.
 */
static void
take_flags(const struct strlist *from, struct strlist *to)
{
	for (size_t i = 0; i < from->n; i++) {
		const char *f = from->v[i];

		if (strncmp(f, "-W", 2) == 0)
			continue;
		if (strncmp(f, "-I", 2) != 0) {
			strlist_add(to, f);
			continue;
		}
		strlist_add(to, "-isystem");
		strlist_add(to, f + 2);
	}
}

static bool
add_unit(struct surroundings *s, const char *below, const char *text,
         bool whole)
{
	struct unit *v = realloc(s->v, (s->n + 1) * sizeof(*v));

	if (!v)
		return false;
	s->v = v;
	v[s->n] = (struct unit){ strdup(below), strdup(text), whole };
	s->n++;
	return v[s->n - 1].below && v[s->n - 1].text;
}

/* ---- FreeBSD ---- */

static const struct {
	const char *name, *below;
	bool whole;
} freebsd_units[] = {
	{ "hyperv_mmu_whole.c", "dev/hyperv/vmbus/hyperv_mmu.c", true },
	{ "hyperv_slice.c", "dev/hyperv/vmbus/hyperv.c", false },
	{ "vmbus_slice.c", "dev/hyperv/vmbus/vmbus.c", false },
	{ "mp_machdep_slice.c", "amd64/amd64/mp_machdep.c", false },
	{ "pmap_slice.c", "amd64/amd64/pmap.c", false },
	{ "mp_x86_slice.c", "x86/x86/mp_x86.c", false },
};

static bool
take_parts(struct surroundings *s, const struct freebsd_parts *p)
{
	bool ok = true;

	for (size_t k = 0; k < sizeof(freebsd_units) / sizeof(*freebsd_units);
	    k++)
		for (size_t i = 0; ok && i < p->names.n; i++)
			if (strcmp(p->names.v[i], freebsd_units[k].name) == 0)
				ok = add_unit(s, freebsd_units[k].below,
				    p->texts.v[i], freebsd_units[k].whole);
	take_flags(&p->flags, &s->flags);
	s->prologue = p->prologue.s ? strdup(p->prologue.s) : NULL;
	s->shims = strdup(p->shims);
	return ok && s->prologue && s->shims && !s->flags.oom;
}

static bool
open_freebsd(struct review *r, struct surroundings *s, char **why)
{
	struct freebsd_parts p;
	bool ok = freebsd_parts_open(r->in->tree, &p, why) == KERNEL_OK;

	if (ok) {
		ok = take_parts(s, &p);
		freebsd_parts_close(&p);
	}
	return ok;
}

/* ---- Linux ---- */

static bool
add_linux_unit(struct surroundings *s, const char *dir, const char *below)
{
	struct text t = { 0 };
	bool ok;

	text_printf(&t, "#line 1 \"shim-include\"\n#include \"%s/%s\"\n", dir,
	    below);
	ok = t.s && !t.oom && add_unit(s, below, t.s, true);
	text_clear(&t);
	return ok;
}

static bool
open_linux(struct review *r, struct surroundings *s, char **why)
{
	struct linux_source src;
	struct strlist flags = { 0 };
	bool ok = linux_source_find(r->in->tree, &src, why) == KERNEL_OK;

	if (!ok)
		return false;
	ok = linux_flags(&src, &flags, &s->shims, why) == KERNEL_OK;
	if (ok)
		take_flags(&flags, &s->flags);
	for (unsigned i = 0; ok && i < linux_tested; i++)
		if (has_ending(linux_files[i], ".c"))
			ok = add_linux_unit(s, src.dir, linux_files[i]);
	s->prologue = strdup("");
	strlist_clear(&flags);
	linux_source_clear(&src);
	return ok && s->prologue;
}

static void
release(struct surroundings *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].below);
		free(s->v[i].text);
	}
	free(s->v);
	free(s->prologue);
	free(s->shims);
	strlist_clear(&s->flags);
	free(s);
}

/* ---- once a review ---- */

static void
make(struct review *r)
{
	struct surroundings *s = calloc(1, sizeof(*s));
	char *why = NULL;

	if (s && (r->linux_kernel ? open_linux(r, s, &why) :
	    open_freebsd(r, s, &why))) {
		r->around = s;
		free(why);
		return;
	}
	if (s)
		release(s);
	r->no_around = why ? why : strdup("out of memory");
}

const struct surroundings *
surroundings_of(struct review *r, struct check *c)
{
	if (!r->around && !r->no_around)
		make(r);
	if (!r->around)
		check_say(c, VERDICT_SKIP, "the code under test cannot be "
		    "compiled: %s", r->no_around ? r->no_around :
		    "out of memory");
	return r->around;
}

void
surroundings_close(struct review *r)
{
	if (r->around)
		release(r->around);
	free(r->no_around);
}
