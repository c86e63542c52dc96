/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shims: see shims.h.  A header is replaced when a shim of its include name
 * exists; what the compiler says of a missing name is read as gcc and clang
 * say it.
 */
#include "presubmit/shims.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "presubmit/util.h"

/* From where in the tree a header lies to how it is included. */
static const struct {
	const char *kernel, *folder, *name;
} places[] = {
	{ "freebsd", "sys/amd64/include/", "machine/" },
	{ "freebsd", "sys/x86/include/", "x86/" },
	{ "freebsd", "sys/", "" },
	{ "freebsd", "amd64/include/", "machine/" },
	{ "freebsd", "x86/include/", "x86/" },
	{ "freebsd", "", "" },
	{ "linux", "arch/x86/include/uapi/", "" },
	{ "linux", "arch/x86/include/", "" },
	{ "linux", "include/uapi/", "" },
	{ "linux", "include/", "" },
};

char *
shims_replacing(const char *shims, const char *kernel, const char *path)
{
	static const char *const kinds[] = { "custom", "stub" };
	const char *below = NULL, *name = NULL;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) &&
	     below == NULL; i++) {
		const size_t n = strlen(places[i].folder);

		if (strcmp(places[i].kernel, kernel) != 0 ||
		    strncmp(places[i].folder, path, n) != 0)
			continue;
		below = path + n;
		name = places[i].name;
	}
	for (size_t k = 0; k < 2 && below != NULL; k++) {
		char *shim = ps_format("%s/%s/%s%s", kernel, kinds[k], name,
		                       below);
		char *full = ps_format("%s/%s", shims, shim);
		const bool there = access(full, F_OK) == 0;

		free(full);
		if (there)
			return shim;
		free(shim);
	}
	return NULL;
}

/* ---- what the compiler misses ----------------------------------------------------- */

static char *
word_at(const char *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p[n]) || p[n] == '_')
		n++;
	return n != 0 ? ps_format("%.*s", (int)n, p) : NULL;
}

/* The name in quotes nearest before or after `at`. */
static char *
quoted(const char *line, const char *at, bool before)
{
	const char *quote = NULL;

	for (const char *p = line; *p != '\0'; p++) {
		if (*p != '\'' || (!isalnum((unsigned char)p[1]) &&
		    p[1] != '_'))
			continue;
		if (before && p < at)
			quote = p;
		if (!before && p >= at && quote == NULL)
			quote = p;
	}
	return quote != NULL ? word_at(quote + 1) : NULL;
}

/* The missing name; *ret_header: it is a header.  malloc'ed, or NULL. */
static char *
missing_name(const char *line, bool *ret_header)
{
	static const struct {
		const char *words;
		bool before;            /* the name comes before them */
	} forms[] = {
		{ "undeclared (first use", true },
		{ "undeclared here", true },
		{ "undeclared identifier", false },
		{ "implicit declaration of function", false },
		{ "call to undeclared function", false },
		{ "unknown type name", false },
		{ "has no member named", false },
		{ "no member named", false },
		{ "invalid use of undefined type", false },
		{ "is found neither", true },
	};
	static const char linking[] = "nor in the shim: ";
	static const char none[] = ": No such file or directory";
	const char *at;

	*ret_header = false;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if ((at = strstr(line, forms[i].words)) != NULL)
			return quoted(line, at, forms[i].before);
	if ((at = strstr(line, linking)) != NULL)
		return word_at(at + strlen(linking));
	at = strstr(line, none);
	if (at != NULL) {
		const char *start = at;

		while (start > line && start[-1] != ' ')
			start--;
		*ret_header = true;
		return ps_format("%.*s", (int)(at - start), start);
	}
	at = strstr(line, "' file not found");
	if (at != NULL) {
		const char *start = at;

		while (start > line && start[-1] != '\'')
			start--;
		*ret_header = true;
		return ps_format("%.*s", (int)(at - start), start);
	}
	return NULL;
}

/* ---- where the patch defines it --------------------------------------------------- */

static bool
has_word(const char *line, size_t size, const char *word)
{
	const size_t n = strlen(word);

	for (size_t i = 0; i + n <= size; i++)
		if (memcmp(line + i, word, n) == 0 &&
		    (i == 0 || (!isalnum((unsigned char)line[i - 1]) &&
		    line[i - 1] != '_')) &&
		    (i + n == size || (!isalnum((unsigned char)line[i + n]) &&
		    line[i + n] != '_')))
			return true;
	return false;
}

static bool
adds_word(const struct patch_file *f, const char *word)
{
	for (size_t i = 0; i < f->nhunks; i++) {
		const char *at = f->hunks[i].body, *line;
		const char *end = at + f->hunks[i].size;
		size_t size;

		while (patch_line(&at, end, &line, &size))
			if (size != 0 && *line == '+' &&
			    has_word(line + 1, size - 1, word))
				return true;
	}
	return false;
}

/* The replaced header in which the patch adds the name. */
static const char *
added_in(const char *shims, const char *kernel, const struct patch *change,
         const char *name, char **ret_shim)
{
	for (size_t i = 0; i < change->nfiles; i++) {
		const struct patch_file *f = &change->files[i];

		if (f->new == NULL || !adds_word(f, name))
			continue;
		*ret_shim = shims_replacing(shims, kernel, f->new);
		if (*ret_shim != NULL)
			return f->new;
	}
	return NULL;
}

char *
shims_advice(const char *shims, const char *kernel,
             const struct patch *change, const char *complaint)
{
	bool header;
	char *name = missing_name(complaint, &header), *shim = NULL, *out;
	const char *from;

	if (name == NULL)
		return ps_format("does not compile: %s", complaint);
	from = added_in(shims, kernel, change, name, &shim);
	if (header)
		out = ps_format("does not compile against the shims: they have "
		    "no header %s; add pmapshim/%s/stub/%s (docs/adding.md): %s",
		    name, kernel, name, complaint);
	else if (from != NULL)
		out = ps_format("does not compile against the shims: the patch "
		    "adds '%s' to %s, in whose place pmapshim/%s stands; add it "
		    "there: %s", name, from, shim, complaint);
	else
		out = ps_format("does not compile against the shims: they have "
		    "no '%s'; add it below pmapshim/%s/stub when it may do "
		    "nothing, below custom when it matters, in the header that "
		    "has it in the kernel (docs/adding.md): %s", name, kernel,
		    complaint);
	free(shim);
	free(name);
	return out;
}
