/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is the search of litmus tests exhaustive?  Random small tests, each searched
 * with what its events touch (litmus/touch.c), then again as if every event
 * depended on every other, and at random: no outcome may be new then.
 */
#include "litmus/run.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 3
#define PAGES 2

static uint64_t seed_state;

static unsigned
below(unsigned n)
{
	seed_state ^= seed_state << 13;
	seed_state ^= seed_state >> 7;
	seed_state ^= seed_state << 17;
	return (unsigned)(seed_state >> 33) % n;
}

/* ---- a random test ------------------------------------------------------- */

struct room {                   /* what one test consists of */
	struct litmus_test t;
	struct litmus_frame frame[FRAMES + 1];
	struct litmus_space space[2];
	struct litmus_page page[PAGES];
	struct litmus_map map[8];
	struct litmus_insn insn[LITMUS_MAX_CPUS][2][8];
	struct litmus_clause clause[16];
	struct litmus_cond cond[16];
};

static struct litmus_entry
some_entry(bool accessed)
{
	struct litmus_entry e = { TARGET_FRAME, below(FRAMES),
	    PTE_P | PTE_W | PTE_U | PTE_A | PTE_D };

	switch (below(8)) {
	case 0:
		return (struct litmus_entry){ 0 };
	case 1:
		e.flags &= ~PTE_W;
		break;
	case 2:
		e.flags &= ~(accessed ? PTE_D : PTE_A | PTE_D);
		break;
	case 3:
		e.flags |= PTE_G;
		break;
	default:
		break;
	}
	return e;
}

static const enum litmus_op ops[] = {
	OP_LOAD, OP_LOAD, OP_LOAD, OP_STORE, OP_STORE, OP_XCHG, OP_FRAME_LOAD,
	OP_FRAME_STORE, OP_ENTRY_LOAD, OP_ENTRY_STORE, OP_ENTRY_STORE,
	OP_ENTRY_STORE, OP_ENTRY_XCHG, OP_ENTRY_CLEAR, OP_ENTRY_SET,
	OP_MFENCE, OP_INVLPG, OP_INVLPG, OP_INVPCID, OP_CR3, OP_CR4, OP_CLI,
	OP_STI, OP_IPI, OP_IPI, OP_FLUSH, OP_USER
};

static struct litmus_insn
some_insn(struct room *r, unsigned cpu, unsigned reg)
{
	struct litmus_insn i = { .op = ops[below(sizeof(ops) /
	    sizeof(ops[0]))], .reg = reg, .page = below(PAGES),
	    .frame = below(FRAMES), .space = below(r->t.spaces),
	    .value = 1 + below(3), .cpu = below(r->t.cpus) };

	if (i.op == OP_USER && cpu > 0)
		i.op = OP_LOAD;
	if (i.op == OP_IPI && reg >= 8)
		i.op = OP_INVLPG;       /* handlers would go on for ever */
	i.slot = (struct litmus_slot){ below(r->t.spaces), i.page,
	    below(5) == 0 ? 2 : 1 };
	i.entry = some_entry(below(3) > 0);
	if (i.slot.level == 2 && i.op != OP_ENTRY_CLEAR &&
	    i.op != OP_ENTRY_SET && i.op != OP_ENTRY_LOAD)
		i.entry = below(2) ? (struct litmus_entry){ 0 } :
		    (struct litmus_entry){ TARGET_TABLE, FRAMES, PTE_P |
		    PTE_W | PTE_U | (below(3) ? PTE_A : 0) };
	if (i.op == OP_ENTRY_CLEAR || i.op == OP_ENTRY_SET) {
		static const uint64_t bits[] = { PTE_P, PTE_W, PTE_A, PTE_D };

		i.entry.flags = bits[below(4)];
	}
	if (i.op == OP_INVPCID) {
		i.value = below(4);
		i.pcid = i.value < 2 && (r->t.cr4 & CR4_PCIDE) ?
		    (uint16_t)below(2) : 0;
	}
	if (i.op == OP_CR3)
		i.on = (r->t.cr4 & CR4_PCIDE) && below(2);
	if (i.op == OP_CR4) {
		i.value = CR4_PGE;
		i.on = below(2);
	}
	if (i.op == OP_FLUSH)
		i.flush = (struct litmus_flush){ .list = below(2),
		    .cpus = 1 + below((1u << r->t.cpus) - 1),
		    .space = i.space, .pages = 1, .page = { i.page },
		    .all_spaces = below(2), .nonglobal = below(2) };
	return i;
}

