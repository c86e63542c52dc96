/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines: see lines.h.
 *
 * "executed" has to be true; where the line table says nothing, a line is
 * rather not.  Three kinds of lines have no code of their own and are looked
 * for elsewhere: the second line of a statement (where the statement begins),
 * a macro (where tested code uses it), and lines that are only taken away (on
 * the base).
 */
#include "presubmit/lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "pmapshim/build/text.h"
#include "presubmit/util.h"

#define MAX_DEPTH 8u            /* macros within macros */

struct source {
	char *path;
	char *text;
	char **line;            /* from 1 on */
	unsigned count;
	json_t *ran;            /* by number: null, or {"path scenario": true} */
	bool *code;
};

struct view {
	const struct side *side;
	struct source *sources;         /* with code */
	size_t count;
};

struct state {
	const char *name;       /* "executed", "not executed", "no code" */
	json_t *rows;           /* or NULL */
};

static const char executed[] = "executed", missed[] = "not executed",
    no_code[] = "no code";

/* ---- what a side has executed -------------------------------------------------- */

static void
split_lines(struct source *s)
{
	char *rest = s->text, *line;

	s->line = ps_grow(NULL, 1, sizeof(*s->line));
	s->line[0] = NULL;
	while ((line = strsep(&rest, "\n")) != NULL) {
		s->line = ps_grow(s->line, s->count + 2, sizeof(*s->line));
		s->line[++s->count] = line;
	}
}

static bool
read_source(struct source *s, const struct side *side, const char *path)
{
	char *full = ps_format("%s/%s", side->folder, path);
	size_t size;
	int error = file_read(full, &s->text, &size);

	free(full);
	if (error != 0)
		return false;
	s->path = ps_copy(path);
	split_lines(s);
	s->code = ps_grow(NULL, s->count + 2, sizeof(*s->code));
	memset(s->code, 0, (s->count + 2) * sizeof(*s->code));
	s->ran = json_array();
	for (unsigned i = 0; i <= s->count; i++)
		json_array_append_new(s->ran, json_null());
	return true;
}

static void
mark_code(struct source *s, const json_t *lines)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
		if (json_integer_value(line) <= s->count)
			s->code[json_integer_value(line)] = true;
}

static struct source *
find_source(struct view *v, const char *path)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->sources[i].path, path) == 0)
			return &v->sources[i];
	return NULL;
}

static void
mark_row(struct view *v, const json_t *row)
{
	json_t *lines, *line, *who;
	const char *path;
	char *label = ps_format("%s %s", ps_text(row, "path"),
	                        ps_text(row, "scenario"));
	size_t i;

	json_object_foreach(json_object_get(row, "lines_executed"), path,
	                    lines) {
		struct source *s = find_source(v, path);

		json_array_foreach(lines, i, line) {
			size_t at = (size_t)json_integer_value(line);

			if (s == NULL || at > s->count)
				continue;
			who = json_array_get(s->ran, at);
			if (!json_is_object(who))
				json_array_set_new(s->ran, at, json_object());
			json_object_set_new(json_array_get(s->ran, at), label,
			                    json_true());
		}
	}
	free(label);
}

static void
view_open(struct view *v, const struct side *side)
{
	json_t *kernel, *lines, *row;
	const char *path;
	size_t i;

	*v = (struct view){ .side = side };
	json_array_foreach(json_object_get(side->report, "kernels"), i, kernel)
		json_object_foreach(json_object_get(kernel, "lines"), path,
		                    lines) {
			v->sources = ps_grow(v->sources, v->count + 1,
			                     sizeof(*v->sources));
			v->sources[v->count] = (struct source){ 0 };
			if (!read_source(&v->sources[v->count], side, path))
				continue;
			mark_code(&v->sources[v->count++], lines);
		}
	json_array_foreach(json_object_get(side->report, "rows"), i, row)
		mark_row(v, row);
}

static void
view_close(struct view *v)
{
	for (size_t i = 0; i < v->count; i++) {
		struct source *s = &v->sources[i];

		json_decref(s->ran);
		free(s->line);
		free(s->text);
		free(s->code);
		free(s->path);
	}
	free(v->sources);
}

bool
lines_tested(const json_t *report, const char *path)
{
	json_t *kernel, *source;
	size_t i, k;

	json_array_foreach(json_object_get(report, "kernels"), i, kernel) {
		if (json_object_get(json_object_get(kernel, "lines"), path))
			return true;
		json_array_foreach(json_object_get(kernel, "sources"), k,
		                   source) {
			const char *have = ps_text(source, "path");
			const size_t n = strlen(have), m = strlen(path);

			if (n >= m && strcmp(have + n - m, path) == 0 &&
			    (n == m || have[n - m - 1] == '/'))
				return true;
		}
	}
	return false;
}

