/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine.h: the machine's state.  Private to model/.
 *
 * Time is m->clock: it advances with every visible page-table store and every
 * change of a root.  A "holding" says that a processor may have cached, under
 * a tag, whatever was current under a root until a time.  "Now" is UINT32_MAX.
 */
#ifndef SHOOTDOWN_MODEL_MACHINE_H
#define SHOOTDOWN_MODEL_MACHINE_H

#include "model/model.h"

/*
 * A tag is a PCID or one of these, and above that the number of the
 * second-level table under which it was filled (0: none).
 */
#define TAG_GLOBAL 0x1000u
#define TAG_NESTED 0x2000u      /* guest-physical mappings, whatever the PCID */
#define TAG_KIND 0xffffu
#define STILL_LOADED UINT32_MAX

#define MAX_BUFFERED 12         /* stores a cpu can hold back */
#define MAX_HOLDINGS 32         /* (tag, root) pairs of one cpu */
#define MAX_EXCLUSIONS 128      /* flushed ranges of tags not loaded */
#define MAX_TOUCHED 192         /* own fills, for nospec */
#define MAX_CANDIDATES 1280     /* of one cpu; a promotion makes 512 */
#define MAX_PARENTS 12          /* entries that point to one table page */
#define MAX_SPACES 16
#define MAX_NESTED 8            /* second-level tables */
#define MAX_USES 12             /* roots x paths that reach one table page */
#define MAX_OLD 16              /* present leaves with A=0, for walks */
#define MAX_PLEDGES 8           /* contracts over stores still buffered */
#define MAX_RANGES 4            /* eager, and local ones */
#define MAX_LATE 4              /* entries that lost W, for late walks */
#define MAX_BROADCASTS 16       /* INVLPGBs that a cpu has yet to carry out */
#define MAX_LOG 4096            /* page-table stores, set-up included */
#define MAX_ROOTS 256           /* distinct roots of all holdings */
#define OWNERS_A_CPU 64         /* nodes of owner sets, beyond 64 cpus */

#define PTE_STORES_NONE UINT16_MAX

struct store {
	char *addr;
	uint64_t old, new;      /* the low `size` bytes count */
	uint64_t seen;          /* what its cpu saw there when it stored */
	uint8_t size;
	bool table;             /* into a page-table page */
	uint8_t pledges;        /* contracts that returned before it drained */
	uint32_t frees;         /* m->now.frees when it was made */
};

struct pledge {                 /* a contract that covers buffered stores */
	struct machine_scope scope;
	const char *by;
};

struct holding {
	uint32_t tag;
	gpa_t root;
	uint32_t until;         /* clock; STILL_LOADED while in CR3 */
	bool no_paths;          /* INVLPG took its paths (I1) */
	bool pge;               /* CR4.PGE while it was loaded */
};

struct exclusion {              /* [va, end) of (tag, root) is gone */
	uint32_t tag;
	bool stepped, leaves_only;      /* as in struct drop */
	gpa_t root;
	gva_t va, end;
};

struct touched {                /* what an access of its own has loaded */
	uint32_t tag;
	gpa_t root;
	gva_t va;               /* the 4 KiB page */
	uint32_t at;            /* clock of the last access */
	unsigned id;            /* of that access, for its client */
	uint8_t level;
	uint64_t entry;         /* effective, for the 4 KiB page */
	gpa_t leaf;             /* the entry that was read */
};

/*
 * A set of cpus: a word of bits, and a chain of further words for the rare
 * candidate whose stores come from cpus that lie 64 or more apart.
 */
struct owners {
	uint64_t bits;
	uint16_t word;          /* bits are of cpus 64 * word and up */
	uint32_t more;          /* number of a node in m->node[]; 0: none */
};

struct candidate {
	uint32_t tag;
	gpa_t root;
	struct translation t;
	bool stale, dead, reused;
	bool foreign;           /* its PCID is loaded with another root */
	uint8_t wrong;          /* WRONG_*: how the tables disagree */
	enum finding_kind kind;
	struct owners owners;   /* cpus whose stores made it wrong */
	uint16_t store_cpu;     /* the last of them */
	uint32_t store_seq, first_seq;
	gva_t gone, gone_end;   /* pieces flushed, with splinters */
	const char *killed_by;
};

/*
 * Of the arrays at the end only what the counts say is saved and restored; the
 * buffers and the broadcasts are empty then.
 */
