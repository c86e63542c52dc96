/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sides: see sides.h.
 *
 * The change is always made anew from the two folders, whatever the patch
 * looked like, so that line numbers are those of the files that are run.
 */
#include "presubmit/sides.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pmapshim/build/sha256.h"
#include "pmapshim/build/text.h"
#include "presubmit/apply.h"
#include "presubmit/mail.h"
#include "presubmit/prune.h"
#include "presubmit/util.h"

#define MAX_STRIP 4u

/* ---- names --------------------------------------------------------------------- */

struct names {
	const char **v;
	size_t n;
};

static void
names_add(struct names *l, const char *name)
{
	if (name == NULL)
		return;
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], name) == 0)
			return;
	l->v = ps_grow(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = name;
}

/* Every file that the patch can mean. */
static void
candidates(const struct patch *p, struct names *ret)
{
	for (size_t i = 0; i < p->nfiles; i++)
		for (unsigned strip = 0; strip <= MAX_STRIP; strip++) {
			names_add(ret, patch_strip(p->files[i].old, strip));
			names_add(ret, patch_strip(p->files[i].new, strip));
		}
}

/* ---- the change ---------------------------------------------------------------- */

static int
diff_file(const struct sides *s, const char *name, const char *scratch,
          char **text, char **ret_why)
{
	char *old = ps_format("%s/%s", s->base.folder, name);
	char *new = ps_format("%s/%s", s->head.folder, name);
	const bool was = access(old, F_OK) == 0, is = access(new, F_OK) == 0;
	char *a = was ? ps_format("a/%s", name) : ps_copy("/dev/null");
	char *b = is ? ps_format("b/%s", name) : ps_copy("/dev/null");
	const char *const argv[] = { "diff", "-u", "-p", "-L", a, "-L", b,
	    was ? old : "/dev/null", is ? new : "/dev/null", NULL };
	struct ps_output out = { 0, NULL, NULL, 0 };
	int status = 0;

	if (was || is)
		ps_run(scratch, argv, &out);
	if (out.status < 0 || out.status > 2) {
		*ret_why = ps_format("cannot run diff: %s; install diffutils",
		                     strerror(-out.status));
		status = PRESUBMIT_UNFINISHED;
	} else if (out.status != 0) {
		ps_add(text, "diff --git a/%s b/%s\n%s%s", name, name,
		       was ? is ? "" : "deleted file mode 100644\n" :
		       "new file mode 100644\n", out.out);
	}
	ps_output_clear(&out);
	free(old);
	free(new);
	free(a);
	free(b);
	return status;
}

static void
drop_prefixes(struct patch *p)
{
	for (size_t i = 0; i < p->nfiles; i++) {
		char **names[] = { &p->files[i].old, &p->files[i].new };

		for (int k = 0; k < 2; k++)
			if (*names[k] != NULL)
				memmove(*names[k], *names[k] + 2,
				        strlen(*names[k]) - 1);
	}
}

static int
make_change(struct sides *s, const struct names *touched,
            const char *scratch, char **ret_why)
{
	char *text = ps_copy("");
	int status = 0, error;

	for (size_t i = 0; i < touched->n && status == 0; i++)
		status = diff_file(s, touched->v[i], scratch, &text, ret_why);
	s->diff = ps_format("%s/change.diff", scratch);
	error = status == 0 ? file_write(s->diff, text, strlen(text)) : 0;
	if (error != 0) {
		*ret_why = ps_format("%s: %s", s->diff, strerror(-error));
		status = PRESUBMIT_UNFINISHED;
	}
	if (status != 0) {
		free(text);
		return status;
	}
	if (patch_parse(&s->change, s->diff, text, true, ret_why) != 0)
		return PRESUBMIT_UNFINISHED;
	drop_prefixes(&s->change);
	return 0;
}

/* ---- a patch ------------------------------------------------------------------- */

struct linking {
	const char *from, *to;
};

static int
link_one(void *ctx, const char *path)
{
	const struct linking *l = ctx;
	char *to = ps_format("%s%s", l->to, path + strlen(l->from));
	int error = ps_link_file(path, to);

	free(to);
	return error;
}

static char *
name_of_head(const struct presubmit_options *o, const struct sides *s,
             const char *text)
{
	char hex[SHA256_HEX_SIZE];
	struct sha256 h;

	sha256_init(&h);
	sha256_update_string(&h, s->base.folder);
	sha256_update_string(&h, text);
	sha256_final_hex(&h, hex);
	return ps_format("%s/patched-%.16s", o->cache, hex);
}

