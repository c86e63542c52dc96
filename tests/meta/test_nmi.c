/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NMIs, SDM 3A 6.7: they come with interrupts off, one at a time until IRET,
 * one more is held pending, and IF is afterwards what it was.  Looked at from
 * outside, in runs of the reference kernel with programs of the test's own.
 */
#include <check.h>
#include <stdlib.h>

#include "cli/row_run.h"
#include "pmapshim/backend.h"
#include "reference.h"

#define RUNS 400u

/* vCPU 1 has interrupts off; what the trace has shown of it in this run. */
static bool off;
static unsigned depth, sent, taken, off_taken;

static void
map_user(struct scenario_world *w)
{
	w->k->map(w->space, w->user_va, &w->frames[0], 1,
	          KPROT_W | KPROT_USER);
}

static void
send_three(struct scenario_world *w)
{
	for (unsigned i = 0; i < 3; i++)
		scn_nmi(1, w->user_va);
	w->k->unmap(w->space, w->user_va, 1);
}

static void
run_off(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		send_three(w);
		return;
	}
	sd_irq_disable();
	off = true;
	scn_work(20);
	ck_assert(!sd_irq_enabled());
	off = false;
	sd_irq_enable();
	ck_assert(sd_irq_enabled());
}

static void
run_user(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0) {
		send_three(w);
		return;
	}
	scn_enter_user(w);
	scn_work(20);
	scn_leave_user(w);
}

static const struct scenario with_if_off = {
	.name = "off", .summary = "NMIs and an IPI to a vCPU with IF=0",
	.min_vcpus = 2, .max_vcpus = 2,
	.setup = map_user, .program = run_off,
}, in_user_mode = {
	.name = "user", .summary = "the same to one in user mode",
	.min_vcpus = 2, .max_vcpus = 2,
	.setup = map_user, .program = run_user,
};

/* One NMI, one switch, and nothing else. */
static void
run_short(struct scenario_world *w, unsigned vcpu)
{
	if (vcpu == 0)
		scn_nmi(1, w->user_va);
	else
		w->k->activate(w->other);
}

static const struct scenario in_a_switch = {
	.name = "switch", .summary = "an NMI to a vCPU that changes its space",
	.min_vcpus = 2, .max_vcpus = 2, .other_space = true,
	.setup = map_user, .program = run_short,
};

static void
watch(void *ctx, const struct trace_event *e)
{
	(void)ctx;
	if (e->kind == TRACE_NMI_SEND)
		sent++;
	if (e->cpu != 1)
		return;
	if (e->kind == TRACE_NMI_TAKE) {
		ck_assert_uint_eq(depth++, 0);
		taken++;
		off_taken += off;
	} else if (e->kind == TRACE_NMI_DONE) {
		ck_assert_uint_eq(--depth, 0);
	} else if (e->kind == TRACE_IPI_TAKE) {
		ck_assert(!off && depth == 0);
	}
}

/* How often so many were taken of the three, in one run. */
static unsigned times[4];

static void
run_all(const struct scenario *scenario, unsigned mode)
{
	const struct row row = reference_row(scenario, false, mode, NULL);
	struct run_result r;
	char *why = NULL;

	ck_assert_msg(runner_open(&row, &why) == 0, "%s", why);
	runner_trace(watch, NULL);
	off_taken = 0;
	for (unsigned i = 0; i < 4; i++)
		times[i] = 0;
	for (uint64_t i = 0; i < RUNS; i++) {
		const struct strategy s = { .kind = STRATEGY_RANDOM,
		    .seed = i };

		off = false;
		depth = sent = taken = 0;
		runner_run(&s, NULL, &r);
		ck_assert_msg(!r.found, "%s", r.message);
		ck_assert_uint_eq(sent, 3);
		ck_assert(taken >= 1 && taken <= 3);
		times[taken]++;
	}
	runner_trace(NULL, NULL);
	runner_close();
}

static const unsigned modes[] = { 0, KMODE_PCID | KMODE_PTI };

START_TEST(an_nmi_comes_with_interrupts_off_and_leaves_them_off)
{
	run_all(&with_if_off, modes[_i]);
	ck_assert_uint_gt(off_taken, 0);
}
END_TEST

START_TEST(a_pending_nmi_waits_for_iret_and_a_third_is_lost)
{
	run_all(_i < 2 ? &with_if_off : &in_user_mode, modes[_i % 2]);
	ck_assert_uint_gt(times[1], 0);
	ck_assert_uint_gt(times[2], 0);
}
END_TEST

/* All of them, as a search that is complete has it: the mutant is found by
 * that one, too, and the kernel is clean. */
static const char *const mutants[] = { NULL, "nmi-unasked", "nmi-mark-kept",
	"nmi-stale-root" };

START_TEST(a_complete_search_has_an_nmi_at_every_step)
{
	const struct row row = reference_row(&in_a_switch, false, 0,
	                                     mutants[_i]);
	struct search search = { .seed = 1, .schedules = 200000 };
	json_t *out;

	ck_assert_int_eq(search_parse("exhaustive", &search), 0);
	out = row_run(&row, &search, "/nonexistent");
	ck_assert_uint_eq(json_array_size(json_object_get(out, "findings")),
	                  mutants[_i] != NULL);
	ck_assert(mutants[_i] != NULL ||
	    json_is_true(json_object_get(out, "complete")));
	json_decref(out);
}
END_TEST

static int
run_suite(void)
{
	Suite *s = suite_create("nmi");
	TCase *t = tcase_create("nmi");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t,
	    an_nmi_comes_with_interrupts_off_and_leaves_them_off, 0, 2);
	tcase_add_loop_test(t, a_pending_nmi_waits_for_iret_and_a_third_is_lost,
	    0, 4);
	tcase_add_loop_test(t, a_complete_search_has_an_nmi_at_every_step, 0,
	    4);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}

int
main(int argc, char **argv)
{
	return reference_main(argc, argv, run_suite);
}