struct cpu {
	uint64_t cr3, cr4;
	uint64_t cr4_under[MAX_NESTED + 1];     /* while not running there */
	enum machine_mode mode;
	bool iflag, shown;
	bool may_have_dead;     /* false: no candidate is dead */
	uint8_t handlers;       /* nesting */
	uint8_t windows;        /* bit n: a window was open at nesting n */
	uint8_t buffered, tables_buffered;
	uint8_t holdings, exclusions, touches;
	bool owes_wbinvd;       /* before it sets IF */
	uint8_t under;          /* number of its second-level table; 0: none */
	uint8_t broadcasts;     /* in m->broadcast[] */
	uint16_t candidates;    /* in m->cand[] */
	uint32_t asked;         /* own INVLPGBs that are pending anywhere */
	uint32_t wbinvd;        /* m->now.wbinvds of its last one */
	uint16_t wbinvd_for;    /* who asked for the one that it owes */
	uint32_t settled;       /* m->now.late_count when it last went on */
	char *pending;          /* address of the store that is under way */
	uint8_t pending_size;
	uint64_t pending_old;
	struct store buffer[MAX_BUFFERED];
	struct pledge pledge[MAX_PLEDGES];
	struct holding holding[MAX_HOLDINGS];
	struct exclusion exclusion[MAX_EXCLUSIONS];
	struct touched touched[MAX_TOUCHED];
};

struct drop {                   /* what an invalidation removes */
	bool any_pcid;          /* whatever the PCID */
	uint16_t pcid;
	bool any_root;
	gpa_t root;
	bool globals;           /* and globals, whatever the root ... */
	bool global_match;      /* ... or only those filled under it */
	bool whole;
	gva_t va, end;          /* leaves that overlap [va, end) */
	bool all_paths;         /* paths wherever they lead (I1) */
	bool leaves_only;       /* no path at all */
	uint32_t under;         /* number of the second-level table */
	bool physical;          /* all that is under it; va is physical */
	bool stepped;           /* va, va + 2 MiB, ...: not what lies between */
};

struct broadcast {              /* an INVLPGB that is yet to take effect */
	struct drop drop;
	uint16_t from;          /* the cpu that waits for it in TLBSYNC */
};

struct root {                   /* under which something may be held */
	gpa_t pa;
	uint32_t holdings;      /* of all cpus */
};

struct space {
	gpa_t root, user_root;
	enum space_kind kind;
};

enum { EPT_NONE, EPT_WITH_AD, EPT_WITHOUT_AD }; /* EPTP bit 6 */

struct frame {
	uint8_t use;
	uint8_t ept;            /* a table whose entries are those of an EPT */
	uint8_t parents;
	uint16_t log_head;      /* last store into it, PTE_STORES_NONE: none */
	uint32_t freed;         /* m->now.frees when it was last freed */
	uint32_t parent[MAX_PARENTS]; /* offset in RAM of the entry */
};

struct range {
	gva_t va, end;
	uint16_t cpu;           /* of a local one */
};

/*
 * An entry from which W was just taken.  A walk of a cpu other than the one
 * that took it may be under way, if the cpu has not gone on since.
 */
struct late {
	uint32_t where;
	uint32_t number;        /* m->now.late_count when it was noted */
	uint16_t by;
};

struct log_entry {
	uint16_t prev;          /* same frame */
	uint16_t index;         /* entry within the frame */
	uint32_t clock;
};

struct state {                  /* copied whole by save and restore */
	uint32_t clock, seq, log_count, used_frames, next_free, frees;
	uint32_t late_count;    /* noted so far */
	uint32_t wbinvds;       /* executed so far, by all cpus */
	uint32_t nodes;         /* in use, from number 1 */
	uint16_t roots;
	uint8_t spaces, old_count, eagers, locals, lates, nesteds;
	gpa_t nested[MAX_NESTED];       /* second-level roots, from number 1 */
	struct late late[MAX_LATE];
	struct space space[MAX_SPACES];
	struct range eager[MAX_RANGES], local[MAX_RANGES];
	uint32_t old[MAX_OLD];
	struct machine_stats stats;
	bool overflow;          /* a fixed table was too small */
};