static int
patch_head(struct sides *s, const struct presubmit_options *o,
           const struct patch *p, unsigned strip, const char *scratch,
           char **ret_why)
{
	char *made = ps_format("%s/patched", scratch);
	struct linking linking = { s->base.folder, made };
	int error, status = PRESUBMIT_USAGE;

	ps_remove(made);
	error = ps_each_file(s->base.folder, false, link_one, &linking);
	if (error != 0) {
		*ret_why = ps_format("%s: %s; set XDG_CACHE_HOME to a folder "
		                     "with room", made, strerror(-error));
		status = PRESUBMIT_UNFINISHED;
	} else if (apply_patch(p, o->patch, strip, made, ret_why) == 0) {
		status = 0;
		if (rename(made, s->head.folder) != 0)
			ps_remove(made);
	}
	free(made);
	return status;
}

static void
take_mails(struct sides *s, const struct patch *p, unsigned strip)
{
	s->ncommits = p->nmails;
	s->commits = ps_grow(NULL, p->nmails, sizeof(*s->commits));
	s->files = ps_grow(NULL, p->nmails, sizeof(*s->files));
	for (size_t i = 0; i < p->nmails; i++) {
		size_t n = 0;

		s->commits[i].subject = ps_copy(p->mails[i].subject);
		s->commits[i].body = ps_copy(p->mails[i].body);
		s->files[i] = ps_grow(NULL, p->nfiles + 1, sizeof(char *));
		for (size_t k = 0; k < p->nfiles; k++) {
			const struct patch_file *f = &p->files[k];
			const char *name = patch_strip(f->new != NULL ? f->new :
			                               f->old, strip);

			if (f->mail == i && name != NULL)
				s->files[i][n++] = ps_copy(name);
		}
		s->files[i][n] = NULL;
	}
}

static int
read_patch(const struct presubmit_options *o, struct patch *ret,
           const char *scratch, char **ret_why)
{
	char *text;
	size_t size;
	int error = file_read(o->patch, &text, &size);

	if (error != 0) {
		*ret_why = ps_format("--patch: %s: %s; give a file with a "
		                     "unified diff", o->patch,
		                     strerror(-error));
		return PRESUBMIT_USAGE;
	}
	if (strlen(text) != size) {
		*ret_why = ps_format("--patch: %s: not a text file", o->patch);
		free(text);
		return PRESUBMIT_USAGE;
	}
	if (mail_is_encoded(text) && mail_decode(o->patch, scratch, &text,
	    ret_why) != 0) {
		free(text);
		return PRESUBMIT_USAGE;
	}
	return patch_parse(ret, o->patch, text, false, ret_why) == 0 ? 0 :
	    PRESUBMIT_USAGE;
}

static int
use_patch(struct sides *s, const struct presubmit_options *o,
          const struct patch *p, const char *scratch, char **ret_why)
{
	struct names all = { NULL, 0 }, touched = { NULL, 0 };
	char *text = NULL;
	size_t size;
	int status, strip = -1;

	candidates(p, &all);
	status = origin_take(&s->origin, s->base.commit, all.v, all.n,
	                     &s->base.folder, ret_why);
	if (status == 0)
		strip = apply_find_strip(p, o->patch, s->base.folder, ret_why);
	if (status == 0 && (strip < 0 || file_read(o->patch, &text, &size)))
		status = PRESUBMIT_USAGE;
	if (status == 0) {
		s->head.folder = name_of_head(o, s, text);
		if (access(s->head.folder, F_OK) != 0)
			status = patch_head(s, o, p, (unsigned)strip, scratch,
			                    ret_why);
		prune_used(s->head.folder);
	}
	for (size_t i = 0; i < p->nfiles && status == 0; i++) {
		names_add(&touched, patch_strip(p->files[i].old,
		                                (unsigned)strip));
		names_add(&touched, patch_strip(p->files[i].new,
		                                (unsigned)strip));
	}
	if (status == 0) {
		take_mails(s, p, (unsigned)strip);
		status = make_change(s, &touched, scratch, ret_why);
	}
	free(text);
	free(all.v);
	free(touched.v);
	return status;
}

/* ---- two revisions ------------------------------------------------------------- */

