/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of sys/timetc.h comes with shim.h. */
