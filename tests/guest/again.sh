#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The machine of rung nested goes while its guest runs: the tests that are left
# have to run in another boot, and that has to be told.
# usage: again.sh path/to/shootdown FOLDER-OF-TESTS

bin=$(realpath "$1") tests=$2
start=$(date +%s)
"$bin" guest doctor nested || exit 77
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
cd "$tests" || exit 99

"$bin" litmus --on nested --runs 20 SB.litmus MP.litmus LB.litmus S.litmus \
    R.litmus remap+invlpg.litmus > "$work/out" 2>&1 &
pid=$!
until grep -qs '^tested 1' "$work"/shootdown-guest-*/serial; do
	kill -0 $pid 2>/dev/null || { cat "$work/out"; exit 1; }
	sleep 0.1
done
for p in /proc/[0-9]*; do
	tr '\0' ' ' 2>/dev/null < "$p/cmdline" |
	    grep -q "^[^ ]*qemu-system.*$work/shootdown-guest" &&
	    kill -KILL "${p#/proc/}"
done
wait $pid
status=$?
sed -n '/^On /,$p' "$work/out"
[ $status = 0 ] || { echo "exit $status"; cat "$work/out"; exit 1; }
grep -q '^On nested: 6 tests, 0 ' "$work/out" || { echo "not all ran"; exit 1; }
grep -q '^Boot 1 was given up after ' "$work/out" || { echo "not told"; exit 1; }
[ "$(grep -c '^Runs 20,' "$work/out")" = 6 ] || { echo "not 20 runs"; exit 1; }
echo "took $(($(date +%s) - start)) s"
