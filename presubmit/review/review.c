/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * review: runs the checks one after the other and gathers their results.
 */
#include "presubmit/review/review.h"

#include <stdio.h>
#include <string.h>

#include "presubmit/review/inner.h"

#define CHECKS (sizeof(table) / sizeof(table[0]))

static const struct {
	const char *summary;
	check_fn *run;
	bool advises;
} table[] = {
	{ "the pointer for the flush is valid from the first call on, and "
	  "after detach", check_dispatch, false },
	{ "pmap_pinit0 flushes before the driver attaches", check_early,
	  false },
	{ "core files name nothing of the driver", check_dependency, false },
	{ "structures shared with the hypervisor are as the TLFS has them",
	  check_layout, false },
	{ "the files compile clean with the kernel's own warnings",
	  check_warnings, false },
	{ "headers compile alone, twice, and beside their neighbours",
	  check_headers, false },
	{ "no hunk of white space alone, no file that nothing explains",
	  check_stray, true },
	{ "the tree's own style checker", check_style, true },
	{ "core and driver are changed by separate commits", check_split,
	  true },
};

const char *const review_checks[] = { "dispatch", "early", "dependency",
	"layout", "warnings", "headers", "stray", "style", "split", NULL };

const char *
review_summary(const char *name)
{
	for (size_t i = 0; i < CHECKS; i++)
		if (strcmp(review_checks[i], name) == 0)
			return table[i].summary;
	return NULL;
}

static bool
wanted(const struct review_input *in, const char *name)
{
	if (!in->only)
		return true;
	for (const char *const *n = in->only; *n; n++)
		if (strcmp(*n, name) == 0)
			return true;
	return false;
}

static int
run_one(struct review *r, size_t i, json_t *out)
{
	struct check c = { .name = review_checks[i] };
	int err = -1;

	c.details = json_array();
	if (c.details) {
		table[i].run(r, &c);
		if (!c.oom && !r->oom)
			err = json_array_append_new(out, check_json(&c,
			    table[i].advises));
	}
	json_decref(c.details);
	text_clear(&c.why);
	return err;
}

int
review_run(const struct review_input *in, json_t **out, char *err,
	   size_t errlen)
{
	struct review r = { .in = in };
	json_t *list = json_array();
	int status = review_open(&r, err, errlen);

	for (size_t i = 0; status == 0 && i < CHECKS; i++) {
		if (!wanted(in, review_checks[i]))
			continue;
		status = list ? run_one(&r, i, list) : -1;
		if (status != 0)
			snprintf(err, errlen, "out of memory");
	}
	review_close(&r);
	if (status == 0)
		*out = list;
	else
		json_decref(list);
	return status;
}