static void
some_code(struct room *r, unsigned cpu, bool handler, unsigned count)
{
	struct litmus_code *c = handler ? &r->t.cpu[cpu].handler :
	    &r->t.cpu[cpu].code;

	c->insn = r->insn[cpu][handler];
	c->count = count;
	for (unsigned i = 0; i < count; i++)
		c->insn[i] = some_insn(r, cpu, handler ? 8 + i : i);
}

static void
watch(struct room *r, struct litmus_cond c)
{
	const unsigned n = r->t.clauses++;

	r->cond[n] = c;
	r->clause[n].cond = &r->cond[n];
}

static void
watch_all(struct room *r)
{
	for (unsigned f = 0; f < FRAMES; f++)
		watch(r, (struct litmus_cond){ .atom = ATOM_FRAME,
		    .frame = f });
	for (unsigned p = 0; p < PAGES; p++)
		for (unsigned s = 0; s < r->t.spaces; s++)
			watch(r, (struct litmus_cond){ .atom = ATOM_ENTRY,
			    .slot = { s, p, 1 } });
	for (unsigned c = 0; c < r->t.cpus; c++)
		watch(r, (struct litmus_cond){ .atom = ATOM_FAULT,
		    .a = { .cpu = c, .index =
		    r->t.cpu[c].code.count - 1 } });
}

static void
some_maps(struct room *r)
{
	r->t.map = r->map;
	for (unsigned s = 0; s < r->t.spaces; s++)
		for (unsigned p = 0; p < PAGES; p++)
			r->map[r->t.maps++] = (struct litmus_map){
			    { s, p, 1 }, some_entry(below(3) > 0) };
}

static char *const machines[] = { (char *)"full", (char *)"nospec",
	(char *)"nopsc" };
static char *const hosts[] = { (char *)"tlfs",
	(char *)"tlfs,globals=drop", (char *)"tlfs,late_target=atomic" };

static char *const names[] = { (char *)"a", (char *)"b", (char *)"c",
	(char *)"t", (char *)"x", (char *)"y", (char *)"s0", (char *)"s1" };

static void
some_test(struct room *r, uint64_t seed)
{
	unsigned cpus, length;

	memset(r, 0, sizeof(*r));
	seed_state = seed * 0x9e3779b97f4a7c15ull + 1;
	for (unsigned i = 0; i < 20; i++)
		below(2);
	cpus = below(4) == 0 ? 3 : 2;
	length = cpus == 3 ? 3 : 4;
	r->t = (struct litmus_test){ .name = (char *)"random",
	    .frame = r->frame, .frames = FRAMES + 1, .space = r->space,
	    .spaces = 1 + below(2), .page = r->page, .pages = PAGES,
	    .cpus = cpus, .clause = r->clause, .sc = below(4) == 0,
	    .machine = machines[below(3)], .host = hosts[below(3)],
	    .cr4 = below(3) == 0 ? CR4_PCIDE | CR4_PGE : below(2) ? CR4_PGE :
	    0 };
	for (unsigned f = 0; f <= FRAMES; f++)
		r->frame[f] = (struct litmus_frame){ names[f], f == FRAMES,
		    f < FRAMES ? 4 + f : 0 };
	for (unsigned s = 0; s < 2; s++)
		r->space[s] = (struct litmus_space){ names[6 + s],
		    (uint16_t)(s * below(2)) };
	for (unsigned p = 0; p < PAGES; p++)
		r->page[p] = (struct litmus_page){ names[4 + p],
		    LITMUS_FIRST_PAGE + p * MACHINE_PAGE, false };
	some_maps(r);
	for (unsigned c = 0; c < cpus; c++) {
		r->t.cpu[c].irq = below(4) > 0;
		r->t.cpu[c].vp_index = c;
		r->t.cpu[c].space = below(r->t.spaces);
		some_code(r, c, false, 2 + below(length - 1));
		some_code(r, c, true, 1);
		r->t.cpu[c].has_handler = true;
	}
	watch_all(r);
}

