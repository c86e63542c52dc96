/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signature: see signature.h.
 */
#include "cli/signature.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

bool
finding_is_stale(enum finding_kind kind)
{
	return kind == FINDING_STALE_TRANSLATION ||
	    kind == FINDING_STALE_PATH || kind == FINDING_LOST_DIRTY ||
	    kind == FINDING_TRANSIENT || kind == FINDING_PERMISSION ||
	    kind == FINDING_EMPTY_SET;
}

void
finding_key_make(struct finding_key *key, const struct run_result *r,
                 bool hypercall)
{
	memset(key, 0, sizeof(*key));
	key->kind = r->finding.kind;
	snprintf(key->operation, sizeof(key->operation), "%s",
	         r->operation != NULL ? r->operation : "-");
	key->hypercall = hypercall;
	key->translation = finding_is_stale(key->kind);
	if (!key->translation)
		return;
	key->space = r->finding.space;
	key->path = r->finding.cached.path;
	key->global = r->finding.cached.global;
}

bool
finding_key_same(const struct finding_key *a, const struct finding_key *b)
{
	return a->kind == b->kind && a->space == b->space &&
	    a->translation == b->translation && a->path == b->path &&
	    a->global == b->global && a->hypercall == b->hypercall &&
	    strcmp(a->operation, b->operation) == 0;
}

static const char *
file_name(const char *path)
{
	const char *slash;

	if (path == NULL || *path == '\0')
		return "-";
	slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

char *
signature_print(const struct finding_key *key, const char *file)
{
	char *text;

	if (key->translation)
		text = cli_format("%s/%s/%s/%s/%s/%s/%s",
		                  finding_kind_name(key->kind), key->operation,
		                  space_kind_name(key->space),
		                  key->path ? "path" : "leaf",
		                  key->global ? "global" : "local",
		                  key->hypercall ? "hypercall" : "native",
		                  file_name(file));
	else
		text = cli_format("%s/%s/-/-/-/%s/%s",
		                  finding_kind_name(key->kind), key->operation,
		                  key->hypercall ? "hypercall" : "native",
		                  file_name(file));
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ')
			*p = '_';
	return text;
}

static uint64_t
hash_text(uint64_t h, const char *text)
{
	return text != NULL ? cli_hash(h, text, strlen(text)) : h + 1;
}

static uint64_t
hash_number(uint64_t h, uint64_t n)
{
	return cli_hash(h, &n, sizeof(n));
}

/* Field by field: the structure has padding and pointers. */
uint64_t
finding_outcome(const struct run_result *r)
{
	const struct machine_finding *f = &r->finding;
	uint64_t h = hash_number(0, r->found);

	h = hash_number(h, r->explore.steps);
	h = hash_number(h, r->explore.switches);
	h = hash_number(h, (uint64_t)r->explore.end);
	if (!r->found)
		return h;
	h = hash_number(h, (uint64_t)f->kind);
	h = hash_number(h, f->cpu);
	h = hash_number(h, f->va);
	h = hash_text(h, r->operation);
	if (!finding_is_stale(f->kind))
		return h;
	h = hash_number(h, (uint64_t)f->space);
	h = hash_number(h, f->cached.entry);
	h = hash_number(h, f->cached.va);
	h = hash_number(h, f->cached.level);
	h = hash_number(h, f->memory);
	h = hash_number(h, f->root);
	h = hash_number(h, f->pcid);
	h = hash_number(h, f->store_seq);
	h = hash_text(h, f->killed_by);
	return hash_text(h, f->where);
}
