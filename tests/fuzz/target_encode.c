/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target: what Linux writes into its hypercall input page.
 *
 * Requests (CPU set, VP-index map, space, range) go to the tree's own
 * hyperv_flush_tlb_multi(), hv_cpumask_to_vpset() and fill_gva_list(); what
 * comes out at the hypercall page is decoded by hvsim's strict profile and has
 * to be the request: the same VPs, the same space, the same pages, or all of
 * it by IPI.  The page holds garbage at first and what the last request left
 * in it later, and lies between two others that nobody may touch.
 *
 * Ranges are those that flush_tlb_mm_range() lets through: at most 33 strides
 * (tlb_single_page_flush_ceiling), or everything.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hvsim/hvsim.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/linux/guest.h"

#define PAGE 4096u
#define PHYSICAL 0x4000000ull           /* of the page before the input's */
#define UNIT (4096ull * PAGE)           /* what one element can cover */
#define CEILING 33u
#define EVERYTHING (~0ull)
#define USER_END 0x7ffffffff000ull
#define CALLS 64u

static uint8_t arena[3 * PAGE] __attribute__((aligned(4096)));
static uint8_t *const page = arena + PAGE;
static unsigned vp_index[GUEST_CPUS];
static struct guest_request request;
static struct bytes input;

/* What the host of this request does, and what it has seen. */
static struct {
	unsigned fail;          /* with this status; 0: it does not */
	unsigned elements;      /* done by one execution; 0: all */
	unsigned calls;
	bool native, whole, known;
	uint64_t next;          /* first page not yet asked for */
} seen;

const char *
fuzz_absent(void)
{
	return guest_absent;
}

/* ---- requests ---------------------------------------------------------- */

enum { MAP_IDENTITY, MAP_REVERSED, MAP_SPARSE, MAP_ABOVE_63, MAP_AT_4095,
	MAP_SCATTERED, MAP_ABOVE_4095, MAP_HOLE, MAP_COUNT };

static unsigned
index_of(unsigned how, unsigned cpu, unsigned n, unsigned base)
{
	switch (how) {
	case MAP_REVERSED:
		return n - 1 - cpu;
	case MAP_SPARSE:
		return cpu * (1 + base % 15);
	case MAP_ABOVE_63:
		return 64 + base % 1024 + cpu;
	case MAP_AT_4095:
		return 4095 - cpu;
	case MAP_SCATTERED:
		return (base + cpu * (2 * (base >> 8) + 1)) % 4096;
	case MAP_ABOVE_4095:
		return 4096 - (base % n) + cpu;
	case MAP_HOLE:
		return cpu == base % n ? GUEST_NO_VP : cpu;
	default:
		return cpu;
	}
}

static void
make_machine(void)
{
	const unsigned how = take8(&input) % MAP_COUNT;
	const unsigned n = 1u + take8(&input), base = take16(&input);

	request.cpus = n;
	request.vp_index = vp_index;
	for (unsigned cpu = 0; cpu < n; cpu++)
		vp_index[cpu] = index_of(how, cpu, n, base);
}

static void
add_cpu(unsigned cpu)
{
	request.mask[cpu / 64] |= 1ul << cpu % 64;
}

/* Never empty: somebody else than the caller runs the space. */
static void
make_set(void)
{
	const unsigned how = take8(&input) % 4, first = take8(&input);
	unsigned n = request.cpus;

	memset(request.mask, 0, sizeof(request.mask));
	if (how == 0) {
		take(&input, request.mask, sizeof(request.mask));
		for (unsigned cpu = n; cpu < GUEST_CPUS; cpu++)
			request.mask[cpu / 64] &= ~(1ul << cpu % 64);
	} else if (how == 1) {
		for (unsigned i = 0; i < 1 + first % 5u; i++)
			add_cpu(take8(&input) % n);
	} else {
		if (how == 2)
			n -= take8(&input) % n;
		for (unsigned cpu = 0; cpu < n; cpu++)
			add_cpu(cpu);
	}
	add_cpu(first % request.cpus);
}

/* As flush_tlb_mm_range() has them. */
static void
make_range(void)
{
	static const unsigned shifts[] = { 12, 21, 30, 39 };
	const unsigned how = take8(&input);
	const unsigned shift = shifts[how & 3];
	uint64_t size = take32(&input) % ((uint64_t)(CEILING + 1) << 27);
	uint64_t start = (uint64_t)take32(&input) * PAGE;

	request.stride_shift = shift;
	request.start = 0;
	request.end = EVERYTHING;
	if ((how & 0x1c) == 0)
		return;
	/* a whole number of strides, or any number of pages */
	size = (how & 0x20) != 0 ? (1 + size % CEILING) << shift :
	    (1 + size) * PAGE;
	start += (uint64_t)(take16(&input) & 0x7fff) << 32;
	if ((how & 0x40) != 0)
		start &= ~0ull << shift;
	if (start >= USER_END)
		start = USER_END - PAGE;
	if (size > USER_END - start)
		size = USER_END - start;
	if (size >> shift > CEILING)
		return;
	request.start = start;
	request.end = start + size;
}

