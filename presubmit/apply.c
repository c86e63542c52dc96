/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apply: see apply.h.
 */
#include "presubmit/apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pmapshim/build/text.h"
#include "presubmit/util.h"

#define MAX_STRIP 4u

struct lines {
	const char **at;        /* each with its line end */
	size_t *size;
	size_t count;
};

static void
lines_add(struct lines *l, const char *at, size_t size)
{
	l->at = ps_grow(l->at, l->count + 1, sizeof(*l->at));
	l->size = ps_grow(l->size, l->count + 1, sizeof(*l->size));
	l->at[l->count] = at;
	l->size[l->count++] = size;
}

static void
lines_clear(struct lines *l)
{
	free(l->at);
	free(l->size);
	*l = (struct lines){ 0 };
}

static void
lines_split(struct lines *l, const char *text, size_t size)
{
	const char *end = text + size, *eol;

	while (text < end) {
		eol = memchr(text, '\n', (size_t)(end - text));
		eol = eol != NULL ? eol + 1 : end;
		lines_add(l, text, (size_t)(eol - text));
		text = eol;
	}
}

static bool
same_line(const struct lines *a, size_t i, const struct lines *b, size_t k)
{
	return a->size[i] == b->size[k] &&
	    memcmp(a->at[i], b->at[k], a->size[i]) == 0;
}

/* ---- hunks --------------------------------------------------------------------- */

/* What the hunk wants to be there, and what it puts in its place. */
struct edit {
	struct lines old, new;
};

static void
edit_add(struct edit *e, char kind, const char *at, size_t size)
{
	if (kind != '+')
		lines_add(&e->old, at, size);
	if (kind != '-')
		lines_add(&e->new, at, size);
}

static void
shorten_last(struct lines *l)
{
	if (l->count != 0 && l->size[l->count - 1] != 0)
		l->size[l->count - 1]--;
}

static void
edit_make(struct edit *e, const struct patch_hunk *h)
{
	static const char blank[] = "\n";
	const char *at = h->body, *end = h->body + h->size, *line;
	char kind = ' ';
	size_t size;

	*e = (struct edit){ 0 };
	while (patch_line(&at, end, &line, &size)) {
		if (size == 0) {
			edit_add(e, kind = ' ', blank, 1);
		} else if (*line == '\t') {
			edit_add(e, kind = ' ', line, (size_t)(at - line));
		} else if (*line != '\\') {
			kind = *line;
			edit_add(e, kind, line + 1, (size_t)(at - line - 1));
		} else {
			/* "No newline at end of file" */
			if (kind != '+')
				shorten_last(&e->old);
			if (kind != '-')
				shorten_last(&e->new);
		}
	}
}

static void
edit_clear(struct edit *e)
{
	lines_clear(&e->old);
	lines_clear(&e->new);
}

static bool
matches(const struct lines *file, const struct lines *old, size_t at)
{
	if (at + old->count > file->count)
		return false;
	for (size_t i = 0; i < old->count; i++)
		if (!same_line(file, at + i, old, i))
			return false;
	return true;
}

/* The place nearest to the one it names; -1: none from `first` on. */
static long
find_place(const struct lines *file, const struct lines *old, size_t first,
           size_t wanted)
{
	for (size_t d = 0; d <= file->count + wanted; d++) {
		if (wanted + d >= first && matches(file, old, wanted + d))
			return (long)(wanted + d);
		if (wanted >= d + first && matches(file, old, wanted - d))
			return (long)(wanted - d);
	}
	return -1;
}

struct target {
	const struct patch_file *file;
	const char *name;       /* of the patch */
	const char *shown;      /* of the file */
	struct lines in, out;
	size_t done;            /* lines of in that were dealt with */
	long shift;             /* of the last hunk, from where it says */
};

static size_t
wanted_place(const struct target *t, const struct patch_hunk *h)
{
	/* With no old lines the number is that of the line before. */
	long at = (long)h->old_line - (h->old_count != 0) + t->shift;

	return at > 0 ? (size_t)at : 0;
}

