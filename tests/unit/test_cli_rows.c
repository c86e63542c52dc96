/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows: what the options expand to, on a made-up kernel and the real
 * scenarios; what is left out must be named with its reason.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/numbers.h"
#include "cli/rows.h"
#include "cli/cpu.h"
#include "cli/rowtext.h"

static const unsigned modes[] = { 0, KMODE_PCID };

static void
no_lazy(void)
{
}

static const struct kernel_mutant mutants[] = {
	{ 1, "first", "distilled", "a bug", 0, 0, NULL, NULL, 0 },
	{ 7, "second", "distilled", "a bug", 0, 0, NULL, NULL, 0 },
};

static struct kernel_ops
made_up_kernel(void)
{
	return (struct kernel_ops){ .abi = KERNEL_ABI, .name = "made-up",
	    .modes = modes, .nmodes = 2, .has_hypercall = 1,
	    .mutants = mutants, .nmutants = 2, .enter_lazy = no_lazy };
}

static const struct kernel_object object = { .name = "made-up" };

static struct row_options
options(const char *scenario)
{
	struct row_options o;

	memset(&o, 0, sizeof(o));
	o.paths = PATH_NATIVE | PATH_HYPERCALL;
	machine_full(&o.machine, 0);
	if (scenario != NULL)
		o.scenarios[o.nscenarios++] = scenario;
	return o;
}

static struct row_list
expand(const struct row_options *o, const struct kernel_ops *k)
{
	struct row_list l;

	row_list_init(&l);
	row_list_add_kernel(&l, o, &object, k);
	return l;
}

static bool
skipped(const struct row_list *l, const char *what, const char *why)
{
	json_t *one;
	size_t i;

	json_array_foreach(l->skipped, i, one) {
		const char *a = json_string_value(json_object_get(one, "what"));
		const char *b = json_string_value(json_object_get(one, "why"));

		if (strcmp(a, what) == 0 && strstr(b, why) != NULL)
			return true;
	}
	return false;
}

START_TEST(unmap_page_runs_on_both_paths_and_with_sparse_indexes)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("unmap-page");
	struct row_list l = expand(&o, &k);

	/* Per mode: native, hypercall, with 0, 64, 130, and with 1, 64, 0. */
	ck_assert_uint_eq(l.count, 8);
	ck_assert(!l.rows[0].hypercall && l.rows[0].mode == 0);
	ck_assert(!l.rows[1].hypercall && l.rows[1].mode == KMODE_PCID);
	ck_assert_uint_eq(l.rows[2].vcpus, 2);
	ck_assert_uint_eq(l.rows[3].vcpus, 3);
	ck_assert_uint_eq(l.rows[3].vp_index[2], 130);
	ck_assert_uint_eq(l.rows[4].vp_index[0], 1);
	ck_assert_uint_eq(l.rows[4].vp_index[2], 0);
	ck_assert_uint_eq(l.rows[3].machine.cpus, 3);
	ck_assert_str_eq(l.rows[3].host.name, "tlfs");
	ck_assert_uint_eq(json_array_size(l.skipped), 0);
	row_list_clear(&l);
}
END_TEST

START_TEST(a_failing_host_fails_once_with_each_status)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("hypercall-fails");
	struct row_list l = expand(&o, &k);
	uint64_t seen = 0;

	for (size_t i = 0; i < l.count; i++) {
		ck_assert(l.rows[i].hypercall);
		ck_assert_uint_eq(l.rows[i].host.knob[HV_KNOB_FAIL_CALL], 1);
		seen |= 1ull << l.rows[i].host.knob[HV_KNOB_FAIL_STATUS];
	}
	ck_assert(seen & 1ull << HVA_INVALID_CODE);
	ck_assert(seen & 1ull << HVA_INVALID_INPUT);
	ck_assert(seen & 1ull << HVA_INVALID_PARAMETER);
	ck_assert(seen & 1ull << HVA_ACCESS_DENIED);
	ck_assert(seen & 1ull << HVA_INSUFFICIENT_MEMORY);
	ck_assert_uint_eq(l.count % 16, 0);
	row_list_clear(&l);
}
END_TEST

static void
unmap_listed(unsigned long va, unsigned pages)
{
	(void)va;
	(void)pages;
}

