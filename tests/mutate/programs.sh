#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The corpus of programs: each is clean on the reference kernel, and finds the
# known bugs that its file names.  Texts that are no programs are refused.
# Fails on a finding without a bug, on a bug that gets away, and on a bad text
# that is run.
# usage: programs.sh path/to/shootdown path/to/corpus

set -u
bin=$1 corpus=$2
. "$(dirname "$0")/../kernel/lib.sh"

set -- "$corpus"/*.prog
[ -e "$1" ] || fail "there is no corpus"
for file; do
	check 0 --kernel reference --program "$file" --schedules 60
	sed -n 's/^# caught: //p' "$file" >"$dir/bugs"
	[ -s "$dir/bugs" ] || fail "$file catches nothing"
	while read -r mutant path mode; do
		check 1 --kernel reference --program "$file" --path "$path" \
		    --mode "$mode" --mutant "$mutant" --schedules 400
	done <"$dir/bugs"
done

# What it prints is what it reads.
"$bin" scenarios random:3 >"$dir/three.prog"
check 0 --kernel reference --program "$dir/three.prog" --mode nopcid \
    --path native --schedules 40
"$bin" scenarios "$(value_of 'rows[0]["scenario"]')" >"$dir/again.prog"
cmp -s "$dir/three.prog" "$dir/again.prog" || fail "it reads something else"

# bad TEXT PATTERN
bad()
{
	printf '%b' "$1" >"$dir/bad.prog"
	refuse 2 "$2" --kernel reference --program "$dir/bad.prog"
}
bad '' 'vCPUs'
bad 'vcpu 0: unmap 0\n' 'vCPUs'
bad 'vcpu 0: read 0\nvcpu 1: work\n' 'user mode or in a window'
bad 'vcpu 0: user\nvcpu 1: work\n' 'ends in user mode'
bad 'vcpu 0: free 0\nvcpu 1: work\n' 'no frame to free'
bad 'vcpu 0: map 1\nvcpu 1: work\n' 'owner'
bad 'vcpu 0: nonsense\nvcpu 1: work\n' 'no such operation'
bad 'vcpu 0: unmap 9\nvcpu 1: work\n' 'no such page'
bad 'vcpu 0: map 4\nvcpu 1: work\n' 'keep their frames'
bad 'vcpu 0: migrate-to 0\nvcpu 1: work\n' 'another vCPU'
bad 'vcpu 0: idle, migrate-in\nvcpu 1: work\n' 'does not come'
bad 'vcpu 0: promote, unmap-huge\nvcpu 1: work\n' 'long ranges'
bad 'vcpu 0: unmap-deferred 0\nvcpu 1: work\n' 'not drained'

exit $failed
