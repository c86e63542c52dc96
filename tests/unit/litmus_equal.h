/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus_equal: are two tests the same, member by member?  Places in the text
 * are no part of a test.
 */
#ifndef SHOOTDOWN_TESTS_LITMUS_EQUAL_H
#define SHOOTDOWN_TESTS_LITMUS_EQUAL_H

#include "litmus/litmus.h"

bool litmus_equal(const struct litmus_test *a, const struct litmus_test *b);

#endif
