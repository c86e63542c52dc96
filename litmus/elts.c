/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elts: the external suite: JSON to rows, rows to tests.
 *
 * Facts from the output of TransForm (its model x86t_elt, commit ff5c052).
 * Each row is a forbidden outcome.  Each test has, beside it, what an execution
 * in order shows; that has to be reached.
 */
#include "litmus/elts.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "litmus/parse.h"

#define TOOL "TransForm ff5c052, x86t_elt"

/* Text that grows; the caller frees what it ends as. */
struct text {
	char *text;
	size_t size;
	FILE *out;
};

static void
text_start(struct text *t)
{
	t->out = open_memstream(&t->text, &t->size);
	if (t->out == NULL)
		abort();
}

/* Parses the text.  Returns NULL, or a reason: the row makes no sense, as an
 * outcome about the register of a store would not. */
static const char *
text_parse(struct text *t, struct litmus_test *ret)
{
	struct litmus_error e;
	int result;

	fclose(t->out);
	result = litmus_parse(t->text, t->size, ret, &e);
	free(t->text);
	return result == 0 ? NULL : "a row that no test can say";
}

/* ---- rows ---------------------------------------------------------------- */

static void
print_clause(const char *quantifier, const struct elts_program *p,
             const struct elts_outcome *o, FILE *out)
{
	fprintf(out, "%s (", quantifier);
	elts_print_outcome(p, o, out);
	fputs(")\n", out);
}

static void
print_in_order(const struct elts_program *p, FILE *out)
{
	struct elts_outcome o;

	elts_in_order(p, &o);
	print_clause("required", p, &o, out);
}

static void
make_test(struct litmus_elts_row *row, const struct elts_program *p,
          const struct elts_outcome *o)
{
	char *doc;
	struct text t;

	if (asprintf(&doc, TOOL ": row %s", row->id) < 0)
		abort();
	text_start(&t);
	elts_print_program(p, row->id, doc, t.out);
	print_clause("forbidden", p, o, t.out);
	print_in_order(p, t.out);
	row->reason = text_parse(&t, &row->test);
	free(doc);
}

/* ---- without the INVLPG -------------------------------------------------- */

/* The access that the outcome sees using the initial entry. */
static unsigned
stale_access(const struct elts_program *p, const struct elts_outcome *o)
{
	for (unsigned i = 0; i < o->count; i++) {
		if (o->atom[i].kind == ELT_SOURCE && o->atom[i].b.number == 0)
			return elts_find(p, o->atom[i].a.number);
	}
	return ~0u;
}

/* Takes away the last INVLPG before the access.  NULL: there is none. */
static struct elt *
delete_invlpg(struct elts_program *p, unsigned access)
{
	for (unsigned i = access; i-- > 0;) {
		struct elt *const e = &p->elt[i];

		if (e->thread == p->elt[access].thread &&
		    e->kind == ELT_INVLPG) {
			e->deleted = true;
			return e;
		}
	}
	return NULL;
}

/*
 * Does a D update precede the remap in the outcome?  Then the access cannot
 * wait for it: across threads the remap edge goes with its INVLPG.
 */
static bool
precedes_remap(const struct elts_outcome *o, unsigned remap)
{
	for (unsigned i = 0; i < o->count; i++) {
		const struct elt_atom *const a = &o->atom[i];

		if (a->kind == ELT_ORDER && a->a.dirty && !a->b.dirty &&
		    a->b.number == remap)
			return true;
	}
	return false;
}

static void
make_without(struct litmus_elts_row *row, struct elts_program p,
             const struct elts_outcome *o)
{
	const unsigned access = stale_access(&p, o);
	struct elt *const e = access != ~0u ? delete_invlpg(&p, access) : NULL;
	char *name, *doc;
	struct text t;

	if (e == NULL)
		return;
	e->alone = precedes_remap(o, e->remap);
	if (asprintf(&name, "%s-no-invlpg", row->id) < 0 ||
	    asprintf(&doc, TOOL ": row %s with its INVLPG i%u deleted",
	             row->id, e->number) < 0)
		abort();
	text_start(&t);
	elts_print_program(&p, name, doc, t.out);
	print_clause("required", &p, o, t.out);
	row->has_without = text_parse(&t, &row->without) == NULL;
	free(name);
	free(doc);
}

/* ---- programs ------------------------------------------------------------ */

/* "M05" of "M05.3", "T03" of "T03b". */
static int
family_size(const char *id)
{
	return (int)(1 + strspn(id + (*id != '\0'), "0123456789"));
}

static bool
same_program(const struct litmus_elts_row *a, const struct litmus_elts_row *b)
{
	return a->invlpg == b->invlpg && strcmp(a->program, b->program) == 0;
}

/* Is it an applicable row of the same program? */
static bool
belongs(const struct litmus_elts *e, unsigned first, unsigned i)
{
	return e->row[i].reason == NULL &&
	    same_program(&e->row[first], &e->row[i]);
}

/* "rows T03b c d"; those of one program have one family. */
static void
print_rows(const struct litmus_elts *e, unsigned first, FILE *out)
{
	const int family = family_size(e->row[first].id);
	unsigned count = 0;

	for (unsigned i = first; i < e->rows; i++)
		count += belongs(e, first, i);
	fprintf(out, TOOL ": row%s %s", count == 1 ? "" : "s",
	        e->row[first].id);
	for (unsigned i = first + 1; i < e->rows; i++) {
		const char *const id = e->row[i].id;

		if (!belongs(e, first, i))
			continue;
		if (strncmp(id, e->row[first].id, (size_t)family) != 0)
			fprintf(out, " %s", id);
		else
			fprintf(out, " %s", id + family + (id[family] == '.'));
	}
}

