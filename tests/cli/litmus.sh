#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The verb litmus as a user meets it: statuses, places of mistakes, states.
# usage: litmus.sh path/to/shootdown

set -u
bin=$1
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

# expect STATUS PATTERN ARGUMENT...
expect()
{
	status=$1 pattern=$2
	shift 2
	"$bin" litmus "$@" >"$dir/out" 2>&1 </dev/null
	got=$?
	if [ "$got" -ne "$status" ] || ! grep -q -e "$pattern" "$dir/out"; then
		echo "FAILED: litmus $*"
		echo "  wanted status $status and '$pattern', got $got:"
		sed 's/^/  | /' "$dir/out"
		failed=1
	fi
}

# write NAME CLAUSE: P0 maps x elsewhere, and has it invalidated or not
write()
{
	cat >"$dir/$1.litmus" <<EOF
X86VM $1
{
  frame a = 1;
  frame b = 2;
  page x;
  x -> a;
}
 P0                ;
 MOV PTE(x),pte(b) ;
 $2 ;
 MOV r0,[x]        ;
$3 (0:r0=1)
EOF
}

write told "INVLPG [x]" forbidden
write untold "MFENCE" forbidden
write blind "INVLPG [x]" required
write seen "MFENCE" required
write stuck "WAIT <a>,\$7" forbidden
write odd "INVLPX [x]" forbidden

expect 0 "forbidden 0:r0=1: Never, Ok" "$dir/told.litmus"
expect 1 "forbidden 0:r0=1: Sometimes, No" "$dir/untold.litmus"
expect 1 "required 0:r0=1: Never, No" "$dir/blind.litmus"
expect 0 "Observation seen Sometimes 1 1" "$dir/seen.litmus"
expect 0 "^States 2$" "$dir/seen.litmus"
expect 0 "^0:r0=1;$" --outcomes "$dir/seen.litmus"
expect 0 "^Ok$" "$dir/seen.litmus" "$dir/told.litmus"
expect 1 "^No$" "$dir/seen.litmus" "$dir/untold.litmus"
expect 1 "^States 0$" "$dir/stuck.litmus"
expect 1 "^Deadlocks 1$" "$dir/stuck.litmus"
expect 2 "odd.litmus:10:2: " "$dir/odd.litmus"
expect 2 "no test given" --outcomes
expect 2 "cannot be read" "$dir/nowhere.litmus"
expect 2 "machine slow" --machine slow "$dir/told.litmus"
expect 2 "stands alone" --elts "$dir/told.litmus" "$dir/told.litmus"
expect 3 "cut: not complete" --max 1 "$dir/told.litmus"
expect 0 "forbidden 0:r0=1: Never, Ok" --machine nospec \
    --json "$dir/report.json" "$dir/told.litmus"
grep -q '"complete": true' "$dir/report.json" || {
	echo "FAILED: no report"
	failed=1
}
# nothing was loaded before, so that without speculation nothing is stale
expect 1 "required 0:r0=1: Never, No" --machine nospec "$dir/seen.litmus"

exit $failed
