/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutants: what each known bug is and where it was seen.
 *
 * `hypercall` and `mode` say what a row must have for the bug to be reachable;
 * a bug without them is in the native path too, or only there.
 */
#include "pmapshim/reference/mutants.h"

unsigned reference_mutant;

__attribute__((no_sanitize("thread"), noinline)) int
mutant_is(enum mutant m)
{
	return reference_mutant == m;
}

const struct kernel_mutant reference_mutants[MUTANT_COUNT - 1] = {
	{ MUTANT_ACK_BEFORE_FLUSH, "ack-before-flush", "distilled",
	  "IPI acknowledged, interrupts on, and only then flushed", 0, 0 },
	{ MUTANT_NO_FENCE_IN_SWITCH, "no-fence-in-switch",
	  "Linux 83b0177a6c48, CVE-2016-2069",
	  "no fence between entering the mask and reading the generation",
	  0, KMODE_PCID },
	{ MUTANT_SWITCH_WINDOW, "switch-window", "Linux CVE-2025-37964",
	  "enters the mask of the new space only after CR3 is loaded", 0, 0 },
	{ MUTANT_BANKS_NOT_COMPACTED, "banks-not-compacted",
	  "distilled (cpumask_to_vpset)",
	  "banks of a VP set lie at their number, not one after another",
	  1, 0 },
	{ MUTANT_FREED_TABLES_SKIP_LAZY, "freed-tables-skip-lazy",
	  "Linux 3ef938c35035, CVE-2025-22045",
	  "lazy CPUs are skipped although page tables are freed", 0, 0 },
	{ MUTANT_PTI_USER_FORGOTTEN, "pti-user-forgotten", "distilled",
	  "the PCID of the user root is not flushed", 0,
	  KMODE_PCID | KMODE_PTI },
	{ MUTANT_GLOBAL_BY_PCID, "global-by-pcid", "distilled",
	  "global kernel page flushed by INVPCID of one address", 0,
	  KMODE_PCID | KMODE_INVPCID },
	{ MUTANT_GLOBAL_NON_GLOBAL, "global-non-global",
	  "opnsense/src issue 297",
	  "kernel pages flushed with NON_GLOBAL_MAPPINGS_ONLY", 1, 0 },
	{ MUTANT_WRONG_SPACE, "wrong-space", "distilled",
	  "the hypercall names the root of another space", 1, 0 },
	{ MUTANT_STATUS_IGNORED, "status-ignored", "distilled",
	  "a hypercall that failed is taken for done", 1, 0 },
	{ MUTANT_PCID_RECYCLED, "pcid-recycled", "distilled",
	  "a PCID given out again keeps the entries of its last owner", 0,
	  KMODE_PCID },
	{ MUTANT_MASK_TOO_EARLY, "mask-too-early", "Linux ad0a6bad4475",
	  "CPU mask read before the entries are changed", 0, 0 },
	{ MUTANT_TABLE_FREED_EARLY, "table-freed-early",
	  "Linux CVE-2018-18281, CVE-2022-39188",
	  "page-table page freed before the flush", 0, 0 },
	{ MUTANT_FIRST_PAGE_ONLY, "first-page-only", "FreeBSD a0f64f38",
	  "one page flushed instead of the range", 0, 0 },
	{ MUTANT_ADDITIONAL_PAGES, "additional-pages", "distilled",
	  "GVA list names one additional page too few", 1, 0 },
	{ MUTANT_LOCAL_ONLY, "local-only", "Xen 78e072bc37",
	  "other CPUs are not told", 0, 0 },
	{ MUTANT_SKIP_IF_CLEAR, "skip-if-clear", "distilled",
	  "returns when the entries are clear, another's flush pending",
	  0, 0 },
	{ MUTANT_UNLOCK_BEFORE_FLUSH, "unlock-before-flush",
	  "Linux CVE-2018-18281",
	  "lets go of the tables' lock before the flush", 0, 0 },
	{ MUTANT_RANGE_WRAP, "range-wrap", "Linux 4030b4c585c4",
	  "a range that ends at the top of memory counts as empty", 0, 0 },
	{ MUTANT_LAZY_EXIT_LOST, "lazy-exit-lost",
	  "Linux c94a3fe93c2e, e6278af685a4",
	  "leaving lazy mode does not make up for skipped flushes", 0, 0 },
	{ MUTANT_NO_WAIT, "no-wait", "KVM 1ebfaa11ebb5",
	  "does not wait for the other CPUs", 0, 0 },
	{ MUTANT_ONE_REQUEST, "one-request", "distilled",
	  "two initiators write the same request", 0, 0 },
	{ MUTANT_ACK_NOT_LOCKED, "ack-not-locked", "distilled",
	  "two CPUs acknowledge by read and write: one is lost", 0, 0 },
	{ MUTANT_USER_FLUSH_LOST, "user-flush-lost", "distilled",
	  "a context switch drops the user root's deferred flush", 0,
	  KMODE_PCID | KMODE_PTI },
	{ MUTANT_REMAP_AS_GAIN, "remap-as-gain", "distilled",
	  "a new frame with more rights is taken for a mere gain", 0, 0 },
	{ MUTANT_NX_AS_GAIN, "nx-as-gain", "distilled",
	  "taking away execution is taken for a gain", 0, 0 },
	{ MUTANT_CPU_FOR_VP, "cpu-for-vp", "distilled",
	  "CPU numbers are used as VP indexes", 1, 0 },
};
