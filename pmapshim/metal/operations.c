/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * operations.c: the operations of programs are counted, and left out, by the
 * same source as in backend `sim`, so that they are the same ones.
 */
#define SHOOTDOWN_METAL 1
#include "pmapshim/sim/operations.c"
