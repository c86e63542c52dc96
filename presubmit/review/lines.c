/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines: see lines.h.
 */
#include "presubmit/review/lines.h"

#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>

/* Unit by unit: clang writes no table of addresses (.debug_aranges). */
static Dwarf_Line *
line_of(Dwfl_Module *m, unsigned long address)
{
	Dwarf_Addr bias;
	Dwarf_Die *unit = NULL;

	while ((unit = dwfl_module_nextcu(m, unit, &bias)) != NULL)
		if (dwarf_haspc(unit, address - bias) == 1)
			return dwarf_getsrc_die(unit, address - bias);
	return NULL;
}

static bool
ask(Dwfl_Module *m, unsigned long address, struct place_in_code *ret)
{
	Dwarf_Line *line = line_of(m, address);
	const char *function = dwfl_module_addrname(m, address), *file;
	int n = 0;

	file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	if (!file || dwarf_lineno(line, &n) != 0)
		return false;
	ret->file = strdup(file);
	ret->function = strdup(function ? function : "?");
	ret->line = (size_t)n;
	return ret->file && ret->function;
}

bool
lines_find(const char *object, unsigned long address,
           struct place_in_code *ret)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *m = dwfl ? dwfl_report_offline(dwfl, "", object, -1) :
	    NULL;
	const bool found = m && dwfl_report_end(dwfl, NULL, NULL) == 0 &&
	    ask(m, address, ret);

	if (dwfl)
		dwfl_end(dwfl);
	return found;
}

void
lines_clear(struct place_in_code *p)
{
	free(p->file);
	free(p->function);
	*p = (struct place_in_code){ 0 };
}
