/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout: structures that the hypervisor reads are as the TLFS has them, and
 * no structure of the driver has a flexible array before its end (where its
 * members are then, each compiler decides).  Compared by position and size,
 * with structures inside taken apart; names of members do not matter.
 */
#include <stdlib.h>
#include <string.h>

#include "presubmit/review/compile.h"
#include "presubmit/review/flags.h"
#include "presubmit/review/structs.h"

#define FIELDS 5

/* A structure of the TLFS: where its fixed fields are, and its list. */
struct tlfs {
	const char *what;
	struct {
		size_t offset, size;
	} field[FIELDS];
	size_t nfields;
	size_t end;		/* of the fixed part; the list starts here */
	size_t element;		/* of the list; 0: it has none */
};

/* TLFS, HvCallFlushVirtualAddressSpace, ...List: 24 bytes, then GVA ranges. */
static const struct tlfs flush = { "HvCallFlushVirtualAddressList",
	{ { 0, 8 }, { 8, 8 }, { 16, 8 } }, 3, 24, 8 };
/* TLFS, ...SpaceEx, ...ListEx: an HV_VP_SET behind AddressSpace and Flags. */
static const struct tlfs flush_ex = { "HvCallFlushVirtualAddressListEx",
	{ { 0, 8 }, { 8, 8 }, { 16, 8 }, { 24, 8 } }, 4, 32, 8 };
/* TLFS, HV_VP_SET: Format, ValidBankMask, banks of 64 VPs. */
static const struct tlfs vp_set = { "HV_VP_SET", { { 0, 8 }, { 8, 8 } }, 2, 16,
	8 };
/* TLFS, HvCallSendSyntheticClusterIpi: vector, target VTL, mask. */
static const struct tlfs ipi = { "HvCallSendSyntheticClusterIpi",
	{ { 0, 4 }, { 4, 0 }, { 8, 8 } }, 3, 16, 0 };
static const struct tlfs ipi_ex = { "HvCallSendSyntheticClusterIpiEx",
	{ { 0, 4 }, { 4, 0 }, { 8, 8 }, { 16, 8 } }, 4, 24, 8 };
/* TLFS, HvCallFlushGuestPhysicalAddressSpace, ...List. */
static const struct tlfs gpa = { "HvCallFlushGuestPhysicalAddressList",
	{ { 0, 8 }, { 8, 8 } }, 2, 16, 8 };

/* What FreeBSD, Linux and code that follows them call these. */
static const struct {
	const char *name;
	const struct tlfs *is;
} names[] = {
	{ "hyperv_tlb_flush", &flush }, { "hv_tlb_flush", &flush },
	{ "hyperv_tlb_flush_ex", &flush_ex }, { "hv_tlb_flush_ex", &flush_ex },
	{ "hv_vpset", &vp_set }, { "hv_vp_set", &vp_set },
	{ "hv_send_ipi", &ipi }, { "hv_send_ipi_ex", &ipi_ex },
	{ "hyperv_send_ipi", &ipi }, { "hyperv_send_ipi_ex", &ipi_ex },
	{ "hv_guest_mapping_flush", &gpa },
	{ "hv_guest_mapping_flush_list", &gpa },
};

struct judge {
	struct review *r;
	struct check *c;
	const struct layouts *all;
	const char *cc;
	bool permitted;		/* the kernel's own flags allow the extension */
	size_t shared, structures;
};

static char *
below_of(const struct judge *j, const char *file)
{
	char *real = realpath(file, NULL), *below = NULL;
	const size_t n = strlen(j->r->base);

	if (real && strncmp(real, j->r->base, n) == 0 && real[n] == '/')
		below = strdup(real + n + 1);
	free(real);
	return below;
}

/* ---- offsets and sizes ---- */

struct flat {
	size_t offset, size, element;
	bool list;
};

/* Members of a structure and of those inside it, in order; how many. */
static size_t
flatten(const struct judge *j, const struct layout *l, size_t base,
        struct flat *out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n && n < room; i++) {
		const struct member *m = &l->v[i];

		if (m->inner != NO_STRUCT)
			n += flatten(j, &j->all->v[m->inner], base + m->offset,
			    out + n, room - n);
		else
			out[n++] = (struct flat){ base + m->offset, m->size,
				m->element, m->element != 0 };
	}
	return n;
}

