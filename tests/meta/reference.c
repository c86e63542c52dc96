/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reference: see reference.h.
 */
#include "reference.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/row_run.h"
#include "cli/rowtext.h"

#define BUDGET 2000u

static char folder[] = P_tmpdir "/shootdown-meta-XXXXXX";
static struct kernel_object object;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/*
 * A finding is replayed by `shootdown replay` in a fresh process, which does
 * not know the scenarios of a test; that step has its own tests.  So here the
 * test program itself says that it reproduces.
 */
int
reference_main(int argc, char **argv, int (*run)(void))
{
	int status;

	if (argc > 1 && strcmp(argv[1], "replay") == 0)
		return CLI_FOUND;
	cli_self = argv[0];
	if (mkdtemp(folder) == NULL) {
		perror(folder);
		return 99;
	}
	status = run();
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return status;
}

static unsigned
mutant_number(const struct kernel_ops *k, const char *name)
{
	for (unsigned i = 0; i < k->nmutants; i++)
		if (strcmp(k->mutants[i].name, name) == 0)
			return k->mutants[i].number;
	ck_abort_msg("no mutant %s", name);
}

struct row
reference_row(const struct scenario *scenario, bool hypercall, unsigned mode,
              const char *mutant)
{
	struct row row;
	char *why = NULL;

	memset(&row, 0, sizeof(row));
	if (object.so == NULL &&
	    kernel_prepare("reference", NULL, &object, &why) != KERNEL_OK)
		ck_abort_msg("%s", why);
	row.object = &object;
	row.kernel = kernel_load(&object, &why);
	ck_assert_msg(row.kernel != NULL, "%s", why);
	row.scenario = scenario;
	row.hypercall = hypercall;
	row.mode = mode;
	row.vcpus = 2;
	for (uint32_t i = 0; i < RUNNER_MAX_CPUS; i++)
		row.vp_index[i] = i;
	ck_assert_int_eq(hv_profile_find("tlfs", &row.host), 0);
	machine_full(&row.machine, row.vcpus);
	if (mutant != NULL)
		row.mutant = mutant_number(row.kernel, mutant);
	return row;
}

json_t *
reference_run(const struct row *row)
{
	const struct search search = {
		.kind = STRATEGY_RANDOM, .seed = 1, .schedules = BUDGET
	};

	return row_run(row, &search, folder);
}
