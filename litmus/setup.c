/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setup.c: a test's machine: frames, page tables, processors, host.
 *
 * Every space has tables of its own for each page, at all levels, except where
 * the start says otherwise; what an entry that maps nothing (or a large page)
 * would lead to is there as well, unlinked, so that every slot has an address.
 * A frame that some entry maps as a large page has a physical address of that
 * alignment, which no RAM backs but its first 4 KiB.
 */
#include "litmus/run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define TABLE_ENTRY (PTE_P | PTE_W | PTE_U | PTE_A)

static struct litmus_error *error;

static int
refuse(struct litmus_place place, const char *text)
{
	*error = (struct litmus_error){ .place = place };
	snprintf(error->text, sizeof(error->text), "%s", text);
	return -1;
}

static void *
map_pages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("shootdown: cannot allocate the simulated machine");
		abort();
	}
	return p;
}

/* ---- addresses ----------------------------------------------------------- */

static unsigned
top_level(void)
{
	return run.t->levels5 ? 5 : 4;
}

static gva_t
page_va(unsigned page)
{
	return run.t->page[page].va;
}

static unsigned
level_shift(unsigned level)
{
	return 12 + 9 * (level - 1);
}

void *
setup_pointer(gpa_t pa)
{
	uint64_t i = (pa - RUN_PHANTOM) >> 30;

	if (pa < RUN_PHANTOM)
		return machine_ptr(run.m, pa);
	if (i >= run.t->frames || !run.phantom[i] ||
	    (pa & ((1ull << 30) - 1)) >= MACHINE_PAGE)
		return NULL;
	return (char *)run.backing[i] + (pa & (MACHINE_PAGE - 1));
}

unsigned
setup_frame_at(gpa_t pa)
{
	for (unsigned i = 0; i < run.t->frames; i++)
		if (pa - run.frame[i] < MACHINE_PAGE)
			return i;
	return ~0u;
}

gpa_t
setup_word(unsigned frame, uint64_t word)
{
	return run.frame[frame] + word;
}

uint64_t
setup_value(const struct litmus_entry *e)
{
	return e->target == TARGET_NONE ? e->flags :
	    run.frame[e->frame] | e->flags;
}

uint64_t
setup_cr3(unsigned space)
{
	return run.root[space] |
	    (run.t->cr4 & CR4_PCIDE ? run.t->space[space].pcid : 0);
}

/* ---- tables -------------------------------------------------------------- */

static const struct litmus_map *
find_map(unsigned space, gva_t va, unsigned level)
{
	for (unsigned i = 0; i < run.t->maps; i++) {
		const struct litmus_map *m = &run.t->map[i];

		if (m->slot.space == space && m->slot.level == level &&
		    (page_va(m->slot.page) ^ va) >> level_shift(level) == 0)
			return m;
	}
	return NULL;
}

static void
note_level(gpa_t pa, unsigned level)
{
	uint64_t f = (pa - MACHINE_RAM_BASE) / MACHINE_PAGE;

	if (f >= MACHINE_FRAMES)
		return;
	/* one that serves at two levels counts as the higher */
	if (run.level[f] < level)
		run.level[f] = (uint8_t)level;
}

/* The table that holds the entry of va at `level`; 0: no room. */
static gpa_t
table_at(unsigned space, gva_t va, unsigned level)
{
	uint64_t prefix = level == top_level() ? 0 : va >> level_shift(level +
	    1);
	const struct litmus_map *m;
	gpa_t above = 0, pa;

	for (unsigned i = 0; i < run.tables; i++)
		if (run.table[i].space == space &&
		    run.table[i].level == level &&
		    run.table[i].prefix == prefix)
			return run.table[i].pa;
	if (level < top_level()) {
		above = table_at(space, va, level + 1);
		if (above == 0)
			return 0;
	}
	m = above != 0 ? find_map(space, va, level + 1) : NULL;
	if (m != NULL && m->entry.target == TARGET_TABLE)
		pa = run.frame[m->entry.frame];
	else
		pa = machine_gpa(run.m, machine_frame_alloc(run.m,
		    FRAME_TABLE));
	if (pa == ~0ull || run.tables == RUN_TABLES)
		return 0;
	run.table[run.tables++] = (struct run_table){ space, level, prefix,
	    pa };
	note_level(pa, level);
	if (above != 0 && m == NULL)
		machine_store_locked(run.m, 0, (uint64_t *)machine_ptr(run.m,
		    above) + (va >> level_shift(level + 1) & 511),
		    pa | TABLE_ENTRY, 8);
	return pa;
}

gpa_t
setup_slot(const struct litmus_slot *s)
{
	gva_t va = page_va(s->page);

	return table_at(s->space, va, s->level) +
	    (va >> level_shift(s->level) & 511) * 8;
}

