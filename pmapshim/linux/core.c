/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core: per-CPU data and the bookkeeping of a vCPU, compiled without hooks.
 *
 * What the kernel itself would not see as a memory access makes no scheduling
 * point here.  The one exception is shim_rmw() and shim_bit_rmw(), which are
 * accesses of the kernel: they call the store's hook by hand, so that nothing
 * can come between their load and their store.
 */
#include <linux/bits.h>
#include <linux/bug.h>
#include <shim/core.h>

#define MAX_CPUS SHIM_CPUS
#define MAX_FEATURES 1024

extern char __start_shim_percpu[] __attribute__((visibility("hidden")));
extern char __stop_shim_percpu[] __attribute__((visibility("hidden")));

void __tsan_write1(void *p);
void __tsan_write2(void *p);
void __tsan_write4(void *p);
void __tsan_write8(void *p);

struct vcpu {
	struct task_struct *current;
	int preempt;
};

static unsigned long percpu_offset[MAX_CPUS];
static struct vcpu vcpus[MAX_CPUS];
static unsigned char features[MAX_FEATURES];

/* ---- per-CPU data ------------------------------------------------------ */

void *
shim_cpu_ptr(const void *var, unsigned cpu)
{
	const char *p = var;

	if (p < __start_shim_percpu || p >= __stop_shim_percpu)
		sd_panic(__FILE__, __LINE__, "not a per-CPU variable");
	if (cpu >= sd_ncpus())
		sd_panic(__FILE__, __LINE__, "per-CPU variable of no CPU");
	return (char *)var + percpu_offset[cpu];
}

void *
shim_this_cpu(const void *var)
{
	return shim_cpu_ptr(var, sd_cpu());
}

/* A copy must not point into the template: nobody would relocate it. */
static void
check_template(void)
{
	unsigned long start = (unsigned long)__start_shim_percpu;
	unsigned long stop = (unsigned long)__stop_shim_percpu;

	for (unsigned long a = (start + 7) & ~7UL; a + 8 <= stop; a += 8) {
		unsigned long word = *(unsigned long *)a;

		if (word >= start && word < stop)
			sd_panic(__FILE__, __LINE__,
			    "per-CPU data holds a pointer to itself");
	}
}

void
shim_percpu_boot(unsigned ncpus)
{
	unsigned long size = (unsigned long)(__stop_shim_percpu -
	    __start_shim_percpu);

	check_template();
	for (unsigned cpu = 0; cpu < ncpus; cpu++) {
		char *copy = sd_alloc(size, 64);

		for (unsigned long i = 0; i < size; i++)
			copy[i] = __start_shim_percpu[i];
		percpu_offset[cpu] = (unsigned long)copy -
		    (unsigned long)__start_shim_percpu;
	}
}

static unsigned long
apply(enum shim_rmw op, unsigned long old, unsigned long operand)
{
	switch (op) {
	case SHIM_ADD:
		return old + operand;
	case SHIM_OR:
		return old | operand;
	case SHIM_AND:
		return old & operand;
	default:
		return operand;
	}
}

#define RMW(bits)                                                       \
	do {                                                            \
		volatile u##bits *q = p;                                \
		old = *q;                                               \
		*q = (u##bits)apply(op, old, operand);                  \
	} while (0)

unsigned long
shim_rmw(void *p, unsigned size, enum shim_rmw op, unsigned long operand)
{
	unsigned long old;

	switch (size) {
	case 1:
		__tsan_write1(p);
		RMW(8);
		break;
	case 2:
		__tsan_write2(p);
		RMW(16);
		break;
	case 4:
		__tsan_write4(p);
		RMW(32);
		break;
	default:
		__tsan_write8(p);
		RMW(64);
		break;
	}
	return old;
}

/*
 * The instruction accesses the whole word; where that would not be aligned (a
 * 16-bit mask handed over as a long), only the byte with the bit.  Bit offsets
 * are signed (SDM 3.1.1.9), -1 is the last bit of the word before.
 */
int
shim_bit_rmw(long nr, void *base, int set)
{
	unsigned long word = (unsigned long)base +
	    (unsigned long)(nr >> 6) * 8;
	unsigned size = word % 8 ? 1 : 8;
	unsigned long p = word % 8 ? (unsigned long)base +
	    (unsigned long)(nr >> 3) : word;
	unsigned long bit = 1UL << ((unsigned long)nr & (size * 8 - 1));

	return !!(bit & shim_rmw((void *)p, size, set ? SHIM_OR : SHIM_AND,
	    set ? bit : ~bit));
}

/* ---- this vCPU --------------------------------------------------------- */

struct task_struct *
shim_current(void)
{
	return vcpus[sd_cpu()].current;
}

void
shim_set_current(struct task_struct *t)
{
	vcpus[sd_cpu()].current = t;
}

void
shim_preempt_add(int n)
{
	int count = vcpus[sd_cpu()].preempt += n;

	if (count < 0)
		sd_unbalanced("preempt_enable without preempt_disable");
}

unsigned
shim_preempt_count(void)
{
	return (unsigned)vcpus[sd_cpu()].preempt;
}

int
shim_has_feature(unsigned bit)
{
	return bit < MAX_FEATURES && features[bit];
}

void
shim_set_feature(unsigned bit, int has)
{
	if (bit >= MAX_FEATURES)
		sd_panic(__FILE__, __LINE__, "CPU feature out of range");
	features[bit] = (unsigned char)has;
}

unsigned
shim_next_entry(const unsigned long *table, unsigned from)
{
	while (from < 512 && !table[from])
		from++;
	return from;
}

/* ---- long bitmaps ------------------------------------------------------ */

void
shim_bitmap_andnot(unsigned long *to, const unsigned long *a,
                   const unsigned long *b, unsigned n)
{
	for (unsigned i = 0; i < (n + 63) / 64; i++)
		to[i] = a[i] & ~b[i];
}

void
shim_bitmap_clear(unsigned long *map, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++)
		map[i / 64] &= ~(1UL << i % 64);
}

unsigned
shim_bitmap_next_zero(const unsigned long *map, unsigned n, unsigned from)
{
	while (from < n && map[from / 64] >> from % 64 & 1)
		from++;
	return from;
}
