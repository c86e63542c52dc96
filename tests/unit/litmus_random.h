/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus_random: any test that the language can say, from a seed.
 */
#ifndef SHOOTDOWN_TESTS_LITMUS_RANDOM_H
#define SHOOTDOWN_TESTS_LITMUS_RANDOM_H

#include "litmus/litmus.h"

/* The caller frees it with litmus_free(). */
void litmus_random(uint64_t seed, struct litmus_test *ret);

#endif
