/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * structs: structures as the compiler laid them out, from DWARF.
 */
#ifndef SHOOTDOWN_REVIEW_STRUCTS_H
#define SHOOTDOWN_REVIEW_STRUCTS_H

#include <stdbool.h>
#include <stddef.h>

struct member {
	char *name;
	size_t offset, size;	/* bytes; of a flexible array: 0 */
	size_t element;		/* bytes of one element; not an array: 0 */
	bool flexible;		/* an array without a length */
	bool ends_flexible;	/* a structure that ends with one */
	size_t line;
	size_t inner;		/* index of its structure, or NO_STRUCT */
};

#define NO_STRUCT ((size_t)-1)

struct layout {
	char *name;
	char *file;		/* that declares it, as the compiler says */
	size_t line, size;
	struct member *v;
	size_t n;
};

struct layouts {
	struct layout *v;
	size_t n;
};

/*
 * All named structures of an object and what they contain.  Returns 0, or -1:
 * no DWARF there, no memory.
 */
int
layouts_read(const char *object, struct layouts *ret)
	__attribute__((warn_unused_result));

void
layouts_clear(struct layouts *l);

#endif
