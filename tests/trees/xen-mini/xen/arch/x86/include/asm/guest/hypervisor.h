/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: nothing is needed of it. */