/* ---- the comparison ------------------------------------------------------ */

static bool
has(const struct litmus_result *r, const uint64_t *value)
{
	for (unsigned i = 0; i < r->outcomes; i++)
		if (memcmp(r->outcome[i].value, value,
		    r->nobserved * sizeof(*value)) == 0)
			return true;
	return false;
}

static unsigned
missing(const struct room *room, const struct litmus_result *all,
        const struct litmus_result *other, uint64_t seed, const char *how)
{
	unsigned n = 0;

	for (unsigned i = 0; i < other->outcomes; i++) {
		if (has(all, other->outcome[i].value))
			continue;
		if (n++ == 0) {
			printf("# seed %llu: %s shows what the search does "
			    "not\n# ", (unsigned long long)seed, how);
			litmus_print(&room->t, stdout);
			printf("# ");
			litmus_print_state(&room->t, other,
			    &other->outcome[i], stdout);
			printf("\n# by %s\n", other->outcome[i].witness);
		}
	}
	return n;
}

static struct litmus_result
run_with(const struct room *r, const struct litmus_options *o)
{
	struct litmus_result result;
	struct litmus_error error;

	ck_assert_msg(litmus_run(&r->t, o, &result, &error) == 0, "%s",
	    error.text);
	return result;
}

static uint64_t executions, opaque_executions, whole, outcomes;

static unsigned
compare(uint64_t seed)
{
	static struct room room;
	const struct litmus_options search = { .max_executions = 2500 },
	    opaque = { .max_executions = 600, .opaque = true },
	    random = { .random = 200, .seed = seed };
	struct litmus_result all, other;
	unsigned bad = 0;

	some_test(&room, seed);
	all = run_with(&room, &search);
	executions += all.executions;
	outcomes += all.outcomes;
	ck_assert(!all.overflow);
	if (all.complete) {
		whole++;
		other = run_with(&room, &opaque);
		opaque_executions += other.executions;
		bad += missing(&room, &all, &other, seed, "all-dependent");
		litmus_result_free(&other);
		other = run_with(&room, &random);
		bad += missing(&room, &all, &other, seed, "random");
		litmus_result_free(&other);
	}
	litmus_result_free(&all);
	return bad;
}

#define TESTS 1500

/* Here a wrong search was once found out. */
static const uint64_t found[] = { 23776, 43837 };

START_TEST(test_no_schedule_shows_what_the_search_does_not)
{
	const char *first = getenv("LITMUS_SEED"), *count =
	    getenv("LITMUS_COUNT");
	uint64_t seed = first != NULL ? strtoull(first, NULL, 0) : 2800;
	uint64_t n = count != NULL ? strtoull(count, NULL, 0) : TESTS;
	unsigned bad = 0;

	for (uint64_t i = 0; i < n; i++)
		bad += compare(seed + i) > 0;
	for (unsigned i = 0; i < sizeof(found) / sizeof(found[0]); i++)
		bad += compare(found[i]) > 0;
	printf("# %llu tests, %llu searched whole, %llu outcomes: %llu "
	    "executions, %llu when all depends\n", (unsigned long long)n,
	    (unsigned long long)whole, (unsigned long long)outcomes,
	    (unsigned long long)executions,
	    (unsigned long long)opaque_executions);
	ck_assert_uint_eq(bad, 0);
	ck_assert(whole >= n * 9 / 10);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("litmus_search");
	TCase *tc = tcase_create("litmus_search");
	SRunner *sr;
	int failures;

	tcase_add_test(tc, test_no_schedule_shows_what_the_search_does_not);
	tcase_set_timeout(tc, 300);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failures = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failures != 0;
}
