/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * saved: see saved.h.
 */
#include "cli/saved.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "pmapshim/build/sha256.h"

/* A field of a string. */
struct field {
	const char *key;
	char *value;
};

#define MAX_FIELDS 20
/* In a string the first digits of an identification are enough. */
#define SHORT_ID 8

static void
print_id(char buf[17], uint64_t value)
{
	snprintf(buf, 17, "%016" PRIx64, value);
}

/* From a string an identification has fewer digits. */
static bool
same_id(const char *saved, const char *id)
{
	return *saved != '\0' && strncmp(saved, id, strlen(saved)) == 0;
}

json_t *
sources_to_json(const struct kernel_object *k)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < k->nsources; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "path",
		                      k->sources[i].path, "sha256",
		                      k->sources[i].sha256));
	return list;
}

json_t *
inputs_to_json(const struct kernel_object *k)
{
	char hex[SHA256_HEX_SIZE] = "";
	const char *slash;
	json_t *list;

	if (k->nsources != 0 || k->so == NULL)
		return sources_to_json(k);
	if (sha256_file(k->so, hex) != 0)
		hex[0] = '\0';
	slash = strrchr(k->so, '/');
	list = json_array();
	json_array_append_new(list, json_pack("{s:s, s:s}", "path",
	    slash != NULL ? slash + 1 : k->so, "sha256", hex));
	return list;
}

static const char *
text_of(const json_t *root, const char *key)
{
	const char *text = json_string_value(json_object_get(root, key));

	return text != NULL ? text : "";
}

static void
print_sources_id(char buf[17], const json_t *inputs)
{
	uint64_t h = json_array_size(inputs);
	json_t *one;
	size_t i;

	json_array_foreach(inputs, i, one)
		h = cli_hash(h, text_of(one, "sha256"),
		             strlen(text_of(one, "sha256")));
	print_id(buf, h);
}

void
saved_clear(struct saved *s)
{
	free(s->tree);
	free(s->signature);
	free(s->choices);
	json_decref(s->sources);
	memset(s, 0, sizeof(*s));
}

void
saved_make(struct saved *s, const struct row *r, const char *signature,
           const struct schedule *schedule, uint64_t outcome)
{
	memset(s, 0, sizeof(*s));
	rowtext_from_row(&s->row, r);
	/* From wherever it is replayed. */
	if (r->object->tree != NULL)
		s->tree = realpath(r->object->tree, NULL);
	if (r->object->tree != NULL && s->tree == NULL)
		s->tree = cli_copy(r->object->tree);
	s->sources = inputs_to_json(r->object);
	print_sources_id(s->sources_id, s->sources);
	s->signature = cli_copy(signature);
	s->choices = schedule_print(schedule);
	print_id(s->outcome, outcome);
}

/* The check value of a file: over everything else in it, in key order. */
static void
check_json(const json_t *root, char buf[17])
{
	json_t *copy = json_copy((json_t *)root);
	char *text;

	json_object_del(copy, "check");
	text = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
	if (text == NULL)
		cli_fail(CLI_UNFINISHED, "out of memory; use fewer --jobs");
	print_id(buf, cli_hash(0, text, strlen(text)));
	free(text);
	json_decref(copy);
}

json_t *
saved_to_json(const struct saved *s)
{
	json_t *root = json_object();
	char check[17];

	json_object_set_new(root, "version", json_integer(1));
	rowtext_to_json(&s->row, root);
	json_object_set_new(root, "tree", s->tree != NULL ?
	                    json_string(s->tree) : json_null());
	if (s->sources != NULL)
		json_object_set(root, "sources", s->sources);
	json_object_set_new(root, "sources_id", json_string(s->sources_id));
	json_object_set_new(root, "signature", json_string(s->signature));
	json_object_set_new(root, "outcome", json_string(s->outcome));
	json_object_set_new(root, "choices", json_string(s->choices));
	check_json(root, check);
	json_object_set_new(root, "check", json_string(check));
	return root;
}

