/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c: RAM, frames, and the state that every run starts from.
 *
 * Frames are taken lowest first and a freed frame is taken again at once: the
 * allocator is the adversary's.  Restoring copies back only the frames that a
 * run touched.
 */
#include "model/machine.h"

#include <string.h>

size_t
machine_size(void)
{
	return sizeof(struct machine);
}

void
machine_init(struct machine *m, const struct machine_config *config,
             const struct machine_hooks *hooks, void *ram)
{
	memset(m, 0, offsetof(struct machine, saved_ram));
	m->config = *config;
	m->hooks = *hooks;
	m->ram = ram;
	m->kernel_start = 1ull << 63;
	memset(ram, 0, MACHINE_MAX_FRAMES * MACHINE_PAGE);
	for (unsigned f = 0; f < MACHINE_MAX_FRAMES; f++)
		m->frame[f].log_head = PTE_STORES_NONE;
}

void
machine_configure(struct machine *m, const struct machine_config *config)
{
	m->config = *config;
}

void
machine_set_hooks(struct machine *m, const struct machine_hooks *hooks)
{
	m->hooks = *hooks;
}

void
machine_save(struct machine *m)
{
	for (unsigned c = 0; c < m->config.cpus; c++)
		machine_drain_all(m, c);
	broadcasts_finish(m);
	m->now.stats = (struct machine_stats){ 0 };
	m->saved = m->now;
	memcpy(m->saved_cpu, m->cpu, sizeof(m->cpu));
	memcpy(m->saved_cand, m->cand, sizeof(m->cand));
	memcpy(m->saved_frame, m->frame, sizeof(m->frame));
	memcpy(m->saved_ram, m->ram, MACHINE_MAX_FRAMES * MACHINE_PAGE);
	memset(m->dirty, 0, sizeof(m->dirty));
}

static void
restore_frame(struct machine *m, unsigned f)
{
	memcpy(m->ram + f * MACHINE_PAGE,
	    (char *)m->saved_ram + f * MACHINE_PAGE, MACHINE_PAGE);
	m->frame[f] = m->saved_frame[f];
}

void
machine_restore(struct machine *m)
{
	for (unsigned w = 0; w < MACHINE_MAX_FRAMES / 64; w++) {
		uint64_t bits = m->dirty[w];

		for (; bits != 0; bits &= bits - 1)
			restore_frame(m, w * 64 +
			    (unsigned)__builtin_ctzll(bits));
		m->dirty[w] = 0;
	}
	m->now = m->saved;
	for (unsigned c = 0; c < m->config.cpus; c++) {
		const struct cpu *from = &m->saved_cpu[c];

		/* touched[] is last and mostly empty */
		memcpy(&m->cpu[c], from, offsetof(struct cpu, touched) +
		    from->touches * sizeof(from->touched[0]));
		memcpy(m->cand[c], m->saved_cand[c],
		    from->candidates * sizeof(m->cand[c][0]));
	}
}

gpa_t
machine_gpa(const struct machine *m, const void *p)
{
	if (!ram_has(m, p))
		return ~0ull;
	return MACHINE_RAM_BASE + ((uintptr_t)p - (uintptr_t)m->ram);
}

void *
machine_ptr(const struct machine *m, gpa_t pa)
{
	if (pa - MACHINE_RAM_BASE >= MACHINE_MAX_FRAMES * MACHINE_PAGE)
		return NULL;
	return m->ram + (pa - MACHINE_RAM_BASE);
}

enum frame_use
machine_frame_use(const struct machine *m, gpa_t pa)
{
	if (machine_ptr(m, pa) == NULL)
		return FRAME_FREE;
	return m->frame[(pa - MACHINE_RAM_BASE) / MACHINE_PAGE].use;
}

static void *
hypercall_page(struct machine *m)
{
	char *page = machine_frame_alloc_pair(m, FRAME_KERNEL);

	if (page == NULL)
		return NULL;
	m->frame[ram_frame(m, page)].use = FRAME_HYPERCALL;
	m->frame[ram_frame(m, page) + 1].use = FRAME_GUARD;
	return page;
}

void *
machine_frame_alloc(struct machine *m, enum frame_use use)
{
	unsigned f = m->now.next_free;

	if (use == FRAME_HYPERCALL)
		return hypercall_page(m);
	while (f < MACHINE_MAX_FRAMES && m->frame[f].use != FRAME_FREE)
		f++;
	if (f == MACHINE_MAX_FRAMES)
		return NULL;
	m->now.next_free = f + 1;
	m->now.used_frames++;
	frame_dirty(m, f);
	tables_unlink_all(m, f);
	m->frame[f].use = (uint8_t)use;
	memset(m->ram + f * MACHINE_PAGE, 0, MACHINE_PAGE);
	return m->ram + f * MACHINE_PAGE;
}

void *
machine_frame_alloc_pair(struct machine *m, enum frame_use use)
{
	for (unsigned f = 0; f + 1 < MACHINE_MAX_FRAMES; f += 2) {
		if (m->frame[f].use != FRAME_FREE ||
		    m->frame[f + 1].use != FRAME_FREE)
			continue;
		m->now.next_free = f;
		(void)machine_frame_alloc(m, use);
		(void)machine_frame_alloc(m, use);
		m->now.next_free = 0;
		return m->ram + f * MACHINE_PAGE;
	}
	return NULL;
}

void
machine_emit(struct machine *m, enum machine_event_kind kind, unsigned cpu,
             uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const struct machine_event e = { kind, cpu, a, b, c, d };

	if (m->hooks.event != NULL)
		m->hooks.event(m->hooks.ctx, &e);
}

uint32_t
machine_store_seq(const struct machine *m)
{
	return m->now.seq;
}

const struct machine_stats *
machine_stats(const struct machine *m)
{
	return &m->now.stats;
}

bool
machine_overflowed(const struct machine *m)
{
	return m->now.overflow;
}