static void
wrong(const struct judge *j, const char *below, const struct layout *l,
      const struct tlfs *t, const char *what, size_t is, size_t should)
{
	check_note(j->r, j->c, below, l->line, "%s: struct %s, %s: %s %zu, not "
	    "%zu", j->cc, l->name, t->what, what, is, should);
	check_say(j->c, VERDICT_FAIL, "%s%s:%zu: struct %s is not what %s "
	    "takes: %s %zu, not %zu", j->r->prefix, below, l->line, l->name,
	    t->what, what, is, should);
}

static void
compare(const struct judge *j, const char *below, const struct layout *l,
        const struct tlfs *t)
{
	struct flat f[FIELDS + 2];
	const size_t n = flatten(j, l, 0, f, FIELDS + 2);
	size_t i;

	for (i = 0; i < t->nfields; i++) {
		const size_t size = t->field[i].size;

		if (i == n || f[i].list) {
			wrong(j, below, l, t, "fields:", i, t->nfields);
			return;
		}
		if (f[i].offset != t->field[i].offset)
			wrong(j, below, l, t, "a field at byte", f[i].offset,
			    t->field[i].offset);
		else if (size && f[i].size != size)
			wrong(j, below, l, t, "bytes of a field:", f[i].size,
			    size);
	}
	/* reserved bytes after a small field may have a member of their own */
	for (; i < n && !f[i].list; i++)
		if (f[i].offset >= t->end)
			wrong(j, below, l, t, "a field at byte", f[i].offset,
			    t->end);
	if (i < n && f[i].offset != t->end)
		wrong(j, below, l, t, "the list at byte", f[i].offset, t->end);
	if (i < n && t->element && f[i].element != t->element)
		wrong(j, below, l, t, "bytes of an element:", f[i].element,
		    t->element);
	if ((i == n || !f[i].size) && l->size != t->end)
		wrong(j, below, l, t, "bytes without the list:", l->size,
		    t->end);
}

/* ---- flexible arrays ---- */

static void
judge_flexible(const struct judge *j, const char *below, const struct layout *l)
{
	for (size_t i = 0; i + 1 < l->n; i++) {
		const struct member *m = &l->v[i];

		if (!m->flexible && !m->ends_flexible)
			continue;
		check_note(j->r, j->c, below, m->line, "%s: struct %s: %s %s "
		    "a flexible array, and %s follows it%s", j->cc, l->name,
		    m->name,
		    m->flexible ? "is" : "ends with", l->v[i + 1].name,
		    j->permitted ? "; the kernel's own flags (-Wno-gnu) permit "
		    "this extension" : "");
		if (!j->permitted)
			check_say(j->c, VERDICT_FAIL, "%s%s:%zu: struct %s has "
			    "a flexible array before its end: %s, then %s",
			    j->r->prefix, below, m->line, l->name, m->name,
			    l->v[i + 1].name);
	}
	if (l->n && l->v[l->n - 1].ends_flexible)
		check_note(j->r, j->c, below, l->v[l->n - 1].line, "struct %s "
		    "ends with a structure that ends with a flexible array: an "
		    "extension of gcc and clang, at a place that is certain",
		    l->name);
}

/* ---- all ---- */

static void
judge_layouts(struct judge *j)
{
	for (size_t i = 0; i < j->all->n; i++) {
		const struct layout *l = &j->all->v[i];
		char *below = below_of(j, l->file);

		if (below && review_side(j->r, below) == SIDE_DRIVER) {
			j->structures++;
			judge_flexible(j, below, l);
			for (size_t k = 0; k < sizeof(names) / sizeof(*names);
			    k++)
				if (strcmp(l->name, names[k].name) == 0) {
					j->shared++;
					compare(j, below, l, names[k].is);
				}
		}
		free(below);
	}
}

