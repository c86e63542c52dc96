#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The machine of rung nested goes while its guest runs: the tests and rows that
# are left have to run in another boot, and that has to be told.
# usage: again.sh path/to/shootdown FOLDER-OF-TESTS

. "$(dirname "$0")/rung.sh"
bin=$(realpath "$1") tests=$2
start=$(date +%s)
need_rung "$bin" nested
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
cd "$tests" || exit 99

# lose STATUSES WORD COMMAND...: when the guest says WORD, its machine goes.
lose() {
	want=$1 word=$2
	shift 2
	"$bin" "$@" > "$work/out" 2>&1 &
	pid=$!
	kill_machine $pid "$word" || { cat "$work/out"; exit 1; }
	wait $pid
	status=$?
	cat "$work/out"
	case $want in
	*$status*) ;;
	*) echo "exit $status"; exit 1 ;;
	esac
	grep -q '^Boot 1 was given up after ' "$work/out" ||
	    { echo "not told"; exit 1; }
}

lose 0 'tested 1' litmus --on nested --runs 20 SB.litmus MP.litmus LB.litmus \
    S.litmus R.litmus remap+invlpg.litmus
grep -q '^On nested: 6 tests, 0 ' "$work/out" || { echo "not all ran"; exit 1; }
[ "$(grep -c '^Runs 20,' "$work/out")" = 6 ] || { echo "not 20 runs"; exit 1; }
echo "litmus took $(($(date +%s) - start)) s"
start=$(date +%s)

# Status 3: on a busy machine vCPUs wait so long that nothing stays cached (blind).
lose 03 'metal-row 0' check --kernel reference --mode nopcid --vcpus 2 --on nested \
    --path hypercall --scenario unmap-page --scenario remap --scenario kernel-page
grep -q '^On nested: 3 rows run, 0 with stale entries, 0 with other trouble' \
    "$work/out" || { echo "not all ran"; exit 1; }
echo "scenarios took $(($(date +%s) - start)) s"
