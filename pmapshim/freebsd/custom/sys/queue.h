/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: list heads and links only, because headers of the tree embed them in
 * structures whose lists no code under test ever walks.
 */
#ifndef SHIM_SYS_QUEUE_H
#define SHIM_SYS_QUEUE_H

#define	LIST_HEAD(name, type)	struct name { struct type *lh_first; }
#define	LIST_ENTRY(type)	struct { struct type *le_next, **le_prev; }
#define	SLIST_HEAD(name, type)	struct name { struct type *slh_first; }
#define	SLIST_ENTRY(type)	struct { struct type *sle_next; }
#define	STAILQ_HEAD(name, type)	\
	struct name { struct type *stqh_first, **stqh_last; }
#define	STAILQ_ENTRY(type)	struct { struct type *stqe_next; }
#define	TAILQ_HEAD(name, type)	\
	struct name { struct type *tqh_first, **tqh_last; }
#define	TAILQ_ENTRY(type)	struct { struct type *tqe_next, **tqe_prev; }

#endif
