/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prune: what presubmit keeps in its cache does not stay there for ever.
 */
#ifndef SHOOTDOWN_PRESUBMIT_PRUNE_H
#define SHOOTDOWN_PRESUBMIT_PRUNE_H

#define PRUNE_DAYS 30

/* The folder was used today. */
void prune_used(const char *folder);
/*
 * Removes the folders of our own in the cache that nobody has used for
 * PRUNE_DAYS days, and what runs that were killed left there.
 */
void prune_cache(const char *cache);

#endif
