/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts of the command that outlive a run: signatures, lists of known
 * findings, saved schedules, names of modes, hosts and strategies.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/known.h"
#include "cli/saved.h"
#include "cli/search.h"
#include "cli/signature.h"

/* ---- signatures ----------------------------------------------------------- */

static struct run_result
stale_result(void)
{
	struct run_result r;

	memset(&r, 0, sizeof(r));
	r.found = true;
	r.operation = "unmap";
	r.finding.kind = FINDING_STALE_TRANSLATION;
	r.finding.space = SPACE_KERNEL;
	r.finding.cached.global = true;
	r.finding.cpu = 1;
	r.finding.va = 0xffff800000000000;
	return r;
}

START_TEST(a_signature_names_what_and_not_when)
{
	struct run_result r = stale_result();
	struct finding_key a, b;
	char *text;

	finding_key_make(&a, &r, true);
	text = signature_print(&a, "/usr/src/sys/dev/hyperv/hyperv_mmu.c");
	ck_assert_str_eq(text, "stale-translation/unmap/kernel/leaf/global/"
	                 "hypercall/hyperv_mmu.c");
	free(text);
	r.finding.cpu = 0;
	r.finding.va += 0x1000;
	r.explore.steps = 99;
	finding_key_make(&b, &r, true);
	ck_assert(finding_key_same(&a, &b));
	r.finding.cached.path = true;
	finding_key_make(&b, &r, true);
	ck_assert(!finding_key_same(&a, &b));
}
END_TEST

START_TEST(a_deadlock_has_no_address_space)
{
	struct run_result r = stale_result();
	struct finding_key a, b;
	char *text;

	r.finding.kind = FINDING_DEADLOCK;
	r.operation = NULL;
	finding_key_make(&a, &r, false);
	text = signature_print(&a, NULL);
	ck_assert_str_eq(text, "deadlock/-/-/-/-/native/-");
	free(text);
	r.finding.cached.global = false;
	finding_key_make(&b, &r, false);
	ck_assert(finding_key_same(&a, &b));
}
END_TEST

START_TEST(an_outcome_tells_runs_apart)
{
	struct run_result r = stale_result();
	const uint64_t before = finding_outcome(&r);

	ck_assert(finding_outcome(&r) == before);
	r.explore.steps++;
	ck_assert(finding_outcome(&r) != before);
	r.explore.steps--;
	r.finding.va++;
	ck_assert(finding_outcome(&r) != before);
}
END_TEST

/* ---- known findings --------------------------------------------------------- */

#define SIGNATURE "stale-translation/unmap/user/leaf/local/native/tlb.c"
#define OTHER "deadlock/-/-/-/-/native/-"

START_TEST(a_known_list_is_read_and_printed)
{
	struct known_list k;
	char *why = NULL, *text;

	ck_assert_int_eq(known_parse(&k, "f", "# why\n\n" SIGNATURE
	                 "\tis late\thttps://x\n" OTHER "\n", &why), 0);
	ck_assert_uint_eq(k.count, 2);
	ck_assert_str_eq(known_find(&k, SIGNATURE)->reason, "is late");
	ck_assert_str_eq(known_find(&k, SIGNATURE)->link, "https://x");
	ck_assert_str_eq(known_find(&k, OTHER)->reason, "");
	ck_assert_ptr_null(known_find(&k, "x"));
	known_add(&k, SIGNATURE, "again");
	ck_assert_uint_eq(k.count, 2);
	text = known_print(&k);
	ck_assert_str_eq(text, "# signature<TAB>reason<TAB>link\n" OTHER
	                 "\t\t\n" SIGNATURE "\tis late\thttps://x\n");
	free(text);
	known_clear(&k);
}
END_TEST

static const char *const bad_known[] = {
	"words that are none\n",
	"a/b/c\treason\tlink\n",
	SIGNATURE "\ta\tb\tc\n",
	SIGNATURE "\n" SIGNATURE "\n",
	"/" SIGNATURE "\n",
};

START_TEST(a_bad_known_list_is_refused_with_its_line)
{
	struct known_list k;
	char *why = NULL;

	ck_assert_int_eq(known_parse(&k, "f", bad_known[_i], &why), -1);
	ck_assert_int_eq(strncmp(why, _i == 3 ? "f:2: " : "f:1: ", 5), 0);
	ck_assert_uint_eq(k.count, 0);
	free(why);
}
END_TEST

/* ---- saved schedules --------------------------------------------------------- */

