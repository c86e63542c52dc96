/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hooks: our own __tsan_* functions.
 *
 * Kernel objects are compiled with -fsanitize=thread and not linked with
 * libtsan, so every load, store, atomic and fence of the unmodified source
 * calls one of these before it happens.  Each is a scheduling point; a store
 * is handed to the machine's store buffer once it has been made.
 */
#ifndef SHOOTDOWN_PMAPSHIM_HOOKS_H
#define SHOOTDOWN_PMAPSHIM_HOOKS_H

#include "model/model.h"

/* The machine that the hooked code runs on; NULL: hooks do nothing. */
void hooks_attach(struct machine *m, char *ram);
/* Are stores buffered (as they are at first)?  For exhaustive searches. */
void hooks_memory(bool tso);
/* The store under way, if any, has been made: called by every shim first. */
void hooks_settle(void);
/* Called for a store into a frame that nobody owns; must not return. */
extern void (*hooks_stray)(const void *addr, unsigned size);
/* Called for a store into a page of hypercall input; or NULL. */
extern void (*hooks_input)(const void *addr, unsigned size);
/* Where the last hooked access was, when hooks_tracing is set. */
extern bool hooks_tracing;
extern void *hooks_pc;

#endif