/* What the compiler itself says about flexible arrays in the driver. */
static void
judge_words(struct judge *j, const struct diagnoses *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct diagnosis *x = &d->v[i];

		if (!x->below || x->ours || (!strstr(x->text, "flexible") &&
		    !strstr(x->text, "variable sized")))
			continue;
		check_note(j->r, j->c, x->below, x->line, "%s: %s", j->cc,
		    x->text);
		if (!j->permitted && (strstr(x->text, "not at the end") ||
		    strstr(x->text, "not at end")))
			check_say(j->c, VERDICT_FAIL, "%s%s:%zu: %s says: %s",
			    j->r->prefix, x->below, x->line, j->cc, x->text);
	}
}

static bool
kernel_permits(struct review *r, bool clang)
{
	struct strlist flags = { 0 };
	const char *from;
	bool yes = false;

	warning_flags(r, clang, &flags, &from);
	for (size_t i = 0; i < flags.n; i++)
		yes |= strcmp(flags.v[i], "-Wno-gnu") == 0;
	strlist_clear(&flags);
	return yes;
}

/* The driver's unit and, behind it, the headers that the patch changed. */
static char *
text_of(struct review *r, const struct unit *u)
{
	struct text t = { 0 };

	text_printf(&t, "%s\n", u->text);
	for (size_t i = 0; i < r->changed.n; i++)
		if (has_ending(r->changed.v[i], ".h") &&
		    review_side(r, r->changed.v[i]) == SIDE_DRIVER &&
		    review_readable(r, r->changed.v[i]))
			text_printf(&t, "#include \"%s/%s\"\n", r->base,
			    r->changed.v[i]);
	r->oom |= t.oom;
	return t.s;
}

static void
judge_with(struct review *r, struct check *c, const struct surroundings *s,
           const struct unit *u, const char *cc)
{
	static const char *const wanted[] = {
		"-Wgnu-variable-sized-type-not-at-end",
		"-Wflexible-array-extensions",
		"-Wflex-array-member-not-at-end",
		"-fno-eliminate-unused-debug-types" };
	/* clang numbers files from 0 in version 5, which libdw does not
	 * take for a file */
	const char *flags[8] = { "-gdwarf-4" };
	struct layouts all = { 0 };
	struct judge j = { r, c, &all, cc, kernel_permits(r,
	    cc == r->in->clang), 0, 0 };
	struct text object = { 0 };
	struct diagnoses d;
	char *text = text_of(r, u);

	for (size_t i = 0, n = 1; i < 4; i++)
		if (compiler_takes(cc, (const char *[]){ wanted[i], NULL }))
			flags[n++] = wanted[i];
	text_printf(&object, "%s/layout.o", r->tmp);
	compile(r, &(struct compilation){ cc, s, flags, text ? text : "",
	    object.s }, &d);
	judge_words(&j, &d);
	if (d.status != 0 || layouts_read(object.s, &all) != 0) {
		check_note(r, c, u->below, 0, "%s: not compiled", cc);
		check_say(c, VERDICT_SKIP, "%s cannot compile %s with our "
		    "shims: %s", cc, u->below, d.n ? d.v[0].text : "no message");
	} else {
		judge_layouts(&j);
		check_say(c, j.shared ? VERDICT_PASS : VERDICT_SKIP,
		    j.shared ? "%zu structures that the hypervisor reads are "
		    "as in the TLFS, and none of %zu of the driver has a "
		    "flexible array before its end%s" :
		    "none of the structures of the driver has a name that we "
		    "know to be shared (%zu of %zu)%s", j.shared, j.structures,
		    j.permitted ? ", other than the kernel permits" : "");
	}
	diagnoses_clear(&d);
	layouts_clear(&all);
	text_clear(&object);
	free(text);
}

void
check_layout(struct review *r, struct check *c)
{
	const char *cc[2];
	const size_t n = compilers(r, cc);
	const struct surroundings *s;
	const struct unit *u = NULL;

	if (!n) {
		check_say(c, VERDICT_SKIP, "there is neither gcc nor clang");
		return;
	}
	s = surroundings_of(r, c);
	if (s) {
		for (size_t i = 0; i < s->n && !u; i++)
			if (s->v[i].whole &&
			    review_side(r, s->v[i].below) == SIDE_DRIVER)
				u = &s->v[i];
		for (size_t i = 0; u && i < n; i++)
			judge_with(r, c, s, u, cc[i]);
		check_say(c, VERDICT_SKIP, "this tree has no Hyper-V flush");
	}
}
