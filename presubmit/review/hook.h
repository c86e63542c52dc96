/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hook: the function pointer through which the core calls the flush, found
 * by what it is and never by its name: a file-scope function pointer of the
 * core that the core calls, and that the driver stores into or that is named
 * for a flush.
 */
#ifndef SHOOTDOWN_REVIEW_HOOK_H
#define SHOOTDOWN_REVIEW_HOOK_H

#include "presubmit/review/inner.h"

struct place {
	char *below;
	size_t line;
	char *function;		/* that holds it, or NULL */
	char *value;		/* what is stored: an identifier, or NULL */
	bool guarded;		/* of a call: behind a test of the pointer */
};

struct places {
	struct place *v;
	size_t n;
};

struct hook {
	char *name;
	struct place definition;	/* value: the initialiser, NULL: none */
	struct places calls;		/* of the core */
	struct places core_stores, driver_stores;
};

struct hooks {
	struct hook *v;
	size_t n;
};

/* Find all hooks of a FreeBSD tree.  Returns 0 or a negative errno. */
int
hooks_find(struct review *r, struct hooks *ret)
	__attribute__((warn_unused_result));

void
hooks_clear(struct hooks *h);

/*
 * Names of the driver's functions that run when it goes away: its detach
 * methods and what they reach, sorted.  Empty: it never goes away.
 */
int
hooks_detach_functions(struct review *r, struct strlist *out)
	__attribute__((warn_unused_result));

#endif
