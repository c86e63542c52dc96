#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A host compared with a profile.  On tcg the guest's literal host is asked: it
# agrees with its profile in everything, and with a knob turned it does not.  On
# nested the real KVM is: every difference is a known one; and as its machine is
# killed half-way, another boot has to do the rest, and that has to be told.
# usage: conform.sh path/to/shootdown RUNG CORPUS

. "$(dirname "$0")/rung.sh"
bin=$(realpath "$1") rung=$2 corpus=$3
start=$(date +%s)
took() {
	now=$(date +%s)
	echo "$1: $((now - start)) s"
	start=$now
}
run() {
	label=$1
	shift
	out=$("$bin" guest conform --on "$rung" "$@")
	status=$?
	echo "$out" | tail -n 6
	took "$label"
}
fail() {
	echo "$out"
	echo "exit $status: $1"
	exit 1
}
need_rung "$bin" "$rung"
took "the rung"

if [ "$rung" != tcg ]; then
	work=$(mktemp -d) || exit 99
	trap 'rm -rf "$work"' EXIT
	export TMPDIR="$work"
	"$bin" guest conform --on "$rung" --inputs 1000 "$corpus"/encode/* \
	    "$corpus"/decode/* > "$work/out" 2> "$work/err" &
	pid=$!
	kill_machine $pid 'conform 512 '
	wait $pid
	status=$?
	out=$(cat "$work/out" "$work/err")
	tail -n 6 "$work/out"
	cat "$work/err"
	took "the host"
	[ $status = 0 ] || fail "differences that nobody knows"
	grep '^Boot [1-9] was given up after [1-9]' "$work/out" ||
	    fail "a machine was killed, and nobody says so"
	# Stale entries can be seen, with those calls that need not flush.
	echo "$out" | grep -q '^Without a call .* in 0 of' &&
	    echo "$out" | grep -q '^VP 65: .* old page 0 times' &&
	    fail "no flush could be told from none"
	exit 0
fi
run "the literal host" --literal kvm --inputs 1000
[ $status = 0 ] || fail "the literal host is not its profile"
echo "$out" | grep -q ' 0 differences' || fail "differences"
run "another status" --literal kvm,varhead=5 --inputs 0
[ $status = 1 ] || fail "another status of the variable header"
run "other effects" --literal kvm,empty_set=none --inputs 0
[ $status = 1 ] || fail "flushes that do not happen"
echo "$out" | grep -q 'NOT flushed' || fail "no entry was looked for"
