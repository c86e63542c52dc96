/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_permissions: four planted bugs, each of which needs exactly one thing
 * that the machine or the host is permitted to do.
 *
 * The search must name exactly that one; withdrawing it removes the finding
 * over the same budget, and withdrawing all the others leaves it.  A search
 * that names too much, too little or something else fails here.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/permissions.h"
#include "cli/search.h"
#include "cli/signature.h"
#include "pmapshim/pmapshim.h"

#define BUDGET 6000u

/* ---- programs that isolate one permission ---------------------------------- */

#define RW_USER (KPROT_W | KPROT_USER)

static void
setup_user(struct scenario_world *w)
{
	w->k->map(w->space, w->user_va, &w->frames[0], 1, RW_USER);
}

static void
setup_kernel(struct scenario_world *w)
{
	w->k->map(NULL, w->kernel_va, &w->frames[0], 1,
	    KPROT_W | KPROT_GLOBAL);
}

static void
unmap(struct scenario_world *w)
{
	w->k->unmap(w->space, w->user_va, 1);
	scn_frame_free(w->frames[0]);
}

static void
visit(struct scenario_world *w, bool touch)
{
	scn_enter_user(w);
	if (touch)
		scn_touch(w->user_va, false);
	scn_work(3);
	scn_leave_user(w);
}

/* The target never touches the page: only speculation can have cached it. */
static void
run_untouched(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		unmap(w);
	else
		visit(w, false);
}

/* The target has the page cached before it goes away and comes back. */
static void
run_away(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		unmap(w);
		return;
	}
	visit(w, true);
	w->k->activate(NULL);
	w->k->activate(w->space);
	visit(w, true);
}

static void
run_kernel(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->unmap(NULL, w->kernel_va, 1);
		return;
	}
	scn_kernel_touch(w->kernel_va, false);
	scn_work(40);
}

/* A lazy processor uses no user page; only its upper-level caches matter. */
static void
run_lazy(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		w->k->free_table(w->space, w->user_va);
		scn_frame_free(w->frames[0]);
		return;
	}
	visit(w, true);
	w->k->enter_lazy();
	scn_work(30);
}

struct planted {
	const char *mutant;             /* "": none, the processor is at fault */
	struct scenario scenario;
	bool hypercall;
	unsigned mode;
	enum permission needs;
};

static const struct planted planted[] = {
	{ "local-only", { .name = "untouched", .setup = setup_user,
	  .program = run_untouched }, false, 0, PERMISSION_SPECULATION },
	{ "no-fence-in-switch", { .name = "away", .setup = setup_user,
	  .program = run_away }, false, KMODE_PCID, PERMISSION_STORE_BUFFER },
	{ "global-non-global", { .name = "kernel", .setup = setup_kernel,
	  .program = run_kernel }, true, 0, PERMISSION_GLOBALS },
	{ "freed-tables-skip-lazy", { .name = "lazy", .setup = setup_user,
	  .program = run_lazy }, false, 0, PERMISSION_UPPER_LEVELS },
	{ "", { .name = "kernel", .setup = setup_kernel,
	  .program = run_kernel }, false, KMODE_PCID, PERMISSION_ERRATUM },
};

/* ---- searching ------------------------------------------------------------------ */

static struct kernel_object object;
static const struct kernel_ops *kernel;

static struct row
make_row(const struct planted *p)
{
	struct row r = { .object = &object, .kernel = kernel,
	    .scenario = &p->scenario, .hypercall = p->hypercall,
	    .mode = p->mode, .vcpus = 2 };

	for (unsigned i = 0; i < RUNNER_MAX_CPUS; i++)
		r.vp_index[i] = i;
	ck_assert_int_eq(hv_profile_find("tlfs", &r.host), 0);
	r.machine = (struct machine_config){ .cpus = 2, .tso = true,
	    .speculative_fills = true, .upper_caches = true,
	    .invpcid_drains = true };
	r.machine.invlpg_keeps_globals = p->needs == PERMISSION_ERRATUM;
	for (unsigned i = 0; i < kernel->nmutants; i++)
		if (strcmp(kernel->mutants[i].name, p->mutant) == 0)
			r.mutant = kernel->mutants[i].number;
	ck_assert(r.mutant != 0 || p->mutant[0] == '\0');
	return r;
}

