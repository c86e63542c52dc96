/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * early: runs the flushes that pmap_pinit0 can reach, before any attach.
 *
 * The slices of mp_machdep.c and pmap.c and our glue become a program
 * (pmapshim/freebsd/early.c), which runs in a process of its own.  A call
 * through NULL there is the panic that the review met; it is shown with the
 * line that calls.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pmapshim/build/run.h"
#include "pmapshim/freebsd/tree.h"
#include "presubmit/review/compile.h"
#include "presubmit/review/hook.h"
#include "presubmit/review/lines.h"

struct program {
	struct review *r;
	struct check *c;
	const struct surroundings *s;
	const char *cc;
	struct strlist objects;
	char *path;
};

/* ---- building ---- */

/* It runs once, so that most of its time is the compiler's. */
static bool
build_unit(struct program *p, const char *name, const char *text)
{
	static const char *const flags[] = { "-Og", "-USHIM_HOOK",
		"-DSHIM_NO_HOOK=\"not attached\"", "-gdwarf-4", "-fno-pie", "-w",
		"-fno-omit-frame-pointer", "-fno-optimize-sibling-calls",
		NULL };
	struct text object = { 0 };
	struct diagnoses d;
	bool ok;

	text_printf(&object, "%s/early%zu.o", p->r->tmp, p->objects.n);
	if (!object.s)
		return false;
	compile(p->r, &(struct compilation){ p->cc, p->s, flags, text,
	    object.s }, &d);
	ok = d.status == 0;
	if (ok)
		strlist_add(&p->objects, object.s);
	else
		check_say(p->c, VERDICT_SKIP, "%s cannot compile %s: %s", p->cc,
		    name, d.n ? d.v[0].text : d.status < 0 ?
		    strerror(-d.status) : "no message");
	diagnoses_clear(&d);
	text_clear(&object);
	return ok;
}

static bool
build_glue(struct program *p, const char *name)
{
	struct text t = { 0 };
	bool ok;

	text_printf(&t, "%s#line 1 \"shim-include\"\n"
	    "#include \"%s/freebsd/%s\"\n", p->s->prologue, p->s->shims, name);
	ok = t.s && !t.oom && build_unit(p, name, t.s);
	text_clear(&t);
	return ok;
}

static bool
link_all(struct program *p)
{
	struct strlist argv = { 0 };
	struct text host = { 0 }, out = { 0 };
	int status;

	text_printf(&host, "%s/freebsd/early_host.c", p->s->shims);
	strlist_add(&argv, p->cc);
	strlist_add(&argv, "-g");
	strlist_add(&argv, "-O1");
	strlist_add(&argv, "-w");
	strlist_add(&argv, "-D_GNU_SOURCE");
	strlist_add(&argv, "-no-pie");
	strlist_add(&argv, "-fno-pie");
	strlist_add(&argv, "-o");
	strlist_add(&argv, p->path);
	strlist_add(&argv, host.s ? host.s : "");
	strlist_add_all(&argv, strlist_argv(&p->objects));
	status = argv.oom || host.oom ? -ENOMEM :
	    run_capture(strlist_argv(&argv), &out);
	if (status != 0)
		check_say(p->c, VERDICT_SKIP, "the flushes of early boot do "
		    "not link: %s", out.s && *out.s ? out.s : "no message");
	strlist_clear(&argv);
	text_clear(&host);
	text_clear(&out);
	return status == 0;
}

static bool
build(struct program *p)
{
	struct text path = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < p->s->n; i++)
		if (review_side(p->r, p->s->v[i].below) == SIDE_CORE)
			ok = build_unit(p, p->s->v[i].below, p->s->v[i].text);
	for (const char *const *g = freebsd_glue; ok && *g != NULL; g++)
		ok = build_glue(p, *g);
	ok = ok && build_glue(p, "cpu.c") && build_glue(p, "early.c");
	text_printf(&path, "%s/early", p->r->tmp);
	p->path = path.s;
	return ok && p->path && link_all(p);
}

/* ---- what it said ---- */

/* A path of the debug information as one below, allocated; or NULL. */
static char *
below_of(const struct review *r, const char *file)
{
	char *real = realpath(file, NULL), *below = NULL;
	const size_t n = strlen(r->base);

	if (real && strncmp(real, r->base, n) == 0 && real[n] == '/')
		below = strdup(real + n + 1);
	free(real);
	return below;
}