struct machine {
	struct machine_config config;
	struct machine_hooks hooks;
	char *ram;
	gva_t kernel_start;
	unsigned cpus, words;   /* made for; of a set of so many cpus */
	unsigned frames;        /* of RAM */
	/* what changed since machine_save(): frames, lines of 64 bytes, cpus */
	uint64_t dirty[MACHINE_MAX_FRAMES / 64];
	uint64_t lines[MACHINE_MAX_FRAMES];
	/* frames that hold nothing but zeros unless a line changed */
	uint64_t zero[MACHINE_MAX_FRAMES / 64];
	uint64_t *changed;
	/* sets that may have too many members: with candidates, holdings */
	uint64_t *suspects, *holders;
	uint64_t *hit;          /* scratch of contract.c */
	struct state now, saved;
	struct cpu *cpu, *saved_cpu;
	struct candidate (*cand)[MAX_CANDIDATES];
	struct candidate (*saved_cand)[MAX_CANDIDATES];
	/* every run starts without any: machine_save() carries them out */
	struct broadcast (*broadcast)[MAX_BROADCASTS];
	struct owners *node;    /* further words of owner sets */
	uint32_t max_nodes;
	struct root root[MAX_ROOTS], saved_root[MAX_ROOTS];
	struct frame frame[MACHINE_MAX_FRAMES];
	struct frame saved_frame[MACHINE_MAX_FRAMES];
	struct log_entry log[MAX_LOG];
	uint64_t saved_ram[MACHINE_MAX_FRAMES * (MACHINE_PAGE / 8)];
	/* the arrays of cpus follow */
};

/* ---- sets of cpus ---- */
static inline void
cpus_add(uint64_t *set, unsigned cpu)
{
	set[cpu / 64] |= 1ull << cpu % 64;
}

static inline void
cpus_remove(uint64_t *set, unsigned cpu)
{
	set[cpu / 64] &= ~(1ull << cpu % 64);
}

static inline bool
cpus_has(const uint64_t *set, unsigned cpu)
{
	return (set[cpu / 64] >> cpu % 64 & 1) != 0;
}

/* The first member from `cpu` on; m->cpus or more: there is none. */
static inline unsigned
cpus_next(const struct machine *m, const uint64_t *set, unsigned cpu)
{
	uint64_t bits;

	if (cpu >= m->cpus)
		return cpu;
	bits = set[cpu / 64] >> cpu % 64;
	if (bits != 0)
		return cpu + (unsigned)__builtin_ctzll(bits);
	for (unsigned w = cpu / 64 + 1; w < m->words; w++)
		if (set[w] != 0)
			return w * 64 + (unsigned)__builtin_ctzll(set[w]);
	return m->cpus;
}

#define CPUS_EACH(c, m, set) \
	(unsigned c = cpus_next(m, set, 0); c < (m)->cpus; \
	c = cpus_next(m, set, c + 1))

/* A processor that is about to change.  All changes begin here. */
static inline struct cpu *
cpu_changes(struct machine *m, unsigned cpu)
{
	cpus_add(m->changed, cpu);
	return &m->cpu[cpu];
}

/* ---- memory.c ---- */
static inline bool
ram_has(const struct machine *m, const void *p)
{
	return (uintptr_t)p - (uintptr_t)m->ram < m->frames * MACHINE_PAGE;
}

static inline unsigned
ram_frame(const struct machine *m, const void *p)
{
	return (unsigned)(((uintptr_t)p - (uintptr_t)m->ram) / MACHINE_PAGE);
}

/* What is known of the frame changes; not its bytes. */
static inline void
frame_dirty(struct machine *m, unsigned f)
{
	m->dirty[f / 64] |= 1ull << (f % 64);
}

static inline void
line_dirty(struct machine *m, const void *p)
{
	unsigned f = ram_frame(m, p);

	frame_dirty(m, f);
	m->lines[f] |= 1ull << (((uintptr_t)p - (uintptr_t)m->ram) / 64 % 64);
}

/* Bytes in RAM are about to change; at most 64, in at most two lines. */
static inline void
ram_dirty(struct machine *m, const char *p, unsigned size)
{
	line_dirty(m, p);
	if (((uintptr_t)p & 63) + size > 64 && ram_has(m, p + size - 1))
		line_dirty(m, p + size - 1);
}

void machine_tell(struct machine *m, const struct machine_event *e);

static inline void
machine_emit(struct machine *m, enum machine_event_kind kind, unsigned cpu,
             uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	if (m->hooks.event != NULL && !(m->hooks.unwanted >> kind & 1))
		machine_tell(m, &(struct machine_event){ kind, cpu, a, b, c,
		    d });
}

/* ---- owners.c: whose stores made a candidate wrong ---- */
void owners_add_far(struct machine *m, struct owners *o, unsigned cpu);
bool owners_has_far(const struct machine *m, const struct owners *o,
                    unsigned cpu);

