/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * split: core and driver are changed by separate commits.  A reviewer of one
 * side should not have to read the other.
 */
#include "presubmit/review/inner.h"

#include <string.h>

static const char *
first_of(const struct review *r, const struct review_commit *commit,
         enum side side)
{
	for (size_t i = 0; i < commit->nfiles; i++)
		if (review_side(r, review_below(r, commit->files[i])) == side)
			return review_below(r, commit->files[i]);
	return NULL;
}

static void
judge(struct review *r, struct check *c, const struct review_commit *commit)
{
	const char *core = first_of(r, commit, SIDE_CORE);
	const char *driver = first_of(r, commit, SIDE_DRIVER);

	if (!core || !driver) {
		check_say(c, VERDICT_PASS, "each commit changes the core or "
		    "the driver, none changes both");
		return;
	}
	check_note(r, c, core, 0, "the commit '%s' changes this file of the "
	    "core and %s%s of the driver", commit->subject, r->prefix, driver);
	check_say(c, VERDICT_FAIL, "the commit '%s' changes core and driver; "
	    "make two of it", commit->subject);
}

void
check_split(struct review *r, struct check *c)
{
	for (size_t i = 0; i < r->in->ncommits; i++)
		judge(r, c, &r->in->commits[i]);
	check_say(c, VERDICT_SKIP, "there are no commits to look at");
}
