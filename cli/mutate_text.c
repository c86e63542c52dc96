/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutate_text: the text of each unit that a kernel's own file is in, and the
 * mutants of it.
 *
 * A unit is a file of the tree, a generated slice, or a generated text that
 * includes a file of the tree; the last becomes a text with that file in it.
 * Lines are told by #line.  A file that is part of several units (a header) is
 * left out: changing it in one would make a kernel that cannot be.
 */
#include "cli/mutate.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "pmapshim/build/text.h"

/* Do both end in the same two components? */
static bool
same_file(const char *a, size_t n, const char *b)
{
	size_t m = strlen(b), same = 0;
	unsigned slashes = 0;

	while (same < n && same < m &&
	       a[n - same - 1] == b[m - same - 1]) {
		if (a[n - same - 1] == '/' && ++slashes == 2)
			return true;
		same++;
	}
	return same == n && same == m;
}

/* Which of the tested sources is this path?  -1: none. */
static int
source_of(const struct kernel_object *object, const char *path, size_t n)
{
	for (unsigned i = 0; i < object->nsources; i++)
		if (same_file(path, n, object->sources[i].path))
			return (int)i;
	return -1;
}

static char *
whole_file(const char *path)
{
	char *data;
	size_t size;

	if (file_read(path, &data, &size) != 0)
		cli_fail(CLI_UNFINISHED, "mutate: cannot read %s", path);
	return data;
}

/* "#include "PATH"" with a path from the root: the path, and its length. */
static const char *
included(const char *line, size_t *ret_len)
{
	static const char head[] = "#include \"/";
	const char *path = line + sizeof(head) - 2;

	if (strncmp(line, head, sizeof(head) - 1) != 0)
		return NULL;
	*ret_len = strcspn(path, "\"\n");
	return path;
}

/* The unit's text, with a file of the tree put in where it is included. */
static char *
unit_text(const struct kernel_object *object, const struct build_unit *u,
          char **ret_path)
{
	struct text out = { 0 };
	const char *text = u->text, *path, *next;
	size_t n;
	char *data;

	if (u->source != NULL) {
		data = whole_file(u->source);
		*ret_path = cli_copy(u->source);
		text_printf(&out, "#line 1 \"%s\"\n%s", u->source, data);
		free(data);
		return out.s;
	}
	for (; *text != '\0'; text = next) {
		next = text + strcspn(text, "\n");
		next += *next != '\0';
		path = included(text, &n);
		if (path == NULL || source_of(object, path, n) < 0) {
			text_put(&out, text, (size_t)(next - text));
			continue;
		}
		*ret_path = cli_format("%.*s", (int)n, path);
		data = whole_file(*ret_path);
		text_printf(&out, "#line 1 \"%s\"\n%s\n", *ret_path, data);
		free(data);
	}
	return out.s;
}

/* ---- places ---------------------------------------------------------------- */

struct place {
	int file;               /* -1: not of the tree */
	unsigned line;
};

/* "#line N "PATH"": where the next line is. */
static bool
line_directive(const struct kernel_object *object, const char *line,
               struct place *ret)
{
	char *end;
	const char *path;

	if (strncmp(line, "#line ", 6) != 0)
		return false;
	ret->line = (unsigned)strtoul(line + 6, &end, 10);
	path = strchr(end, '"');
	if (path == NULL)
		return false;
	path++;
	ret->file = source_of(object, path, strcspn(path, "\"\n"));
	return true;
}

/* Where a byte of the text is. */
static struct place
place_of(const struct kernel_object *object, const char *text, size_t at)
{
	struct place here = { -1, 1 };
	const char *line = text, *end;

	for (;;) {
		end = line + strcspn(line, "\n");
		if ((size_t)(end - text) >= at || *end == '\0')
			return here;
		if (!line_directive(object, line, &here))
			here.line++;
		line = end + 1;
	}
}

/* In how many units is each file? */
static void
count_units(const struct kernel_object *object, const struct subject *s,
            unsigned *counts)
{
	bool seen[MUTATE_MAX_FILES] = { false };
	struct place here;

	for (const char *line = s->text; line != NULL; line = strchr(line,
	    '\n')) {
		line += *line == '\n';
		if (line_directive(object, line, &here) && here.file >= 0 &&
		    here.file < MUTATE_MAX_FILES && !seen[here.file]) {
			seen[here.file] = true;
			counts[here.file]++;
		}
	}
}

