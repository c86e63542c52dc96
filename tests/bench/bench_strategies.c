/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many schedules each strategy takes to find each known bug of the
 * reference kernel: the median over many seeds, and how many of them found it
 * at all.  A bug is looked for in the first row, in the order of `check`, in
 * which any of the strategies finds it with seed 1; so the choice of the row
 * favours none.  Counts, not times: they are the same on every machine.
 *
 * usage: bench_strategies [SEEDS [SCHEDULES]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/profile.h"
#include "cli/rows.h"
#include "cli/rowtext.h"

#define MAX_SEEDS 1000u
#define ROW_SCHEDULES 300u

static const char *const strategies[] = {
	"random", "pct:2", "pct:3", "pos", "urw", "surw", "delay:1", "delay:3"
};
#define STRATEGIES (sizeof(strategies) / sizeof(strategies[0]))

struct total {
	unsigned caught;                /* of all seeds of all bugs */
	unsigned better, worse;         /* than the first strategy, by bug */
};

/* Schedules to the first finding in the open row; 0: more than `bound`. */
static uint64_t
search_row(const char *strategy, uint64_t seed, uint64_t bound)
{
	struct search search = { .seed = seed };
	struct profile profile;
	struct run_result r;

	search_parse(strategy, &search);
	search.seed = seed;
	profile_row(&search, &profile);
	for (uint64_t i = 0; i < bound; i++) {
		struct strategy s = search_strategy(&search, i,
		    profile.length);

		runner_run(&s, NULL, &r);
		if (r.found)
			return i + 1;
	}
	return 0;
}

static bool
is_found(const struct row *row)
{
	char *why = NULL;

	if (runner_open(row, &why) != 0) {
		free(why);
		return false;
	}
	for (size_t i = 0; i < STRATEGIES; i++)
		if (search_row(strategies[i], 1, ROW_SCHEDULES) != 0)
			return true;
	runner_close();
	return false;
}

/* Leaves the row open. */
static bool
find_row(const struct kernel_object *object, const struct kernel_ops *ops,
         const struct kernel_mutant *mutant, struct row *ret)
{
	struct row_options o;
	struct row_list list;
	char *why = NULL;
	bool found = false;

	memset(&o, 0, sizeof(o));
	machine_full(&o.machine, 0);
	if (mutant->host != NULL)
		o.nhosts = host_parse(mutant->host, &o.hosts[0], &why) == 0;
	free(why);
	o.paths = mutant->hypercall ? PATH_HYPERCALL :
	    PATH_NATIVE | PATH_HYPERCALL;
	o.mutant = mutant->name;
	row_list_init(&list);
	row_list_add_kernel(&list, &o, object, ops);
	for (size_t i = 0; i < list.count && !found; i++)
		if ((list.rows[i].mode & mutant->mode) == mutant->mode &&
		    is_found(&list.rows[i])) {
			*ret = list.rows[i];
			found = true;
		}
	row_list_clear(&list);
	return found;
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The median; 0: beyond the bound. */
static uint64_t
measure(const char *strategy, unsigned seeds, uint64_t bound,
        unsigned *caught)
{
	uint64_t after[MAX_SEEDS], n;

	*caught = 0;
	for (unsigned i = 0; i < seeds; i++) {
		n = search_row(strategy, i + 1, bound);
		*caught += n != 0;
		after[i] = n != 0 ? n : UINT64_MAX;
	}
	qsort(after, seeds, sizeof(*after), by_value);
	n = after[seeds / 2];
	return n != UINT64_MAX ? n : 0;
}

static void
print_cell(uint64_t median, unsigned caught, unsigned seeds)
{
	char text[32];

	if (median == 0)
		snprintf(text, sizeof(text), "-");
	else
		snprintf(text, sizeof(text), "%llu",
		         (unsigned long long)median);
	if (caught != seeds)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		         " (%u)", caught);
	printf(" %10s", text);
}

static void
measure_mutant(const struct kernel_mutant *mutant, const struct row *row,
               unsigned seeds, uint64_t bound, struct total *totals)
{
	struct rowtext text;
	uint64_t first = 0;
	char *line;

	printf("%-24s", mutant->name);
	for (size_t i = 0; i < STRATEGIES; i++) {
		unsigned caught;
		uint64_t median = measure(strategies[i], seeds, bound,
		    &caught);

		print_cell(median, caught, seeds);
		totals[i].caught += caught;
		median = median != 0 ? median : UINT64_MAX;
		if (i == 0)
			first = median;
		totals[i].better += median < first;
		totals[i].worse += median > first;
	}
	rowtext_from_row(&text, row);
	line = rowtext_line(&text);
	printf("  %s\n", strchr(line, ' ') + 1);
	free(line);
	fflush(stdout);
}

static void
print_totals(const struct total *totals, unsigned seeds, unsigned mutants)
{
	printf("\n%-24s", "");
	for (size_t i = 0; i < STRATEGIES; i++)
		printf(" %10s", strategies[i]);
	printf("\n%-24s", "found, of 1000 searches");
	for (size_t i = 0; i < STRATEGIES; i++)
		printf(" %10u", totals[i].caught * 1000u / (seeds * mutants));
	printf("\n%-24s", "lower median than random");
	for (size_t i = 0; i < STRATEGIES; i++)
		printf(" %10u", totals[i].better);
	printf("\n%-24s", "higher");
	for (size_t i = 0; i < STRATEGIES; i++)
		printf(" %10u", totals[i].worse);
	printf("\n");
}

int
main(int argc, char **argv)
{
	const unsigned seeds = argc > 1 ? (unsigned)cli_number("SEEDS",
	    argv[1], 1, MAX_SEEDS) : 50;
	const uint64_t bound = argc > 2 ? cli_number("SCHEDULES", argv[2], 1,
	    1000000) : 2000;
	struct total totals[STRATEGIES];
	struct kernel_object object;
	const struct kernel_ops *ops;
	unsigned measured = 0;
	struct row row;
	char *why = NULL;

	memset(totals, 0, sizeof(totals));
	if (kernel_prepare("reference", NULL, &object, &why) != KERNEL_OK ||
	    (ops = kernel_load(&object, &why)) == NULL)
		cli_fail(CLI_UNFINISHED, "reference: %s", why);
	printf("median of schedules to the first finding, %u seeds, at most "
	       "%llu each;\nin brackets: how many seeds found it, if not "
	       "all\n\n%-24s", seeds, (unsigned long long)bound, "");
	for (size_t i = 0; i < STRATEGIES; i++)
		printf(" %10s", strategies[i]);
	printf("  in row\n");
	for (unsigned i = 0; i < ops->nmutants; i++) {
		const struct kernel_mutant *m = &ops->mutants[i];

		if (m->vcpus > KERNEL_CPUS)
			continue;       /* in another object */
		if (!find_row(&object, ops, m, &row)) {
			printf("%-24s in no row\n", m->name);
			continue;
		}
		measure_mutant(m, &row, seeds, bound, totals);
		runner_close();
		measured++;
	}
	if (measured != 0)
		print_totals(totals, seeds, measured);
	kernel_object_clear(&object);
	return 0;
}
