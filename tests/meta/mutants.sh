#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The known bugs of the reference kernel are found.  Fails when one survives,
# gets away with one of 20 seeds in the default budget, or when too few are
# found as what they are; and when the missing fence is "found" on a machine
# without store buffers.
# usage: mutants.sh path/to/shootdown

set -u
bin=$1
. "$(dirname "$0")/../kernel/lib.sh"

"$bin" mutants --json "$dir/json" >"$dir/out" 2>"$dir/err"
[ $? -eq 0 ] || fail "mutants: exit status"
cat "$dir/out" "$dir/err"
true_that 'len(mutants) >= 12 and report["survivors"] == 0'
true_that 'all(m["seeds"] == 20 and m["seeds_caught"] == 20 for m in mutants)'
true_that 'all(1 <= m["median"] <= report["schedules"] for m in mutants)'
true_that 'sum(m["stale"] for m in mutants) >= 8'
true_that 'sum(m.get("switches", 0) >= 3 for m in mutants) >= 3'

# The store buffer is what makes the missing fence a bug: all rows, each with
# several times the schedules that find it under tso.
modes="--mode pcid --mode pcid+invpcid --mode pcid+pti --mode pcid+invpcid+pti"
check 1 --kernel reference --mutant no-fence-in-switch --path native $modes \
    --scenario switch-in --scenario lazy-unmap
true_that '"store buffer" in findings[0]["needs"]'
check 0 --kernel reference --mutant no-fence-in-switch --memory sc $modes

exit $failed
