#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The doctor: one line a rung, and the exit status of a rung asked for by name
# (of nested only where it is missing, since it takes long).  What it says is kept
# for the tests that come after (rung.sh).
# usage: doctor.sh path/to/shootdown

bin=$1
start=$(date +%s)
out=$("$bin" guest doctor) || { echo "exit $?"; exit 1; }
echo "$out"
[ -z "$DOCTOR" ] || echo "$out" > "$DOCTOR"
[ "$(echo "$out" | wc -l)" = 3 ] || { echo "not three lines"; exit 1; }
for rung in tcg nested kvm; do
	line=$(echo "$out" | grep "^$rung ") || { echo "no $rung"; exit 1; }
	case $line in
	"$rung ready") want=0 ;;
	"$rung missing: "?*) want=3 ;;
	*) echo "what is this: $line"; exit 1 ;;
	esac
	[ "$line" != "nested ready" ] || continue
	"$bin" guest doctor $rung > /dev/null
	got=$?
	[ $got = $want ] || { echo "$rung: exit $got, not $want"; exit 1; }
done
"$bin" guest doctor moon 2> /dev/null
[ $? = 2 ] || { echo "a rung that is none was taken"; exit 1; }
echo "took $(($(date +%s) - start)) s"