/* ---- mutants ------------------------------------------------------------------ */

static void
add_subject(struct build_kept *kept, const struct kernel_object *object,
            size_t unit, struct mutants_found *ret)
{
	const struct build_unit *u = &build_kept_request(kept)->units[unit];
	unsigned counts[MUTATE_MAX_FILES] = { 0 }, any = 0;
	struct subject s = { .unit = unit };
	char *path = NULL, *slash;

	if (u->source != NULL &&
	    source_of(object, u->source, strlen(u->source)) < 0)
		return;
	s.text = unit_text(object, u, &path);
	count_units(object, &s, counts);
	for (unsigned i = 0; i < MUTATE_MAX_FILES; i++)
		any |= counts[i];
	if (any == 0) {
		free(s.text);
		return;
	}
	/* what the file includes beside itself */
	slash = path != NULL ? strrchr(path, '/') : NULL;
	if (slash != NULL) {
		*slash = '\0';
		build_kept_flag(kept, unit, "-iquote", path);
	}
	free(path);
	ret->subjects = cli_grow(ret->subjects, ret->nsubjects + 1,
	    sizeof(*ret->subjects));
	ret->subjects[ret->nsubjects++] = s;
}

static void
add_mutant(struct mutants_found *ret, struct mutant m, const char *rule,
           const char *path)
{
	const struct mutant *last = ret->n > 0 ? &ret->v[ret->n - 1] : NULL;
	const char *name = strrchr(path, '/');
	char *id = cli_format("%s %s:%u", rule, name != NULL ? name + 1 :
	    path, m.line);
	unsigned number = 1;

	/* several of a rule in one line are numbered */
	for (size_t i = ret->n; i-- > 0 && ret->v[i].file == last->file; )
		if (strncmp(ret->v[i].id, id, strlen(id)) == 0 &&
		    ret->v[i].id[strlen(id)] == ':')
			number++;
	m.id = cli_format("%s:%u", id, number);
	free(id);
	if ((ret->n & (ret->n - 1)) == 0)
		ret->v = cli_grow(ret->v, ret->n != 0 ? 2 * ret->n : 1,
		    sizeof(*ret->v));
	ret->v[ret->n++] = m;
}

static void
add_mutants(const struct kernel_object *object,
            const struct mutate_rules *rules, uint64_t seed,
            const unsigned *counts, size_t subject, struct mutants_found *ret)
{
	const struct mutate_changes *c = &ret->changes[subject];

	for (size_t i = 0; i < c->n; i++) {
		struct mutant m = { .subject = &ret->subjects[subject],
		    .change = &c->v[i] };
		const struct place p = place_of(object, m.subject->text,
		    c->v[i].at);

		if (p.file < 0 || p.file >= MUTATE_MAX_FILES ||
		    counts[p.file] != 1)
			continue;
		m.file = (unsigned)p.file;
		m.line = p.line;
		add_mutant(ret, m, rules->v[c->v[i].rule].name,
		    object->sources[m.file].path);
	}
	for (size_t i = 0; i < ret->n; i++)
		ret->v[i].order = cli_mix(seed, cli_hash(0, ret->v[i].id,
		    strlen(ret->v[i].id)));
}

void
mutants_find(struct build_kept *kept, const struct kernel_object *object,
             const struct mutate_rules *rules, uint64_t seed,
             struct mutants_found *ret)
{
	const struct build_request *req = build_kept_request(kept);
	unsigned counts[MUTATE_MAX_FILES] = { 0 };

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < req->nunits; i++)
		add_subject(kept, object, i, ret);
	ret->changes = cli_alloc((ret->nsubjects + 1) *
	    sizeof(*ret->changes));
	for (size_t i = 0; i < ret->nsubjects; i++) {
		count_units(object, &ret->subjects[i], counts);
		if (mutate_find(ret->subjects[i].text, rules,
		    &ret->changes[i]) != 0)
			cli_fail(CLI_UNFINISHED, "mutate: out of memory");
	}
	for (size_t i = 0; i < ret->nsubjects; i++)
		add_mutants(object, rules, seed, counts, i, ret);
}

void
mutants_clear(struct mutants_found *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].id);
	for (size_t i = 0; i < m->nsubjects; i++) {
		mutate_changes_clear(&m->changes[i]);
		free(m->subjects[i].text);
	}
	free(m->v);
	free(m->changes);
	free(m->subjects);
	memset(m, 0, sizeof(*m));
}
