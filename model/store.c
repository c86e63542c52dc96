/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c: x86-TSO store buffers by view swapping.
 *
 * While a cpu runs ("shown"), memory holds its own view: its buffered stores
 * are applied, so that it reads them back.  When it stops they are taken back,
 * newest first.  A store becomes visible ("drains") while the cpu is hidden;
 * that is the moment at which the oracle learns of a page-table store.
 */
#include "model/machine.h"

#include <string.h>

/* Most stores are of 8 bytes; a copy of fixed size is one instruction. */
static inline void
put(char *addr, uint64_t value, unsigned size)
{
	if (size == 8)
		memcpy(addr, &value, 8);
	else
		memcpy(addr, &value, size);
}

static inline uint64_t
get(const char *addr, unsigned size)
{
	uint64_t v = 0;

	if (size == 8)
		memcpy(&v, addr, 8);
	else
		memcpy(&v, addr, size);
	return v;
}

static inline bool
is_table(const struct machine *m, const void *addr)
{
	return ram_has(m, addr) &&
	    m->frame[ram_frame(m, addr)].use == FRAME_TABLE;
}

void
machine_hide(struct machine *m, unsigned cpu)
{
	struct cpu *c = cpu_changes(m, cpu);

	machine_store_settle(m, cpu);
	for (unsigned i = c->buffered; i-- > 0;)
		put(c->buffer[i].addr, c->buffer[i].old, c->buffer[i].size);
	c->shown = false;
}

void
machine_show(struct machine *m, unsigned cpu)
{
	struct cpu *c = cpu_changes(m, cpu);

	for (unsigned i = 0; i < c->buffered; i++) {
		struct store *s = &c->buffer[i];

		s->old = get(s->addr, s->size);
		put(s->addr, s->new, s->size);
	}
	c->shown = true;
}

unsigned
machine_buffered(const struct machine *m, unsigned cpu)
{
	return m->cpu[cpu].buffered;
}

/* A store into a page-table page is whole entries to the oracle. */
static void
table_store(struct machine *m, unsigned cpu, char *addr, uint64_t old,
            uint64_t new, unsigned size, const struct store *why)
{
	char *entry = m->ram + (((uintptr_t)addr - (uintptr_t)m->ram) &
	    ~7ull);
	unsigned shift = 8 * (unsigned)(addr - entry);
	uint64_t now = get(entry, 8), mask;

	if (size < 8) {
		mask = ((1ull << (8 * size)) - 1) << shift;
		old = (now & ~mask) | (old << shift & mask);
	}
	oracle_store(m, cpu, entry, old, size < 8 ? now : new, why);
}

/* The oldest n stores of a hidden cpu reach memory. */
static void
drain_hidden(struct machine *m, unsigned cpu, unsigned n)
{
	struct cpu *c = cpu_changes(m, cpu);
	struct store s;

	for (unsigned i = 0; i < n; i++) {
		uint64_t old;

		s = c->buffer[i];
		old = get(s.addr, s.size);
		put(s.addr, s.new, s.size);
		if (s.table) {
			c->tables_buffered--;
			table_store(m, cpu, s.addr, old, s.new, s.size, &s);
			if (old & ~s.seen & ~s.new & PTE_D &&
			    !m->frame[ram_frame(m, s.addr)].ept)
				oracle_overwrites(m, cpu, &s, old);
		}
	}
	c->buffered = (uint8_t)(c->buffered - n);
	memmove(c->buffer, c->buffer + n, c->buffered * sizeof(s));
}

const void *
machine_oldest(const struct machine *m, unsigned cpu)
{
	const struct cpu *c = &m->cpu[cpu];
	const struct store *s = &c->buffer[0];

	return c->buffered > 0 && (uintptr_t)s->addr % s->size == 0 ? s->addr :
	    NULL;
}

void
machine_drain(struct machine *m, unsigned cpu, unsigned n)
{
	struct cpu *c = cpu_changes(m, cpu);

	if (n > c->buffered)
		n = c->buffered;
	if (n == 0)
		return;
	if (!c->shown) {
		drain_hidden(m, cpu, n);
	} else if (c->tables_buffered > 0) {
		/* the oracle walks memory: it must see what all see */
		machine_hide(m, cpu);
		drain_hidden(m, cpu, n);
		machine_show(m, cpu);
	} else {
		c->buffered = (uint8_t)(c->buffered - n);
		memmove(c->buffer, c->buffer + n,
		    c->buffered * sizeof(c->buffer[0]));
	}
}

void
machine_drain_all(struct machine *m, unsigned cpu)
{
	machine_store_settle(m, cpu);
	machine_drain(m, cpu, m->cpu[cpu].buffered);
}

void
machine_store_before(struct machine *m, unsigned cpu, void *addr,
                     unsigned size)
{
	struct cpu *c = cpu_changes(m, cpu);

	if (ram_has(m, addr))
		ram_dirty(m, addr, size);
	c->pending = addr;
	c->pending_size = (uint8_t)size;
	c->pending_old = get(addr, size);
}

/* RAM that it changes is marked already. */
static void
buffer_store(struct machine *m, unsigned cpu, void *addr, uint64_t old,
             unsigned size)
{
	struct cpu *c = cpu_changes(m, cpu);
	struct store s = { .addr = addr, .old = old, .new = get(addr, size),
	    .seen = old,
	    .size = (uint8_t)size, .table = is_table(m, addr),
	    .frees = m->now.frees };

	if (!m->config.tso) {
		if (s.table)
			table_store(m, cpu, s.addr, s.old, s.new, size, NULL);
		return;
	}
	if (c->buffered == MAX_BUFFERED) {
		/* not visible while the oldest becomes so */
		put(s.addr, old, size);
		machine_drain(m, cpu, 1);
		s.old = get(s.addr, size);
		put(s.addr, s.new, size);
	}
	c->buffer[c->buffered++] = s;
	if (s.table) {
		const unsigned f = ram_frame(m, s.addr);

		c->tables_buffered++;
		machine_emit(m, EVENT_PTE_BUFFERED, cpu,
		    machine_gpa(m, s.addr), entry_meaning(m, f, s.old),
		    entry_meaning(m, f, s.new), 0);
	}
}

void
machine_store_made(struct machine *m, unsigned cpu, void *addr, uint64_t old,
                   unsigned size)
{
	if (ram_has(m, addr))
		ram_dirty(m, addr, size);
	buffer_store(m, cpu, addr, old, size);
}

void
machine_store_settle(struct machine *m, unsigned cpu)
{
	struct cpu *c = cpu_changes(m, cpu);
	unsigned size = c->pending_size;

	if (size == 0)
		return;
	c->pending_size = 0;
	buffer_store(m, cpu, c->pending, c->pending_old, size);
}

void
machine_store_locked(struct machine *m, unsigned cpu, void *addr,
                     uint64_t value, unsigned size)
{
	uint64_t old;

	machine_drain_all(m, cpu);
	if (ram_has(m, addr))
		ram_dirty(m, addr, size);
	old = get(addr, size);
	put(addr, value, size);
	if (is_table(m, addr))
		table_store(m, cpu, addr, old, value, size, NULL);
}

void
machine_store_done(struct machine *m, unsigned cpu, void *addr, uint64_t old,
                   unsigned size)
{
	if (!ram_has(m, addr))
		return;
	ram_dirty(m, addr, size);
	if (is_table(m, addr))
		table_store(m, cpu, addr, old, get(addr, size), size, NULL);
}
