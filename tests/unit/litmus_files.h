/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus_files: what tests of the litmus language read: a text that has all of
 * it, the committed files, and the check that printing loses nothing.
 */
#ifndef SHOOTDOWN_TESTS_UNIT_LITMUS_FILES_H
#define SHOOTDOWN_TESTS_UNIT_LITMUS_FILES_H

#include <stddef.h>

#include "litmus/litmus.h"

/* Every setting, instruction and atom of the language. */
extern const char litmus_everything[];

/* Prints t, which has to parse, to t, and to print as before. */
void litmus_check_round_trip(const struct litmus_test *t);
/*
 * All committed tests; of those of the external suite, which are much alike,
 * every `step`-th.
 */
void litmus_each_file(void (*check)(const char *path, const char *text,
                      size_t size), size_t step);

#endif
