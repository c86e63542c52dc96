/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: static calls, because code is not patched here: a pointer, which is
 * read at each call as the patched instruction would be fetched.
 */
#ifndef _LINUX_STATIC_CALL_H
#define _LINUX_STATIC_CALL_H

#define DECLARE_STATIC_CALL(name, func)                                 \
	extern __typeof__(func) *shim_static_call_##name
#define DEFINE_STATIC_CALL(name, func)                                  \
	__typeof__(func) *shim_static_call_##name = func
#define static_call(name) (*shim_static_call_##name)
#define static_call_mod(name) static_call(name)

#endif
