/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * saved: a schedule that can be run again, as a JSON file and as a string of
 * one line ("sd2:..."), short enough for a message.  Both carry a check value,
 * so that a damaged one is refused instead of running as something else.
 */
#ifndef SHOOTDOWN_CLI_SAVED_H
#define SHOOTDOWN_CLI_SAVED_H

#include <jansson.h>

#include "cli/rowtext.h"

#define SAVED_PREFIX "sd2:"

struct saved {
	struct rowtext row;
	char *tree;             /* NULL: the kernel's default place */
	json_t *sources;        /* [{"path","sha256"}]; NULL from a string; for a
	                           kernel without a tree: its shared object */
	char sources_id[17];    /* hash over the sources' SHA-256 */
	char *signature;
	char *choices;          /* schedule_print() */
	char outcome[17];       /* finding_outcome() */
};

void saved_clear(struct saved *s);
/* Fills from a row and its kernel object. */
void saved_make(struct saved *s, const struct row *r, const char *signature,
                const struct schedule *schedule, uint64_t outcome);
json_t *saved_to_json(const struct saved *s);
char *saved_to_string(const struct saved *s);
/* Return 0, or -1 with a malloc'ed *ret_why. */
int saved_from_json(struct saved *s, const json_t *root, char **ret_why);
int saved_from_string(struct saved *s, const char *text, char **ret_why);
/* A file name, or a string by its prefix. */
int saved_load(struct saved *s, const char *argument, char **ret_why);
/* Is that the outcome with which it was recorded? */
bool saved_same_outcome(const struct saved *s, uint64_t outcome);
/*
 * Are these the sources with which it was recorded?  0, or -1 with *ret_why
 * naming the first that differs.
 */
int saved_same_sources(const struct saved *s, const struct kernel_object *k,
                       char **ret_why);
json_t *sources_to_json(const struct kernel_object *k);
/* What a schedule depends on: these, or for a kernel of our own its object. */
json_t *inputs_to_json(const struct kernel_object *k);

#endif
