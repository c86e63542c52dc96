/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * detach: which functions of the driver run when it goes away.  The roots are
 * its device_detach methods and its SYSUNINITs; what a root names, by a call
 * or as an argument, is reached.  More than really runs, never less, as far
 * as functions are called by their names.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "presubmit/review/hook.h"

struct driver {
	struct cfile *v;
	size_t n;
};

static void
find_roots(const struct cfile *f, struct strlist *out)
{
	static const char *const method[] = { "DEVMETHOD", "(",
		"device_detach", ",", "?", NULL };
	static const char *const uninit[] = { "SYSUNINIT", "(", "?", ",", "?",
		",", "?", ",", "?", NULL };

	for (size_t i = 0; i < f->n; i++) {
		const struct ctoken *t = cfile_match(f, i, method) ?
		    &f->v[i + 4] : cfile_match(f, i, uninit) ? &f->v[i + 8] :
		    NULL;

		/* bus_generic_detach and the like are not the driver's */
		if (t)
			strlist_put(out, t->s, t->len);
	}
}

/* Add the names that the functions in `from` mention; true: some are new. */
static bool
spread(const struct driver *d, const struct strlist *all,
       struct strlist *reached)
{
	const size_t before = reached->n;
	struct strlist from = { 0 };

	strlist_add_all(&from, strlist_argv(reached));
	for (size_t k = 0; k < d->n; k++) {
		const struct cfile *f = &d->v[k];

		for (size_t j = 0; j < f->nf; j++) {
			const struct cfunction *fn = &f->f[j];

			if (!strlist_has(&from, fn->name, strlen(fn->name)))
				continue;
			for (size_t i = fn->first; i <= fn->last; i++)
				if (f->v[i].ident && strlist_has(all, f->v[i].s,
				    f->v[i].len))
					strlist_put(reached, f->v[i].s,
					    f->v[i].len);
		}
	}
	strlist_sort(reached);
	strlist_clear(&from);
	return reached->n > before;
}

static int
read_driver(struct review *r, struct driver *d)
{
	struct strlist files = { 0 };
	int err = 0;

	review_side_files(r, SIDE_DRIVER, ".c", &files);
	d->v = calloc(files.n + 1, sizeof(*d->v));
	if (!d->v)
		err = -ENOMEM;
	for (size_t i = 0; i < files.n && !err; i++)
		err = cfile_read(r, files.v[i], &d->v[d->n++]);
	strlist_clear(&files);
	return err;
}

int
hooks_detach_functions(struct review *r, struct strlist *out)
{
	struct driver d = { 0 };
	struct strlist all = { 0 };
	int err = read_driver(r, &d);

	for (size_t k = 0; k < d.n; k++) {
		find_roots(&d.v[k], out);
		for (size_t j = 0; j < d.v[k].nf; j++)
			strlist_add(&all, d.v[k].f[j].name);
	}
	strlist_sort(&all);
	strlist_sort(out);
	while (!err && spread(&d, &all, out))
		;
	for (size_t k = 0; k < d.n; k++)
		cfile_clear(&d.v[k]);
	free(d.v);
	strlist_clear(&all);
	return err ? err : out->oom ? -ENOMEM : 0;
}
