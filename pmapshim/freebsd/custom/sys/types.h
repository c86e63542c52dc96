/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: integer types with the widths of FreeBSD/amd64, taken from the
 * compiler's predefined names, because no header of the host may be seen.
 */
#ifndef SHIM_SYS_TYPES_H
#define SHIM_SYS_TYPES_H

typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef uint8_t u_int8_t;
typedef uint16_t u_int16_t;
typedef uint32_t u_int32_t;
typedef uint64_t u_int64_t;
typedef __SIZE_TYPE__ size_t, __size_t;
typedef __PTRDIFF_TYPE__ ssize_t;
typedef __INTPTR_TYPE__ intptr_t;
typedef __UINTPTR_TYPE__ uintptr_t;

typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;
typedef char *caddr_t;

typedef int64_t register_t;
typedef uint64_t vm_offset_t, vm_size_t, vm_paddr_t, vm_pindex_t;
typedef uint64_t bus_addr_t, bus_size_t;
typedef struct bus_dma_tag *bus_dma_tag_t;
typedef struct device *device_t;
typedef uint64_t pt_entry_t, pd_entry_t, pdp_entry_t, pml4_entry_t,
    pml5_entry_t;
typedef char vm_memattr_t;
typedef u_char vm_prot_t;
typedef struct vm_page *vm_page_t;
typedef uint32_t smr_seq_t;
typedef struct smr *smr_t;

/* Named by the tree's sys/cpuset.h. */
typedef int cpulevel_t, cpuwhich_t;
typedef int32_t cpusetid_t, lwpid_t;
typedef int64_t id_t;

#define	bool	_Bool
#define	true	1
#define	false	0
#ifndef NULL
#define	NULL	((void *)0)
#endif

#endif