START_TEST(a_list_is_given_to_hosts_that_end_early_and_that_refuse)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("kernel-range-listed");
	struct row_list l;

	k.unmap_listed = unmap_listed;
	k.nmodes = 1;
	l = expand(&o, &k);
	ck_assert_uint_eq(l.count, 4);
	ck_assert_uint_eq(l.rows[0].host.knob[HV_KNOB_REP], 0);
	ck_assert_uint_eq(l.rows[0].host.knob[HV_KNOB_FAIL_CALL], 0);
	ck_assert_uint_eq(l.rows[1].host.knob[HV_KNOB_REP], 1);
	for (unsigned i = 0; i < 2; i++) {
		const uint32_t *knob = l.rows[2 + i].host.knob;

		ck_assert_uint_eq(knob[HV_KNOB_REP], 0);
		ck_assert_uint_eq(knob[HV_KNOB_FAIL_CALL], UINT32_MAX);
		ck_assert_uint_ne(knob[HV_KNOB_FAIL_STATUS], 0);
		ck_assert_uint_eq(knob[HV_KNOB_FAIL_REPS], i);
	}
	row_list_clear(&l);
}
END_TEST

static void
promote(void *space, unsigned long va)
{
	(void)space;
	(void)va;
}

START_TEST(erratum_383_is_for_large_pages_and_named_where_it_is_not)
{
	static const unsigned with[] = { 0, KMODE_ERRATUM383 };
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("large-demote");
	struct row_list l;

	k.promote = k.demote = promote;
	k.modes = with;
	o.paths = PATH_NATIVE;
	l = expand(&o, &k);
	ck_assert_uint_eq(l.count, 2);
	ck_assert_uint_eq(l.rows[1].mode, KMODE_ERRATUM383);
	row_list_clear(&l);

	k.nmodes = 1;
	k.no_erratum383_why = "this tree has no such function";
	l = expand(&o, &k);
	ck_assert_uint_eq(l.count, 1);
	ck_assert(skipped(&l, "made-up native nopcid+erratum383",
	    "no such function"));
	row_list_clear(&l);

	o = options("unmap-page");
	k.nmodes = 2;
	l = expand(&o, &k);
	for (size_t i = 0; i < l.count; i++)
		ck_assert_uint_eq(l.rows[i].mode, 0);
	row_list_clear(&l);
}
END_TEST

/* Per mode: native, hypercall, refused; a host that is named is the only one. */
START_TEST(a_program_also_meets_a_host_that_refuses_a_call)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("program:u0|<r0>");
	struct row_list l = expand(&o, &k);

	ck_assert_uint_eq(l.count, 6);
	ck_assert_uint_eq(l.rows[2].host.knob[HV_KNOB_FAIL_CALL], 0);
	ck_assert_uint_eq(l.rows[3].host.knob[HV_KNOB_FAIL_CALL], 1);
	ck_assert_uint_eq(l.rows[3].host.knob[HV_KNOB_FAIL_STATUS],
	    HVA_INSUFFICIENT_MEMORY);
	row_list_clear(&l);
	ck_assert_int_eq(hv_profile_find("kvm", &o.hosts[o.nhosts++]), 0);
	l = expand(&o, &k);
	ck_assert_uint_eq(l.count, 4);
	row_list_clear(&l);
}
END_TEST

START_TEST(what_cannot_run_is_named)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options(NULL);
	struct row_list l;

	k.has_hypercall = 0;
	k.no_hypercall_why = "the tree is from before the hook";
	k.enter_lazy = NULL;
	o.modes[o.nmodes++] = KMODE_PCID | KMODE_PTI;
	o.modes[o.nmodes++] = KMODE_PCID;
	l = expand(&o, &k);
	ck_assert(skipped(&l, "made-up hypercall", "before the hook"));
	ck_assert(skipped(&l, "made-up native lazy", "no lazy mode"));
	ck_assert(skipped(&l, "made-up native pcid+pti", "no such mode"));
	ck_assert_uint_gt(l.count, 0);
	for (size_t i = 0; i < l.count; i++)
		ck_assert(!l.rows[i].hypercall &&
		          l.rows[i].mode == KMODE_PCID);
	row_list_clear(&l);
}
END_TEST