int
saved_from_json(struct saved *s, const json_t *root, char **ret_why)
{
	char check[17];

	memset(s, 0, sizeof(*s));
	if (!json_is_object(root) ||
	    json_integer_value(json_object_get(root, "version")) != 1) {
		*ret_why = cli_copy("not a schedule file of version 1");
		return -1;
	}
	check_json(root, check);
	if (strcmp(check, text_of(root, "check")) != 0) {
		*ret_why = cli_copy("damaged: the check value does not fit; "
		                    "get the file again");
		return -1;
	}
	if (rowtext_from_json(&s->row, root, ret_why) != 0)
		return -1;
	if (json_is_string(json_object_get(root, "tree")))
		s->tree = cli_copy(text_of(root, "tree"));
	s->sources = json_incref(json_object_get(root, "sources"));
	snprintf(s->sources_id, sizeof(s->sources_id), "%s",
	         text_of(root, "sources_id"));
	snprintf(s->outcome, sizeof(s->outcome), "%s",
	         text_of(root, "outcome"));
	s->signature = cli_copy(text_of(root, "signature"));
	s->choices = cli_copy(text_of(root, "choices"));
	return 0;
}

/* Blanks between choices become commas and back. */
static char *
swap_blanks(const char *text, char from, char to)
{
	char *copy = cli_copy(text);

	for (char *p = copy; *p != '\0'; p++)
		if (*p == from)
			*p = to;
	return copy;
}

/* Fields of a string: what is not there has its value as it comes. */
static const struct string_field {
	const char *key, *json, *standard;
} string_fields[] = {
	{ "k", "kernel", NULL },
	{ "p", "path", NULL },
	{ "s", "scenario", NULL },
	{ "m", "mode", NULL },
	{ "l", "place", "" },
	{ "x", "vp_index", "" },
	{ "h", "host", "tlfs" },
	{ "o", "memory", "tso" },
	{ "d", "machine", "full" },
	{ "b", "mutant", "" },
	{ "w", "without", "" },
};
#define STRING_FIELDS (sizeof(string_fields) / sizeof(string_fields[0]))

static void
add_field(char **text, const char *key, const char *value)
{
	char *more = cli_format("%s%s%s=%s", *text, strcmp(*text,
	                        SAVED_PREFIX) != 0 ? ";" : "", key, value);

	free(*text);
	*text = more;
}

char *
saved_to_string(const struct saved *s)
{
	char *text = cli_copy(SAVED_PREFIX), *choices, check[17], vcpus[16];
	json_t *row = json_object();

	rowtext_to_json(&s->row, row);
	for (size_t i = 0; i < STRING_FIELDS; i++) {
		const struct string_field *f = &string_fields[i];

		if (f->standard == NULL ||
		    (*text_of(row, f->json) != '\0' &&
		     strcmp(text_of(row, f->json), f->standard) != 0))
			add_field(&text, f->key, text_of(row, f->json));
	}
	json_decref(row);
	snprintf(vcpus, sizeof(vcpus), "%u", s->row.vcpus);
	add_field(&text, "n", vcpus);
	if (s->row.strict)
		add_field(&text, "t", "1");
	add_field(&text, "f", s->signature);
	snprintf(check, sizeof(check), "%.8s", s->sources_id);
	add_field(&text, "i", check);
	snprintf(check, sizeof(check), "%.8s", s->outcome);
	add_field(&text, "r", check);
	choices = swap_blanks(s->choices, ' ', ',');
	add_field(&text, "c", choices);
	free(choices);
	print_id(check, cli_hash(0, text, strlen(text)));
	check[SHORT_ID] = '\0';
	add_field(&text, "e", check);
	return text;
}

static const char *
field(const struct field *fields, unsigned n, const char *key)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(fields[i].key, key) == 0)
			return fields[i].value;
	return "";
}

static unsigned
split(char *text, struct field *fields)
{
	unsigned n = 0;
	char *word;

	while (n < MAX_FIELDS && (word = strsep(&text, ";")) != NULL) {
		fields[n].key = word;
		fields[n].value = strchr(word, '=');
		if (fields[n].value == NULL)
			continue;
		*fields[n].value++ = '\0';
		n++;
	}
	return n;
}

