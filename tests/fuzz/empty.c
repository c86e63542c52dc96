/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * empty: an executable made of libraries alone needs one file of its own.
 */
extern int fuzz_nothing;
int fuzz_nothing;
