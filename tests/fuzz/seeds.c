/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seeds: writes the seed corpus and the dictionaries of all targets.
 *
 * Calls are built from words by the encoder of `explain`; around them come the
 * bytes that a target takes first, in the order in which it takes them.  What
 * it writes is in the repository; a test compares.
 * usage: seeds FOLDER
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/hcall.h"

static const char *folder;

/* ---- files ------------------------------------------------------------- */

struct seed {
	unsigned char data[4096 + 256];
	size_t size;
};

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "seeds: %s: %s\n", what, why);
	exit(1);
}

static void
put(struct seed *s, const void *data, size_t size)
{
	if (size > sizeof(s->data) - s->size)
		die("seed", "too long");
	memcpy(&s->data[s->size], data, size);
	s->size += size;
}

static void
put_number(struct seed *s, uint64_t value, size_t size)
{
	put(s, &value, size);   /* x86: the low bytes come first */
}

static void
write_seed(const char *target, const char *name, const struct seed *s)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, target);
	(void)mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s", folder, target, name);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(s->data, 1, s->size, f) != s->size ||
	    fclose(f) != 0)
		die(path, strerror(errno));
}

/* ---- calls ------------------------------------------------------------- */

static const struct {
	const char *name, *words;
} calls[] = {
	{ "space", "HvCallFlushVirtualAddressSpace vps={0,2} space=0x1000" },
	{ "space-all", "HvCallFlushVirtualAddressSpace all_vps all_spaces "
	  "nonglobal" },
	{ "space-empty", "HvCallFlushVirtualAddressSpace space=0x1000" },
	{ "space-reserved", "HvCallFlushVirtualAddressSpace vps={1} "
	  "flags=0x10 reserved=0x8000000" },
	{ "space-fast", "HvCallFlushVirtualAddressSpace vps={0} fast" },
	{ "list", "HvCallFlushVirtualAddressList vps={1-3} space=0x2000 "
	  "range=0x400000 range=0x7ffffffff000+3" },
	{ "list-resumed", "HvCallFlushVirtualAddressList vps={0} "
	  "range=0x400000+4095 range=0xffff800000000000+1 range=0x1000 "
	  "start=1" },
	{ "list-extended", "HvCallFlushVirtualAddressList all_vps extended "
	  "range=0x40000000+1*1G range=0x200000+3*2M range=0x1000+2047" },
	{ "list-past-page", "HvCallFlushVirtualAddressList all_vps reps=600" },
	{ "space-ex", "HvCallFlushVirtualAddressSpaceEx vps={0,65,4095} "
	  "space=0x1000 nonglobal" },
	{ "space-ex-all", "HvCallFlushVirtualAddressSpaceEx format=1" },
	{ "space-ex-flag", "HvCallFlushVirtualAddressSpaceEx all_vps "
	  "vps={64}" },
	{ "space-ex-empty-banks", "HvCallFlushVirtualAddressSpaceEx valid=0x7 "
	  "banks=0x5,0x0,0x1" },
	{ "space-ex-short", "HvCallFlushVirtualAddressSpaceEx valid=0x5 "
	  "banks=0x5" },
	{ "space-ex-format", "HvCallFlushVirtualAddressSpaceEx format=2 "
	  "valid=0x1 banks=0x1" },
	{ "list-ex", "HvCallFlushVirtualAddressListEx vps={0-63,200} "
	  "space=0x3000 range=0xffff888000000000+511 range=0x1000" },
	{ "list-ex-resumed", "HvCallFlushVirtualAddressListEx vps={70} "
	  "all_spaces nonglobal range=0x1000 range=0x2000 start=1" },
	{ "ipi", "HvCallSendSyntheticClusterIpi vector=0xf3 vps={0,5}" },
	{ "ipi-ex", "HvCallSendSyntheticClusterIpiEx vector=0xf3 vps={5,70}" },
	{ "gpa-list", "HvCallFlushGuestPhysicalAddressList space=0x5000 "
	  "range=0x200000+1*2M" },
	{ "unknown", "call=0x5c reps=2 varhead=1" },
};

