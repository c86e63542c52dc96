/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mask: a set of CPUs, as a value.  It has the words that the object was built
 * for, and only those with a CPU in them are looked at; with one word, which
 * is how the object comes, it is a number in a register.
 */
#ifndef SHOOTDOWN_REFERENCE_MASK_H
#define SHOOTDOWN_REFERENCE_MASK_H

#define MASK_BITS 64u
#define MASK_LENGTH (CPUS / MASK_BITS)

struct mask {
	unsigned long w[MASK_LENGTH];
};

#define MASK_NONE ((struct mask){ { 0 } })

/* Words with a CPU in them. */
static inline unsigned
mask_words(void)
{
	return MASK_LENGTH == 1 ? 1 :
	    (sd_ncpus() + MASK_BITS - 1) / MASK_BITS;
}

static inline void
mask_add(struct mask *m, unsigned c)
{
	m->w[c / MASK_BITS] |= 1ul << c % MASK_BITS;
}

static inline int
mask_has(struct mask m, unsigned c)
{
	return (int)(m.w[c / MASK_BITS] >> c % MASK_BITS & 1);
}

static inline struct mask
mask_one(unsigned c)
{
	struct mask m = { { 0 } };

	mask_add(&m, c);
	return m;
}

/* All that there are. */
static inline struct mask
mask_all(void)
{
	struct mask m = { { 0 } };

	for (unsigned w = 0; w < mask_words(); w++)
		m.w[w] = ~0ul;
	m.w[mask_words() - 1] >>= mask_words() * MASK_BITS - sd_ncpus();
	return m;
}

static inline struct mask
mask_without(struct mask m, unsigned c)
{
	m.w[c / MASK_BITS] &= ~(1ul << c % MASK_BITS);
	return m;
}

static inline int
mask_any(struct mask m)
{
	for (unsigned w = 0; w < mask_words(); w++)
		if (m.w[w])
			return 1;
	return 0;
}

/* Takes the lowest CPU out; 0: there was none. */
static inline int
mask_take(struct mask *m, unsigned *c)
{
	for (unsigned w = 0; w < mask_words(); w++) {
		if (!m->w[w])
			continue;
		*c = w * MASK_BITS + (unsigned)__builtin_ctzl(m->w[w]);
		m->w[w] &= m->w[w] - 1;
		return 1;
	}
	return 0;
}

/* For each CPU c of a mask; needs a struct mask `rest`. */
#define MASK_EACH(c, rest, mask) \
	for (rest = (mask); mask_take(&rest, &c);)

#endif
