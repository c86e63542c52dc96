#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Litmus tests on a rung: no state that the model does not allow; and with the
# INVLPGs left out, one at least.  Skipped by name where the rung is missing.
# usage: litmus.sh path/to/shootdown RUNG FOLDER RUNS [PATTERNS]

. "$(dirname "$0")/rung.sh"
bin=$(realpath "$1") rung=$2 runs=$4
cd "$3" || exit 99
set -f
patterns=${5:-./*.litmus}
set +f
start=$(date +%s)
took() {
	now=$(date +%s)
	echo "$1: $((now - start)) s"
	start=$now
}
need_rung "$bin" "$rung"
took "the rung"

out=$("$bin" litmus --verbose --on "$rung" --runs "$runs" $patterns)
status=$?
echo "$out" | grep -B 30 '^No$'
echo "$out" | sed -n '/^On /,$p'
took "all tests"
[ $status = 0 ] || { echo "exit $status"; exit 1; }

out=$("$bin" litmus --on "$rung" --runs "$runs" --canary \
    remap+invlpg.litmus remote+ipi.litmus)
status=$?
echo "$out" | grep '^On '
took "without INVLPG"
[ $status = 1 ] || { echo "canary: exit $status"; echo "$out"; exit 1; }
