#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Scenarios on tcg: the correct kernel shows no stale entry and no row is blind,
# known bugs show one, by interrupts and, with a literal host, by hypercalls;
# and the schedule that the model found is confirmed when steered.
# usage: scenarios.sh path/to/shootdown

. "$(dirname "$0")/rung.sh"
bin=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
start=$(date +%s)
took() {
	now=$(date +%s)
	echo "$1: $((now - start)) s"
	start=$now
}
need_rung "$bin" tcg
took "the rung"

# on STATUS WORD OPTION...: exit status, and how the rows begin.
on() {
	want=$1 word=$2
	shift 2
	"$bin" check --mode nopcid --vcpus 2 --on tcg "$@" > out
	status=$?
	if [ $status != "$want" ] || ! grep -q "^$word " out; then
		echo "check $*: exit $status, and not $want"
		cat out
		exit 1
	fi
}
on 0 clean --kernel reference --path native --scenario unmap-page \
    --scenario 'kernel-range' --scenario remap --scenario switch-in
on 0 clean --kernel reference --path hypercall --host tlfs \
    --scenario unmap-page --scenario kernel-page
took "the correct kernel"
on 1 STALE --kernel reference --path native --mutant local-only \
    --scenario unmap-page
on 1 STALE --kernel reference --path native --mutant first-page-only \
    --scenario kernel-range
on 1 STALE --kernel reference --path hypercall --host tlfs \
    --mutant global-non-global --scenario kernel-page
took "known bugs"

"$bin" check --kernel reference --mutant local-only --mode nopcid --vcpus 2 \
    --path native --scenario unmap-page --schedules 50 > out
file=$(sed -n 's/.*shootdown replay \([^ ]*\.json\).*/\1/p' out | head -n 1)
[ -n "$file" ] || { echo "no schedule saved"; cat out; exit 1; }
"$bin" replay "$file" --on tcg > out
status=$?
cat out
took "a steered schedule"
[ $status = 1 ] && grep -q '^confirmed on tcg' out ||
    { echo "replay: exit $status"; exit 1; }