/* ---- one line ------------------------------------------------------------------ */

static bool
is_blank(const char *line)
{
	return line[strspn(line, " \t\r")] == '\0';
}

/* Does a statement end on this line, or nothing begin or go on? */
static bool
ends_statement(const char *line)
{
	const char *end = line + strlen(line), *slash = strstr(line, "/*");

	if (slash != NULL && strstr(slash, "*/") != NULL)
		end = slash;
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	line += strspn(line, " \t");
	return end <= line || *line == '#' || strchr(";{}:/", end[-1]) != NULL;
}

static struct state
state_of(const struct source *s, unsigned line)
{
	json_t *who;

	if (line == 0 || line > s->count || !s->code[line])
		return (struct state){ no_code, NULL };
	who = json_array_get(s->ran, line);
	if (!json_is_object(who))
		return (struct state){ missed, NULL };
	return (struct state){ executed, who };
}

/* KASSERT( and the like: who knows when they look at their arguments? */
static bool
has_macro_call(const char *line)
{
	unsigned capitals = 0;

	for (; *line != '\0'; line++) {
		if (*line == '(' && capitals > 2)
			return true;
		capitals = isupper((unsigned char)*line) || *line == '_' ?
		    capitals + 1 : 0;
	}
	return false;
}

/*
 * The line on which the statement of this one begins to have code; only when
 * that one cannot be executed without this one.
 */
static struct state
state_of_statement(const struct source *s, unsigned line)
{
	struct state none = { no_code, NULL };

	if (is_blank(s->line[line]))
		return none;
	while (line > 1 && !ends_statement(s->line[line - 1])) {
		const char *text = s->line[--line];

		if (strstr(text, "&&") != NULL || strstr(text, "||") != NULL ||
		    strchr(text, '?') != NULL || has_macro_call(text))
			return none;
		if (s->code[line])
			return state_of(s, line);
	}
	return none;
}

static bool
mentions(const char *line, const char *name)
{
	const size_t n = strlen(name);

	for (const char *p = line; (p = strstr(p, name)) != NULL; p++)
		if ((p == line || (!isalnum((unsigned char)p[-1]) &&
		    p[-1] != '_')) && !isalnum((unsigned char)p[n]) &&
		    p[n] != '_')
			return true;
	return false;
}

/* The macro that a line defines, or goes on to define; malloc'ed or NULL. */
static char *
macro_at(const struct source *s, unsigned line)
{
	const char *p;

	while (line > 1 && ps_has_suffix(s->line[line - 1], "\\"))
		line--;
	p = s->line[line];
	p += strspn(p, " \t");
	if (*p != '#')
		return NULL;
	p += 1 + strspn(p + 1, " \t");
	if (strncmp(p, "define", 6) != 0)
		return NULL;
	p += 6 + strspn(p + 6, " \t");
	for (size_t n = 0;; n++)
		if (!isalnum((unsigned char)p[n]) && p[n] != '_')
			return n != 0 ? ps_format("%.*s", (int)n, p) : NULL;
}

/* Where tested code uses a macro: the best state of those lines. */
static struct state
state_of_macro(struct view *v, const char *name, unsigned depth)
{
	struct state best = { no_code, NULL };

	for (size_t i = 0; i < v->count && depth < MAX_DEPTH; i++) {
		const struct source *s = &v->sources[i];

		for (unsigned l = 1; l <= s->count && best.rows == NULL; l++) {
			struct state one = { no_code, NULL };
			char *outer;

			if (!mentions(s->line[l], name))
				continue;
			outer = macro_at(s, l);
			if (outer == NULL)
				one = state_of(s, l);
			else if (strcmp(outer, name) != 0)
				one = state_of_macro(v, outer, depth + 1);
			free(outer);
			if (one.name != no_code)
				best = one;
		}
	}
	return best;
}

/* Sources that have no code of their own: headers with macros. */
static struct state
state_elsewhere(struct view *v, const struct source *s, unsigned line)
{
	char *macro = macro_at(s, line);
	struct state state = { no_code, NULL };

	if (macro != NULL)
		state = state_of_macro(v, macro, 0);
	free(macro);
	return state;
}

