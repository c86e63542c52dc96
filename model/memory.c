/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c: RAM, frames, and the state that every run starts from.
 *
 * Frames are taken lowest first and a freed frame is taken again at once: the
 * allocator is the adversary's.  Restoring copies back only what a run changed:
 * the processors, what is known of frames, and of their bytes the lines.
 */
#include "model/machine.h"

#include <string.h>

/* ---- the block --------------------------------------------------------------- */

/* Where the arrays lie that follow the struct, in bytes from its start. */
struct layout {
	size_t sets, cpu, saved_cpu, cand, saved_cand, broadcast, node, end;
};

static size_t
place(struct layout *l, size_t count, size_t size)
{
	const size_t at = l->end;

	l->end = (at + count * size + 63) & ~(size_t)63;
	return at;
}

static uint32_t
nodes_for(unsigned cpus)
{
	return cpus > 64 ? cpus * OWNERS_A_CPU : 0;
}

static void
lay_out(unsigned cpus, struct layout *ret)
{
	ret->end = 0;
	(void)place(ret, 1, sizeof(struct machine));
	ret->sets = place(ret, 4 * ((cpus + 63) / 64), sizeof(uint64_t));
	ret->cpu = place(ret, cpus, sizeof(struct cpu));
	ret->saved_cpu = place(ret, cpus, sizeof(struct cpu));
	ret->cand = place(ret, cpus * MAX_CANDIDATES,
	    sizeof(struct candidate));
	ret->saved_cand = place(ret, cpus * MAX_CANDIDATES,
	    sizeof(struct candidate));
	ret->broadcast = place(ret, cpus * MAX_BROADCASTS,
	    sizeof(struct broadcast));
	ret->node = place(ret, nodes_for(cpus), sizeof(struct owners));
}

size_t
machine_size(unsigned cpus)
{
	struct layout l;

	lay_out(cpus, &l);
	return l.end;
}

/* The struct is all zero. */
static void
make_arrays(struct machine *m, unsigned cpus)
{
	char *const at = (char *)m;
	struct layout l;

	lay_out(cpus, &l);
	m->cpus = cpus;
	m->words = (cpus + 63) / 64;
	m->changed = (void *)(at + l.sets);
	m->suspects = m->changed + m->words;
	m->holders = m->suspects + m->words;
	m->hit = m->holders + m->words;
	m->cpu = (void *)(at + l.cpu);
	m->saved_cpu = (void *)(at + l.saved_cpu);
	m->cand = (void *)(at + l.cand);
	m->saved_cand = (void *)(at + l.saved_cand);
	m->broadcast = (void *)(at + l.broadcast);
	m->node = (void *)(at + l.node);
	m->max_nodes = nodes_for(cpus);
	memset(m->changed, 0, 4 * m->words * sizeof(m->changed[0]));
	for (unsigned c = 0; c < cpus; c++)
		memset(&m->cpu[c], 0, offsetof(struct cpu, buffer));
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
	make_arrays(m, config->cpus);
	m->frames = config->cpus <= 64 ? MACHINE_FRAMES : MACHINE_MAX_FRAMES;
	memset(ram, 0, m->frames * MACHINE_PAGE);
	for (unsigned f = 0; f < MACHINE_MAX_FRAMES; f++)
		m->frame[f].log_head = PTE_STORES_NONE;
}

void
machine_configure(struct machine *m, const struct machine_config *config)
{
	m->config = *config;
	m->config.cpus = m->cpus;
}

void
machine_set_hooks(struct machine *m, const struct machine_hooks *hooks)
{
	m->hooks = *hooks;
}

/* ---- saving and restoring ------------------------------------------------------ */

static void
copy_cpu(struct cpu *to, const struct cpu *from)
{
	memcpy(to, from, offsetof(struct cpu, buffer));
	memcpy(to->holding, from->holding,
	    from->holdings * sizeof(to->holding[0]));
	memcpy(to->exclusion, from->exclusion,
	    from->exclusions * sizeof(to->exclusion[0]));
	memcpy(to->touched, from->touched,
	    from->touches * sizeof(to->touched[0]));
}

/* Its first byte is 0, and each is what the one before it is. */
static bool
all_zero(const char *page)
{
	return page[0] == 0 && memcmp(page, page + 1, MACHINE_PAGE - 1) == 0;
}

static bool
was_zero(const struct machine *m, unsigned f)
{
	return m->zero[f / 64] >> f % 64 & 1;
}

