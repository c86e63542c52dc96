/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names: see names.h.
 */
#include "presubmit/review/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pmapshim/build/run.h"

int
names_of(struct review *r, const struct strlist *files, const char *kinds,
         bool outer, struct strlist *out)
{
	static const char *const fixed[] = { "--options=NONE",
		"--language-force=C", "--fields=k", "--excmd=number",
		"--sort=no", "-f", "-", NULL };
	struct strlist argv = { 0 };
	struct text k = { 0 }, printed = { 0 };
	char *save = NULL;
	int status;

	text_printf(&k, "--c-kinds=%s", kinds);
	strlist_add(&argv, tags_program());
	strlist_add_all(&argv, fixed);
	strlist_add(&argv, k.s ? k.s : "");
	strlist_add(&argv, outer ? "--extras=-F" : "--extras=+F");
	for (size_t i = 0; i < files->n; i++) {
		char *path = review_path(r, files->v[i]);

		strlist_add(&argv, path ? path : "");
		free(path);
	}
	status = argv.oom || k.oom ? -ENOMEM :
	    run_capture(strlist_argv(&argv), &printed);
	for (char *l = status == 0 && printed.s ? strtok_r(printed.s, "\n",
	    &save) : NULL; l; l = strtok_r(NULL, "\n", &save))
		if (*l != '!' && strchr(l, '\t'))
			strlist_put(out, l, strcspn(l, "\t"));
	strlist_sort(out);
	r->oom |= out->oom;
	strlist_clear(&argv);
	text_clear(&k);
	text_clear(&printed);
	return status;
}
