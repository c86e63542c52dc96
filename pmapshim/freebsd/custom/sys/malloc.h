/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: kernel heap comes from the arena that is put back between runs; it
 * is zeroed and never runs out, so M_WAITOK and M_ZERO mean nothing.
 */
#ifndef SHIM_SYS_MALLOC_H
#define SHIM_SYS_MALLOC_H

#define	M_DEVBUF	0
#define	M_TEMP		0
#define	M_NOWAIT	0x0001
#define	M_WAITOK	0x0002
#define	M_ZERO		0x0100
#define	malloc(size, type, flags)	sd_alloc((size), 64)
#define	free(p, type)			((void)(p))
/* Pages for the host come from simulated memory, and go back there. */
#define	contigmalloc(size, type, flags, low, high, align, boundary)	\
	sd_frame_alloc(SD_FRAME_HYPERCALL)
#define	contigfree(p, size, type)	sd_frame_free(p)

#endif
