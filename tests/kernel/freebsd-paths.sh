#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Paths of a real FreeBSD tree that a plain check does not come to: large
# pages, the debugger, detach, odd VP indexes, poor hosts.  What a tree lacks
# is skipped by name.  Fails on any finding that is not known, when a known
# one is gone, and when a debugger that flushes nothing goes unseen.
# usage: freebsd-paths.sh path/to/shootdown [TREE]

set -u
bin=$1 tree=${2-}
. "$(dirname "$0")/lib.sh"

[ -n "$tree" ] || skip "no FreeBSD source: give it with -Dfreebsd_src=DIR"
set -- --kernel freebsd --tree "$tree" --schedules 60

# Native, without INVLPGB: nothing.
check 0 "$@" --path native --scenario "large-*" --scenario debugger \
    --scenario pcid-wrap --scenario cache-flush --mode nopcid \
    --mode pcid+invpcid+pti
true_that 'rows and all(r["status"] == "clean" for r in rows)'

# Small entries may live on behind a promotion, of a user's pmap as well.
mkdir "$dir/promoted"
cp -rs "$(realpath "$tree")/sys" "$dir/promoted/sys"
rm "$dir/promoted/sys/amd64/amd64/pmap.c"
sed 's/if ((pde & PG_PROMOTED) != 0)/if (0)/' "$tree/sys/amd64/amd64/pmap.c" \
    >"$dir/promoted/sys/amd64/amd64/pmap.c"
check 1 --kernel freebsd --tree "$dir/promoted" --schedules 60 --path native \
    --scenario large-replace --mode pcid
true_that '{f["class"] for f in findings} == {"defect"}'

# FreeBSD-EN-26:10.amd64, until the tree has it mended.
if grep -q INVLPGB_2M_CNT "$tree/sys/amd64/amd64/mp_machdep.c"; then
	check 1 "$@" --path native --scenario large-kernel \
	    --mode pcid+invpcid+invlpgb
	true_that '{f["class"] for f in findings} == {"defect"}'
fi

# Erratum 383: what removes a large page relies on the promotion's flush.
if grep -q "^pmap_update_pde_store(" "$tree/sys/amd64/amd64/pmap.c"; then
	check 0 "$@" --path native --scenario "large-[!r]*" \
	    --mode nopcid+erratum383
	true_that 'len(rows) >= 5 and all(r["status"] == "clean" for r in rows)'
	mkdir "$dir/pde"
	cp -rs "$(realpath "$tree")/sys" "$dir/pde/sys"
	rm "$dir/pde/sys/amd64/amd64/pmap.c"
	sed 's/if (CPU_ISSET(PCPU_GET(cpuid), &act->invalidate))/if (act->store == PCPU_GET(cpuid))/' \
	    "$tree/sys/amd64/amd64/pmap.c" >"$dir/pde/sys/amd64/amd64/pmap.c"
	check 1 --kernel freebsd --tree "$dir/pde" --schedules 60 --path native \
	    --scenario large-kernel --mode nopcid+erratum383
	true_that '{f["class"] for f in findings} == {"defect"}'
else
	check 0 "$@" --path native --scenario large-demote
	true_that 'any("pmap_update_pde" in s["why"] for s in report["skipped"])'
fi

# A nested pmap: waiting for those who read the old generation is needed.
check 0 "$@" --path native --scenario nested-unmap --scenario "ept-*" \
    --mode pcid
true_that 'rows and all(r["status"] == "clean" for r in rows)'
# So is raising it; and an EPT's own entries make no difference.
mkdir "$dir/nested"
cp -rs "$(realpath "$tree")/sys" "$dir/nested/sys"
for edit in 's/smr_wait([^;]*);//' 's/atomic_add_long(&pmap->pm_eptgen, 1);//'; do
	rm -f "$dir/nested/sys/amd64/amd64/pmap.c"
	sed "$edit" "$tree/sys/amd64/amd64/pmap.c" \
	    >"$dir/nested/sys/amd64/amd64/pmap.c"
	check 1 --kernel freebsd --tree "$dir/nested" --schedules 400 \
	    --path native --scenario nested-unmap --scenario "ept-[eup]*" \
	    --scenario ept-large-demote --mode pcid
	true_that 'all(r["status"] == "findings" for r in rows)'
	true_that 'all("/nested/" in f["signature"] for f in findings)'
done

# Stopped CPUs miss flushes, and have to flush when they go on.
if grep -q cpustop_handler_post "$tree/sys/x86/x86/mp_x86.c"; then
	cp -rs "$(realpath "$tree")/sys" "$dir/sys"
	rm "$dir/sys/x86/x86/mp_x86.c"
	sed 's/invltlb_glob();//' "$tree/sys/x86/x86/mp_x86.c" \
	    >"$dir/sys/x86/x86/mp_x86.c"
	check 1 --kernel freebsd --tree "$dir" --schedules 60 --path native \
	    --scenario debugger --mode pcid
	true_that '{f["class"] for f in findings} == {"defect"}'
fi

[ -e "$tree/sys/dev/hyperv/vmbus/hyperv_mmu.c" ] || exit $failed
set -- "$@" --path hypercall --mode pcid

# Indexes in several banks, in any order, and hosts that do not do all.
for index in 65,0 130,64,0 0,4095 1,63,64; do
	check 0 "$@" --vp-index "$index" --scenario "unmap-page" \
	    --scenario switch-out
	true_that 'all(r["status"] == "clean" and r["hypercalls"] for r in rows)'
done
check 0 "$@" --scenario shrinking-set --scenario unmap-page \
    --host tlfs,rec_ex=no --host tlfs,fail_call=2 --host tlfs,rec_flush=no
true_that 'all(r["status"] == "clean" for r in rows)'

# No set can name an index of 4096: the flush is lost where an empty set is
# success, and comes by interrupts where it is an error.
set -- "$@" --vp-index 0,4096,1 --scenario flush-all-subset
check 0 "$@" --host tlfs --host hyperv
check 1 "$@" --host kvm
true_that '{f["signature"].split("/")[0] for f in findings} == {"empty-set"}'

exit $failed
