/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main: runs a target without a fuzzing engine, and under AFL++.
 *
 * Each file named, or in a folder named, is an input; then -runs=N more are
 * made by changing those, the same for the same -seed=N.  So the corpus is a
 * plain test with any compiler, and a finding is replayed by naming its file.
 * Under AFL++ without arguments: one input after the other from it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "explore/rng.h"
#include "tests/fuzz/fuzz.h"

#define LARGEST 8192u

struct input {
	uint8_t *data;
	size_t size;
};

static struct input *inputs;
static size_t ninputs;
static uint8_t changed[LARGEST];
static size_t changed_size;
static const char *name = "no input";

/* Of the sanitizers, if there are any. */
void __sanitizer_set_death_callback(void (*f)(void)) __attribute__((weak));

void
fuzz_report(void)
{
	fprintf(stderr, "fuzz: input: %s\n", name);
}

/* ---- the corpus -------------------------------------------------------- */

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "fuzz: %s: %s\n", what, why);
	exit(99);
}

/* In a block of its size, so that the sanitizer sees its end. */
static void
run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);

	if (copy == NULL)
		die("input", "out of memory");
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void
add_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct input in = { malloc(LARGEST), 0 };

	if (f == NULL || in.data == NULL)
		die(path, strerror(errno));
	in.size = fread(in.data, 1, LARGEST, f);
	fclose(f);
	inputs = realloc(inputs, (ninputs + 1) * sizeof(*inputs));
	if (inputs == NULL)
		die(path, "out of memory");
	inputs[ninputs++] = in;
	name = path;
	run(in.data, in.size);
}

static int
is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void
add_path(const char *path)
{
	struct dirent **entry;
	const int n = scandir(path, &entry, is_visible, alphasort);
	char file[4096];

	if (n < 0 && errno == ENOTDIR) {
		add_file(path);
		return;
	}
	if (n < 0)
		die(path, strerror(errno));
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path,
		         entry[i]->d_name);
		free(entry[i]);
		add_file(file);
	}
	free(entry);
}

/* ---- changed inputs ---------------------------------------------------- */

static void
put_word(struct rng *r)
{
	static const uint64_t words[] = { 0, 1, 2, 4, 63, 64, 65, 127, 128,
		255, 508, 509, 510, 511, 512, 4095, 4096, UINT64_MAX };
	const size_t at = rng_below(r, (uint32_t)changed_size);
	const uint64_t word = words[rng_below(r, 18)];
	const size_t n = 1u << rng_below(r, 4);

	memcpy(&changed[at], &word, n < changed_size - at ? n :
	    changed_size - at);
}

static void
splice(struct rng *r)
{
	const struct input *other = &inputs[rng_below(r, (uint32_t)ninputs)];
	const size_t at = rng_below(r, (uint32_t)changed_size);
	const size_t from = other->size != 0 ?
	    rng_below(r, (uint32_t)other->size) : 0;
	size_t n = other->size - from;

	if (n > LARGEST - at)
		n = LARGEST - at;
	memcpy(&changed[at], other->data + from, n);
	if (changed_size < at + n)
		changed_size = at + n;
}

static void
change(struct rng *r)
{
	const size_t at = rng_below(r, (uint32_t)changed_size);

	switch (rng_below(r, 7)) {
	case 0:
		changed[at] ^= (uint8_t)(1u << rng_below(r, 8));
		break;
	case 1:
	case 2:
		changed[at] = (uint8_t)rng_below(r, 256);
		break;
	case 3:
		changed[at] += (uint8_t)(1 + rng_below(r, 8));
		break;
	case 4:
		changed_size = at + 1;
		break;
	case 5:
		splice(r);
		break;
	default:
		put_word(r);
		break;
	}
}

static void
run_changed(uint64_t seed, uint64_t i)
{
	const struct input *in;
	static char text[64];
	struct rng r;

	rng_seed(&r, seed * 0x9e3779b97f4a7c15ull + i);
	in = &inputs[rng_below(&r, (uint32_t)ninputs)];
	memcpy(changed, in->data, in->size);
	changed_size = in->size != 0 ? in->size : 1;
	for (unsigned n = 1 + rng_below(&r, 6); n > 0; n--)
		change(&r);
	snprintf(text, sizeof(text), "change %llu of seed %llu",
	         (unsigned long long)i, (unsigned long long)seed);
	name = text;
	run(changed, changed_size);
}

/* ---- under AFL++ ------------------------------------------------------- */

#ifdef __AFL_FUZZ_TESTCASE_LEN
__AFL_FUZZ_INIT();

static void
run_afl(void)
{
	__AFL_INIT();
	unsigned char *buf = __AFL_FUZZ_TESTCASE_BUF;
	while (__AFL_LOOP(100000))
		LLVMFuzzerTestOneInput(buf, (size_t)__AFL_FUZZ_TESTCASE_LEN);
}
#endif

int
main(int argc, char **argv)
{
	unsigned long long runs = 0, seed = 1;

	LLVMFuzzerInitialize(&argc, &argv);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(fuzz_report);
#ifdef __AFL_FUZZ_TESTCASE_LEN
	if (argc == 1) {
		run_afl();
		return 0;
	}
#endif
	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "-runs=%llu", &runs) == 1 ||
		    sscanf(argv[i], "-seed=%llu", &seed) == 1)
			continue;
		if (argv[i][0] == '-')
			die(argv[i], "no such option");
		add_path(argv[i]);
	}
	if (ninputs == 0)
		die("no input", "name a file or a folder");
	for (unsigned long long i = 0; i < runs; i++)
		run_changed(seed, i);
	printf("%zu inputs, %llu changed ones: nothing found\n", ninputs,
	       runs);
	return 0;
}
