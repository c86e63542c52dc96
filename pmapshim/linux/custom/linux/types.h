/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: the kernel's basic types, because the host's own headers must not
 * be seen (-nostdinc).
 */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H

#include <linux/compiler.h>
#include <linux/const.h>

typedef unsigned char u8, __u8, uint8_t;
typedef signed char s8, __s8, int8_t;
typedef unsigned short u16, __u16, uint16_t, __le16;
typedef short s16, __s16, int16_t;
typedef unsigned int u32, __u32, uint32_t, __le32;
typedef int s32, __s32, int32_t;
typedef unsigned long long u64, __u64, uint64_t, __le64;
typedef long long s64, __s64, int64_t;
typedef unsigned long size_t, ulong, uintptr_t, phys_addr_t;
typedef long ssize_t;
typedef long long loff_t;
typedef unsigned int gfp_t, fmode_t;
typedef _Bool bool;
enum { false, true };

#define U8_MAX ((u8)~0)
#define U16_MAX ((u16)~0)
#define U32_MAX ((u32)~0)
#define U64_MAX ((u64)~0)

typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;

/* Only named in prototypes. */
struct device;
struct pt_regs;

struct list_head { struct list_head *next, *prev; };
struct callback_head {
	struct callback_head *next;
	void (*func)(struct callback_head *head);
};

/* Arrays without a size, where C wants something before them. */
#define DECLARE_FLEX_ARRAY(type, name)                                  \
	struct { struct { } shim_before_##name; type name[]; }
/* Members that begin where the array at the end of a structure does. */
#define __TRAILING_OVERLAP(type, name, array, attributes, members)      \
	union {                                                         \
		type name;                                              \
		struct {                                                \
			char shim_before[offsetof(type, array)];        \
			members                                         \
		} attributes;                                           \
	}

#define offsetof(type, member) __builtin_offsetof(type, member)
#define container_of(ptr, type, member)                                 \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define clamp_val(v, low, high)                                         \
	((v) < (low) ? (low) : (v) > (high) ? (high) : (v))

#define lower_32_bits(n) ((u32)(n))
#define upper_32_bits(n) ((u32)((u64)(n) >> 32))

#define EFAULT 14
#define EINVAL 22
#define ENODEV 19
#define EOPNOTSUPP 95

#endif