#define NCALLS (sizeof(calls) / sizeof(calls[0]))

static const struct hcall *
build(const char *words, unsigned *size)
{
	static struct hcall h;
	struct hcall_fields f;
	char *why;

	if (hcall_parse(words, &h, &why) != 0)
		die(words, why);
	hcall_take_apart(h.control, &f);
	*size = f.words * 8;
	/* a list whose end lies elsewhere is all zeros anyway */
	if (f.words == HCALL_WORDS)
		*size = 24;
	return &h;
}

static void
words_seeds(size_t i)
{
	struct seed bits = { .size = 0 }, text = { .size = 0 };
	unsigned size;
	const struct hcall *h = build(calls[i].words, &size);
	char name[64];

	put_number(&bits, 0, 1);
	put_number(&bits, h->control, 8);
	put(&bits, h->word, size);
	snprintf(name, sizeof(name), "bits-%s", calls[i].name);
	write_seed("words", name, &bits);
	put_number(&text, 1, 1);
	put(&text, calls[i].words, strlen(calls[i].words));
	snprintf(name, sizeof(name), "text-%s", calls[i].name);
	write_seed("words", name, &text);
}

/* host: VPs - 1, first index (2), step - 1, profile, changed knobs... */
struct host {
	unsigned char bytes[16];
	size_t size;
};

static const struct host hosts[] = {
	{ { 3, 0, 0, 0, 0, 0 }, 6 },            /* tlfs, 4 VPs */
	{ { 3, 0, 0, 63, 1, 0 }, 6 },           /* kvm, indexes 0, 64, ... */
	{ { 7, 0, 0, 0, 3, 1, HV_KNOB_CONTINUE, 1 }, 8 },
	{ { 3, 200, 0, 0, 0, 2, HV_KNOB_REP, 1, HV_KNOB_STRADDLE, 8 }, 10 },
	{ { 1, 0, 0, 0, 4, 0 }, 6 },            /* xen */
};

static void
decode_seed(size_t i)
{
	/* the list that is longer than a page goes to who does not look */
	const struct host *host = &hosts[strcmp(calls[i].name,
	    "list-past-page") == 0 ? 3 : i % (sizeof(hosts) /
	    sizeof(hosts[0]))];
	struct seed s = { .size = 0 };
	unsigned size;
	const struct hcall *h = build(calls[i].words, &size);
	size_t start;

	put(&s, host->bytes, host->size);
	put_number(&s, 1, 1);           /* MSRs: the page is enabled */
	put_number(&s, i % 2, 1);       /* one call or two */
	start = s.size;
	put_number(&s, 1, 1);           /* any code, address in memory */
	put_number(&s, 0, 1);           /* VP 0 */
	put_number(&s, h->control, 8);
	put_number(&s, 0, 2);           /* at the beginning of memory */
	while (s.size < start + 64)
		put_number(&s, 0, 1);
	put(&s, h->word, size);
	write_seed("decode", calls[i].name, &s);
}

static void
differ_seed(size_t i)
{
	struct seed s = { .size = 0 };
	unsigned size;
	const struct hcall *h = build(calls[i].words, &size);

	put_number(&s, i % 3, 1);       /* enforced in a third */
	put_number(&s, 7, 1);           /* 8 vCPUs */
	put_number(&s, i % 4, 1);       /* each kind of index map */
	put_number(&s, 60, 2);
	put_number(&s, 1, 1);           /* any code, any address */
	put_number(&s, i % 5 * 8, 2);
	put_number(&s, h->control, 8);
	put(&s, h->word, size);
	write_seed("differ", calls[i].name, &s);
}

/* ---- requests to the kernel -------------------------------------------- */

struct request {
	const char *name;
	unsigned map, cpus, base;
	unsigned how, set, first, range;
	uint32_t size, start;           /* pages */
	uint16_t high;                  /* bits 46:32 of the start */
	unsigned answer;
};