static int
make_tables(void)
{
	const struct litmus_test *t = run.t;
	const struct litmus_place nowhere = { 0 };

	for (unsigned s = 0; s < t->spaces; s++) {
		run.root[s] = table_at(s, 0, top_level());
		for (unsigned p = 0; p < t->pages; p++)
			if (table_at(s, page_va(p), 1) == 0)
				return refuse(nowhere, "too many page tables "
				    "for the simulated machine");
	}
	for (unsigned i = 0; i < t->maps; i++)
		machine_store_locked(run.m, 0, machine_ptr(run.m,
		    setup_slot(&t->map[i].slot)),
		    setup_value(&t->map[i].entry), 8);
	return 0;
}

/* ---- frames -------------------------------------------------------------- */

static void
note_entry(const struct litmus_entry *e, unsigned level)
{
	if (e->target == TARGET_FRAME && level > 1 && (e->flags & PTE_PS))
		run.phantom[e->frame] = true;
}

static void
each_insn(void (*fn)(const struct litmus_insn *i, unsigned id))
{
	for (unsigned c = 0; c < run.t->cpus; c++) {
		const struct litmus_cpu *cpu = &run.t->cpu[c];

		for (unsigned i = 0; i < cpu->code.count; i++)
			fn(&cpu->code.insn[i], run_id(c, false, i));
		for (unsigned i = 0; i < cpu->handler.count; i++)
			fn(&cpu->handler.insn[i], run_id(c, true, i));
	}
}

static void
note_insn(const struct litmus_insn *i, unsigned id)
{
	(void)id;
	if (i->op == OP_ENTRY_STORE || i->op == OP_ENTRY_XCHG)
		note_entry(&i->entry, i->slot.level);
}

static void
make_frames(void)
{
	const struct litmus_test *t = run.t;

	for (unsigned i = 0; i < t->maps; i++)
		note_entry(&t->map[i].entry, t->map[i].slot.level);
	each_insn(note_insn);
	for (unsigned i = 0; i < t->frames; i++) {
		run.backing[i] = machine_frame_alloc(run.m,
		    t->frame[i].table ? FRAME_TABLE : FRAME_DATA);
		run.frame[i] = run.phantom[i] ?
		    RUN_PHANTOM + ((uint64_t)i << 30) :
		    machine_gpa(run.m, run.backing[i]);
		if (!t->frame[i].table)
			memcpy(run.backing[i], &t->frame[i].word, 8);
	}
}

/* ---- the host ------------------------------------------------------------ */

/* The VP set; returns how many words. */
static unsigned
encode_set(const struct litmus_flush *f, uint64_t *word, unsigned *ret_banks)
{
	uint64_t mask = 0, valid = 0, bank[64] = { 0 };
	unsigned n = 0;

	for (unsigned c = 0; c < run.t->cpus; c++) {
		uint32_t vp = run.t->cpu[c].vp_index;

		if (!(f->cpus >> c & 1))
			continue;
		mask |= vp < 64 ? 1ull << vp : 0;
		valid |= 1ull << vp / 64;
		bank[vp / 64] |= 1ull << vp % 64;
	}
	*ret_banks = 0;
	if (!f->ex) {
		word[n++] = mask;
		return n;
	}
	word[n++] = HVA_SET_SPARSE;
	word[n++] = valid;
	for (unsigned b = 0; b < 64; b++)
		if (valid >> b & 1) {
			word[n++] = bank[b];
			++*ret_banks;
		}
	return n;
}

static uint64_t
call_code(const struct litmus_flush *f)
{
	if (f->list)
		return f->ex ? HVA_CALL_FLUSH_LIST_EX : HVA_CALL_FLUSH_LIST;
	return f->ex ? HVA_CALL_FLUSH_SPACE_EX : HVA_CALL_FLUSH_SPACE;
}

static void
encode_flush(const struct litmus_insn *i, unsigned id)
{
	const struct litmus_flush *f = &i->flush;
	uint64_t *word = run.call[id].word;
	unsigned n = 0, banks, reps = f->list ? f->pages : 0;

	if (i->op != OP_FLUSH)
		return;
	word[n++] = f->all_spaces ? 0 : run.root[f->space];
	word[n++] = (f->all_cpus ? HVA_FLUSH_ALL_PROCESSORS : 0) |
	    (f->all_spaces ? HVA_FLUSH_ALL_SPACES : 0) |
	    (f->nonglobal ? HVA_FLUSH_NON_GLOBAL : 0);
	n += encode_set(f, word + n, &banks);
	for (unsigned k = 0; k < reps; k++)
		word[n++] = page_va(f->page[k]);
	run.call[id].words = n;
	run.call[id].control = call_code(f) |
	    (uint64_t)banks << HVA_VARHEAD_SHIFT |
	    (uint64_t)reps << HVA_REP_COUNT_SHIFT;
}