static void
make_request(void)
{
	const unsigned how = take8(&input);

	make_set();
	make_range();
	request.cpu = take8(&input) % request.cpus;
	request.all_spaces = (how & 7) == 7;
	request.root = ((uint64_t)take32(&input) + 1) * PAGE;
	request.freed_tables = (how & 8) != 0;
	request.ex = (how & 0x30) != 0x30;
	memset(&seen, 0, sizeof(seen));
	if ((how & 0xc0) == 0x40)
		seen.elements = 1 + take8(&input);
	if ((how & 0xc0) == 0x80)
		seen.fail = 1 + take8(&input);
	seen.next = request.start & ~(uint64_t)(PAGE - 1);
}

/* ---- what the request means -------------------------------------------- */

static bool
wanted(unsigned cpu)
{
	return (request.mask[cpu / 64] >> cpu % 64 & 1) != 0;
}

static bool
everybody(void)
{
	for (unsigned cpu = 0; cpu < request.cpus; cpu++)
		if (!wanted(cpu))
			return false;
	return true;
}

static uint64_t
elements_needed(void)
{
	return (request.end - request.start + UNIT - 1) / UNIT;
}

static void
check_set(const struct hv_flush *f)
{
	unsigned members = 0;

	if (f->set.all) {
		if (!everybody())
			fuzz_fail("all VPs are named, and not all are meant");
		return;
	}
	for (unsigned cpu = 0; cpu < request.cpus; cpu++) {
		const bool named = hv_vp_set_has(&f->set, vp_index[cpu]);

		members += named;
		if (named != wanted(cpu))
			fuzz_fail("CPU %u, VP index %u, is %s", cpu,
			    vp_index[cpu], named ? "named and not meant" :
			    "meant and not named");
	}
	if (hv_vp_set_count(&f->set) != members)
		fuzz_fail("%u VPs are named that are no CPU's",
		    hv_vp_set_count(&f->set) - members);
}

static void
check_space(const struct hv_flush *f)
{
	const bool any = (f->flags & HVA_FLUSH_ALL_SPACES) != 0;

	if (request.all_spaces && !any)
		fuzz_fail("all spaces are meant, and 0x%llx is named",
		    (unsigned long long)f->space);
	if (!request.all_spaces && (any || f->space != request.root))
		fuzz_fail("root 0x%lx is meant, and %s0x%llx is named",
		    request.root, any ? "all spaces, " : "",
		    (unsigned long long)f->space);
}

static void
check_whole(const struct hv_flush *f)
{
	const unsigned room = (PAGE - 32) / 8 - 64;

	seen.whole = true;
	if (request.end == EVERYTHING)
		return;
	if ((f->flags & HVA_FLUSH_NON_GLOBAL) != 0)
		fuzz_fail("a range became a flush that may spare globals");
	if (elements_needed() <= room)
		fuzz_fail("%llu elements became a flush of everything",
		    (unsigned long long)elements_needed());
}

/* The elements from the start index on go on where the last ones ended. */
static void
check_ranges(const struct hv_flush *f, unsigned n)
{
	if (request.end == EVERYTHING)
		fuzz_fail("everything is meant, and a list is given");
	for (unsigned i = 0; i < n; i++) {
		if (f->range[i].va != seen.next)
			fuzz_fail("0x%llx comes after 0x%llx",
			    (unsigned long long)f->range[i].va,
			    (unsigned long long)seen.next);
		seen.next += f->range[i].bytes;
	}
	if (seen.next > (request.end + PAGE - 1) / PAGE * PAGE)
		fuzz_fail("the list goes on to 0x%llx, behind 0x%lx",
		    (unsigned long long)seen.next, request.end);
}

/* ---- around the kernel ------------------------------------------------- */

static int
read_page(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	(void)ctx;
	if (gpa < PHYSICAL + PAGE || gpa + size > PHYSICAL + 2 * PAGE)
		return -1;
	memcpy(buf, page + (gpa - PHYSICAL - PAGE), size);
	return 0;
}

unsigned long
guest_physical(const void *p)
{
	const uint8_t *byte = p;

	if (byte >= arena && byte < arena + sizeof(arena))
		return PHYSICAL + (unsigned long)(byte - arena);
	return (unsigned long)p;        /* a root is its own address */
}

void
guest_panic(const char *file, int line, const char *text)
{
	fuzz_fail("%s:%d: %s", file, line, text);
}

void
guest_native(const unsigned long *mask, unsigned long start,
             unsigned long end, int all_spaces)
{
	seen.native = true;
	if (memcmp(mask, request.mask, sizeof(request.mask)) != 0 ||
	    start != request.start || end != request.end ||
	    (all_spaces != 0) != (request.all_spaces != 0))
		fuzz_fail("the fallback gets another request");
}