enum { SET_ONE = 1, SET_SOME, SET_ALL };
enum { RANGE_ALL = 0, RANGE_4K = 0x1c, RANGE_1G = 0x1e, STRIDES = 0x20 };

static const struct request requests[] = {
	{ "one-page", 0, 4, 0, 0, SET_ONE, 1, RANGE_4K, 0, 0x400, 0, 0 },
	{ "everybody", 0, 4, 0, 0, SET_ALL, 1, RANGE_4K, 32, 0x400, 0, 0 },
	{ "all-spaces", 0, 70, 0, 7, SET_SOME, 1, RANGE_ALL, 0, 0, 0, 0 },
	{ "reversed", 1, 130, 0, 0, SET_SOME, 3, RANGE_4K, 7, 0x400, 0, 0 },
	{ "sparse", 2, 200, 14, 0, SET_ONE, 3, RANGE_4K, 7, 0x400, 7, 0 },
	{ "above-63", 3, 16, 900, 0, SET_ONE, 3, RANGE_4K, 7, 0x400, 0, 0 },
	{ "at-4095", 4, 255, 0, 0, SET_SOME, 3, RANGE_ALL, 0, 0, 0, 0 },
	{ "scattered", 5, 255, 771, 8, SET_SOME, 3, RANGE_1G, 60000, 0x400,
	  0, 0 },
	{ "no-index", 7, 80, 70, 0, SET_ALL, 3, RANGE_4K, 3, 0x400, 0, 0 },
	{ "no-ex", 0, 80, 0, 0x30, SET_SOME, 70, RANGE_4K, 3, 0x400, 0, 0 },
	{ "resumed", 0, 80, 0, 0x40, SET_SOME, 70, RANGE_1G, 200000, 0x400, 1,
	  1 },
	{ "refused", 0, 80, 0, 0x80, SET_SOME, 2, RANGE_1G, 200000, 0x400, 1,
	  4 },
	{ "eight-strides", 0, 80, 0, 0, SET_SOME, 2, RANGE_1G | STRIDES, 7,
	  0x40000, 1, 0 },
};

/* What stands in docs/findings.md. */
static const struct request findings[] = {
	/* 509 units and a page: 510 elements, and room for 509 */
	{ "list-past-page", 0, 4, 0, 0, SET_ONE, 1, RANGE_1G, 509 * 4096, 0, 1,
	  0 },
	{ "empty-set", 6, 8, 4, 0, SET_ONE, 1, RANGE_4K, 0, 0x400, 0, 0 },
};

static void
put_request(struct seed *s, const struct request *r)
{
	put_number(s, r->how, 1);
	put_number(s, r->set, 1);
	put_number(s, r->first, 1);
	if (r->set == SET_ONE)
		for (unsigned i = 0; i < 1 + r->first % 5; i++)
			put_number(s, r->first + i, 1);
	if (r->set == SET_SOME)
		put_number(s, r->first, 1);
	put_number(s, r->range, 1);
	put_number(s, r->size, 4);
	put_number(s, r->start, 4);
	if ((r->range & 0x1c) != 0)
		put_number(s, r->high, 2);
	put_number(s, 0, 1);            /* CPU 0 runs */
	put_number(s, 0x1233, 4);       /* root 0x1234000 */
	if ((r->how & 0xc0) == 0x40 || (r->how & 0xc0) == 0x80)
		put_number(s, r->answer, 1);
}

/* Alone, or with another one before that leaves its traces in the page. */
static void
encode_seed(const char *target, const struct request *r,
            const struct request *before)
{
	struct seed s = { .size = 0 };

	put_number(&s, r->map, 1);
	put_number(&s, r->cpus - 1, 1);
	put_number(&s, r->base, 2);
	put_number(&s, before != NULL ? 5 : 0, 1);
	if (before != NULL)
		put_request(&s, before);
	put_request(&s, r);
	write_seed(target, r->name, &s);
}