START_TEST(kernel_ranges_that_need_no_hypercall_are_named_on_its_path_alone)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("kernel-page");
	struct row_list l = expand(&o, &k);
	size_t native = 0, hypercall = 0;

	for (size_t i = 0; i < l.count; i++)
		l.rows[i].hypercall ? hypercall++ : native++;
	ck_assert_uint_gt(native, 0);
	ck_assert_uint_gt(hypercall, 0);
	ck_assert_uint_eq(json_array_size(l.skipped), 0);
	row_list_clear(&l);

	k.no_kernel_hypercall_why = "kernel ranges go by IPI";
	l = expand(&o, &k);
	ck_assert(skipped(&l, "made-up hypercall kernel-page", "by IPI"));
	ck_assert_uint_eq(l.count, native);
	for (size_t i = 0; i < l.count; i++)
		ck_assert(!l.rows[i].hypercall);
	row_list_clear(&l);

	/* It flushes a user page as well. */
	o = options("user-and-kernel");
	l = expand(&o, &k);
	hypercall = 0;
	for (size_t i = 0; i < l.count; i++)
		hypercall += l.rows[i].hypercall;
	ck_assert_uint_gt(hypercall, 0);
	ck_assert_uint_eq(json_array_size(l.skipped), 0);
	row_list_clear(&l);
}
END_TEST

START_TEST(a_number_of_vcpus_that_no_scenario_takes_leaves_no_row)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("unmap-page");
	struct row_list l;

	o.vcpus = 1;
	l = expand(&o, &k);
	ck_assert_uint_eq(l.count, 0);
	ck_assert(skipped(&l, "made-up native unmap-page", "vCPUs"));
	row_list_clear(&l);
}
END_TEST

START_TEST(every_host_gets_its_rows_on_the_hypercall_path_only)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("unmap-range-small");
	struct row_list l;
	size_t native = 0, tlfs = 0, kvm = 0;

	ck_assert_int_eq(hv_profile_find("tlfs", &o.hosts[0]), 0);
	ck_assert_int_eq(hv_profile_find("kvm", &o.hosts[1]), 0);
	o.nhosts = 2;
	l = expand(&o, &k);
	for (size_t i = 0; i < l.count; i++) {
		const struct row *r = &l.rows[i];

		native += !r->hypercall;
		tlfs += r->hypercall && strcmp(r->host.name, "tlfs") == 0;
		kvm += r->hypercall && strcmp(r->host.name, "kvm") == 0;
	}
	ck_assert_uint_eq(native, 2);
	ck_assert_uint_gt(tlfs, 0);
	ck_assert_uint_eq(tlfs, kvm);
	row_list_clear(&l);
}
END_TEST

START_TEST(a_mutant_is_found_by_name_or_named_as_missing)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("unmap-page");
	struct row_list l;

	o.mutant = "second";
	l = expand(&o, &k);
	ck_assert_uint_eq(l.rows[0].mutant, 7);
	row_list_clear(&l);
	o.mutant = "third";
	l = expand(&o, &k);
	ck_assert_uint_eq(l.count, 0);
	ck_assert(skipped(&l, "made-up native third", "no such mutant"));
	row_list_clear(&l);
}
END_TEST

START_TEST(a_glob_that_matches_nothing_is_told)
{
	struct row_options o = options("unmap-*");

	ck_assert_ptr_null(row_options_bad_glob(&o));
	o.scenarios[o.nscenarios++] = "nothing-*";
	ck_assert_str_eq(row_options_bad_glob(&o), "nothing-*");
}
END_TEST

START_TEST(every_row_in_words_is_the_same_row_again)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options(NULL);
	struct row_list l;
	struct rowtext t;
	char *why = NULL;

	o.machine.tso = false;
	o.machine.upper_caches = false;
	ck_assert_int_eq(cpu_parse("amd,invlpg_paths=page", &o.machine, &why),
	    0);
	o.mutant = "second";
	l = expand(&o, &k);
	for (size_t i = 0; i < l.count; i++) {
		const struct row *a = &l.rows[i];
		struct row b;

		rowtext_from_row(&t, a);
		ck_assert_int_eq(rowtext_to_row(&t, &object, &k, &b, &why), 0);
		ck_assert(a->scenario == b.scenario && a->mode == b.mode);
		ck_assert(a->hypercall == b.hypercall);
		ck_assert(a->vcpus == b.vcpus && a->mutant == b.mutant);
		ck_assert_int_eq(memcmp(a->vp_index, b.vp_index,
		                        a->vcpus * sizeof(uint32_t)), 0);
		ck_assert_int_eq(memcmp(a->host.knob, b.host.knob,
		                        sizeof(a->host.knob)), 0);
		ck_assert(!b.machine.tso && !b.machine.upper_caches &&
		          b.machine.speculative_fills);
		ck_assert(b.machine.tce && b.machine.invpcid_all_paths &&
		          b.machine.invlpgb_max == 7);
		ck_assert_mem_eq(&a->machine, &b.machine, sizeof(b.machine));
	}
	row_list_clear(&l);
}
END_TEST