static inline void
owners_add(struct machine *m, struct owners *o, unsigned cpu)
{
	if (o->bits == 0)
		o->word = (uint16_t)(cpu / 64);
	if (o->word == cpu / 64)
		o->bits |= 1ull << cpu % 64;
	else
		owners_add_far(m, o, cpu);
}

static inline bool
owners_has(const struct machine *m, const struct owners *o, unsigned cpu)
{
	if (o->word == cpu / 64)
		return (o->bits >> cpu % 64 & 1) != 0;
	return o->more != 0 && owners_has_far(m, o, cpu);
}

/* ---- tables.c ---- */
struct use {                    /* one way in which a table page is reached */
	gpa_t root;
	gva_t base;             /* linear address of its entry 0 */
	uint8_t level;          /* of the page: 1 page table .. 5 PML5 */
	uint8_t unused;         /* upper bits of a linear address: copies */
	bool accessed;          /* A=1 in every entry above */
	uint64_t rights;        /* W, U, NX so far, as a PTE with P */
	uint32_t changed;       /* clock of the last change above */
};

unsigned tables_uses(struct machine *m, unsigned frame,
                     struct use uses[MAX_USES]);
void tables_relink(struct machine *m, unsigned frame, unsigned index,
                   uint64_t old, uint64_t new);
void tables_unlink_all(struct machine *m, unsigned frame);
uint32_t tables_changed(const struct machine *m, unsigned frame,
                        unsigned index);
struct start {                  /* where a walk begins */
	gpa_t table;
	uint8_t level;          /* of its entries */
	uint64_t rights;        /* so far */
};
struct walk {
	uint64_t eff;           /* effective entry for the 4 KiB page of va */
	uint64_t raw;           /* the last entry; only when it is present */
	char *entry;            /* where the last entry lies; NULL: nowhere */
	uint8_t top;            /* where it began */
	uint8_t level;          /* of the leaf; of the last entry when none */
	bool present, accessed;
	char *upper[6];         /* entries walked: [level .. top] if present */
};
void tables_walk_from(const struct machine *m, const struct start *s, gva_t va,
                      struct walk *ret);
/* The leaf that maps va under root; false: none.  *ret has 4 KiB frame. */
bool tables_walk(const struct machine *m, gpa_t root, gva_t va,
                 struct walk *ret);
/* Calls fn for every present entry of the table page and of those below. */
typedef void entry_fn(struct machine *m, const struct use *u, unsigned index,
                      uint64_t entry, void *arg);
void tables_below(struct machine *m, const struct use *top, unsigned frame,
                  entry_fn *fn, void *arg);
static inline uint64_t
level_size(unsigned level)
{
	return 1ull << (12 + 9 * (level - 1));
}
static inline unsigned
top_level(const struct machine *m)
{
	return m->config.levels5 ? 5 : 4;
}
/* Upper bits of a linear address that repeat the last used (SDM 1, 3.3.7). */
static inline uint8_t
unused_bits(const struct machine *m)
{
	return m->config.levels5 ? 7 : 16;
}
static inline gva_t
extended(gva_t va, unsigned unused)
{
	return (gva_t)((int64_t)(va << unused) >> unused);
}
static inline gva_t
canonical(const struct machine *m, gva_t va)
{
	return extended(va, unused_bits(m));
}
static inline bool
entry_is_leaf(uint64_t e, unsigned level)
{
	return level == 1 || ((e & PTE_PS) && level < 4);
}
uint64_t entry_effective(uint64_t rights, uint64_t entry, unsigned level);
/* machine_ptr() for the start of a page. */
static inline char *
page_at(const struct machine *m, gpa_t pa)
{
	return pa - MACHINE_RAM_BASE < m->frames * MACHINE_PAGE ?
	    m->ram + (pa - MACHINE_RAM_BASE) : NULL;
}

/* nested.c: what the entry of an EPT would be in a page table. */
uint64_t ept_meaning(uint64_t entry, bool ad);
uint64_t ept_bits(uint64_t bits);       /* A and D the other way round */

/* What the 8 bytes of a table mean to whoever walks it. */
static inline uint64_t
entry_meaning(const struct machine *m, unsigned frame, uint64_t raw)
{
	const uint8_t ept = m->frame[frame].ept;

	return ept == EPT_NONE ? raw : ept_meaning(raw, ept == EPT_WITH_AD);
}

static inline uint64_t
rights_below(uint64_t rights, uint64_t entry)
{
	return (rights & (entry | ~(PTE_W | PTE_U))) | (entry & PTE_NX);
}
static inline gva_t
entry_va(const struct use *u, unsigned index)
{
	return extended(u->base + index * level_size(u->level), u->unused);
}