static struct saved
example(void)
{
	struct saved s;

	memset(&s, 0, sizeof(s));
	strcpy(s.row.kernel, "linux");
	strcpy(s.row.path, "hypercall");
	strcpy(s.row.scenario, "kernel-page");
	strcpy(s.row.mode, "pcid+pti");
	strcpy(s.row.place, "1,0");
	strcpy(s.row.vp_index, "0,64,130");
	strcpy(s.row.host, "tlfs,globals=drop");
	strcpy(s.row.memory, "tso");
	strcpy(s.row.machine, "full");
	s.row.vcpus = 3;
	s.tree = cli_copy("/usr/src");
	s.sources = json_pack("[{s:s, s:s}]", "path", "tlb.c", "sha256", "00");
	strcpy(s.sources_id, "0123456789abcdef");
	strcpy(s.outcome, "fedcba9876543210");
	s.signature = cli_copy(SIGNATURE);
	s.choices = cli_copy("r0:37 d0:1 c1:13=2");
	return s;
}

static void
assert_same(const struct saved *a, const struct saved *b)
{
	ck_assert_int_eq(memcmp(&a->row, &b->row, sizeof(a->row)), 0);
	/* A string has the first digits only. */
	ck_assert_int_eq(strncmp(a->sources_id, b->sources_id, 8), 0);
	ck_assert_int_eq(strncmp(a->outcome, b->outcome, 8), 0);
	ck_assert_str_eq(a->signature, b->signature);
	ck_assert_str_eq(a->choices, b->choices);
}

START_TEST(a_schedule_file_gives_back_what_was_saved)
{
	struct saved s = example(), back;
	json_t *root = saved_to_json(&s);
	char *why = NULL;

	ck_assert_int_eq(saved_from_json(&back, root, &why), 0);
	assert_same(&s, &back);
	ck_assert_str_eq(back.tree, "/usr/src");
	ck_assert_uint_eq(json_array_size(back.sources), 1);
	json_decref(root);
	saved_clear(&back);
	saved_clear(&s);
}
END_TEST

START_TEST(a_schedule_string_gives_back_what_was_saved)
{
	struct saved s = example(), back;
	char *text = saved_to_string(&s), *why = NULL;

	ck_assert_ptr_null(strchr(text, ' '));
	ck_assert_int_eq(saved_from_string(&back, text, &why), 0);
	assert_same(&s, &back);
	saved_clear(&back);
	saved_clear(&s);
	free(text);
}
END_TEST

START_TEST(a_changed_member_of_a_file_is_noticed)
{
	static const char *const members[] = { "kernel", "host", "choices",
	                                       "signature", "tree", "outcome" };
	struct saved s = example(), back;
	char *why = NULL;

	for (unsigned i = 0; i < sizeof(members) / sizeof(*members); i++) {
		json_t *root = saved_to_json(&s);

		json_object_set_new(root, members[i], json_string("reference"));
		ck_assert_int_eq(saved_from_json(&back, root, &why), -1);
		ck_assert_ptr_nonnull(strstr(why, "damaged"));
		free(why);
		json_decref(root);
		saved_clear(&back);
	}
	saved_clear(&s);
}
END_TEST

START_TEST(every_changed_or_lost_byte_of_a_string_is_noticed)
{
	struct saved s = example(), back;
	char *text = saved_to_string(&s), *why = NULL;
	const size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		const char c = text[i];

		text[i] = c == '0' ? '1' : '0';
		ck_assert_int_eq(saved_from_string(&back, text, &why), -1);
		free(why);
		saved_clear(&back);
		text[i] = '\0';
		ck_assert_int_eq(saved_from_string(&back, text, &why), -1);
		free(why);
		saved_clear(&back);
		text[i] = c;
	}
	saved_clear(&s);
	free(text);
}
END_TEST

START_TEST(other_sources_are_noticed_and_named)
{
	char path[] = "tlb.c";
	struct kernel_source source = { path, "00" };
	struct kernel_object k = { .name = "linux", .sources = &source,
	                           .nsources = 1 };
	struct saved s = example();
	char *why = NULL;

	ck_assert_int_eq(saved_same_sources(&s, &k, &why), -1);
	free(why);
	strcpy(source.sha256, "11");
	ck_assert_int_eq(saved_same_sources(&s, &k, &why), -1);
	ck_assert_ptr_nonnull(strstr(why, "tlb.c"));
	free(why);
	saved_clear(&s);
}
END_TEST

/* ---- names ------------------------------------------------------------------- */

START_TEST(every_mode_has_a_name_that_is_read_back)
{
	char name[32];
	unsigned mode;

	for (unsigned m = 0; m < 16; m++) {
		/* INVPCID needs PCID. */
		if ((m & KMODE_INVPCID) && !(m & KMODE_PCID))
			continue;
		ck_assert_int_eq(kernel_mode_parse(kernel_mode_name(m, name),
		                                   &mode), 0);
		ck_assert_uint_eq(mode, m);
	}
	ck_assert_int_eq(kernel_mode_parse("nopcid+erratum383", &mode), 0);
	ck_assert_uint_eq(mode, KMODE_ERRATUM383);
	ck_assert_str_eq(kernel_mode_name(mode, name), "nopcid+erratum383");
	ck_assert_int_eq(kernel_mode_parse("pcid+erratum383", &mode), -1);
	ck_assert_str_eq(kernel_mode_name(0, name), "nopcid");
	ck_assert_str_eq(kernel_mode_name(KMODE_PCID | KMODE_INVPCID |
	                                  KMODE_PTI, name),
	                 "pcid+invpcid+pti");
	ck_assert_int_eq(kernel_mode_parse("fast", &mode), -1);
	ck_assert_int_eq(kernel_mode_parse("", &mode), -1);
	ck_assert_int_eq(kernel_mode_parse("pcid+", &mode), -1);
}
END_TEST

