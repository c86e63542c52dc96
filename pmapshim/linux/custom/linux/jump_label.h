/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: static keys, because code is not patched here: every key that the
 * units name is a mitigation, and off.
 */
#ifndef _LINUX_JUMP_LABEL_H
#define _LINUX_JUMP_LABEL_H

#define DECLARE_STATIC_KEY_FALSE(name) extern int name
#define DEFINE_STATIC_KEY_FALSE(name) int name
#define static_branch_likely(key) ((void)sizeof(key), 0)
#define static_branch_unlikely(key) ((void)sizeof(key), 0)

#endif