/* Commits with their files: records that begin with a byte 1. */
static int
take_log(struct sides *s, char **ret_why)
{
	char *range = ps_format("%s..%s", s->base.commit, s->head.commit);
	char *below = origin_relative(&s->origin);
	const char *const args[] = { "log", "--reverse", "--no-merges",
	    "--name-only", "--no-renames", below,
	    "--format=%x01%s%x02%b%x03", range, NULL };
	char *text = NULL, *rest, *record, *line;
	int status = origin_git(&s->origin, args, &text, NULL, ret_why);

	rest = text;
	if (status == 0)
		strsep(&rest, "\1");
	while (status == 0 && (record = strsep(&rest, "\1")) != NULL) {
		const size_t i = s->ncommits++;
		char *subject = strsep(&record, "\2");
		char *body = record != NULL ? strsep(&record, "\3") : NULL;
		size_t n = 0;

		s->commits = ps_grow(s->commits, i + 1, sizeof(*s->commits));
		s->files = ps_grow(s->files, i + 1, sizeof(*s->files));
		s->commits[i].subject = ps_copy(subject);
		s->commits[i].body = ps_copy(body != NULL ? body : "");
		s->files[i] = ps_grow(NULL, 1, sizeof(char *));
		while (record != NULL &&
		       (line = strsep(&record, "\n")) != NULL) {
			if (*line == '\0')
				continue;
			s->files[i] = ps_grow(s->files[i], n + 2,
			                      sizeof(char *));
			s->files[i][n++] = ps_copy(line);
		}
		s->files[i][n] = NULL;
	}
	free(text);
	free(below);
	free(range);
	return status;
}

static int
use_revisions(struct sides *s, const char *scratch, char **ret_why)
{
	char **names = NULL;
	size_t n = 0;
	struct names touched = { NULL, 0 };
	int status = origin_changed(&s->origin, s->base.commit, s->head.commit,
	                            &names, &n, ret_why);

	for (size_t i = 0; i < n; i++)
		names_add(&touched, names[i]);
	if (status == 0)
		status = origin_take(&s->origin, s->base.commit, touched.v,
		                     touched.n, &s->base.folder, ret_why);
	if (status == 0)
		status = origin_take(&s->origin, s->head.commit, touched.v,
		                     touched.n, &s->head.folder, ret_why);
	if (status == 0)
		status = take_log(s, ret_why);
	if (status == 0)
		status = make_change(s, &touched, scratch, ret_why);
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
	free(touched.v);
	return status;
}

/* ---- the whole ----------------------------------------------------------------- */

static int
find_commits(struct sides *s, const struct presubmit_options *o,
             char **ret_why)
{
	int status = 0;

	if (s->origin.kind == ORIGIN_GIT)
		status = origin_commit(&s->origin, "--base", o->base != NULL ?
		    o->base : "HEAD", &s->base.commit, ret_why);
	if (status == 0 && o->patch == NULL)
		status = origin_commit(&s->origin, "--head", o->head != NULL ?
		    o->head : "HEAD", &s->head.commit, ret_why);
	return status;
}

int
sides_make(struct sides *s, const struct presubmit_options *o,
           const char *scratch, char **ret_why)
{
	struct patch patch = { 0 };
	int status = 0;

	*s = (struct sides){ .origin = { .cache = o->cache,
	                                 .scratch = scratch } };
	s->base.name = "base";
	s->head.name = "head";
	if (o->patch != NULL)
		status = read_patch(o, &patch, scratch, ret_why);
	if (status == 0)
		status = origin_open(&s->origin, o->tree, o->base, ret_why);
	if (status == 0)
		status = find_commits(s, o, ret_why);
	if (status == 0)
		status = origin_find_kernel(&s->origin, s->base.commit,
		                            o->kernel, ret_why);
	if (status == 0)
		status = o->patch != NULL ? use_patch(s, o, &patch, scratch,
		    ret_why) : use_revisions(s, scratch, ret_why);
	patch_clear(&patch);
	return status;
}

void
sides_clear(struct sides *s)
{
	for (size_t i = 0; i < s->ncommits; i++) {
		for (char **f = s->files[i]; *f != NULL; f++)
			free(*f);
		free(s->files[i]);
		free(s->commits[i].subject);
		free(s->commits[i].body);
	}
	free(s->commits);
	free(s->files);
	free(s->diff);
	patch_clear(&s->change);
	side_clear(&s->base);
	side_clear(&s->head);
	origin_close(&s->origin);
}