static bool
is_guard(const uint8_t *p, size_t n)
{
	static uint8_t untouched[PAGE];

	if (untouched[0] == 0)
		memset(untouched, 0xa5, sizeof(untouched));
	return memcmp(p, untouched, n) == 0;
}

/*
 * Room for the list is compared with a quotient that is rounded down, so that
 * one element more than there is room for may be written.
 */
static bool
is_list_past_page(uint64_t control)
{
	const unsigned code = control & HVA_CALL_CODE;
	const unsigned head = code == HVA_CALL_FLUSH_LIST ? 3 :
	    code == HVA_CALL_FLUSH_LIST_EX ? 4 +
	    (unsigned)(control >> HVA_VARHEAD_SHIFT & HVA_VARHEAD_MASK) : 0;

	return head != 0 && !is_guard(arena + 2 * PAGE, 8) &&
	    head + (control >> HVA_REP_COUNT_SHIFT & HVA_REP_MASK) == 513;
}

static void
check_guards(uint64_t control)
{
	if (is_list_past_page(control)) {
		memset(arena + 2 * PAGE, 0xa5, 8);
		seen.known = true;
		fuzz_known(FUZZ_KNOWN_LIST_PAST_PAGE, "the last element of a "
		           "list is written behind the input page");
	}
	if (!is_guard(arena, PAGE) || !is_guard(arena + 2 * PAGE, PAGE))
		fuzz_fail("memory outside of the input page is written");
}

/* An index of 4096 or more yields "no set", which is sent all the same. */
static bool
is_empty_set(uint64_t control)
{
	const unsigned code = control & HVA_CALL_CODE;
	uint64_t set[2];

	if (code != HVA_CALL_FLUSH_SPACE_EX && code != HVA_CALL_FLUSH_LIST_EX)
		return false;
	memcpy(set, page + 16, sizeof(set));
	for (unsigned cpu = 0; cpu < request.cpus; cpu++)
		if (vp_index[cpu] >= HV_MAX_VP_INDEX &&
		    vp_index[cpu] != GUEST_NO_VP)
			return set[0] == HVA_SET_SPARSE && set[1] == 0;
	return false;
}

static uint64_t
execute(uint64_t control, const struct hv_flush *f)
{
	unsigned n = f->ranges;

	check_set(f);
	check_space(f);
	if (f->whole) {
		check_whole(f);
		return HVA_SUCCESS;
	}
	if (seen.elements != 0 && seen.elements < n)
		n = seen.elements;
	check_ranges(f, n);
	(void)control;
	return (uint64_t)(f->rep_start + n) << HVA_RESULT_REPS_SHIFT;
}

unsigned long
guest_hypercall(unsigned long control, unsigned long in, unsigned long out)
{
	static struct hv_flush flush;
	struct hv_profile strict;
	struct hv_fault fault;

	(void)out;
	if (seen.calls++ > 1024)
		fuzz_fail("the kernel calls for ever");
	if (guest_irqs_enabled())
		fuzz_fail("interrupts are on while the page is in use");
	if (in != PHYSICAL + PAGE)
		fuzz_fail("the input is at 0x%lx", in);
	check_guards(control);
	if (seen.known)
		return HVA_INVALID_ALIGNMENT;
	if (hv_profile_find("tlfs", &strict) != 0)
		abort();
	strict.knob[HV_KNOB_EXT_RANGES] = 0;
	if (hv_flush_decode(&strict, control, in, read_page, NULL, &flush,
	    &fault) != 0) {
		if (!is_empty_set(control))
			fuzz_fail("a malformed call: %s", fault.rule);
		seen.known = true;
		fuzz_known(FUZZ_KNOWN_EMPTY_SET, "a VP index that no set can "
		           "name becomes an empty set");
		return fault.status;
	}
	return seen.fail != 0 ? seen.fail : execute(control, &flush);
}

/* ---- inputs ------------------------------------------------------------ */

static void
run_request(void)
{
	guest_flush(&request, page);
	check_guards(0);
	if (!guest_irqs_enabled())
		fuzz_fail("interrupts stay off");
	if (seen.native || seen.known || seen.whole)
		return;
	if (request.end == EVERYTHING)
		fuzz_fail("everything is meant, and nothing is flushed");
	if (seen.next < request.end)
		fuzz_fail("nobody flushes 0x%llx-0x%lx",
		    (unsigned long long)seen.next, request.end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned requests;

	input = bytes_of(data, size);
	memset(arena, 0xa5, sizeof(arena));
	make_machine();
	requests = take8(&input);
	/* garbage: all ones, or what the input begins with */
	if ((requests & 4) != 0)
		memset(page, 0xff, PAGE);
	for (unsigned i = 0; i <= (requests & 3); i++) {
		make_request();
		run_request();
	}
	return 0;
}