/* "fault PC CALLER": where, and whether it was a call through NULL. */
static void
tell_fault(struct program *p, const char *step, const char *words)
{
	char *end, *below;
	const unsigned long pc = strtoul(words, &end, 16);
	const unsigned long caller = strtoul(end, NULL, 16);
	struct place_in_code at = { 0 };

	/* the return address is behind the call */
	if (!lines_find(p->path, caller ? caller - 1 : pc, &at) ||
	    !(below = below_of(p->r, at.file))) {
		check_say(p->c, VERDICT_SKIP, "%s crashes outside of the "
		    "tree's code", step);
		lines_clear(&at);
		return;
	}
	check_note(p->r, p->c, below, at.line, "%s: %s() %s", step, at.function,
	    pc == 0 ? "calls through NULL" : "faults");
	check_say(p->c, VERDICT_FAIL, "before attach, %s %s: %s%s:%zu (%s)",
	    step, pc == 0 ? "calls through NULL" : "faults", p->r->prefix,
	    below, at.line, at.function);
	free(below);
	lines_clear(&at);
}

/* "panic LINE FILE TEXT" */
static void
tell_panic(struct program *p, const char *step, char *words)
{
	const size_t line = strtoul(words, &words, 10);
	char *file = words + strspn(words, " "), *text = strchr(file, ' ');
	char *below;

	if (text)
		*text++ = '\0';
	below = below_of(p->r, file);
	if (below || strcmp(file, "-") == 0) {
		check_note(p->r, p->c, below, line, "%s: %s", step,
		    text ? text : "panic");
		check_say(p->c, VERDICT_FAIL, "before attach, %s: %s", step,
		    text ? text : "panic");
	} else
		check_say(p->c, VERDICT_SKIP, "our own glue failed: %s",
		    text ? text : "panic");
	free(below);
}

static void
tell(struct program *p, char *output)
{
	const char *step = "nothing";
	size_t steps = 0;
	char *save = NULL;

	for (char *l = strtok_r(output, "\n", &save); l;
	    l = strtok_r(NULL, "\n", &save)) {
		if (strncmp(l, "step ", 5) == 0) {
			const char *name = strchr(l + 5, ' ');

			step = name ? name + 1 : l;
			steps++;
		} else if (strncmp(l, "fault ", 6) == 0)
			tell_fault(p, step, l + 6);
		else if (strncmp(l, "panic ", 6) == 0)
			tell_panic(p, step, l + 6);
		else if (strcmp(l, "done") == 0)
			check_say(p->c, VERDICT_PASS, "%zu steps of early "
			    "boot, in every mode, before any attach: none "
			    "calls through NULL", steps);
	}
	check_say(p->c, VERDICT_SKIP, "the flushes of early boot came to no "
	    "end (in %s)", step);
}

static void
replay(struct program *p)
{
	const char *argv[] = { p->path, NULL };
	struct text out = { 0 };

	if (run_capture(argv, &out) < 0 || !out.s)
		check_say(p->c, VERDICT_SKIP, "the flushes of early boot do "
		    "not run");
	else
		tell(p, out.s);
	text_clear(&out);
}

/* ---- the check ---- */

static bool
has_hook(struct review *r)
{
	struct hooks h = { 0 };
	const bool yes = hooks_find(r, &h) == 0 && h.n;

	hooks_clear(&h);
	return yes;
}

void
check_early(struct review *r, struct check *c)
{
	struct program p = { .r = r, .c = c };
	const char *cc[2];

	if (r->linux_kernel)
		check_say(c, VERDICT_SKIP, "Linux's pointers are members of "
		    "pv_ops, which has an initialiser; see dispatch");
	else if (!has_hook(r))
		check_say(c, VERDICT_SKIP, "the core calls no flush through a "
		    "function pointer in this tree");
	else if (!compilers(r, cc))
		check_say(c, VERDICT_SKIP, "there is neither gcc nor clang");
	else if ((p.s = surroundings_of(r, c)) != NULL) {
		p.cc = cc[0];
		if (build(&p))
			replay(&p);
		else
			check_say(c, VERDICT_SKIP, "the program cannot be "
			    "built");
	}
	free(p.path);
	strlist_clear(&p.objects);
}
