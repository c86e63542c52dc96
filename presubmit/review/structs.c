/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * structs: see structs.h.  A structure is read once, when it is first met as
 * itself or as the type of a member; `inner` refers to it by its index.
 */
#include "presubmit/review/structs.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	struct layouts *out;
	Dwarf_Off *seen;		/* offsets of the DIEs, side by side */
	bool failed;
};

static size_t
number(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute a;
	Dwarf_Word n = 0;

	if (!dwarf_attr_integrate(die, attribute, &a) ||
	    dwarf_formudata(&a, &n) != 0)
		return 0;
	return (size_t)n;
}

/* The type behind typedefs and qualifiers; false: none. */
static bool
type_of(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute a;
	Dwarf_Die type;

	return dwarf_attr_integrate(die, DW_AT_type, &a) &&
	    dwarf_formref_die(&a, &type) && dwarf_peel_type(&type, ret) == 0;
}

/* Whether an array has no length: its one dimension has no bound. */
static bool
unbounded(Dwarf_Die *array)
{
	Dwarf_Die d;

	if (dwarf_child(array, &d) != 0)
		return true;
	do {
		if (dwarf_tag(&d) == DW_TAG_subrange_type &&
		    (dwarf_hasattr(&d, DW_AT_upper_bound) ||
		    number(&d, DW_AT_count)))
			return false;
	} while (dwarf_siblingof(&d, &d) == 0);
	return true;
}

static size_t
read_structure(struct reader *rd, Dwarf_Die *die);

static struct member *
new_member(struct layout *l)
{
	struct member *v = realloc(l->v, (l->n + 1) * sizeof(*v));

	if (!v)
		return NULL;
	l->v = v;
	v[l->n] = (struct member){ .inner = NO_STRUCT };
	return &v[l->n++];
}

static void
read_member(struct reader *rd, size_t index, Dwarf_Die *die)
{
	struct member m = { .inner = NO_STRUCT }, *to;
	const char *name = dwarf_diename(die);
	Dwarf_Die type, element;
	Dwarf_Word size = 0;
	int line = 0;

	m.offset = number(die, DW_AT_data_member_location);
	(void)dwarf_decl_line(die, &line);
	m.line = (size_t)line;
	if (!type_of(die, &type))
		return;
	if (dwarf_aggregate_size(&type, &size) == 0)
		m.size = (size_t)size;
	if (dwarf_tag(&type) == DW_TAG_array_type && type_of(&type, &element)) {
		m.element = dwarf_aggregate_size(&element, &size) == 0 ?
		    (size_t)size : 0;
		m.flexible = unbounded(&type);
		if (m.flexible)
			m.size = 0;
	} else if (dwarf_tag(&type) == DW_TAG_structure_type)
		m.inner = read_structure(rd, &type);
	if (m.inner != NO_STRUCT) {
		const struct layout *in = &rd->out->v[m.inner];

		m.ends_flexible = in->n && (in->v[in->n - 1].flexible ||
		    in->v[in->n - 1].ends_flexible);
	}
	to = new_member(&rd->out->v[index]);
	m.name = strdup(name ? name : "(no name)");
	if (to && m.name)
		*to = m;
	else
		rd->failed = true;
}

static size_t
new_layout(struct reader *rd, Dwarf_Die *die)
{
	struct layouts *o = rd->out;
	struct layout *v = realloc(o->v, (o->n + 1) * sizeof(*v));
	Dwarf_Off *seen;
	int line = 0;
	const char *file = dwarf_decl_file(die), *name = dwarf_diename(die);

	if (!v)
		return NO_STRUCT;
	o->v = v;
	seen = realloc(rd->seen, (o->n + 1) * sizeof(*seen));
	if (!seen)
		return NO_STRUCT;
	rd->seen = seen;
	seen[o->n] = dwarf_dieoffset(die);
	(void)dwarf_decl_line(die, &line);
	v[o->n] = (struct layout){ .line = (size_t)line,
		.size = number(die, DW_AT_byte_size),
		.name = strdup(name ? name : ""),
		.file = strdup(file ? file : "") };
	return o->n++;
}

static size_t
read_structure(struct reader *rd, Dwarf_Die *die)
{
	const Dwarf_Off at = dwarf_dieoffset(die);
	Dwarf_Die child;
	size_t index;

	for (size_t i = 0; i < rd->out->n; i++)
		if (rd->seen[i] == at)
			return i;
	index = new_layout(rd, die);
	rd->failed |= index == NO_STRUCT;
	if (index == NO_STRUCT || dwarf_child(die, &child) != 0)
		return index;
	do {
		if (dwarf_tag(&child) == DW_TAG_member)
			read_member(rd, index, &child);
	} while (dwarf_siblingof(&child, &child) == 0);
	return index;
}

static void
read_unit(struct reader *rd, Dwarf_Die *unit)
{
	Dwarf_Die die;

	if (dwarf_child(unit, &die) != 0)
		return;
	do {
		if (dwarf_tag(&die) == DW_TAG_structure_type &&
		    dwarf_diename(&die) &&
		    !dwarf_hasattr(&die, DW_AT_declaration))
			read_structure(rd, &die);
	} while (dwarf_siblingof(&die, &die) == 0);
}

static int
read_units(struct reader *rd, Dwarf *dw)
{
	Dwarf_Off off = 0, next;
	size_t head;

	for (; dw && dwarf_nextcu(dw, off, &next, &head, NULL, NULL, NULL) == 0;
	    off = next) {
		Dwarf_Die unit;

		if (dwarf_offdie(dw, off + head, &unit))
			read_unit(rd, &unit);
	}
	return dw && !rd->failed ? 0 : -1;
}

/* Through libdwfl, which applies the relocations of an object file. */
int
layouts_read(const char *object, struct layouts *ret)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	struct reader rd = { .out = ret };
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *m = dwfl ? dwfl_report_offline(dwfl, "", object, -1) :
	    NULL;
	Dwarf_Addr bias;
	int status = -1;

	if (m && dwfl_report_end(dwfl, NULL, NULL) == 0)
		status = read_units(&rd, dwfl_module_getdwarf(m, &bias));
	if (dwfl)
		dwfl_end(dwfl);
	free(rd.seen);
	return status;
}

void
layouts_clear(struct layouts *l)
{
	for (size_t i = 0; i < l->n; i++) {
		for (size_t k = 0; k < l->v[i].n; k++)
			free(l->v[i].v[k].name);
		free(l->v[i].v);
		free(l->v[i].name);
		free(l->v[i].file);
	}
	free(l->v);
	*l = (struct layouts){ 0 };
}