/* Nearly all frames are zero: of those nothing is kept but that. */
static void
save_ram(struct machine *m)
{
	memset(m->zero, 0, sizeof(m->zero));
	for (unsigned f = 0; f < m->frames; f++) {
		const char *from = m->ram + f * MACHINE_PAGE;

		if (all_zero(from))
			m->zero[f / 64] |= 1ull << f % 64;
		else
			memcpy((char *)m->saved_ram + f * MACHINE_PAGE, from,
			    MACHINE_PAGE);
	}
}

void
machine_save(struct machine *m)
{
	for (unsigned c = 0; c < m->cpus; c++)
		machine_drain_all(m, c);
	broadcasts_finish(m);
	m->now.stats = (struct machine_stats){ 0 };
	m->saved = m->now;
	for (unsigned c = 0; c < m->cpus; c++) {
		copy_cpu(&m->saved_cpu[c], &m->cpu[c]);
		memcpy(m->saved_cand[c], m->cand[c],
		    m->cpu[c].candidates * sizeof(m->cand[c][0]));
	}
	memcpy(m->saved_root, m->root, sizeof(m->root));
	memcpy(m->saved_frame, m->frame, sizeof(m->frame));
	save_ram(m);
	memset(m->dirty, 0, sizeof(m->dirty));
	memset(m->lines, 0, sizeof(m->lines));
	memset(m->changed, 0, m->words * sizeof(m->changed[0]));
}

static void
restore_bytes(struct machine *m, unsigned f, unsigned at, unsigned size)
{
	char *to = m->ram + f * MACHINE_PAGE + at;

	if (was_zero(m, f))
		memset(to, 0, size);
	else
		memcpy(to, (char *)m->saved_ram + f * MACHINE_PAGE + at, size);
}

static void
restore_frame(struct machine *m, unsigned f)
{
	m->frame[f] = m->saved_frame[f];
	if (m->lines[f] == UINT64_MAX)
		restore_bytes(m, f, 0, MACHINE_PAGE);
	else
		for (uint64_t bits = m->lines[f]; bits != 0; bits &= bits - 1)
			restore_bytes(m, f, (unsigned)__builtin_ctzll(bits) *
			    64, 64);
	m->lines[f] = 0;
}

static void
restore_cpu(struct machine *m, unsigned c)
{
	const struct cpu *from = &m->saved_cpu[c];

	copy_cpu(&m->cpu[c], from);
	memcpy(m->cand[c], m->saved_cand[c],
	    from->candidates * sizeof(m->cand[c][0]));
	cpus_remove(m->suspects, c);
	if (from->candidates > 0)
		cpus_add(m->suspects, c);
	if (from->holdings > 0)
		cpus_add(m->holders, c);
}

void
machine_restore(struct machine *m)
{
	for (unsigned w = 0; w < m->frames / 64; w++) {
		uint64_t bits = m->dirty[w];

		for (; bits != 0; bits &= bits - 1)
			restore_frame(m, w * 64 +
			    (unsigned)__builtin_ctzll(bits));
		m->dirty[w] = 0;
	}
	m->now = m->saved;
	memcpy(m->root, m->saved_root, m->now.roots * sizeof(m->root[0]));
	for CPUS_EACH(c, m, m->changed)
		restore_cpu(m, c);
	for (unsigned w = 0; w < m->words; w++)
		m->changed[w] = 0;
}

/* ---- frames ------------------------------------------------------------------ */

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
	if (pa - MACHINE_RAM_BASE >= m->frames * MACHINE_PAGE)
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
	while (f < m->frames && m->frame[f].use != FRAME_FREE)
		f++;
	if (f == m->frames)
		return NULL;
	m->now.next_free = f + 1;
	m->now.used_frames++;
	frame_dirty(m, f);
	tables_unlink_all(m, f);
	m->frame[f].use = (uint8_t)use;
	m->frame[f].ept = EPT_NONE;
	if (m->lines[f] != 0 || !was_zero(m, f)) {
		m->lines[f] = UINT64_MAX;
		memset(m->ram + f * MACHINE_PAGE, 0, MACHINE_PAGE);
	}
	return m->ram + f * MACHINE_PAGE;
}

void *
machine_frame_alloc_pair(struct machine *m, enum frame_use use)
{
	for (unsigned f = 0; f + 1 < m->frames; f += 2) {
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
machine_tell(struct machine *m, const struct machine_event *e)
{
	m->hooks.event(m->hooks.ctx, e);
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
