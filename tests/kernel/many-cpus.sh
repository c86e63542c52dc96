#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Sets of processors of several words: the miniature trees are clean with more
# than 64 vCPUs, whether all of them run the space or three far from each
# other, and whatever their VP indexes.  Bugs that only a processor with a
# number of 64 or more can show are found and replayed.  The same of Linux'
# masks, if there is a tree.
# usage: many-cpus.sh path/to/shootdown path/to/trees [LINUX]

set -u
bin=$1 trees=$2 linux=${3-}
. "$(dirname "$0")/lib.sh"

mini="--kernel freebsd --tree $trees/freebsd-mini"
few="--mode pcid --schedules 60"
far="--vcpus 130 --place 65,0,129"

check 0 $mini $few $far --scenario unmap-page --scenario flush-all-subset \
    --scenario kernel-page
true_that 'len(rows) == 6 and all(r["status"] == "clean" and r["canary"] and
    r["vcpus"] == 130 and r["place"] == "65,0,129" for r in rows)'
true_that 'all(r["hypercalls"] > 0 for r in rows if r["path"] == "hypercall")'
check 0 $mini --mode pcid --schedules 5 --vcpus 66 --scenario unmap-page
true_that 'all(r["status"] == "clean" and r["canary"] for r in rows)'
check 0 $mini $few $far --path hypercall --vp-index 129-0 \
    --scenario unmap-page
true_that 'rows[0]["vp_index"] == "129-0"'
# bug FILE EXPRESSION: a copy of the tree with that edit, in $tree
bug()
{
	tree=$dir/bug.$((bugs += 1))
	cp -rL "$trees/freebsd-mini" "$tree" && chmod -R u+w "$tree" || exit 99
	sed -i "$2" "$tree/sys/$1"
	cmp -s "$tree/sys/$1" "$trees/freebsd-mini/sys/$1" &&
	    fail "no edit of $1"
}
bugs=0

# found PATH PLACE: with 130 vCPUs, by a replay too
found()
{
	one="--kernel freebsd --tree $tree $few --path $1 --scenario unmap-page"
	check 1 $one --vcpus 130 --place "$2"
	true_that 'findings[0]["class"] == "defect"'
	for how in "$(value_of 'findings[0]["schedule"]')" \
	    "$(value_of 'findings[0]["string"]')"; do
		"$bin" replay --tree "$tree" "$how" >"$dir/out" 2>&1
		[ $? -eq 1 ] && grep -q "^reproduced: " "$dir/out" ||
		    fail "replay of $how"
	done
}

# The set is copied one word short.
short='s/CPU_COPY(pmap_invalidate_cpu_mask(pmap), \(&*\)\([a-z]*\));/&\
	if (WORDS_FOR(MAXCPU) > 1) (\1\2)->__bits[WORDS_FOR(MAXCPU) - 1] = 0;/'
bug dev/hyperv/vmbus/hyperv_mmu.c "$short"
found hypercall 65,0,129
bug amd64/amd64/mp_machdep.c "$short"
found native 0,65,129
# The short cut by the highest number is taken the wrong way round.
bug dev/hyperv/vmbus/hyperv_mmu.c \
    's/if (set.last == 0)/if (set.last == 0 ||\
	    CPU_LAST(pmap_invalidate_cpu_mask(pmap)) >= 64)/'
found hypercall 0,1,64
# With few vCPUs it does nothing.
check 0 $one --vcpus 3

[ -n "$linux" ] || {
	echo "not run: Linux' masks; give its source with -Dlinux_src=DIR"
	exit $failed
}

# Shims with a walk that leaves the last word out.
shims=$(cd "$(dirname "$0")/../.." && pwd)
mkdir "$dir/src" && cp -r "$shims/pmapshim" "$shims/hvsim" "$dir/src" || exit 99
one="--kernel linux --tree $linux $few --vcpus 130 --scenario unmap-page"
check 0 $one --place 65,0,129 --host kvm
true_that 'len(rows) == 2 and all(r["canary"] for r in rows)'
mask=$dir/src/pmapshim/linux/custom/linux/cpumask.h
chmod -R u+w "$dir/src"
sed -i '/^cpumask_next_and/,/^}/s/w < shim_cpu_words()/w + 1 < shim_cpu_words()/' \
    "$mask"
export SHOOTDOWN_SHIMS="$dir/src/pmapshim"
check 1 $one --place 0,65,129 --path native
check 1 $one --place 0,65,129 --path hypercall --host kvm

exit $failed
