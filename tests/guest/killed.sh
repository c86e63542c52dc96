#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The runner is killed while its guest runs: no process and no file of it may
# stay behind, whatever the signal.  How long that takes is not asserted; only
# that it happens before the test's own time is up.  What had ended by Ctrl-C is
# told all the same.
# usage: killed.sh path/to/shootdown FOLDER-OF-TESTS

bin=$(realpath "$1") tests=$2
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
start=$(date +%s)

# Whoever names the folder in its command line belongs to the runner.
processes() {
	for p in /proc/[0-9]*; do
		[ "$p" != /proc/$$ ] || continue
		tr '\0' ' ' 2>/dev/null < "$p/cmdline" |
		    grep -q "$work/shootdown-guest" && echo "${p#/proc/}"
	done
}

for signal in INT TERM KILL; do
	"$bin" litmus --on tcg --runs 100000000 "$tests/SB.litmus" \
	    > "$work/out" 2>&1 &
	pid=$!
	# Until the guest speaks; the runner's own end is a failure.
	until grep -qs cpus= "$work"/shootdown-guest-*/serial; do
		kill -0 $pid 2>/dev/null || { cat "$work/out"; exit 1; }
		sleep 0.2
	done
	[ -n "$(processes)" ] || { echo "no guest was found"; exit 1; }
	kill -$signal $pid
	while [ -n "$(processes)" ] || ls "$work" | grep -q shootdown-guest; do
		sleep 0.2
	done
	wait $pid 2>/dev/null
	echo "$signal: nothing left"
done

"$bin" litmus --on tcg --runs 20000 "$tests/SB.litmus" "$tests/MP.litmus" \
    > "$work/out" 2>&1 &
pid=$!
until grep -qs '^tested 0' "$work"/shootdown-guest-*/serial; do
	kill -0 $pid 2>/dev/null || { cat "$work/out"; exit 1; }
	sleep 0.1
done
kill -INT $pid
wait $pid
status=$?
cat "$work/out"
[ $status = 3 ] || { echo "exit $status"; exit 1; }
grep -q '^Test SB on tcg$' "$work/out" &&
    grep -q 'given up after 1 of 2 tests: guest: interrupted' "$work/out" ||
    { echo "what had ended is not told"; exit 1; }
echo "took $(($(date +%s) - start)) s"