START_TEST(a_field_that_is_not_known_is_named)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("unmap-page");
	struct row_list l = expand(&o, &k);
	struct rowtext good, t;
	struct row row;
	char *why = NULL;

	rowtext_from_row(&good, &l.rows[0]);
#define REFUSED(field, text) do { \
		t = good; \
		strcpy(t.field, text); \
		ck_assert_int_eq(rowtext_to_row(&t, &object, &k, &row, &why), \
		                 -1); \
		ck_assert_ptr_nonnull(strstr(why, text)); \
		free(why); \
	} while (0)
	REFUSED(scenario, "nosuch");
	REFUSED(path, "nosuch");
	REFUSED(mode, "nosuch");
	REFUSED(host, "nosuch");
	REFUSED(memory, "nosuch");
	REFUSED(machine, "nosuch");
	REFUSED(machine, "full,nosuch=1");
	REFUSED(mutant, "nosuch");
	REFUSED(vp_index, "1,1");
	REFUSED(vp_index, "0,65536");
	REFUSED(vp_index, "0,1,2");
	REFUSED(place, "0,2");
	REFUSED(place, "1,1");
	REFUSED(without, "0-2:1");
	REFUSED(without, "1-0:1");
	row_list_clear(&l);
}
END_TEST

/* ---- many vCPUs ----------------------------------------------------------- */

START_TEST(programs_have_their_places)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("unmap-page");
	struct row_list l;
	struct rowtext t;
	struct row b;
	char *why = NULL, *line;

	ck_assert_int_eq(place_parse("65,0,129", &o.placed), 0);
	ck_assert_uint_eq(row_options_vcpus(&o), 130);
	o.indexes.vcpus = 0;
	ck_assert_int_eq(vp_index_parse("129-0", &o.indexes), 0);
	ck_assert_uint_eq(o.indexes.vcpus, 130);
	l = expand(&o, &k);
	/* None with the usual sparse indexes. */
	ck_assert_uint_eq(l.count, 4);
	for (size_t i = 0; i < l.count; i++) {
		ck_assert_uint_eq(l.rows[i].vcpus, 130);
		ck_assert_uint_eq(row_programs(&l.rows[i]), 3);
		rowtext_from_row(&t, &l.rows[i]);
		ck_assert_int_eq(rowtext_to_row(&t, &object, &k, &b, &why), 0);
		ck_assert_mem_eq(b.place, l.rows[i].place, 3 * sizeof(*b.place));
	}
	ck_assert_uint_eq(b.vp_index[0], 129);
	line = rowtext_line(&t);
	ck_assert_ptr_nonnull(strstr(line, " 130:65,0,129@129-0 "));
	free(line);
	row_list_clear(&l);
}
END_TEST

static void
alone(unsigned why)
{
	(void)why;
}

/* There the one that runs alone waits for all vCPUs. */
START_TEST(where_all_take_part_nothing_is_placed)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("unmap-self");
	struct row_list l;

	o.vcpus = 130;
	l = expand(&o, &k);
	ck_assert_uint_eq(l.count, 0);
	ck_assert(skipped(&l, "made-up native unmap-self", "--place"));
	row_list_clear(&l);
	ck_assert_int_eq(place_parse("0,129", &o.placed), 0);
	l = expand(&o, &k);
	ck_assert_uint_gt(l.count, 0);
	row_list_clear(&l);
	o.scenarios[0] = "panic";
	k.alone_whys = KALONE_PANIC;
	k.alone = k.together = k.aside = alone;
	l = expand(&o, &k);
	ck_assert_uint_eq(l.count, 0);
	ck_assert(skipped(&l, "made-up native panic", "every vCPU"));
	row_list_clear(&l);
}
END_TEST

