/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scenarios: by name: those of the table, and those made when they are asked
 * for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/program.h"
#include "scenarios/programs.h"

/* ---- programs of data ---- */

static struct made {
	struct program program;
	char asked[PROGRAM_NAME];
	struct made *next;
} *made;

static bool
fill(const char *name, struct program *ret)
{
	char *end;
	uint64_t seed;

	if (strncmp(name, PROGRAM_PREFIX, strlen(PROGRAM_PREFIX)) == 0)
		return program_parse(name + strlen(PROGRAM_PREFIX), ret) ==
		    NULL;
	name += strlen(RANDOM_PREFIX);
	seed = strtoull(name, &end, 10);
	if (*name < '0' || *name > '9' || *end != '\0')
		return false;
	program_random(seed, ret);
	snprintf(ret->name, sizeof(ret->name), RANDOM_PREFIX "%llu",
	    (unsigned long long)seed);
	return ret->vcpus != 0;
}

static const struct scenario *
make(const char *name)
{
	struct made *m;

	for (m = made; m != NULL; m = m->next)
		if (strcmp(m->asked, name) == 0)
			return &m->program.scenario;
	m = strlen(name) < PROGRAM_NAME ? calloc(1, sizeof(*m)) : NULL;
	if (m == NULL || !fill(name, &m->program)) {
		free(m);
		return NULL;
	}
	/* the copy points to where it was made */
	m->program.scenario.name = m->program.name;
	m->program.scenario.data = &m->program;
	strcpy(m->asked, name);
	m->next = made;
	made = m;
	return &m->program.scenario;
}

const struct scenario *
scenario_find(const char *name)
{
	unsigned i;

	for (i = 0; scenarios_all[i]; i++)
		if (strcmp(scenarios_all[i]->name, name) == 0)
			return scenarios_all[i];
	if (strncmp(name, PROGRAM_PREFIX, strlen(PROGRAM_PREFIX)) == 0 ||
	    strncmp(name, RANDOM_PREFIX, strlen(RANDOM_PREFIX)) == 0)
		return make(name);
	return NULL;
}
