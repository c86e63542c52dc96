/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hooked_probe.h: small functions that are compiled with the hooks, as a
 * kernel object is, and what they leave behind.
 */
#ifndef SHOOTDOWN_TESTS_HOOKED_PROBE_H
#define SHOOTDOWN_TESTS_HOOKED_PROBE_H

#pragma GCC visibility push(default)

struct probe_mask {
	unsigned long word[4];
};

extern unsigned long probe_x, probe_y, probe_r[2], probe_count;
extern volatile unsigned long probe_volatile;
extern struct probe_mask probe_a, probe_b, probe_seen;
extern unsigned long *probe_published;

void probe_reset(void);
/* Store buffering: store to one variable, load the other; fence between. */
void probe_sb(unsigned task, int fence);
/* Message passing: data then flag; the reader sees flag without data? */
void probe_mp(unsigned task);
/* Copies a whole mask while another task reads it. */
void probe_copy(unsigned task);
/* x++ by two tasks: an update can be lost. */
void probe_increment(unsigned task);
void probe_increment_locked(unsigned task);
/* An escaped local, whose frame dies while other stores are buffered. */
unsigned long probe_escape(unsigned task);
/* A copy through memcpy of 128 bytes. */
void probe_memcpy(void *to, const void *from);

#pragma GCC visibility pop

#endif