/* The row's fields, by way of JSON, so that one place judges them. */
static int
row_from_fields(struct saved *s, const struct field *f, unsigned n,
                char **ret_why)
{
	json_t *root = json_object();
	int result;

	for (size_t i = 0; i < STRING_FIELDS; i++) {
		const struct string_field *g = &string_fields[i];
		const char *value = field(f, n, g->key);

		json_object_set_new(root, g->json, json_string(*value == '\0' &&
		    g->standard != NULL ? g->standard : value));
	}
	json_object_set_new(root, "vcpus",
	                    json_integer(atoi(field(f, n, "n"))));
	if (strcmp(field(f, n, "t"), "1") == 0)
		json_object_set_new(root, "strict", json_true());
	result = rowtext_from_json(&s->row, root, ret_why);
	json_decref(root);
	return result;
}

int
saved_from_string(struct saved *s, const char *text, char **ret_why)
{
	const char *mark = strstr(text, ";e=");
	struct field fields[MAX_FIELDS];
	char *copy, check[17];
	unsigned n;
	int result;

	memset(s, 0, sizeof(*s));
	if (mark == NULL ||
	    strncmp(text, SAVED_PREFIX, strlen(SAVED_PREFIX)) != 0) {
		*ret_why = cli_copy("not a whole schedule string; paste all of "
		                    "it, in quotes");
		return -1;
	}
	print_id(check, cli_hash(0, text, (size_t)(mark - text)));
	check[SHORT_ID] = '\0';
	if (strcmp(check, mark + strlen(";e=")) != 0) {
		*ret_why = cli_copy("damaged: the check value does not fit; "
		                    "paste all of it, in quotes");
		return -1;
	}
	copy = cli_copy(text + strlen(SAVED_PREFIX));
	n = split(copy, fields);
	result = row_from_fields(s, fields, n, ret_why);
	snprintf(s->sources_id, sizeof(s->sources_id), "%s",
	         field(fields, n, "i"));
	snprintf(s->outcome, sizeof(s->outcome), "%s",
	         field(fields, n, "r"));
	s->signature = cli_copy(field(fields, n, "f"));
	s->choices = swap_blanks(field(fields, n, "c"), ',', ' ');
	free(copy);
	return result;
}

int
saved_load(struct saved *s, const char *argument, char **ret_why)
{
	json_error_t error;
	json_t *root;
	int result;

	if (strncmp(argument, SAVED_PREFIX, strlen(SAVED_PREFIX)) == 0)
		return saved_from_string(s, argument, ret_why);
	memset(s, 0, sizeof(*s));
	root = json_load_file(argument, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL) {
		*ret_why = error.line > 0 ?
		    cli_format("line %d: %s; not a schedule file", error.line,
		               error.text) : cli_copy(error.text);
		return -1;
	}
	result = saved_from_json(s, root, ret_why);
	json_decref(root);
	return result;
}

bool
saved_same_outcome(const struct saved *s, uint64_t outcome)
{
	char id[17];

	print_id(id, outcome);
	return same_id(s->outcome, id);
}

/* Name of the first input that is not as recorded, for the message. */
static const char *
first_difference(const struct saved *s, const json_t *inputs)
{
	json_t *old;
	size_t i;

	json_array_foreach(s->sources, i, old)
		if (strcmp(text_of(old, "sha256"),
		           text_of(json_array_get(inputs, i), "sha256")) != 0)
			return text_of(old, "path");
	return "the kernel's sources";
}

int
saved_same_sources(const struct saved *s, const struct kernel_object *k,
                   char **ret_why)
{
	json_t *inputs = inputs_to_json(k);
	char id[17];
	int result = -1;

	print_sources_id(id, inputs);
	if (same_id(s->sources_id, id))
		result = 0;
	else if (k->nsources == 0)
		*ret_why = cli_format("recorded with another build of the "
		                      "kernel %s: the SHA-256 of %s differs; "
		                      "--changed looks for the finding in "
		                      "this one; or run check again",
		                      s->row.kernel,
		                      first_difference(s, inputs));
	else
		*ret_why = cli_format("recorded with other sources: the "
		                      "SHA-256 of %s differs; give the tree "
		                      "with --tree, or --changed to look for "
		                      "it in these, or run check again",
		                      first_difference(s, inputs));
	json_decref(inputs);
	return result;
}
