/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * literal: hvsim as the host of this very guest.
 *
 * A flush is decoded and validated as hvsim does; then each target is
 * interrupted by an NMI, as a host would take it out of the guest, and executes
 * what the profile promises and no more: INVLPG of the entries that have to go.
 * What the TLFS lets a host keep is really still there.
 *
 * That takes a record of what each processor may have cached, which is kept by
 * whoever makes it access memory.  Entries without a record count as ones that
 * have to go if they are in the range of a flush, and are left alone otherwise.
 */
#ifndef SHOOTDOWN_GUEST_LITERAL_H
#define SHOOTDOWN_GUEST_LITERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LITERAL_CPUS 16

/*
 * Starts a host ("tlfs,globals=keep") for processors 0 .. ncpus-1, or starts
 * anew; vp_index: of each, NULL: 0, 1, ...  Returns NULL, or what is wrong.
 * Nothing may be under way.
 */
const char *literal_start(const char *profile, unsigned ncpus,
                          const uint32_t *vp_index);
void literal_stop(void);
extern bool literal_on;
/*
 * The identity and the page of calls set up as the guest's own would be; and
 * back to the state after that: no call has been made yet.
 */
void literal_enable(void);
void literal_reset(void);
/* From here on literal_reset() goes back to the state that is now. */
void literal_keep(void);

/* ---- the interface, called on the processor that it is for ------------- */

/*
 * In long mode at CPL 0.  Returns the result value; the effects are complete
 * then.  If interrupts are on, those that are pending are taken whenever the
 * host lets the guest go on in the middle of a list.
 */
uint64_t literal_hypercall(uint64_t control, uint64_t in, uint64_t out,
                           const uint64_t xmm[6][2]);
/* In the place of the hypercall page: the same registers; #UD is raised. */
void literal_entry(void);
void literal_cpuid(uint32_t leaf, uint32_t ret[4]);
/* Return 0, or -1: #GP. */
int literal_rdmsr(uint32_t msr, uint64_t *ret);
int literal_wrmsr(uint32_t msr, uint64_t value);

/* ---- records ----------------------------------------------------------- */

/*
 * Before processor `cpu`, which is this one, accesses va in the space of cr3,
 * where the page's entry is `leaf`.  To be called again after the access if the
 * entry has changed meanwhile.
 */
void literal_touched(unsigned cpu, uint64_t cr3, uint64_t va, uint64_t leaf);
/* Of this processor nothing is cached any more. */
void literal_forget(unsigned cpu);
/*
 * Called on a target before it invalidates, to record what may have been
 * accessed unseen.  NULL: nothing can.
 */
extern void (*literal_guess)(void);
/* The entry that maps va in the space of cr3, or 0: none (for 4-level paging). */
uint64_t literal_leaf(uint64_t cr3, uint64_t va);

/*
 * Carries out what other processors want invalidated here.  They send NMIs, so
 * this is never needed; it is for places that want to be up to date.
 */
void literal_poll(void);

/* ---- what happened ----------------------------------------------------- */

/* A rule that a call breaks; NULL (the default): not of interest. */
extern void (*literal_complain)(unsigned cpu, uint64_t control,
                                const char *rule);
/* Recorded entries in the range of flushes: invalidated, and kept. */
struct literal_count {
	uint64_t calls, dropped, kept;
};
/* For tests of tests: targets do not invalidate anything. */
extern bool literal_canary;
extern struct literal_count literal_counts[LITERAL_CPUS];

#endif
