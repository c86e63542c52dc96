/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: nothing of it is named by the units under test. */
