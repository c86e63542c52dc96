#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A search that is bounded by one preemption finds, in small rows, whatever
# 20000 random schedules find, and does not call itself complete.  Fails when a
# finding is missing, or when a budget, a bound or a finding counts for nothing.
# usage: exhaustive.sh path/to/shootdown

set -u
bin=$1
. "$(dirname "$0")/../kernel/lib.sh"

found='sorted((r["path"], f["signature"])
    for r in rows for f in r["findings"])'

# compare STATUS MUTANT SCENARIO
compare()
{
	row="--kernel reference --mode nopcid --vcpus 2 --mutant $2"
	row="$row --scenario $3"
	check "$1" $row --schedules 20000
	random=$(value_of "$found")
	check "$1" $row --schedules 200000 --strategy exhaustive:1
	bounded=$(value_of "$found")
	[ "$random" = "$bounded" ] ||
	    fail "$2, $3: random finds $random, exhaustive:1 $bounded"
	true_that 'all(r["search"]["finished"] and not r["complete"]
	    for r in rows)'
}

compare 1 local-only unmap-page
compare 1 no-wait unmap-page
compare 0 wrong-space write-protect
compare 1 ack-before-flush free-table
compare 1 table-freed-early free-table

# What the budget does not reach is estimated.
small="--kernel reference --mode nopcid --vcpus 2 --path native"
check 0 $small --scenario unmap-page --schedules 1000 --strategy exhaustive
true_that 'all(r["search"]["executions"] == r["schedules"] == 1000 and
    r["search"]["left"] > 1000 and not r["complete"] for r in rows)'
grep -q "^exhaustive: 0 of 1 rows complete, .* 1 not complete" "$dir/out" ||
    fail "the text does not say what is left"

refuse 2 "exhaustive" $small --strategy exhaustive:x

exit $failed
