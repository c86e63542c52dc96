/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * known: see known.h.
 */
#include "cli/known.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

void
known_clear(struct known_list *k)
{
	for (size_t i = 0; i < k->count; i++) {
		free(k->entries[i].signature);
		free(k->entries[i].reason);
		free(k->entries[i].link);
	}
	free(k->entries);
	memset(k, 0, sizeof(*k));
}

struct known_entry *
known_find(struct known_list *k, const char *signature)
{
	for (size_t i = 0; i < k->count; i++)
		if (strcmp(k->entries[i].signature, signature) == 0)
			return &k->entries[i];
	return NULL;
}

static void
append(struct known_list *k, const char *signature, const char *reason,
       const char *link)
{
	struct known_entry *e;

	k->entries = cli_grow(k->entries, k->count + 1, sizeof(*k->entries));
	e = &k->entries[k->count++];
	e->signature = cli_copy(signature);
	e->reason = cli_copy(reason != NULL ? reason : "");
	e->link = cli_copy(link != NULL ? link : "");
	e->seen = false;
}

void
known_add(struct known_list *k, const char *signature, const char *reason)
{
	if (known_find(k, signature) == NULL)
		append(k, signature, reason, NULL);
}

/* kind/operation/space/leaf/global/path/file: six slashes, no blanks. */
static bool
is_signature(const char *text)
{
	unsigned slashes = 0;

	for (const char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p <= ' ')
			return false;
		slashes += *p == '/';
	}
	return slashes == 6 && *text != '/';
}

static int
parse_line(struct known_list *k, const char *path, unsigned number,
           char *line, char **ret_why)
{
	char *rest = line, *signature, *reason, *link;

	if (*line == '\0' || *line == '#')
		return 0;
	signature = strsep(&rest, "\t");
	reason = strsep(&rest, "\t");
	link = strsep(&rest, "\t");
	if (!is_signature(signature) || rest != NULL) {
		*ret_why = cli_format("%s:%u: not signature<TAB>reason<TAB>"
		                      "link; make the file with --write-known",
		                      path, number);
		return -1;
	}
	if (known_find(k, signature) != NULL) {
		*ret_why = cli_format("%s:%u: the signature was there already; "
		                      "delete this line", path, number);
		return -1;
	}
	append(k, signature, reason, link);
	return 0;
}

int
known_parse(struct known_list *k, const char *path, const char *text,
            char **ret_why)
{
	char *copy = cli_copy(text), *rest = copy, *line;
	unsigned number = 0;
	int result = 0;

	memset(k, 0, sizeof(*k));
	while (result == 0 && (line = strsep(&rest, "\n")) != NULL)
		result = parse_line(k, path, ++number, line, ret_why);
	free(copy);
	if (result != 0)
		known_clear(k);
	return result;
}

int
known_load(struct known_list *k, const char *path, char **ret_why)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t n;
	int result;

	if (f == NULL) {
		*ret_why = cli_format("%s: %s; make it with --write-known",
		                      path, strerror(errno));
		return -1;
	}
	errno = 0;
	n = getdelim(&text, &size, '\0', f);
	if (n < 0 && ferror(f)) {
		*ret_why = cli_format("%s: %s", path, strerror(errno));
		result = -1;
	} else if (n > 0 && text[n - 1] == '\0') {
		*ret_why = cli_format("%s: not a text file", path);
		result = -1;
	} else {
		result = known_parse(k, path, n > 0 ? text : "", ret_why);
	}
	fclose(f);
	free(text);
	return result;
}

static int
by_signature(const void *a, const void *b)
{
	const struct known_entry *x = a, *y = b;

	return strcmp(x->signature, y->signature);
}

char *
known_print(struct known_list *k)
{
	char *text = cli_copy("# signature<TAB>reason<TAB>link\n"), *more;

	if (k->count > 1)
		qsort(k->entries, k->count, sizeof(*k->entries), by_signature);
	for (size_t i = 0; i < k->count; i++) {
		const struct known_entry *e = &k->entries[i];

		more = cli_format("%s%s\t%s\t%s\n", text, e->signature,
		                  e->reason, e->link);
		free(text);
		text = more;
	}
	return text;
}
