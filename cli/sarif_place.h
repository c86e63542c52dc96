/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sarif_place: files and lines as SARIF 2.1.0 has them: relative to the tree
 * under test, which is SRCROOT, or whole URIs for what lies elsewhere.
 */
#ifndef SHOOTDOWN_CLI_SARIF_PLACE_H
#define SHOOTDOWN_CLI_SARIF_PLACE_H

#include <jansson.h>

/* A text as a message object. */
json_t *sarif_message(const char *text);
/* 3.4: relative to the tree, or a whole URI for a file that is elsewhere. */
json_t *sarif_artifact(const char *file);
/* A line of a file; 0: the file. */
json_t *sarif_place(const char *file, json_int_t line);
/* The report's tree, absolute; malloc'ed, or NULL. */
char *sarif_tree(const json_t *report);
/* 3.14.14 */
json_t *sarif_base_ids(const json_t *report);
/* A source's path below the tree, as that was named or as it is (real). */
const char *sarif_in_tree(const json_t *report, const char *real,
                          const char *path);

#endif
