/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words: entries, translations and events as a person would say them.
 * Names taken from the manuals are spelled as there.
 */
#ifndef SHOOTDOWN_CLI_WORDS_H
#define SHOOTDOWN_CLI_WORDS_H

#include "pmapshim/pmapshim.h"

/* "frame 0x1003000, writable, user, global". */
void words_entry(uint64_t entry, char *buf, size_t size);
/* The same, with the size of the page or the level of the path. */
void words_translation(const struct translation *t, char *buf, size_t size);
/* One event, without its vCPU and step. */
void words_event(const struct trace_event *e, char *buf, size_t size);
/*
 * How much of a text fits into so many columns: up to a blank, or all that
 * fits when there is none.
 */
size_t words_break(const char *text, size_t width);
void words_copy(char *buf, size_t size, const char *text);

#endif
