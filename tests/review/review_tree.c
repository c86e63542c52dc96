/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * review_tree: see review_tree.h.  Files are written with their folders.
 */
#include "review_tree.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pmapshim/build/text.h"

static char details[16384];

void
tree_new(struct review_tree *t, const char *kernel)
{
	static char cache[80];

	*t = (struct review_tree){ .in = { .kernel = kernel } };
	strcpy(t->dir, "/tmp/shootdown-review.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(t->dir));
	snprintf(cache, sizeof(cache), "%s/cache", t->dir);
	t->in.tree = t->dir;
	t->in.cache = cache;
}

static void
run(const char *format, const char *a, const char *b)
{
	char command[1024];

	snprintf(command, sizeof(command), format, a, b);
	ck_assert_int_eq(system(command), 0);
}

void
tree_copy(struct review_tree *t, const char *from)
{
	run("cp -rL '%s/.' '%s' && chmod -R u+w '%2$s'", from, t->dir);
}

void
tree_write(struct review_tree *t, const char *file, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", t->dir, file);
	for (char *s = path + strlen(t->dir) + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		(void)mkdir(path, 0777);
		*s = '/';
	}
	ck_assert_int_eq(file_write(path, text, strlen(text)), 0);
}

void
tree_edit(struct review_tree *t, const char *file, const char *from,
          const char *to)
{
	char path[512], *data, *p;
	size_t size;
	struct text out = { 0 };

	snprintf(path, sizeof(path), "%s/%s", t->dir, file);
	ck_assert_int_eq(file_read(path, &data, &size), 0);
	p = data;
	ck_assert_msg(strstr(p, from) != NULL, "%s has no '%s'", file, from);
	for (char *q; (q = strstr(p, from)); p = q + strlen(from)) {
		text_put(&out, p, (size_t)(q - p));
		text_printf(&out, "%s", to);
	}
	text_printf(&out, "%s", p);
	ck_assert_int_eq(file_write(path, out.s, out.len), 0);
	text_clear(&out);
	free(data);
}

size_t
tree_line(const struct review_tree *t, const char *file, const char *text)
{
	char path[512], *data;
	const char *at;
	size_t size, line = 1;

	snprintf(path, sizeof(path), "%s/%s", t->dir, file);
	ck_assert_int_eq(file_read(path, &data, &size), 0);
	at = strstr(data, text);
	ck_assert_msg(at != NULL, "%s has no '%s'", file, text);
	for (const char *p = data; p < at; p++)
		line += *p == '\n';
	free(data);
	return line;
}

const char *
tree_check(struct review_tree *t, const char *name)
{
	const char *only[] = { name, NULL };
	char err[512] = "";

	json_decref(t->results);
	t->results = NULL;
	t->in.only = only;
	ck_assert_msg(review_run(&t->in, &t->results, err, sizeof(err)) == 0,
	    "%s", err);
	ck_assert_uint_eq(json_array_size(t->results), 1);
	return json_string_value(json_object_get(json_array_get(t->results, 0),
	    "status"));
}

const char *
tree_why(const struct review_tree *t)
{
	return json_string_value(json_object_get(json_array_get(t->results, 0),
	    "why"));
}

const char *
tree_details(struct review_tree *t)
{
	json_t *list = json_object_get(json_array_get(t->results, 0),
	    "details"), *d;
	size_t i, n = 0;

	details[0] = '\0';
	json_array_foreach(list, i, d)
		if (n < sizeof(details))
			n += (size_t)snprintf(details + n, sizeof(details) - n,
			    "%s:%lld: %s\n",
			    json_string_value(json_object_get(d, "file")),
			    (long long)json_integer_value(json_object_get(d,
			    "line")),
			    json_string_value(json_object_get(d, "text")));
	return details;
}

void
tree_says(struct review_tree *t, const char *words)
{
	const char *why = tree_why(t), *all = tree_details(t);

	ck_assert_msg(strstr(why, words) || strstr(all, words),
	    "no '%s' in: %s\n%s", words, why, all);
}

void
tree_expect(struct review_tree *t, const char *name, const char *status,
            const char *words)
{
	const char *got = tree_check(t, name);

	ck_assert_msg(strcmp(got, status) == 0, "%s: %s, not %s: %s\n%s", name,
	    got, status, tree_why(t), tree_details(t));
	tree_says(t, words);
}

void
tree_free(struct review_tree *t)
{
	json_decref(t->results);
	run("rm -rf '%s'%s", t->dir, "");
}
