#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# States of a real FreeBSD tree that are rare: one CPU by itself.  Each row is
# clean on the tree as it is, and fails on a copy of the tree with one change.
# usage: freebsd-depth.sh path/to/shootdown [TREE]

set -u
bin=$1 tree=${2-}
. "$(dirname "$0")/lib.sh"

[ -n "$tree" ] || skip "no FreeBSD source: give it with -Dfreebsd_src=DIR"
mp=sys/amd64/amd64/mp_machdep.c
mmu=sys/dev/hyperv/vmbus/hyperv_mmu.c
few="--kernel freebsd --schedules 60 --mode pcid"

# changed FILE SED: a copy of the tree with that change, in $changed
changed()
{
	changed=$dir/changed
	rm -rf "$changed"
	mkdir "$changed"
	cp -rs "$(realpath "$tree")/sys" "$changed/sys"
	rm "$changed/$1"
	sed "$2" "$tree/$1" >"$changed/$1"
	! cmp -s "$tree/$1" "$changed/$1" || fail "$1: nothing to change ($2)"
}

# Who runs alone waits for nobody: without the test it would, for ever.
check 0 $few --tree "$tree" --scenario panic --scenario early-boot
true_that 'rows and all(r["status"] == "clean" for r in rows)'
changed $mp 's/KERNEL_PANICKED()/0/'
check 1 $few --tree "$changed" --path native --scenario panic
true_that '{f["signature"].split("/")[0] for f in findings} <=
    {"deadlock", "assertion"}'
changed $mp 's/!smp_started/0/'
check 1 $few --tree "$changed" --path native --scenario early-boot
true_that '{f["signature"].split("/")[0] for f in findings} == {"deadlock"}'

[ -e "$tree/$mmu" ] || exit $failed

# On the hypercall path: interrupts are off in a panic, which it asserts.
changed $mmu 's/KERNEL_PANICKED()/0/'
check 1 $few --tree "$changed" --path hypercall --scenario panic

exit $failed