static const struct {
	const char *text, *printed;     /* NULL: the same */
	unsigned n;
	uint32_t last;
} lists[] = {
	{ "7", NULL, 1, 7 },
	{ "0,64,130", NULL, 3, 130 },
	{ "0-63,128-191", NULL, 128, 191 },
	{ "129-0", NULL, 130, 0 },
	{ "3,4,5", NULL, 3, 5 },
	{ "0-2", "0,1,2", 3, 2 },
	{ "5-5", "5", 1, 5 },
	{ "9,4,5,6,7", "9,4-7", 5, 7 },
	{ "0-1,2-3", "0-3", 4, 3 },
};

START_TEST(a_list_is_printed_as_it_is_parsed)
{
	uint32_t list[200], again[200];
	char text[200];

	ck_assert_uint_eq(numbers_parse(lists[_i].text, 200, 200, list),
	                  lists[_i].n);
	ck_assert_uint_eq(list[lists[_i].n - 1], lists[_i].last);
	numbers_print(list, lists[_i].n, text, sizeof(text));
	ck_assert_str_eq(text, lists[_i].printed ? lists[_i].printed :
	                 lists[_i].text);
	ck_assert_uint_eq(numbers_parse(text, 200, 200, again), lists[_i].n);
	ck_assert_mem_eq(list, again, lists[_i].n * sizeof(list[0]));
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
	static const char *const bad[] = { "", ",", "1,", ",1", "1,,2", "1-",
		"-1", "1--2", "a", "1 ,2", "1,1", "0-3,2", "3-0,0", "201",
		"0-201", "4294967296", "0-20", "1-2-3" };
	uint32_t list[20];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_uint_eq(numbers_parse(bad[i], 200, 20, list), 0);
}
END_TEST

/* What a hundred vCPUs leave out stays a few bytes. */
START_TEST(operations_left_out_alike_are_a_range)
{
	struct kernel_ops k = made_up_kernel();
	struct row_options o = options("unmap-page");
	struct row_list l;
	struct rowtext t;
	struct row b;
	char *why = NULL;

	o.vcpus = 130;
	l = expand(&o, &k);
	l.rows[0].left_out[0] = 0x10;
	for (unsigned c = 2; c < 129; c++)
		l.rows[0].left_out[c] = 7;
	rowtext_from_row(&t, &l.rows[0]);
	ck_assert_str_eq(t.without, "0:10,2-128:7");
	ck_assert_int_eq(rowtext_to_row(&t, &object, &k, &b, &why), 0);
	ck_assert_mem_eq(b.left_out, l.rows[0].left_out, sizeof(b.left_out));
	row_list_clear(&l);
}
END_TEST

static TCase *
many_vcpus(void)
{
	TCase *const tc = tcase_create("many_vcpus");

	tcase_add_test(tc, programs_have_their_places);
	tcase_add_test(tc, where_all_take_part_nothing_is_placed);
	tcase_add_loop_test(tc, a_list_is_printed_as_it_is_parsed, 0,
	                    sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(tc, what_is_no_list_is_refused);
	tcase_add_test(tc, operations_left_out_alike_are_a_range);
	return tc;
}

int
main(void)
{
	Suite *s = suite_create("cli_rows");
	TCase *tc = tcase_create("cli_rows");
	SRunner *sr;
	int failed;

	tcase_add_test(tc,
	    unmap_page_runs_on_both_paths_and_with_sparse_indexes);
	tcase_add_test(tc, a_failing_host_fails_once_with_each_status);
	tcase_add_test(tc,
	    a_list_is_given_to_hosts_that_end_early_and_that_refuse);
	tcase_add_test(tc,
	    erratum_383_is_for_large_pages_and_named_where_it_is_not);
	tcase_add_test(tc, a_program_also_meets_a_host_that_refuses_a_call);
	tcase_add_test(tc, what_cannot_run_is_named);
	tcase_add_test(tc,
	    kernel_ranges_that_need_no_hypercall_are_named_on_its_path_alone);
	tcase_add_test(tc,
	    a_number_of_vcpus_that_no_scenario_takes_leaves_no_row);
	tcase_add_test(tc,
	    every_host_gets_its_rows_on_the_hypercall_path_only);
	tcase_add_test(tc, a_mutant_is_found_by_name_or_named_as_missing);
	tcase_add_test(tc, a_glob_that_matches_nothing_is_told);
	tcase_add_test(tc, every_row_in_words_is_the_same_row_again);
	tcase_add_test(tc, a_field_that_is_not_known_is_named);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, many_vcpus());
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
