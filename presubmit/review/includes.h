/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * includes: which headers of the tree its .c files include, side by side.
 * A name in an #include is found where the kernel's build would find it; what
 * the tree does not have is left out.
 */
#ifndef SHOOTDOWN_REVIEW_INCLUDES_H
#define SHOOTDOWN_REVIEW_INCLUDES_H

#include "presubmit/review/inner.h"

struct include_list {
	char *below;			/* the .c file */
	struct strlist headers;		/* of the tree, sorted */
};

struct includes {
	struct include_list *v;
	size_t n;
};

/* Read the .c files of core and driver.  Returns 0 or a negative errno. */
int
includes_read(struct review *r, struct includes *ret)
	__attribute__((warn_unused_result));

void
includes_clear(struct includes *inc);

/* What one .c file includes. */
void
includes_of(const struct includes *inc, const char *below,
            struct strlist *out);

/* Every other header that some .c file includes beside this one, sorted. */
void
includes_neighbours(const struct includes *inc, const char *header,
                    struct strlist *out);

/* The file that an #include names at this line of the source, or NULL. */
char *
include_at(const struct source *src, size_t line);

/* Names that the driver's headers define, sorted. */
void
includes_names(struct review *r, struct strlist *out);

#endif
