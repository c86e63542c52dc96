/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.c: words for findings; they are part of signatures and never change.
 */
#include "model/model.h"

const char *
finding_kind_name(enum finding_kind kind)
{
	static const char *const names[FINDING_KIND_COUNT] = {
		[FINDING_STALE_TRANSLATION] = "stale-translation",
		[FINDING_STALE_PATH] = "stale-path",
		[FINDING_LOST_DIRTY] = "lost-dirty",
		[FINDING_TRANSIENT] = "transient",
		[FINDING_ASSERTION] = "assertion",
		[FINDING_UNBALANCED] = "unbalanced",
		[FINDING_OUT_OF_BOUNDS] = "out-of-bounds",
		[FINDING_BAD_HYPERCALL] = "bad-hypercall",
		[FINDING_USE_AFTER_DETACH] = "use-after-detach",
		[FINDING_DEADLOCK] = "deadlock",
		[FINDING_LIVELOCK] = "livelock",
		[FINDING_INPUT_REWRITTEN] = "input-rewritten",
		[FINDING_PERMISSION] = "permission-as-promise",
		[FINDING_EMPTY_SET] = "empty-set",
		[FINDING_STALE_BANKS] = "stale-banks",
		[FINDING_VARIABLE_HEADER] = "variable-header",
		[FINDING_PAST_PAGE] = "past-page",
		[FINDING_NOT_A_SPACE] = "not-a-space",
		[FINDING_NO_PROGRESS] = "no-progress",
		[FINDING_CACHES_KEPT] = "caches-kept",
		[FINDING_CACHES_LATE] = "caches-late",
	};

	return kind < FINDING_KIND_COUNT ? names[kind] : "unknown";
}

const char *
space_kind_name(enum space_kind kind)
{
	static const char *const names[SPACE_KIND_COUNT] = {
		[SPACE_USER] = "user", [SPACE_KERNEL] = "kernel",
		[SPACE_PTI_USER] = "pti-user",
		[SPACE_NESTED] = "nested",
	};

	return kind < SPACE_KIND_COUNT ? names[kind] : "unknown";
}
