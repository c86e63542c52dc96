/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * style: the tree's own checker, run on the diff.  It prints "PATCH:LINE:
 * KIND: text", with a line of the patch, which is turned into a line of the
 * file.  Only a person can overrule a style checker, so this advises.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pmapshim/build/run.h"
#include "presubmit/review/diff.h"
#include "presubmit/review/inner.h"

#define FREEBSD_CHECKER "tools/build/checkstyle9.pl"
#define LINUX_CHECKER "scripts/checkpatch.pl"

/* The checker's path; it lies in the tree, not below the kernel's folder. */
static char *
checker(const struct review *r)
{
	struct text t = { 0 };

	text_printf(&t, "%s/%s%s", r->base, *r->prefix ? "../" : "",
	    r->linux_kernel ? LINUX_CHECKER : FREEBSD_CHECKER);
	return t.s;
}

static const struct diff_line *
line_at(const struct diff *d, size_t at, const char **file)
{
	for (size_t i = 0; i < d->nh; i++)
		for (size_t k = 0; k < d->h[i].n; k++)
			if (d->h[i].v[k].at == at) {
				*file = d->files[d->h[i].file];
				return &d->h[i].v[k];
			}
	return NULL;
}

/* "PATCH:LINE: ERROR: text" */
static bool
complaint(struct review *r, struct check *c, const struct diff *d,
          const char *s)
{
	const size_t n = strlen(r->in->diff);
	const struct diff_line *l;
	const char *file = NULL, *text;
	char *end;
	size_t at;

	if (strncmp(s, r->in->diff, n) != 0 || s[n] != ':')
		return false;
	at = strtoul(s + n + 1, &end, 10);
	text = *end == ':' ? end + 1 + strspn(end + 1, " ") : end;
	if (strncmp(text, "ERROR", 5) != 0 && strncmp(text, "WARNING", 7) != 0)
		return false;
	l = line_at(d, at, &file);
	check_note(r, c, l ? review_below(r, file) : NULL, l ? l->line : 0,
	    "%s", text);
	return true;
}

static void
judge(struct review *r, struct check *c, const char *script,
      const struct diff *d)
{
	/* the diff has no message: one cannot be missed in it */
	const char *argv[] = { "perl", script, "--patch", "--no-tree",
		"--terse", "--no-summary", "--no-signoff", r->linux_kernel ?
		"--ignore=COMMIT_MESSAGE" : "--terse", r->in->diff, NULL };
	struct text out = { 0 };
	const int status = run_capture(argv, &out);
	size_t n = 0;
	char *save = NULL;

	for (char *l = out.s ? strtok_r(out.s, "\n", &save) : NULL; l;
	    l = strtok_r(NULL, "\n", &save))
		n += complaint(r, c, d, l);
	if (n)
		check_say(c, VERDICT_FAIL, "%s has %zu complaints", script +
		    strlen(r->base) + 1, n);
	else if (status == 0)
		check_say(c, VERDICT_PASS, "%s has nothing to say", script +
		    strlen(r->base) + 1);
	else
		check_say(c, VERDICT_SKIP, status < 0 ? "cannot run perl: %s" :
		    "the tree's checker failed: %s", status < 0 ?
		    strerror(-status) : out.s && *out.s ? out.s :
		    "it printed nothing");
	text_clear(&out);
}

void
check_style(struct review *r, struct check *c)
{
	char *script = checker(r);
	struct diff d = { 0 };
	char *text = NULL;
	size_t size;

	if (!r->in->diff)
		check_say(c, VERDICT_SKIP, "there is no diff to look at");
	else if (diff_read(r->in->diff, &d) != 0)
		check_say(c, VERDICT_SKIP, "%s: not a unified diff",
		    r->in->diff);
	else if (!script || file_read(script, &text, &size) != 0)
		check_say(c, VERDICT_SKIP, "this tree has no %s",
		    r->linux_kernel ? LINUX_CHECKER : FREEBSD_CHECKER);
	else
		judge(r, c, script, &d);
	free(text);
	free(script);
	diff_clear(&d);
}
