/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Throughput of hvsim's decoders: calls a second and time per call, for each
 * shape of input, from memory and from registers; of a whole call on eight
 * VPs; and of the same call in KVM's own code, cut out of a kernel tree, where
 * there is one.  Processor time, not wall time.  Prints; asserts nothing.
 */
#define _POSIX_C_SOURCE 199309L
#include "hvsim/hvsim.h"
#include "tests/fuzz/kvm/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RAM 0x2000000ull
#define FAST (1ull << 16)
#define VARHEAD(n) ((uint64_t)(n) << 17)
#define REPS(n) ((uint64_t)(n) << 32)
#define SECONDS 0.2

static uint64_t ram[512];
static struct hv_flush flush;
#define VPS 8

static union {
	struct hv_partition partition;
	unsigned char bytes[HV_PARTITION_SIZE(VPS)];
} memory;

static double
cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static int
read_ram(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	(void)ctx;
	if (gpa < RAM || gpa - RAM > sizeof(ram) ||
	    size > sizeof(ram) - (gpa - RAM))
		return -1;
	memcpy(buf, (const char *)ram + (gpa - RAM), size);
	return 0;
}

int
kvm_target_read(unsigned long gpa, void *to, unsigned long size)
{
	return read_ram(NULL, gpa, to, size);
}

struct shape {
	const char *name;
	uint64_t control;
	unsigned banks, elements;
};

static const struct shape shapes[] = {
	{ "space", 0x02, 0, 0 },
	{ "space, registers", 0x02 | FAST, 0, 0 },
	{ "list of 1", 0x03 | REPS(1), 0, 1 },
	{ "list of 11", 0x03 | REPS(11), 0, 11 },
	{ "list of 11, registers", 0x03 | REPS(11) | FAST, 0, 11 },
	{ "list of 509", 0x03 | REPS(509), 0, 509 },
	{ "space Ex, 1 bank", 0x13 | VARHEAD(1), 1, 0 },
	{ "space Ex, 64 banks", 0x13 | VARHEAD(64), 64, 0 },
	{ "list Ex, 3 banks, 64", 0x14 | VARHEAD(3) | REPS(64), 3, 64 },
	{ "IPI", 0x0b, 0, 0 },
	{ "IPI, registers", 0x0b | FAST, 0, 0 },
	{ "IPI Ex, 64 banks", 0x15 | VARHEAD(64), 64, 0 },
};

/* Legal words for the shape, in memory and in registers alike. */
static void
fill(const struct shape *s, struct hv_regs *regs)
{
	const struct hv_call_info *call = hv_call_find(s->control & 0xffff);
	bool ipi = call->kind == HV_CALL_IPI;
	unsigned n = 0;

	memset(ram, 0, sizeof(ram));
	ram[n++] = ipi ? 0xfe : 0x1234000;
	if (!ipi)
		ram[n++] = 0;
	if (call->variable) {
		ram[n++] = 0;
		ram[n++] = s->banks == 64 ? ~0ull : (1ull << s->banks) - 1;
		for (unsigned i = 0; i < s->banks; i++)
			ram[n++] = 0x5555555555555555;
	} else {
		ram[n++] = 0xff;
	}
	for (unsigned i = 0; i < s->elements; i++)
		ram[n++] = (uint64_t)(i + 1) << 16 | (i & 0xfff);
	*regs = (struct hv_regs){ .rcx = s->control, .rdx = RAM };
	if ((s->control & FAST) != 0) {
		regs->rdx = ram[0];
		regs->r8 = ram[1];
		memcpy(regs->xmm, &ram[2], sizeof(regs->xmm));
	}
}

static int
decode(const struct hv_request *r)
{
	const struct hv_call_info *call = hv_call_find(r->regs->rcx & 0xffff);
	struct hv_fault fault;
	struct hv_ipi ipi;

	if (call->kind == HV_CALL_IPI)
		return hv_ipi_decode(r, &ipi, &fault);
	return hv_flush_decode_regs(r, &flush, &fault);
}

