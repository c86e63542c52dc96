/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain: see explain.h.  A call spares an entry when it does not name the
 * processor, the page or the root, or when it lets the host keep globals.
 */
#include "cli/explain.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/signature.h"

bool
explain_names_vp(const char *call, uint32_t vp)
{
	const char *p = strstr(call, "VPs {");
	char *end;

	if (p == NULL)
		return true;
	for (p += strlen("VPs {"); *p != '}' && *p != '\0';) {
		unsigned long first = strtoul(p, &end, 10), last = first;

		if (end == p)
			return true;            /* cut short: unknown */
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (first <= vp && vp <= last)
			return true;
		p = *end == ',' ? end + 1 : end;
	}
	return *p == '\0';
}

bool
explain_names_page(const char *call, uint64_t va)
{
	const char *p = strstr(call, ", pages ");
	char *end;

	if (p == NULL || strstr(call, " more") != NULL)
		return true;
	for (p += strlen(", pages "); strncmp(p, "0x", 2) == 0;) {
		uint64_t first = strtoull(p, &end, 16), last = first | 0xfff;

		if (*end == '-')
			last = strtoull(end + 1, &end, 16);
		if (first <= va && va <= last)
			return true;
		p = strncmp(end, ", ", 2) == 0 ? end + 2 : end;
	}
	return false;
}

/* The root that a call names; false: all spaces. */
static bool
named_root(const char *call, uint64_t *root)
{
	const char *p = strstr(call, ", root 0x");

	if (p == NULL)
		return false;
	*root = strtoull(p + strlen(", root "), NULL, 16) & PTE_ADDR;
	return true;
}

char *
explain_call(const char *call, const struct run_result *r,
             const struct row *row)
{
	const struct machine_finding *f = &r->finding;
	const int name = (int)strcspn(call, ":");
	uint64_t root;

	if (!finding_is_stale(f->kind) || strncmp(call, "HvCallFlush", 11) != 0)
		return NULL;
	if (!explain_names_vp(call, row->vp_index[f->cpu]))
		return cli_format("processors: vCPU %u (VP index %u) is not "
		                  "among them", f->cpu, row->vp_index[f->cpu]);
	if (!explain_names_page(call, f->va))
		return cli_format("pages: 0x%llx is not among them",
		                  (unsigned long long)f->va);
	if (f->cached.global && strstr(call, ", NON_GLOBAL") != NULL &&
	    row->host.knob[HV_KNOB_GLOBALS] == 0)
		return cli_format("NON_GLOBAL: the host may keep global entries "
		                  "(TLFS %.*s, "
		                  "HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY)", name,
		                  call);
	if (!f->cached.global && row->host.knob[HV_KNOB_AS] != 0 &&
	    named_root(call, &root) && root != (f->root & PTE_ADDR))
		return cli_format("root 0x%llx: a host that takes it to the "
		                  "letter may keep what was filled under root "
		                  "0x%llx (TLFS %.*s, AddressSpace)",
		                  (unsigned long long)root,
		                  (unsigned long long)(f->root & PTE_ADDR),
		                  name, call);
	return NULL;
}
