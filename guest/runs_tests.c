/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * runs_tests.c: litmus tests from the file, one after the other: is there what
 * it needs, its memory and code, batches of runs, its end states to the host.
 */
#include "guest/literal.h"
#include "guest/runs.h"

#define BATCH 64                        /* runs with the same places */
#define STUCK_MAX 4

static const char *
missing(const struct image *im)
{
	if (im->cpus > guest_ncpus)
		return "processors";
	if (im->needs & IMAGE_NEEDS_PCID && !features.pcid)
		return "PCID";
	if (im->needs & IMAGE_NEEDS_INVPCID && !features.invpcid)
		return "INVPCID";
	if (im->needs & IMAGE_NEEDS_LA57 && !features.la57)
		return "5-level paging";
	if (im->needs & IMAGE_NEEDS_GIANT && !features.giant)
		return "pages of 1 GiB";
	if (im->needs & IMAGE_NEEDS_HYPERV && im->host[0] == '\0' &&
	    !features.hypercalls)
		return "Hyper-V hypercalls";
	for (unsigned i = 0; i < im->cpus && im->fixed && im->host[0] == '\0';
	    i++)
		if (runs_find_vp(im->cpu[i].vp) == NULL)
			return "VP indexes that no processor here has";
	return NULL;
}

static void
load(const struct image *im)
{
	const char *code;

	test.image = im;
	test.word = (const void *)(im + 1);
	test.root = (const void *)(test.word + im->words);
	test.touch = test.root + im->roots;
	test.observed = (const void *)(test.touch + im->touches);
	code = (const void *)(test.observed + im->observed);
	memset(direct(IMAGE_RAM), 0, IMAGE_RAM_SIZE);
	memcpy(direct(IMAGE_CODE), code, im->code_size);
	runs_touch_code();
	test.states = 0;
	test.counted = test.stuck = test.lost = 0;
}

/* The test's own host, where it has one. */
static void
start_host(const struct image *im)
{
	uint32_t vp[IMAGE_CPUS];
	const char *wrong;

	if (im->host[0] == '\0')
		return;
	for (unsigned i = 0; i < im->cpus; i++)
		vp[i] = im->cpu[i].vp;
	wrong = literal_start(im->host, im->cpus, vp);
	if (wrong != NULL)
		die("host %s: %s", im->host, wrong);
	literal_guess = runs_guess_records;
	literal_canary = im->canary;
	literal_enable();
	hypercall_entry = literal_entry;
}

static void
stop_host(const struct image *im)
{
	if (im->host[0] == '\0')
		return;
	literal_stop();
	literal_guess = NULL;
	hypercall_entry = (void (*)(void))hyperv_page;
}

static void
print_states(unsigned number)
{
	for (unsigned i = 0; i < test.states; i++) {
		const struct end_state *s = &test.state[i];

		say("state %u count %u", (uint64_t)number, s->count);
		for (unsigned k = 0; k < test.image->observed; k++)
			say("value %x", s->value[k]);
	}
	say("tested %u runs %u stuck %u lost %u", (uint64_t)number,
	    test.counted, test.stuck, test.lost);
}

static void
run_test(const struct image *im, unsigned number, uint64_t runs)
{
	const char *why = missing(im);
	uint64_t left = runs;

	if (why != NULL) {
		say("skipped %u %s", (uint64_t)number, why);
		return;
	}
	load(im);
	cpu_set_levels((im->needs & IMAGE_NEEDS_LA57) != 0);
	start_host(im);
	while (left > 0 && test.stuck < STUCK_MAX) {
		uint32_t n = left < BATCH ? (uint32_t)left : BATCH;

		if (n > 2 && test.stuck > 0)
			n = 2;
		runs_batch(n);
		left -= n;
		say("runs %u left %u", (uint64_t)number, left);
	}
	print_states(number);
	stop_host(im);
}

void
runs_all(const void *file, size_t size)
{
	const uint64_t runs = guest_option("runs", 1000);
	const uint64_t skip = guest_option("skip", 0);
	const char *end = (const char *)file + size;
	const struct image *im = file;
	unsigned number = 0;

	while ((const char *)im + sizeof(*im) <= end &&
	    im->magic == IMAGE_MAGIC && im->size >= sizeof(*im)) {
		if (number >= skip)
			run_test(im, number, runs);
		number++;
		im = (const void *)((const char *)im + im->size);
	}
	cpu_set_levels(false);
	say("tests %u, calls between STI and HLT %u", (uint64_t)number,
	    (uint64_t)calls_saved);
}