static void
print_forbidden(const struct litmus_elts *e, unsigned first,
                const struct elts_program *p, FILE *out)
{
	struct elts_outcome o;

	for (unsigned i = first; i < e->rows; i++) {
		if (!belongs(e, first, i))
			continue;
		elts_parse_outcome(e->row[i].outcome, &o);
		print_clause("forbidden", p, &o, out);
	}
}

/* The test of all rows of the program, the first of which is `first`. */
static void
make_program(struct litmus_elts *e, unsigned first)
{
	const struct litmus_elts_row *const row = &e->row[first];
	struct text doc, t;
	struct elts_program p;
	char *name;

	if (asprintf(&name, "%.*s%s", family_size(row->id), row->id,
	             row->invlpg ? "-invlpg" : "") < 0)
		abort();
	text_start(&doc);
	print_rows(e, first, doc.out);
	fclose(doc.out);
	elts_parse_program(row->program, &p);
	p.invlpg = row->invlpg;
	text_start(&t);
	elts_print_program(&p, name, doc.text, t.out);
	print_forbidden(e, first, &p, t.out);
	print_in_order(&p, t.out);
	e->program = litmus_grow(e->program, e->programs, sizeof(*e->program));
	if (text_parse(&t, &e->program[e->programs]) == NULL)
		e->programs++;
	free(doc.text);
	free(name);
}

static bool
is_first(const struct litmus_elts *e, unsigned row)
{
	for (unsigned i = 0; i < row; i++) {
		if (belongs(e, row, i))
			return false;
	}
	return e->row[row].reason == NULL;
}

/* ---- JSON ---------------------------------------------------------------- */

static char *
string_of(const json_t *row, const char *key)
{
	const char *const s = json_string_value(json_object_get(row, key));

	return s != NULL ? litmus_copy(s, strlen(s)) : NULL;
}

/* "invlpg,sc_per_loc" */
static char *
axioms_of(const json_t *row, bool *ret_invlpg)
{
	const json_t *const list = json_object_get(row, "ax");
	const char *before = "";
	struct text t;
	size_t i;
	json_t *one;

	text_start(&t);
	json_array_foreach(list, i, one) {
		const char *const name = json_string_value(one);

		fprintf(t.out, "%s%s", before, name != NULL ? name : "?");
		before = ",";
		*ret_invlpg |= name != NULL && strcmp(name, "invlpg") == 0;
	}
	fclose(t.out);
	return t.text;
}

/* "T03b", "M05.10": it becomes the name of a file. */
static bool
is_id(const char *id)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.";

	return id != NULL && *id != '\0' && *id != '.' && strlen(id) <= 16 &&
	    id[strspn(id, allowed)] == '\0';
}

/* Returns false if the row is not one. */
static bool
read_row(struct litmus_elts *e, const json_t *json)
{
	struct litmus_elts_row *row;
	struct elts_program p;
	struct elts_outcome o;

	e->row = litmus_grow(e->row, e->rows, sizeof(*e->row));
	row = &e->row[e->rows++];
	row->id = string_of(json, "id");
	row->cls = string_of(json, "cls");
	row->program = string_of(json, "program");
	row->outcome = string_of(json, "outcome");
	row->axioms = axioms_of(json, &row->invlpg);
	if (!is_id(row->id) || row->cls == NULL || row->program == NULL ||
	    row->outcome == NULL)
		return false;
	row->reason = elts_parse_program(row->program, &p);
	if (row->reason == NULL)
		row->reason = elts_parse_outcome(row->outcome, &o);
	if (row->reason == NULL)
		row->reason = elts_not_applicable(&p, &o);
	if (row->reason != NULL)
		return true;
	p.invlpg = row->invlpg;
	make_test(row, &p, &o);
	if (row->invlpg && row->reason == NULL)
		make_without(row, p, &o);
	return true;
}

static int
read_rows(struct litmus_elts *e, const json_t *root, char *error, size_t size)
{
	size_t i;
	json_t *row;

	if (!json_is_array(root) || json_array_size(root) == 0) {
		snprintf(error, size, "expected an array of rows");
		return -1;
	}
	json_array_foreach(root, i, row) {
		if (!read_row(e, row)) {
			snprintf(error, size, "row %zu has no id, cls, program "
			         "or outcome", i + 1);
			return -1;
		}
	}
	for (unsigned n = 0; n < e->rows; n++) {
		if (is_first(e, n))
			make_program(e, n);
	}
	return 0;
}

int
litmus_elts_read(const char *path, struct litmus_elts *ret, char *error,
                 size_t size)
{
	json_error_t why;
	json_t *const root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	int result;

	memset(ret, 0, sizeof(*ret));
	if (root == NULL) {
		if (why.line > 0)
			snprintf(error, size, "%d:%d: %s", why.line, why.column,
			         why.text);
		else
			snprintf(error, size, "%s", why.text);
		return -1;
	}
	result = read_rows(ret, root, error, size);
	json_decref(root);
	if (result != 0)
		litmus_elts_free(ret);
	return result;
}

void
litmus_elts_free(struct litmus_elts *e)
{
	for (unsigned i = 0; i < e->rows; i++) {
		struct litmus_elts_row *const row = &e->row[i];

		free(row->id);
		free(row->cls);
		free(row->axioms);
		free(row->program);
		free(row->outcome);
		litmus_free(&row->test);
		litmus_free(&row->without);
	}
	for (unsigned i = 0; i < e->programs; i++)
		litmus_free(&e->program[i]);
	free(e->row);
	free(e->program);
	memset(e, 0, sizeof(*e));
}
