/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_model.h: small words in which the tests of model/ are written.
 *
 * One machine at a time, in `vm`.  Tables are built with locked stores of cpu
 * 0 before any cpu runs, so that nothing is held from the set-up.  Findings
 * are collected and the machine goes on.
 */
#ifndef SHOOTDOWN_TESTS_TEST_MODEL_H
#define SHOOTDOWN_TESTS_TEST_MODEL_H

#include "model/model.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define UVA 0x400000ull                 /* user; at a 2 MiB boundary */
#define KVA 0xffffffff80000000ull       /* kernel; at a 1 GiB boundary */
#define MIB2 0x200000ull
#define GIB 0x40000000ull

#define UPPER (PTE_P | PTE_W | PTE_U | PTE_A)
#define USER (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define KERN (PTE_P | PTE_W | PTE_A | PTE_D)

#define PCIDE (CR4_PCIDE | CR4_PGE)
#define MAX_FOUND 128

static struct {
	struct machine *m;
	struct machine_config config;
	struct machine_finding found[MAX_FOUND];
	unsigned nfound;
} vm;

static inline void
vm_found(void *ctx, const struct machine_finding *f)
{
	(void)ctx;
	if (vm.nfound < MAX_FOUND)
		vm.found[vm.nfound++] = *f;
}

/* A machine of n stopped cpus, sequentially consistent and speculating. */
static inline void
vm_make(unsigned n)
{
	static const struct machine_hooks hooks = { .finding = vm_found };
	static void *ram;
	static unsigned made_for;

	if (ram == NULL)
		ram = aligned_alloc(MACHINE_PAGE,
		    MACHINE_MAX_FRAMES * MACHINE_PAGE);
	if (n > made_for) {
		free(vm.m);
		vm.m = malloc(machine_size(n));
		made_for = n;
	}
	vm.config = (struct machine_config){ .cpus = n,
	    .speculative_fills = true, .upper_caches = true,
	    .invpcid_drains = true };
	machine_init(vm.m, &vm.config, &hooks, ram);
	machine_set_kernel_start(vm.m, 1ull << 63);
	vm.nfound = 0;
}

static inline void
vm_config(void)
{
	machine_configure(vm.m, &vm.config);
}

static inline gpa_t
frame(enum frame_use use)
{
	void *p = machine_frame_alloc(vm.m, use);

	ck_assert_ptr_nonnull(p);
	return machine_gpa(vm.m, p);
}

static inline gpa_t
page(void)
{
	return frame(FRAME_DATA);
}

static inline gpa_t
table(void)
{
	return frame(FRAME_TABLE);
}

static inline uint64_t
get(const uint64_t *e)
{
	return *e;
}

static inline void
set(unsigned cpu, uint64_t *e, uint64_t value)
{
	machine_store_locked(vm.m, cpu, e, value, 8);
}

/* The entry of va at `level` under root; makes the tables above it. */
static inline uint64_t *
entry(gpa_t root, gva_t va, unsigned level)
{
	gpa_t t = root;

	for (unsigned l = vm.config.levels5 ? 5 : 4;; l--) {
		uint64_t *e = (uint64_t *)machine_ptr(vm.m, t) +
		    (va >> (12 + 9 * (l - 1)) & 511);

		if (l == level)
			return e;
		if (!(get(e) & PTE_P))
			set(0, e, table() | UPPER);
		t = get(e) & PTE_ADDR;
	}
}

static inline uint64_t *
map(gpa_t root, gva_t va, gpa_t pa, uint64_t flags)
{
	uint64_t *e = entry(root, va, 1);

	set(0, e, pa | flags);
	return e;
}

/* A large page: physical addresses need no RAM behind them. */
static inline uint64_t *
map_large(gpa_t root, gva_t va, unsigned level, gpa_t pa, uint64_t flags)
{
	uint64_t *e = entry(root, va, level);

	set(0, e, pa | flags | PTE_PS);
	return e;
}

/* The cpu runs in the kernel with interrupts on. */
static inline void
start(unsigned cpu, uint64_t cr3, uint64_t cr4)
{
	machine_start(vm.m, cpu, cr3, cr4);
	machine_set_if(vm.m, cpu, true);
}

static inline void
load(unsigned cpu, uint64_t cr3)
{
	ck_assert_int_eq(machine_mov_cr3(vm.m, cpu, cr3), 0);
}

/* CR3 with bit 63. */
static inline void
load_keep(unsigned cpu, uint64_t cr3)
{
	load(cpu, cr3 | CR3_NOFLUSH);
}

static inline void
user(unsigned cpu)
{
	machine_set_mode(vm.m, cpu, MODE_USER);
}

/* Contract (a) over one page, and over everything of the root. */
static inline void
invalidated(unsigned cpu, gpa_t root, gva_t va)
{
	const struct machine_scope s = { root, va, va + MACHINE_PAGE };

	machine_invalidated(vm.m, cpu, &s);
}

static inline void
invalidated_all(unsigned cpu, gpa_t root)
{
	const struct machine_scope s = { root, 0, 0 };

	machine_invalidated(vm.m, cpu, &s);
}

/* Contract (b) over one page; everything visible by now had been read. */
static inline void
operation(unsigned cpu, gpa_t root, gva_t va)
{
	const struct machine_scope s = { root, va, va + MACHINE_PAGE };

	machine_operation_done(vm.m, cpu, &s, machine_store_seq(vm.m));
}

/* May the cpu use a stale entry for va in its present context? */
static inline bool
stale(unsigned cpu, gva_t va)
{
	return machine_may_use_stale(vm.m, cpu, va);
}

/* Does it hold a stale path of that level for va, under whatever tag? */
static inline bool
stale_path(unsigned cpu, gva_t va, unsigned level)
{
	struct machine_stale s;

	for (unsigned i = 0; machine_stale(vm.m, cpu, i, &s); i++)
		if (s.cached.path && s.cached.level == level &&
		    (va - s.cached.va) >> (12 + 9 * (level - 1)) == 0)
			return true;
	return false;
}

/* Where the tests of guests have a page of guest-physical memory. */
#define GPA (8 * GIB)

/* Does cpu 1 hold a stale guest-physical mapping of it, or of the path to it? */
static inline bool
mapping(gpa_t gpa, bool path)
{
	struct machine_stale s;

	for (unsigned i = 0; machine_stale(vm.m, 1, i, &s); i++)
		if (s.nested && s.cached.path == path &&
		    (path ? gpa >> 30 == s.cached.va >> 30 :
		    s.cached.va == gpa))
			return true;
	return false;
}

static inline unsigned
stale_count(unsigned cpu)
{
	struct machine_stale s;
	unsigned i = 0;

	while (machine_stale(vm.m, cpu, i, &s))
		i++;
	return i;
}

/* The findings so far, and forgets them. */
static inline unsigned
found(void)
{
	unsigned n = vm.nfound;

	vm.nfound = 0;
	return n;
}

/* A suite of the given tests, run; the exit status of main(). */
static inline int
run_tests(const char *name, const TTest *const *tests)
{
	Suite *s = suite_create(name);
	TCase *tc = tcase_create(name);
	SRunner *sr;
	int failures;

	for (; *tests != NULL; tests++)
		tcase_add_test(tc, *tests);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failures = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failures != 0;
}

#endif