static struct state
judge_line(struct view *v, const struct source *s, unsigned line, bool tested)
{
	struct state state = { no_code, NULL }, other;
	const char *text;

	if (line == 0 || line > s->count)
		return state;
	text = s->line[line];
	text += strspn(text, " \t");
	if (is_blank(text) || strncmp(text, "/*", 2) == 0 || *text == '*' ||
	    strncmp(text, "//", 2) == 0)
		return state;
	if (!tested) {
		/* Nobody ran it. */
		state.name = ps_has_suffix(s->path, ".c") ||
		    ps_has_suffix(s->path, ".S") ||
		    ps_has_suffix(s->path, ".h") ? missed : no_code;
		return state;
	}
	state = state_of(s, line);
	other = state;
	if (state.name != executed)
		other = state_of_statement(s, line);
	if (other.name == no_code && state.name == no_code)
		other = state_elsewhere(v, s, line);
	return other.name == executed || state.name == no_code ? other : state;
}

/* ---- the patch ----------------------------------------------------------------- */

struct cover {
	struct view base, head;
	unsigned changed, executable, executed;
	json_t *files;
};

static void
add_line(struct cover *c, json_t *list, unsigned line, struct state state,
         bool removed)
{
	json_t *out = json_pack("{s:i, s:s, s:[]}", "line", (int)line, "state",
	                        state.name, "rows"), *unused;
	const char *row;

	json_object_foreach(state.rows, row, unused)
		json_array_append_new(json_object_get(out, "rows"),
		                      json_string(row));
	if (removed)
		json_object_set_new(out, "removed", json_true());
	json_array_append_new(list, out);
	c->changed++;
	c->executable += state.name != no_code;
	c->executed += state.name == executed;
}

/* A run of lines that go and lines that come. */
struct run {
	unsigned old, nold, new, nnew;
};

struct pair {
	struct source *old, *new;       /* of one file; NULL: not there */
	bool tested;
	json_t *lines;
};

static void
end_run(struct cover *c, struct pair *p, struct run *r)
{
	for (unsigned i = 0; i < r->nnew && p->new != NULL; i++)
		add_line(c, p->lines, r->new + i, judge_line(&c->head, p->new,
		         r->new + i, p->tested), false);
	/* Only taken away: it is the base that shows whether it mattered. */
	for (unsigned i = 0; i < r->nold && r->nnew == 0 && p->old != NULL; i++)
		add_line(c, p->lines, r->old + i, judge_line(&c->base, p->old,
		         r->old + i, p->tested), true);
	r->nold = r->nnew = 0;
}

static void
cover_hunk(struct cover *c, struct pair *p, const struct patch_hunk *h)
{
	const char *at = h->body, *end = h->body + h->size, *line;
	unsigned old = h->old_line, new = h->new_line;
	struct run run = { 0 };
	size_t size;

	while (patch_line(&at, end, &line, &size)) {
		char kind = size != 0 ? *line : ' ';

		if (kind == '-') {
			run.old = run.nold++ == 0 ? old : run.old;
			old++;
		} else if (kind == '+') {
			run.new = run.nnew++ == 0 ? new : run.new;
			new++;
		} else if (kind != '\\') {
			end_run(c, p, &run);
			old++;
			new++;
		}
	}
	end_run(c, p, &run);
}

/* The file as this side has it: with code, or just its text in *own. */
static struct source *
source_of(struct view *v, const char *path, struct source *own)
{
	struct source *s = path != NULL ? find_source(v, path) : NULL;

	*own = (struct source){ 0 };
	if (s == NULL && path != NULL && read_source(own, v->side, path))
		s = own;
	return s;
}

static void
source_clear(struct source *own)
{
	json_decref(own->ran);
	free(own->line);
	free(own->text);
	free(own->code);
	free(own->path);
}

static void
cover_file(struct cover *c, const struct patch_file *f)
{
	const char *path = f->new != NULL ? f->new : f->old;
	struct source old, new;
	struct pair pair = {
		.old = source_of(&c->base, f->old, &old),
		.new = source_of(&c->head, f->new, &new),
		.tested = lines_tested(c->head.side->report, path) ||
		    lines_tested(c->base.side->report, path),
		.lines = json_array()
	};

	for (size_t i = 0; i < f->nhunks; i++)
		cover_hunk(c, &pair, &f->hunks[i]);
	json_array_append_new(c->files, json_pack("{s:s, s:b, s:o}", "path",
	    path, "tested", pair.tested, "lines", pair.lines));
	source_clear(&old);
	source_clear(&new);
}

json_t *
lines_cover(const struct patch *change, const struct side *base,
            const struct side *head)
{
	struct cover c = { .files = json_array() };
	json_t *out;

	view_open(&c.base, base);
	view_open(&c.head, head);
	for (size_t i = 0; i < change->nfiles; i++)
		cover_file(&c, &change->files[i]);
	out = json_pack("{s:i, s:i, s:i, s:o}", "changed", (int)c.changed,
	                "executable", (int)c.executable, "executed",
	                (int)c.executed, "files", c.files);
	view_close(&c.base);
	view_close(&c.head);
	return out;
}
