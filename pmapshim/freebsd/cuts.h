/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cuts: what is cut out of the files of a FreeBSD tree: the definitions that
 * are wanted, the names at which a slice stops since the shim has them, and the
 * text around it.
 */
#ifndef SHOOTDOWN_FREEBSD_CUTS_H
#define SHOOTDOWN_FREEBSD_CUTS_H

/* What one file gives: roots, names that the shim has, text around it. */
struct cut {
	const char *file;		/* below sys/ */
	const char *unit;		/* NULL: becomes part of the prologue */
	const char *const *roots;
	const char *const *stop;
	const char *includes;
	const char *epilogue;
};

extern const struct cut cut_pmap_h;	/* of the header: in every unit */
/* pmap.c: invalidation and activation; with pmap_update_pde(), too. */
extern const struct cut cut_pmap, cut_pmap_resizing;
extern const struct cut cut_mp_machdep, cut_cpustop, cut_hyperv, cut_vmbus;

/* Symbols that a kernel build defines; all others count as not defined. */
extern const char *const cut_defined[];

#endif
