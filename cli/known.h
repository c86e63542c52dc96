/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * known: the list of findings that are known already, in a text file with one
 * line each: signature<TAB>reason<TAB>link.  Empty lines and lines that begin
 * with # do not count.  Reason and link may be left out.
 */
#ifndef SHOOTDOWN_CLI_KNOWN_H
#define SHOOTDOWN_CLI_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

struct known_entry {
	char *signature, *reason, *link;
	bool seen;
};

struct known_list {
	struct known_entry *entries;
	size_t count;
};

/* Reads a file; 0, or -1 with a malloc'ed *ret_why ("FILE:3: ..."). */
int known_load(struct known_list *k, const char *path, char **ret_why);
/* The same for text; path is for messages. */
int known_parse(struct known_list *k, const char *path, const char *text,
                char **ret_why);
struct known_entry *known_find(struct known_list *k, const char *signature);
/* Adds a signature unless it is there. */
void known_add(struct known_list *k, const char *signature,
               const char *reason);
/* The text of the file, sorted by signature; malloc'ed. */
char *known_print(struct known_list *k);
void known_clear(struct known_list *k);

#endif
