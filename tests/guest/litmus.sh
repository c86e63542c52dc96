#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Litmus tests on a rung: no state that the model does not allow; and with the
# INVLPGs left out, one at least.
# usage: litmus.sh path/to/shootdown RUNG RUNS FOLDER [PATTERNS]

bin=$(realpath "$1") rung=$2 runs=$3
cd "$4" || exit 99
set -f
patterns=${5:-./*.litmus}
set +f
"$bin" guest doctor "$rung" || exit 77
"$bin" litmus --on "$rung" --runs "$runs" $patterns > "${TMPDIR:-/tmp}/on.$$"
status=$?
grep -B 30 '^No$' "${TMPDIR:-/tmp}/on.$$"
tail -n 2 "${TMPDIR:-/tmp}/on.$$"
rm -f "${TMPDIR:-/tmp}/on.$$"
[ $status = 0 ] || { echo "exit $status"; exit 1; }

out=$("$bin" litmus --on "$rung" --runs "$runs" --canary \
    remap+invlpg.litmus remote+ipi.litmus)
status=$?
echo "$out" | tail -n 1
[ $status = 1 ] || { echo "canary: exit $status"; echo "$out"; exit 1; }