static int
make_host(void)
{
	const struct litmus_test *t = run.t;
	struct hv_profile profile;
	uint32_t vp[LITMUS_MAX_CPUS];
	void *page = machine_frame_alloc(run.m, FRAME_KERNEL);

	if (hv_profile_parse(t->host != NULL ? t->host : "tlfs",
	    &profile) != 0)
		return refuse((struct litmus_place){ 0 }, "no such host");
	for (unsigned c = 0; c < t->cpus; c++) {
		vp[c] = t->cpu[c].vp_index;
		run.input[c] = machine_frame_alloc(run.m, FRAME_HYPERCALL);
		if (run.input[c] == NULL)
			page = NULL;
	}
	if (page == NULL)
		return refuse((struct litmus_place){ 0 },
		    "no memory left in the simulated machine");
	hv_partition_init(run.hv, &profile, &exec_hv_env, t->cpus, vp);
	(void)hv_wrmsr(run.hv, 0, HVA_MSR_GUEST_OS_ID, 1);
	(void)hv_wrmsr(run.hv, 0, HVA_MSR_HYPERCALL,
	    machine_gpa(run.m, page) | HVA_HYPERCALL_ENABLE);
	hv_partition_save(run.hv);
	each_insn(encode_flush);
	return 0;
}

/* ---- processors ---------------------------------------------------------- */

static int
find_machine(void)
{
	const char *name = run.o.machine != NULL ? run.o.machine :
	    run.t->machine != NULL ? run.t->machine : "full";
	const bool full = strcmp(name, "full") == 0;
	const bool nopsc = strcmp(name, "nopsc") == 0;

	if (!full && !nopsc && strcmp(name, "nospec") != 0)
		return refuse((struct litmus_place){ 0 },
		    "machine: full, nospec or nopsc");
	run.config = (struct machine_config){ .cpus = run.t->cpus,
	    .speculative_fills = full || nopsc, .upper_caches = !nopsc,
	    .invpcid_drains = true, .fills = true,
	    .provenance = run.provenance };
	if (machine_cpu_find(run.t->cpu_profile != NULL ?
	    run.t->cpu_profile : "intel", &run.config) != 0)
		return refuse((struct litmus_place){ 0 },
		    "no such processor");
	run.config.levels5 = run.t->levels5;
	run.config.spurious_faults = true;
	return 0;
}

static void
start_cpus(void)
{
	for (unsigned c = 0; c < run.t->cpus; c++) {
		const struct litmus_cpu *cpu = &run.t->cpu[c];

		machine_start(run.m, c, setup_cr3(cpu->space), run.t->cr4 |
		    (run.t->levels5 ? CR4_LA57 : 0));
		machine_set_if(run.m, c, cpu->irq);
		if (cpu->user) {
			machine_set_mode(run.m, c, MODE_USER);
			machine_set_if(run.m, c, cpu->irq);
		}
	}
}

/* Findings are the kernels' business. */
static void
found(void *ctx, const struct machine_finding *f)
{
	(void)ctx;
	(void)f;
}

/* An entry became another: stores of instructions are told by exec. */
static void
happened(void *ctx, const struct machine_event *e)
{
	(void)ctx;
	if (e->kind != EVENT_PTE_STORE || run.writer == ID_NONE)
		return;
	place_begin(e->a, e->b);
	if (run.writer != ID_WALK && (e->b ^ e->c) & PTE_D)
		place_add(e->a, e->c, run.writer | ID_DIRTY);
	else
		place_add(e->a, e->c, ID_WALK);
}

static const struct machine_hooks hooks = { .finding = found,
	.event = happened };

static int
check_test(const struct litmus_test *t)
{
	if (t->frames > 64 || t->spaces > 64 || t->cpus == 0)
		return refuse((struct litmus_place){ 0 },
		    "too many frames or spaces, or no vCPU");
	return 0;
}

static void
save(void)
{
	run.config.tso = !run.t->sc;
	run.config.swallow = run.o.swallow;
	litmus_set_knobs(run.t, &run.config);
	machine_configure(run.m, &run.config);
	machine_save(run.m);
}

int
setup_test(const struct litmus_test *t, struct litmus_error *ret_error)
{
	if (run.m == NULL) {
		run.m = map_pages(machine_size(LITMUS_MAX_CPUS));
		run.ram = map_pages(MACHINE_MAX_FRAMES * MACHINE_PAGE);
		run.hv = map_pages(HV_PARTITION_SIZE(LITMUS_MAX_CPUS));
	}
	error = ret_error;
	run.t = t;
	run.tables = 0;
	run.writer = ID_NONE;
	memset(run.level, 0, sizeof(run.level));
	memset(run.phantom, 0, sizeof(run.phantom));
	memset(run.call, 0, sizeof(run.call));
	if (check_test(t) != 0 || find_machine() != 0)
		return -1;
	machine_init(run.m, &run.config, &hooks, run.ram);
	machine_set_kernel_start(run.m, ~(MACHINE_PAGE - 1));
	make_frames();
	if (make_tables() != 0 || make_host() != 0)
		return -1;
	start_cpus();
	save();
	return 0;
}
