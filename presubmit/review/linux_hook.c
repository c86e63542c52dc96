/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linux_hook: what arch/x86/hyperv stores into pv_ops must have an initialiser
 * in arch/x86/kernel/paravirt.c.  The code is built in and never goes away, so
 * there is no "after detach".
 */
#include "presubmit/review/linux_hook.h"

#include <string.h>

#define DRIVER "arch/x86/hyperv/mmu.c"
#define CORE "arch/x86/kernel/paravirt.c"

/* "pv_ops.GROUP.MEMBER = f" */
static const char *const store[] = { "pv_ops", ".", "?", ".", "?", "=", "?",
	NULL };

/* The line of ".GROUP.MEMBER = VALUE" with a value that is not NULL; or 0. */
static size_t
initialised(const struct cfile *f, const struct ctoken *group,
            const struct ctoken *member)
{
	static const char *const words[] = { ".", "?", ".", "?", "=", NULL };

	for (size_t i = 0; i + 6 < f->n; i++)
		if (cfile_match(f, i, words) &&
		    f->v[i + 1].len == group->len &&
		    memcmp(f->v[i + 1].s, group->s, group->len) == 0 &&
		    f->v[i + 3].len == member->len &&
		    memcmp(f->v[i + 3].s, member->s, member->len) == 0 &&
		    !ctoken_is(&f->v[i + 5], "NULL"))
			return f->v[i].line;
	return 0;
}

static void
judge_store(struct review *r, struct check *c, const struct cfile *driver,
            const struct cfile *core, size_t i)
{
	const struct ctoken *group = &driver->v[i + 2];
	const struct ctoken *member = &driver->v[i + 4];
	const size_t line = initialised(core, group, member);

	if (!line) {
		check_say(c, VERDICT_FAIL, "%s:%zu stores into pv_ops.%.*s.%.*s"
		    ", which %s does not initialise", DRIVER,
		    driver->v[i].line, (int)group->len, group->s,
		    (int)member->len, member->s, CORE);
		check_note(r, c, DRIVER, driver->v[i].line, "the pointer is "
		    "NULL until this runs");
		return;
	}
	check_note(r, c, CORE, line, "pv_ops.%.*s.%.*s has an initialiser",
	    (int)group->len, group->s, (int)member->len, member->s);
	check_say(c, VERDICT_PASS, "what Hyper-V stores into pv_ops has an "
	    "initialiser; it is built in and does not detach");
}

void
linux_dispatch(struct review *r, struct check *c)
{
	struct cfile driver = { 0 }, core = { 0 };

	if (!review_readable(r, DRIVER))
		check_say(c, VERDICT_SKIP, "this tree has no " DRIVER);
	else if (!review_readable(r, CORE))
		check_say(c, VERDICT_SKIP, "this tree has no " CORE ", where "
		    "the pointers start");
	else if (cfile_read(r, DRIVER, &driver) == 0 &&
	    cfile_read(r, CORE, &core) == 0) {
		for (size_t i = 0; i < driver.n; i++)
			if (cfile_match(&driver, i, store))
				judge_store(r, c, &driver, &core, i);
		check_say(c, VERDICT_SKIP, DRIVER " stores into no member of "
		    "pv_ops");
	}
	cfile_clear(&driver);
	cfile_clear(&core);
}