/* ---- judge.c: how the tables disagree with a cached translation ---- */
enum {
	WRONG_D = 1, WRONG_W = 2, WRONG_U = 4, WRONG_NX = 8, WRONG_G = 16,
	WRONG_ATTR = 32, WRONG_ALL = 127 /* not present, another frame */
};
unsigned judge_translation(const struct machine *m, gpa_t root,
                           const struct translation *t);
unsigned judge_candidate(const struct machine *m, unsigned cpu,
                         const struct candidate *k);
/* Do the tables permit what t does not? */
bool judge_gained(const struct machine *m, gpa_t root,
                  const struct translation *t);
/* Would a walk fill just t, but for rights gained? */
bool judge_fills(const struct machine *m, gpa_t root,
                 const struct translation *t);
struct translation translation_of(const struct use *u, unsigned index,
                                  uint64_t entry);

/* ---- oracle.c: births ---- */
void oracle_store(struct machine *m, unsigned cpu, char *addr, uint64_t old,
                  uint64_t new, const struct store *why);
void oracle_overwrites(struct machine *m, unsigned cpu, const struct store *s,
                       uint64_t old);
void oracle_reuse(struct machine *m, unsigned cpu, const struct holding *h);

/* wbinvd.c: it goes on; a finding if it still owes one. */
void cpu_owes_wbinvd(struct machine *m, unsigned cpu, const char *where);

/* ---- verdict.c: when a dead one is a finding ---- */
const struct space *space_find(const struct machine *m, gpa_t root);
void oracle_check(struct machine *m, unsigned cpu, const char *where);
const struct candidate *oracle_access(struct machine *m, unsigned cpu,
                                      gva_t va, bool write);

/* ---- walk.c: walks that the scheduler places ---- */
void walks_note(struct machine *m, unsigned cpu, const char *entry,
                uint64_t old, uint64_t new);
void walks_end(struct machine *m, unsigned cpu);
/* The cpu goes on: a walk for a write that was under way is over. */
static inline void
walks_settle(struct machine *m, unsigned cpu)
{
	if (m->now.lates > 0)
		walks_end(m, cpu);
}

/* ---- contract.c: deaths ---- */
void contract_at_birth(struct machine *m, unsigned cpu, struct candidate *k,
                       unsigned store_cpu, const struct store *why);

/* ---- broadcast.c ---- */
void broadcasts_finish(struct machine *m);      /* carries out all */

/* ---- cache.c ---- */
bool cpu_may_hold(const struct machine *m, unsigned cpu,
                  const struct holding *h, const struct translation *t,
                  uint32_t changed);
void cpu_touch(struct machine *m, unsigned cpu, const struct touched *fill);
void cpu_drop(struct machine *m, unsigned cpu, const struct drop *d);
/* Is what carries the tag usable in the present context?  The root need not
 * match (R1). */
bool cpu_tag_loaded(const struct cpu *c, uint32_t tag);
void cpu_load_root(struct machine *m, unsigned cpu, uint32_t tag, gpa_t root);
/* Does any processor hold something under it? */
bool root_is_held(const struct machine *m, gpa_t pa);
void cpu_unload_roots(struct machine *m, unsigned cpu);

/* ---- cpu.c ---- */
void cpu_page_fault(struct machine *m, unsigned cpu, gva_t va);
void cpu_load_roots(struct machine *m, unsigned cpu);   /* as CR3 says */
void cpu_find_reuse(struct machine *m, unsigned cpu);

static inline uint32_t
cpu_tag(const struct cpu *c)
{
	return ((c->cr4 & CR4_PCIDE) ? (uint32_t)(c->cr3 & CR3_PCID) : 0) |
	    (uint32_t)c->under << 16;
}
static inline bool
tag_is_global(uint32_t tag)
{
	return (tag & TAG_KIND) == TAG_GLOBAL;
}
static inline bool
tag_is_nested(uint32_t tag)
{
	return (tag & TAG_KIND) == TAG_NESTED;
}
static inline uint16_t
tag_pcid(uint32_t tag)
{
	return tag & CR3_PCID;  /* 0 for what has none */
}
/* Do these rights refuse the access in the present mode (SDM 4.6)? */
static inline bool
cpu_refuses(const struct cpu *c, uint64_t rights, bool write)
{
	return (write && !(rights & PTE_W)) ||
	    (c->mode == MODE_USER && !(rights & PTE_U));
}

static inline gpa_t
cpu_root(const struct cpu *c)
{
	return c->cr3 & PTE_ADDR;
}

#endif
