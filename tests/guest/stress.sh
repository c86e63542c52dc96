#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The stress program on this system: no thread sees a dead page; and when its
# changes are lies, each of its programs says so, with one witness and several.
# usage: stress.sh path/to/stress

stress=$1
for threads in 1 3; do
	"$stress" --rounds $((9 / threads)) --latency 50 --threads $threads || {
		echo "exit $?"
		exit 1
	}
	out=$("$stress" --rounds 3 --threads $threads --canary)
	status=$?
	echo "$out"
	[ $status = 1 ] || { echo "canary: exit $status"; exit 1; }
	echo "$out" | grep -q '^stress munmap ' || exit 1
	echo "$out" | grep '^stress .* stale 0$' && exit 1
done
"$stress" --rounds x 2> /dev/null
[ $? = 2 ] || { echo "a number that is none was taken"; exit 1; }