/* The first line that is not as the hunk wants it, where it wants it. */
static char *
difference(const struct target *t, const struct lines *old, size_t at)
{
	for (size_t i = 0; i < old->count; i++) {
		if (at + i >= t->in.count)
			return ps_format("the file ends at line %zu",
			                 t->in.count);
		if (!same_line(&t->in, at + i, old, i))
			return ps_format("line %zu is '%.*s', the patch wants "
			    "'%.*s'", at + i + 1,
			    (int)strcspn(t->in.at[at + i], "\n"),
			    t->in.at[at + i], (int)strcspn(old->at[i], "\n"),
			    old->at[i]);
	}
	return ps_copy("it overlaps the hunk before it");
}

static int
fail_hunk(const struct target *t, size_t number, const struct edit *e,
          size_t wanted, char **ret_why)
{
	const bool there = e->new.count != 0 && e->old.count != 0 &&
	    find_place(&t->in, &e->new, 0, wanted) >= 0;
	char *why = difference(t, &e->old, wanted);

	*ret_why = ps_format("%s:%u: hunk %zu of %s does not apply: %s%s",
	    t->name, t->file->hunks[number].at, number + 1, t->shown, why,
	    there ? "; it seems to be there already: give --base with the "
	    "revision before it" : "; give --base with the revision that it "
	    "was made against");
	free(why);
	return -1;
}

static void
keep_until(struct target *t, size_t line)
{
	for (; t->done < line; t->done++)
		lines_add(&t->out, t->in.at[t->done], t->in.size[t->done]);
}

/* The edits are kept until the result is written: it points into them. */
static int
apply_hunk(struct target *t, size_t number, struct edit *e, char **ret_why)
{
	const struct patch_hunk *h = &t->file->hunks[number];
	const size_t wanted = wanted_place(t, h);
	long at;

	edit_make(e, h);
	at = e->old.count == 0 && wanted <= t->in.count ? (long)wanted :
	    find_place(&t->in, &e->old, t->done, wanted);
	if (at < 0 || (size_t)at < t->done)
		return fail_hunk(t, number, e, wanted, ret_why);
	t->shift += at - (long)wanted;
	keep_until(t, (size_t)at);
	t->done += e->old.count;
	for (size_t i = 0; i < e->new.count; i++)
		lines_add(&t->out, e->new.at[i], e->new.size[i]);
	return 0;
}

/* ---- files --------------------------------------------------------------------- */

/* A link on the way could lead anywhere. */
static bool
passes_link(const char *folder, const char *below)
{
	char *path = ps_format("%s/%s", folder, below);
	bool link = false;
	struct stat st;

	for (char *p = strchr(path + strlen(folder) + 1, '/');; 
	     p = strchr(p + 1, '/')) {
		if (p != NULL)
			*p = '\0';
		link |= lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
		if (p == NULL)
			break;
		*p = '/';
	}
	free(path);
	return link;
}

static char *
join(const struct lines *l, size_t *ret_size)
{
	size_t size = 0, used = 0;
	char *text;

	for (size_t i = 0; i < l->count; i++)
		size += l->size[i];
	text = ps_grow(NULL, size, 1);
	for (size_t i = 0; i < l->count; i++) {
		memcpy(text + used, l->at[i], l->size[i]);
		used += l->size[i];
	}
	*ret_size = size;
	return text;
}

static int
write_result(const struct target *t, const char *path, mode_t mode,
             char **ret_why)
{
	size_t size;
	char *text = join(&t->out, &size);
	int error = ps_make_folder_of(path);

	if (error == 0)
		error = file_write(path, text, size);
	if (error == 0 && (mode & 0111) != 0)
		(void)chmod(path, 0755);
	if (error != 0)
		*ret_why = ps_format("%s: %s; set XDG_CACHE_HOME to a folder "
		                     "with room", path, strerror(-error));
	free(text);
	return error != 0 ? -1 : 0;
}

