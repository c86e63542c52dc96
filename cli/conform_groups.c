/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conform_groups.c: how many cases of which kind agree: the table by call and
 * form, drawn inputs by call, CPUID, MSRs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/conform.h"

/* "HvCall...Ex, fast: 2 banks" belongs to what comes before the colon. */
static char *
name_of(const struct conform_set *s, unsigned n, const struct conform_case *c)
{
	const char *name = s->name[n], *colon = strstr(name, ": ");

	if (c->kind == CONFORM_CPUID)
		return cli_copy("CPUID");
	if (c->kind == CONFORM_RDMSR || c->kind == CONFORM_WRMSR)
		return cli_copy("MSRs");
	if (!(c->flags & CONFORM_TELL))
		return cli_format("inputs drawn: %s", colon != NULL ?
		    colon + 2 : name);
	if (strncmp(name, "HvCall", 6) != 0 || colon == NULL)
		return cli_copy("other calls");
	return cli_format("%.*s", (int)(colon - name), name);
}

void
conform_count(struct conform_groups *g, const struct conform_set *s, unsigned n,
              const struct conform_case *c, bool agrees)
{
	char *name = name_of(s, n, c);
	unsigned i = 0;

	while (i < g->count && strcmp(g->group[i].name, name) != 0)
		i++;
	if (i == g->count) {
		g->group = cli_grow(g->group, ++g->count, sizeof(*g->group));
		g->group[i] = (struct conform_group){ .name = cli_copy(name) };
	}
	g->group[i].asked++;
	g->group[i].agreed += agrees;
	free(name);
}

void
conform_print_groups(const struct conform_groups *g)
{
	puts("| asked | cases | agree |\n|---|---|---|");
	for (unsigned i = 0; i < g->count; i++)
		printf("| %s | %u | %u |\n", g->group[i].name,
		    g->group[i].asked, g->group[i].agreed);
}