static void
withdraw(struct row *r, enum permission p)
{
	switch (p) {
	case PERMISSION_SPECULATION:
		r->machine.speculative_fills = false;
		break;
	case PERMISSION_STORE_BUFFER:
		r->machine.tso = false;
		break;
	case PERMISSION_UPPER_LEVELS:
		r->machine.upper_caches = false;
		break;
	case PERMISSION_GLOBALS:
		ck_assert_int_eq(hv_knob_set(&r->host, HV_KNOB_GLOBALS,
		    "drop"), 0);
		break;
	case PERMISSION_GLOBAL_SPACE:
		ck_assert_int_eq(hv_knob_set(&r->host, HV_KNOB_GLOBAL_AS,
		    "any"), 0);
		break;
	case PERMISSION_ADDRESS_SPACE:
		ck_assert_int_eq(hv_knob_set(&r->host, HV_KNOB_AS, "ignore"),
		    0);
		break;
	case PERMISSION_LATE_TARGET:
		ck_assert_int_eq(hv_knob_set(&r->host, HV_KNOB_LATE_TARGET,
		    "atomic"), 0);
		ck_assert_int_eq(hv_knob_set(&r->host, HV_KNOB_CONTINUE,
		    "never"), 0);
		break;
	case PERMISSION_ERRATUM:
		r->machine.invlpg_keeps_globals = false;
		break;
	case PERMISSION_LATE_DIRTY:
	case PERMISSION_TCE:
	case PERMISSION_INVPCID_LAZY:
	case PERMISSION_SPLINTER:
		break;                  /* not granted in these rows */
	case PERMISSION_COUNT:
		ck_abort();
	}
}

/* Runs up to BUDGET schedules; which one (from 1) found something, or 0. */
static unsigned
hunt(const struct row *row, const struct search *s, struct schedule *record,
     struct run_result *res)
{
	char *why = NULL;

	ck_assert_msg(runner_open(row, &why) == 0, "%s", why);
	for (unsigned i = 0; i < BUDGET; i++) {
		const struct strategy st = search_strategy(s, i, 100);

		runner_run(&st, record, res);
		if (res->found)
			return i + 1;
	}
	return 0;
}

static const struct search search = { .kind = STRATEGY_RANDOM, .seed = 1,
    .schedules = BUDGET };

START_TEST(each_planted_bug_needs_exactly_its_permission)
{
	const struct planted *p = &planted[_i];
	const struct row row = make_row(p);
	struct permission_result got;
	struct finding_key key;
	struct schedule record = { 0 };
	struct run_result res;
	const unsigned after = hunt(&row, &search, &record, &res);

	ck_assert_msg(after > 0, "%s is not found", p->mutant);
	finding_key_make(&key, &res, p->hypercall);
	const struct permission_search ps = { .row = &row, .key = &key,
	    .schedule = &record, .search = &search, .after = after,
	    .length = (uint32_t)res.stats.steps };

	permission_search(&ps, &got);
	runner_close();
	ck_assert_msg(got.needs == 1u << p->needs,
	    "%s needs the set %#x, not {%s}", p->mutant, got.needs,
	    permission_name(p->needs));
	ck_assert(!got.several);
	schedule_clear(&record);
}
END_TEST

START_TEST(without_its_permission_a_planted_bug_is_not_found)
{
	const struct planted *p = &planted[_i];
	struct row row = make_row(p);
	struct run_result res;

	withdraw(&row, p->needs);
	ck_assert_msg(hunt(&row, &search, NULL, &res) == 0,
	    "%s is found without {%s}", p->mutant, permission_name(p->needs));
	runner_close();
}
END_TEST

START_TEST(with_its_permission_alone_a_planted_bug_is_found)
{
	const struct planted *p = &planted[_i];
	struct row row = make_row(p);
	struct run_result res;

	for (unsigned i = 0; i < PERMISSION_COUNT; i++)
		if (i != (unsigned)p->needs)
			withdraw(&row, (enum permission)i);
	ck_assert_msg(hunt(&row, &search, NULL, &res) > 0,
	    "%s is not found with {%s} alone", p->mutant,
	    permission_name(p->needs));
	runner_close();
}
END_TEST

int
main(void)
{
	const int n = sizeof(planted) / sizeof(*planted);
	Suite *s = suite_create("permissions");
	TCase *tc = tcase_create("permissions");
	SRunner *sr;
	char *why = NULL;
	int failed;

	if (kernel_prepare("reference", NULL, &object, &why) != KERNEL_OK ||
	    (kernel = kernel_load(&object, &why)) == NULL) {
		fprintf(stderr, "%s\n", why);
		return EXIT_FAILURE;
	}
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, each_planted_bug_needs_exactly_its_permission,
	    0, n);
	tcase_add_loop_test(tc,
	    without_its_permission_a_planted_bug_is_not_found, 0, n);
	tcase_add_loop_test(tc,
	    with_its_permission_alone_a_planted_bug_is_found, 0, n);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	kernel_object_clear(&object);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