static void
encode_seeds(void)
{
	const size_t n = sizeof(requests) / sizeof(requests[0]);

	for (size_t i = 0; i < n; i++)
		encode_seed("encode", &requests[i],
		    i % 2 != 0 ? &requests[(i + 5) % n] : NULL);
	for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++)
		encode_seed("findings", &findings[i], NULL);
}

/* ---- texts ------------------------------------------------------------- */

static void
schedule_seeds(void)
{
	static const char *const texts[] = { "r0:37 d0:1 i1:12 c1:13=2 w1:0",
		"", " \n\tr7:4294967295\r\n", "c0:0=65535", "r0:1 d1:0",
		"r8:1" };
	char name[32];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct seed s = { .size = 0 };

		put(&s, texts[i], strlen(texts[i]));
		snprintf(name, sizeof(name), "text-%zu", i);
		write_seed("schedule", name, &s);
	}
}

static void
put_entry(struct seed *s, const void *data, size_t size)
{
	const unsigned char *p = data;
	char text[8];

	put(s, "\"", 1);
	for (size_t i = 0; i < size; i++) {
		snprintf(text, sizeof(text), "\\x%02x", p[i]);
		put(s, text, 4);
	}
	put(s, "\"\n", 2);
}

static void
put_words(struct seed *s, const char *words)
{
	char copy[512], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *w = strtok_r(copy, " ", &save); w != NULL;
	    w = strtok_r(NULL, " ", &save)) {
		char *end = strchr(w, '=');

		put_entry(s, w, end != NULL ? (size_t)(end - w) + 1 :
		    strlen(w));
	}
}

static void
dictionaries(void)
{
	static const char *const pieces[] = { "r0:", "d1:1", "i1:", "c1:13=2",
		"w1:0", "4294967295", "65535" };
	static const char *const words[] = { "fast nested all_vps all_spaces "
		"nonglobal extended", "space= flags= vps={0,5-7} range= "
		"element= vector= vtl= pad=", "varhead= reps= start= "
		"reserved= format= valid= banks=", "*2M *1G" };
	static const char *const litmus[] = { "X86VM frame page space table "
		"cpu machine host memory tso sc", "P0 P1 P0: handler user irq "
		"vp= pcid=", "MOV INVLPG INVPCID MFENCE XCHG CR3 CR4 PTE( "
		"PDE( PDPTE( PML4E( pte( table( none", "FLUSH LIST SPACE "
		"cpus={0} ex all IPI WAIT FREE REUSE INVLPGB TLBSYNC CLI STI",
		"exists forbidden required /\\ \\/ ~ fault( tr( src( hit( "
		"miss( walk( co( <a>= r0 $1 -> | ; init" };
	struct seed tests = { .size = 0 };
	struct seed text = { .size = 0 }, bits = { .size = 0 };
	struct seed schedule = { .size = 0 };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		put_words(&text, words[i]);
	for (unsigned i = 0; hcall_kind_at(i) != NULL; i++)
		put_words(&text, hcall_kind_at(i)->name);
	for (size_t i = 0; i < NCALLS; i++) {
		unsigned size;
		const struct hcall *h = build(calls[i].words, &size);

		put_entry(&bits, &h->control, 8);
	}
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		put_entry(&schedule, pieces[i], strlen(pieces[i]));
	for (size_t i = 0; i < sizeof(litmus) / sizeof(litmus[0]); i++)
		put_words(&tests, litmus[i]);
	write_seed("dictionaries", "litmus", &tests);
	write_seed("dictionaries", "words", &text);
	write_seed("dictionaries", "calls", &bits);
	write_seed("dictionaries", "schedule", &schedule);
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		die("usage", "seeds FOLDER");
	folder = argv[1];
	(void)mkdir(folder, 0777);
	for (size_t i = 0; i < NCALLS; i++) {
		words_seeds(i);
		decode_seed(i);
		differ_seed(i);
	}
	encode_seeds();
	schedule_seeds();
	dictionaries();
	return 0;
}
