/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree: a FreeBSD source tree as the preparer found it: where it is, and which
 * of the variants that exist it holds.  Probed by content; the tree is never
 * asked for its version.
 */
#ifndef SHOOTDOWN_FREEBSD_TREE_H
#define SHOOTDOWN_FREEBSD_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "pmapshim/build/text.h"
#include "pmapshim/pmapshim.h"

struct tree {
	char *shown;		/* the folder sys/, as the user would write it */
	char *sys;		/* the same, absolute */
	bool pcidp;		/* PCIDs behind a per-CPU pointer, not an array */
	bool cpustop;		/* mp_x86.c has cpustop_handler_post() */
	bool pde_page;		/* pmap.c knows promoted superpages */
	const char *no_update_pde; /* why pages are not resized in a rendezvous */
	bool nested;		/* pmap.c knows virtual machines' pmaps */
	bool invlpgb;		/* kernel ranges may go by INVLPGB */
	bool small_core;	/* goes round an erratum of INVLPG */
	bool hook_point;	/* mp_machdep.c calls through a pointer */
	char native[64];	/* ... which this function of it is first in */
	bool hook;		/* has the Hyper-V path */
	bool cpu_mem;		/* input page through the softc, not DPCPU */
	bool flush_wrapper;	/* vmbus.c defines hyperv_vm_tlb_flush() */
	bool free_pcpu;		/* ... and free_pcpu_ptr(): detach */
	const char *no_hook;	/* when there is none */
};

/* Where a tree is, and what is in it.  Same contract as freebsd_prepare(). */
enum kernel_status tree_open(const char *path, struct tree *ret,
                             char **ret_why);
void tree_close(struct tree *t);
/* DIR/sys/RELATIVE, allocated; NULL when out of memory. */
char *tree_path(const struct tree *t, const char *relative);
/* The same as the user would write it. */
char *tree_shown(const struct tree *t, const char *relative);

/* Files whose code or data is under test, NULL at the end. */
const char *const *tree_sources(const struct tree *t);

/* Our units beside cpu.c and the hook's, NULL at the end. */
extern const char *const freebsd_glue[];

/*
 * What the kernel object is compiled of, for checks that compile parts of it
 * in their own way: flags of every unit, the text that each begins with, and
 * the units themselves ("pmap_slice.c", "ops.c").  Same contract as above.
 */
struct freebsd_parts {
	char *shims;			/* pmapshim/ at run time */
	struct strlist flags;
	struct text prologue;
	struct strlist names, texts;	/* of units, side by side */
};
enum kernel_status freebsd_parts_open(const char *tree,
                                      struct freebsd_parts *ret,
                                      char **ret_why);
void freebsd_parts_close(struct freebsd_parts *p);

/* One allocated line behind "freebsd: ". */
char *freebsd_why(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

#endif