static void
report(const struct shape *s, const char *what, uint64_t calls, double took)
{
	double words = hv_call_find(s->control & 0xffff)->header + s->banks +
	               s->elements;

	printf("%-7s %-24s %9.1f ns %8.2f M/s %8.0f MB/s\n", what, s->name,
	       took * 1e9 / (double)calls, (double)calls / took / 1e6,
	       (double)calls * words * 8 / took / 1e6);
}

static void
bench_decode(const struct shape *s, const struct hv_profile *p)
{
	struct hv_regs regs;
	const struct hv_request r = { p, &regs, read_ram, NULL };
	uint64_t calls = 0;
	double start;

	fill(s, &regs);
	for (start = cpu_seconds(); cpu_seconds() - start < SECONDS; calls += 1000) {
		for (unsigned i = 0; i < 1000; i++) {
			if (decode(&r) != 0)
				abort();
		}
	}
	report(s, "decode", calls, cpu_seconds() - start);
}

static void
ignore_flush(void *ctx, unsigned vp, const struct hv_flush *f,
             const struct hv_range *range, enum hv_globals globals,
             bool any_space, uint64_t root)
{
	(void)ctx;
	(void)vp;
	(void)f;
	(void)range;
	(void)globals;
	(void)any_space;
	(void)root;
}

static void
bench_call(const struct shape *s)
{
	struct hv_regs regs, used;
	uint64_t calls = 0;
	double start;

	fill(s, &regs);
	for (start = cpu_seconds(); cpu_seconds() - start < SECONDS; calls += 100) {
		for (unsigned i = 0; i < 100; i++) {
			used = regs;
			hv_hypercall_regs(&memory.partition, 0, &used);
			if ((used.rax & 0xffff) != 0)
				abort();
		}
	}
	report(s, "call", calls, cpu_seconds() - start);
}

/* What KVM does on the way to its vCPUs, which are bits in a word here. */
static void
bench_kvm(const struct shape *s)
{
	static const unsigned vp_index[VPS] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct hv_regs regs;
	uint64_t calls = 0;
	double start;

	fill(s, &regs);
	kvm_target = (struct kvm_call){ .vcpus = VPS,
	    .vp_index = vp_index, .rec_flush = 1, .rec_ex = 1, .rec_ipi = 1,
	    .xmm = 1, .control = s->control,
	    .word = { regs.rdx, regs.r8 } };
	memcpy(&kvm_target.word[2], regs.xmm, sizeof(regs.xmm));
	for (start = cpu_seconds(); cpu_seconds() - start < SECONDS; calls += 100) {
		for (unsigned i = 0; i < 100; i++) {
			kvm_call();
			if (kvm_target.ud || (kvm_target.result & 0xffff) != 0)
				abort();
		}
	}
	report(s, "KVM", calls, cpu_seconds() - start);
}

int
main(void)
{
	const struct hv_env env = { .read = read_ram, .flush = ignore_flush };
	struct hv_profile p;

	if (hv_profile_find("tlfs", &p) != 0 ||
	    hv_knob_set(&p, HV_KNOB_XMM, "on") != 0)
		return EXIT_FAILURE;
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		bench_decode(&shapes[i], &p);
	hv_partition_init(&memory.partition, &p, &env, VPS, NULL);
	if (hv_wrmsr(&memory.partition, 0, 0x40000000, 1) != 0 ||
	    hv_wrmsr(&memory.partition, 0, 0x40000001, 0x5000001) != 0)
		return EXIT_FAILURE;
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		bench_call(&shapes[i]);
	if (kvm_absent != NULL)
		printf("KVM     not measured: %s\n", kvm_absent);
	for (unsigned i = 0; kvm_absent == NULL &&
	    i < sizeof(shapes) / sizeof(shapes[0]); i++)
		bench_kvm(&shapes[i]);
	return EXIT_SUCCESS;
}
