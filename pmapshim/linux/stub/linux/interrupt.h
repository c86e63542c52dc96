/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: handlers are called by the backend. */
