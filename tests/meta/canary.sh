#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Rows that were not put to the test end the command with exit status 3 and are
# named.  Fails when such a run counts as clean, and when a finding beside them
# does not win.
# usage: canary.sh path/to/shootdown

set -u
bin=$1
. "$(dirname "$0")/../kernel/lib.sh"

few="--kernel reference --mode nopcid --schedules 200"

# The host does not recommend flush calls: the kernel makes none.
check 3 $few --path hypercall --scenario unmap-page --host tlfs,rec_flush=no
true_that 'all(r["status"] == "vacuous" for r in rows)'
true_that 'report["result"] == "incomplete"'
grep -q "^vacuous .*: .*unmap-page" "$dir/out" || fail "the row is not named"

check 1 $few --path hypercall --scenario unmap-page --scenario kernel-page \
    --mutant local-only --host tlfs,rec_flush=no
check 1 $few --scenario kernel-page --mutant global-non-global \
    --path hypercall --host tlfs --host tlfs,rec_flush=no
true_that '{r["status"] for r in rows} == {"findings", "vacuous"}'
grep -q "^vacuous .*: .*kernel-page" "$dir/out" || fail "the row is not named"

check 0 $few --path hypercall --scenario unmap-page

exit $failed
