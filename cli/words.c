/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words: see words.h.
 */
#include "cli/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
words_copy(char *buf, size_t size, const char *text)
{
	snprintf(buf, size, "%s", text);
}

size_t
words_break(const char *text, size_t width)
{
	const size_t length = strlen(text);
	size_t start = strspn(text, " "), n = width;

	if (length <= width)
		return length;
	while (n > start && text[n] != ' ')
		n--;
	while (n > start && text[n - 1] == ' ')
		n--;
	return n > start ? n : width;
}

void
words_entry(uint64_t entry, char *buf, size_t size)
{
	if (!(entry & PTE_P)) {
		words_copy(buf, size, "not present");
		return;
	}
	snprintf(buf, size, "frame 0x%" PRIx64 ", %s%s%s%s%s",
	         (uint64_t)(entry & PTE_ADDR), entry & PTE_U ? "user, " : "",
	         entry & PTE_W ? "writable" : "read-only",
	         entry & PTE_NX ? ", no-execute" : "",
	         entry & PTE_G ? ", global" : "",
	         (entry & PTE_W) && !(entry & PTE_D) ? ", clean" : "");
}

void
words_translation(const struct translation *t, char *buf, size_t size)
{
	static const char *const sizes[] = { "", "4-KiB", "2-MiB", "1-GiB" };
	static const char *const levels[] = {
		"", "", "page-directory entry", "PDPT entry", "PML4 entry"
	};
	char entry[96];

	words_entry(t->entry, entry, sizeof(entry));
	if (t->path)
		snprintf(buf, size, "cached %s to table 0x%" PRIx64,
		         t->level <= 4 ? levels[t->level] : "path",
		         (uint64_t)(t->entry & PTE_ADDR));
	else
		snprintf(buf, size, "%s %s%s", t->level >= 1 && t->level <= 3 ?
		         sizes[t->level] : "page", entry,
		         t->global && !(t->entry & PTE_G) ? ", global" : "");
}

#define HUGE_RANGE (1ull << 32) /* its number of pages says nothing */

/* [va, end): "page 0x1000", "0x1000-0x2fff (2 pages)". */
static void
words_range(uint64_t va, uint64_t end, char *buf, size_t size)
{
	if ((end == 0 || end == UINT64_MAX) && va == 0)
		words_copy(buf, size, "everything");
	else if (end == 0 || end == UINT64_MAX)
		snprintf(buf, size, "0x%" PRIx64 " to the top", va);
	else if (end - va <= MACHINE_PAGE)
		snprintf(buf, size, "page 0x%" PRIx64, va);
	else if (end - va > HUGE_RANGE)
		snprintf(buf, size, "0x%" PRIx64 "-0x%" PRIx64, va, end - 1);
	else
		snprintf(buf, size, "0x%" PRIx64 "-0x%" PRIx64 " (%" PRIu64
		         " pages)", va, end - 1, (uint64_t)((end - va) / MACHINE_PAGE));
}

static void
words_flush(const struct machine_event *m, char *buf, size_t size)
{
	char root[48] = "of every root", range[64] = "everything";

	if (m->a != UINT64_MAX)
		snprintf(root, sizeof(root), "of root 0x%" PRIx64, m->a);
	if (m->c != 0)
		words_range(m->b, m->b + m->c, range, sizeof(range));
	snprintf(buf, size, "flushed by the host: %s %s, globals %s", range,
	         root, m->d != 0 ? "kept" : "dropped");
}

static void
words_store(const char *verb, const struct machine_event *m, char *buf,
            size_t size)
{
	char before[96], after[96];

	words_entry(m->b, before, sizeof(before));
	words_entry(m->c, after, sizeof(after));
	snprintf(buf, size, "%s table entry 0x%" PRIx64 ": %s => %s", verb,
	         m->a, before, after);
}

static const char *
mode_words(uint64_t mode)
{
	switch (mode) {
	case MODE_STOPPED:
		return "stops";
	case MODE_USER:
		return "enters user mode";
	default:
		return "runs in kernel mode";
	}
}

/* "PCID 3", or that the entry is global and has none. */
static void
words_tag(uint64_t tag, char *buf, size_t size)
{
	if (tag > CR3_PCID)
		words_copy(buf, size, "any PCID");
	else
		snprintf(buf, size, "PCID %" PRIu64, tag);
}

