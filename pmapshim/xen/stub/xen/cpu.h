/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: shim.h, which is seen first, has what is needed. */