START_TEST(a_host_is_printed_as_it_is_parsed)
{
	struct hv_profile p;
	char *why = NULL, text[256];

	ck_assert_int_eq(host_parse("tlfs,globals=drop", &p, &why), 0);
	host_print(&p, text, sizeof(text));
	ck_assert_str_eq(text, "tlfs,globals=drop");
	/* A knob that says what the profile says is not printed. */
	ck_assert_int_eq(host_parse("tlfs,globals=keep", &p, &why), 0);
	host_print(&p, text, sizeof(text));
	ck_assert_str_eq(text, "tlfs");
	ck_assert_int_eq(host_parse("tlfs,globals", &p, &why), -1);
	free(why);
	ck_assert_int_eq(host_parse("", &p, &why), -1);
	free(why);
}
END_TEST

START_TEST(a_strategy_is_printed_as_it_is_parsed)
{
	static const char *const good[] = { "random", "random:5", "pct:3",
	    "pos", "urw", "surw", "delay:0", "delay:3", "twice:random",
	    "twice:pct:2", "twice:surw" };
	static const char *const bad[] = { "", "rand", "pct:", "pct:0", "pct:x",
	                                   "random:-1", "randomly", "pct:34",
	                                   "pos:1", "urw:", "delay:33",
	                                   "delay:-1", "twice:", "twice:x",
	                                   "twice:twice", "twicepos" };
	struct search s = { .kind = STRATEGY_RANDOM };
	char name[32];

	for (unsigned i = 0; i < sizeof(good) / sizeof(*good); i++) {
		ck_assert_int_eq(search_parse(good[i], &s), 0);
		ck_assert_str_eq(search_name(&s, name), good[i]);
	}
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_int_eq(search_parse(bad[i], &s), -1);
	ck_assert_int_eq(search_parse("twice", &s), 0);
	ck_assert_str_eq(search_name(&s, name), "twice:random");
	ck_assert_int_eq(search_parse("delay", &s), 0);
	ck_assert_str_eq(search_name(&s, name), "delay:3");
}
END_TEST

START_TEST(the_bound_of_pct_is_that_of_the_paper)
{
	struct search s = { .kind = STRATEGY_PCT, .depth = 1 };

	ck_assert_double_eq_tol(search_bound(&s, 4, 100), 0.25, 1e-9);
	s.depth = 3;
	ck_assert_double_eq_tol(search_bound(&s, 2, 100), 0.00005, 1e-12);
}
END_TEST

START_TEST(a_hash_set_counts_what_is_distinct)
{
	struct hash_set s = { NULL, 0, 0 };

	for (unsigned round = 0; round < 2; round++)
		for (uint64_t i = 0; i < 20000; i++)
			ck_assert(hash_set_add(&s, cli_mix(7, i)) ==
			          (round == 0));
	ck_assert_uint_eq(s.count, 20000);
	hash_set_clear(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("cli_text");
	TCase *tc = tcase_create("cli_text");
	SRunner *sr;
	int failed;

	tcase_add_test(tc, a_signature_names_what_and_not_when);
	tcase_add_test(tc, a_deadlock_has_no_address_space);
	tcase_add_test(tc, an_outcome_tells_runs_apart);
	tcase_add_test(tc, a_known_list_is_read_and_printed);
	tcase_add_loop_test(tc, a_bad_known_list_is_refused_with_its_line, 0,
	                    sizeof(bad_known) / sizeof(*bad_known));
	tcase_add_test(tc, a_schedule_file_gives_back_what_was_saved);
	tcase_add_test(tc, a_schedule_string_gives_back_what_was_saved);
	tcase_add_test(tc, a_changed_member_of_a_file_is_noticed);
	tcase_add_test(tc, every_changed_or_lost_byte_of_a_string_is_noticed);
	tcase_add_test(tc, other_sources_are_noticed_and_named);
	tcase_add_test(tc, every_mode_has_a_name_that_is_read_back);
	tcase_add_test(tc, a_host_is_printed_as_it_is_parsed);
	tcase_add_test(tc, a_strategy_is_printed_as_it_is_parsed);
	tcase_add_test(tc, the_bound_of_pct_is_that_of_the_paper);
	tcase_add_test(tc, a_hash_set_counts_what_is_distinct);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
