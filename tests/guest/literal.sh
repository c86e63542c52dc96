#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The literal host on tcg: hypercall tests, each with its own host, show no state
# beyond the model, and what hosts may leave stale is seen stale; with a host
# that invalidates nothing, states beyond the model.
# usage: literal.sh path/to/shootdown FOLDER

. "$(dirname "$0")/rung.sh"
bin=$(realpath "$1")
cd "$2" || exit 99
start=$(date +%s)
took() {
	now=$(date +%s)
	echo "$1: $((now - start)) s"
	start=$now
}
need_rung "$bin" tcg
took "the rung"

out=$("$bin" litmus --on tcg --host own --runs 100 L1[1-4]*.litmus)
status=$?
echo "$out" | grep -B 30 '^No$'
echo "$out" | sed -n '/^On /,$p'
took "hypercalls"
[ $status = 0 ] || { echo "exit $status"; exit 1; }
# A global page, a wrong root, a wrong VP: read stale after the flush.
for test in L14-nonglobal L14-wrong-root L12-vp-index-confused; do
	echo "$out" | sed -n "/^Test $test on/,/^Runs/p" |
	    grep -q '^[1-9][0-9]* *:> 1:r0=1; 1:r1=1;' ||
	    { echo "$test: nothing stale"; exit 1; }
done

out=$("$bin" litmus --on tcg --host own --canary --runs 100 \
    L14-right-root.litmus L12-bank.litmus)
status=$?
echo "$out" | grep '^On '
took "a host that invalidates nothing"
[ $status = 1 ] || { echo "canary: exit $status"; echo "$out"; exit 1; }