static void
words_machine(const struct machine_event *m, char *buf, size_t size)
{
	char entry[96], tag[32];

	switch (m->kind) {
	case EVENT_PTE_STORE:
		words_store("stores", m, buf, size);
		return;
	case EVENT_PTE_BUFFERED:
		words_store("stores", m, buf, size);
		return;
	case EVENT_INVLPG:
		snprintf(buf, size, "INVLPG 0x%" PRIx64, m->a);
		return;
	case EVENT_INVPCID:
		snprintf(buf, size, "INVPCID type %" PRIu64 ", PCID %" PRIu64
		         ", 0x%" PRIx64, m->a, m->b, m->c);
		return;
	case EVENT_MOV_CR3:
		snprintf(buf, size, "MOV CR3: root 0x%" PRIx64 ", PCID %u%s",
		         (uint64_t)(m->a & PTE_ADDR), (unsigned)(m->a & CR3_PCID),
		         m->a & CR3_NOFLUSH ? ", no flush" : "");
		return;
	case EVENT_MOV_CR4:
		snprintf(buf, size, "MOV CR4: 0x%" PRIx64, m->a);
		return;
	case EVENT_FLUSH:
		words_flush(m, buf, size);
		return;
	case EVENT_ACCESS:
		snprintf(buf, size, "%s 0x%" PRIx64, m->b != 0 ? "writes" :
		         "reads", m->a);
		return;
	case EVENT_FAULT:
		snprintf(buf, size, "page fault at 0x%" PRIx64, m->a);
		return;
	case EVENT_MODE:
		words_copy(buf, size, mode_words(m->a));
		return;
	case EVENT_IF:
		words_copy(buf, size, m->a != 0 ? "sets IF" : "clears IF");
		return;
	case EVENT_CANDIDATE:
		words_entry(m->b, entry, sizeof(entry));
		words_tag(m->c, tag, sizeof(tag));
		snprintf(buf, size, "may have 0x%" PRIx64 " -> %s cached (%s): "
		         "stale from here", m->a, entry, tag);
		return;
	case EVENT_DEAD:
		snprintf(buf, size, "must not use the stale 0x%" PRIx64
		         " any more", m->a);
		return;
	case EVENT_INVLPGB:
		words_tag(m->c, tag, sizeof(tag));
		snprintf(buf, size, "INVLPGB 0x%" PRIx64 ", %s", m->a, tag);
		return;
	case EVENT_BROADCAST:
		snprintf(buf, size, "carries out INVLPGB 0x%" PRIx64
		         " of vCPU %" PRIu64, m->b, m->a);
		return;
	case EVENT_TLBSYNC:
		words_copy(buf, size, "TLBSYNC");
		return;
	case EVENT_WBINVD:
		words_copy(buf, size, "WBINVD");
		return;
	case EVENT_GUEST:
		snprintf(buf, size, "%s, second-level root 0x%" PRIx64,
		         m->a != 0 ? "enters a guest" : "leaves a guest", m->a);
		return;
	case EVENT_FLUSH_GPA:
		snprintf(buf, size, "flushes guest-physical 0x%" PRIx64
		         " under root 0x%" PRIx64, m->b, m->a);
		return;
	default:
		snprintf(buf, size, "machine event %d", (int)m->kind);
	}
}

/* What an operation or invalidation covers: e->a up to e->b. */
static void
ranged(const char *title, const struct trace_event *e, char *buf, size_t size)
{
	char range[80];

	words_range(e->a, e->b, range, sizeof(range));
	snprintf(buf, size, "%s%s%s: %s", title,
	         e->text[0] != '\0' ? " " : "", e->text, range);
}

/* The result value of a hypercall: status, and elements done. */
static void
words_result(uint64_t value, char *buf, size_t size)
{
	char reps[32] = "";

	if ((value >> 32 & 0xfff) != 0)
		snprintf(reps, sizeof(reps), ", %u done",
		         (unsigned)(value >> 32 & 0xfff));
	if ((value & 0xffff) == 0)
		snprintf(buf, size, "the hypercall succeeds%s", reps);
	else
		snprintf(buf, size, "the hypercall fails: status %u%s",
		         (unsigned)(value & 0xffff), reps);
}

static void
titled(const char *title, const struct trace_event *e, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s", title, e->text[0] != '\0' ? " " : "",
	         e->text);
}

void
words_event(const struct trace_event *e, char *buf, size_t size)
{
	switch (e->kind) {
	case TRACE_MACHINE:
		words_machine(&e->machine, buf, size);
		return;
	case TRACE_SITE:
		words_copy(buf, size, "is here");
		return;
	case TRACE_SWITCH:
		words_copy(buf, size, "runs");
		return;
	case TRACE_OP_BEGIN:
		ranged("begins", e, buf, size);
		return;
	case TRACE_OP_END:
		titled("ends", e, buf, size);
		return;
	case TRACE_INVAL_BEGIN:
		ranged("begins to invalidate", e, buf, size);
		return;
	case TRACE_INVAL_END:
		ranged("its invalidation has returned", e, buf, size);
		return;
	case TRACE_IPI_SEND:
		snprintf(buf, size, "sends IPI 0x%" PRIx64 " to vCPU %" PRIu64,
		         e->b, e->a);
		return;
	case TRACE_IPI_TAKE:
		titled("takes the IPI", e, buf, size);
		return;
	case TRACE_IPI_DONE:
		titled("IPI handler returns", e, buf, size);
		return;
	case TRACE_NMI_SEND:
		snprintf(buf, size, "sends an NMI to vCPU %" PRIu64, e->a);
		return;
	case TRACE_NMI_TAKE:
		snprintf(buf, size, "takes the NMI");
		return;
	case TRACE_NMI_DONE:
		snprintf(buf, size, "NMI handler returns");
		return;
	case TRACE_HYPERCALL:
		titled("hypercall", e, buf, size);
		return;
	case TRACE_HYPERCALL_DONE:
		words_result(e->a, buf, size);
		return;
	case TRACE_FRAME_FREE:
		snprintf(buf, size, "frees frame 0x%" PRIx64, e->a);
		return;
	case TRACE_FINDING:
		titled("FINDING", e, buf, size);
		return;
	}
	words_copy(buf, size, "?");
}