static int
edit_file(struct target *t, const char *from, const char *to, char **ret_why)
{
	const size_t n = t->file->nhunks;
	struct edit *edits = ps_grow(NULL, n, sizeof(*edits));
	struct stat st = { 0 };
	char *text = NULL;
	size_t size = 0;
	int error = 0;

	memset(edits, 0, n * sizeof(*edits));
	if (from != NULL && (stat(from, &st) != 0 ||
	    file_read(from, &text, &size) != 0)) {
		*ret_why = ps_format("%s:%u: %s is not there; give --base with "
		    "the revision that the patch was made against", t->name,
		    t->file->at, t->shown);
		error = -1;
	}
	lines_split(&t->in, text, size);
	for (size_t i = 0; i < n && error == 0; i++)
		error = apply_hunk(t, i, &edits[i], ret_why);
	if (error == 0) {
		keep_until(t, t->in.count);
		if (from != NULL && (to == NULL || strcmp(from, to) != 0))
			unlink(from);
		if (to != NULL)
			error = write_result(t, to, st.st_mode, ret_why);
	}
	for (size_t i = 0; i < n; i++)
		edit_clear(&edits[i]);
	free(edits);
	free(text);
	lines_clear(&t->in);
	lines_clear(&t->out);
	return error;
}

static char *
place_of(const char *folder, const char *name, unsigned strip)
{
	const char *below = patch_strip(name, strip);

	return below != NULL ? ps_format("%s/%s", folder, below) : NULL;
}

static int
apply_file(const struct patch_file *f, const char *name, unsigned strip,
           const char *folder, char **ret_why)
{
	const char *shown = patch_strip(f->new != NULL ? f->new : f->old,
	                                strip);
	struct target t = { .file = f, .name = name, .shown = shown };
	char *from, *to;
	int error = -1;

	if (shown == NULL || f->refused != NULL || passes_link(folder, shown)) {
		*ret_why = ps_format("%s:%u: %s cannot be applied: %s; leave "
		    "it out of the patch", name, f->at,
		    f->new != NULL ? f->new : f->old, f->refused != NULL ?
		    f->refused : shown == NULL ? "its name is too short" :
		    "there is a symbolic link on the way to it");
		return -1;
	}
	from = f->old != NULL ? place_of(folder, f->old, strip) : NULL;
	to = f->new != NULL ? place_of(folder, f->new, strip) : NULL;
	if (from == NULL && to != NULL && access(to, F_OK) == 0)
		*ret_why = ps_format("%s:%u: %s is there already; give --base "
		    "with the revision before the patch", name, f->at, shown);
	else
		error = edit_file(&t, from, to, ret_why);
	free(from);
	free(to);
	return error;
}

int
apply_patch(const struct patch *p, const char *name, unsigned strip,
            const char *folder, char **ret_why)
{
	int error = 0;

	for (size_t i = 0; i < p->nfiles && error == 0; i++)
		error = apply_file(&p->files[i], name, strip, folder, ret_why);
	return error;
}

/* ---- names --------------------------------------------------------------------- */

/* Files of the folder among the names, less the names too short for it. */
static long
count_present(const struct patch *p, const char *folder, unsigned strip)
{
	long count = 0;

	for (size_t i = 0; i < p->nfiles; i++) {
		const char *name = p->files[i].old != NULL ? p->files[i].old :
		    p->files[i].new;
		char *path = place_of(folder, name, strip);

		if (path == NULL)
			return -1;
		/* A new file: does its folder exist? */
		if (p->files[i].old == NULL && strrchr(path, '/') != NULL)
			*strrchr(path, '/') = '\0';
		count += access(path, F_OK) == 0;
		free(path);
	}
	return count;
}

int
apply_find_strip(const struct patch *p, const char *name, const char *folder,
                 char **ret_why)
{
	static const unsigned order[] = { 1, 0, 2, 3, MAX_STRIP };
	const struct patch_file *f = &p->files[0];
	long most = 0;
	int best = -1;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		long n = count_present(p, folder, order[i]);

		if (n > most) {
			most = n;
			best = (int)order[i];
		}
	}
	if (best < 0)
		*ret_why = ps_format("%s:%u: no file %s in the tree; give "
		    "--tree the folder that the patch was made in", name,
		    f->at, f->old != NULL ? f->old : f->new);
	return best;
}
