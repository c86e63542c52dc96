#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# States of a real FreeBSD tree that are rare: one CPU by itself, something
# that runs out or is not there.  Each row is clean on the tree as it is, and
# fails on a copy of the tree with one change.
# usage: freebsd-depth.sh path/to/shootdown [TREE]

set -u
bin=$1 tree=${2-}
. "$(dirname "$0")/lib.sh"

[ -n "$tree" ] || skip "no FreeBSD source: give it with -Dfreebsd_src=DIR"
mp=sys/amd64/amd64/mp_machdep.c
mmu=sys/dev/hyperv/vmbus/hyperv_mmu.c
hv=sys/dev/hyperv/vmbus/hyperv.c
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

# The number behind the last one is the first again, and never 0.
check 0 $few --tree "$tree" --path native --scenario flush-wrap
true_that 'rows and all(r["status"] == "clean" for r in rows)'
changed $mp 's/if (++generation == 0)/if (++generation == 5)/'
check 1 $few --tree "$changed" --path native --scenario flush-wrap

# A space ends, and the next one has its memory and its number: the number has
# to be flushed when it is given out.
check 0 $few --tree "$tree" --scenario space-reuse
true_that 'rows and all(r["status"] == "clean" for r in rows)'
changed sys/amd64/amd64/pmap.c '/PCPU_SET(pcid_next, pcid_next + 1)/,/return (0)/s/return (0)/return (CR3_PCID_SAVE)/'
check 1 $few --tree "$changed" --scenario space-reuse
true_that 'all(f["class"] == "defect" for f in findings)'

# Two spaces with one number; a handler that loads the space that is flushed.
two="--path native --scenario switch-between --scenario flush-all-switch \
    --schedules 600"
check 0 $few --tree "$tree" $two
true_that 'len(rows) == 2 and all(r["status"] == "clean" for r in rows)'
changed sys/amd64/amd64/pmap.c 's/PCPU_SET(pcid_next, pcid_next + 1);/;/'
check 1 $few --tree "$changed" $two
true_that '[r["status"] for r in rows] == ["findings", "clean"]'
changed $mp 's/if (smp_tlb_pmap == PCPU_GET(curpmap)) {/if (1) {/'
check 1 $few --tree "$changed" $two
true_that '[r["status"] for r in rows] == ["clean", "findings"]'

# PTI: the stack of a trap from user mode.
pti="--kernel freebsd --path native --scenario user-access --schedules 60 \
    --mode nopcid --mode pcid+pti --mode nopcid+pti"
check 0 $pti --tree "$tree"
true_that 'len(rows) == 3 and all(r["status"] == "clean" for r in rows)'
changed sys/amd64/amd64/pmap.c \
    '/tss_rsp0 = pmap->pm_ucr3/s/!= PMAP_NO_CR3/== PMAP_NO_CR3/'
check 3 $pti --tree "$changed"
true_that '[r["status"] for r in rows] == ["clean", "cut", "cut"] and
    all("double fault" in r["why"] for r in rows[1:])'

# NMIs: what their way in loads, from before the first switch on.
nmi="--kernel freebsd --host kvm --scenario nmi-kernel-read \
    --scenario nmi-space-end --schedules 60"
check 0 $nmi --tree "$tree"
true_that 'rows and all(r["status"] == "clean" for r in rows)'
changed sys/amd64/amd64/pmap.c 's/kcr3 = PMAP_NO_CR3/kcr3 = 0/'
check 1 $nmi --tree "$changed" --path native
true_that '{r["mode"] for r in rows if r["status"] == "findings"} ==
    {r["mode"] for r in rows if "pti" not in r["mode"]}'
# The root of a space that is gone.
changed sys/amd64/amd64/pmap.c \
    's/PCPU_SET(kcr3, \(kcr3 | CR3_PCID_SAVE\|pmap->pm_cr3\));/if (pmap->pm_ucr3 != PMAP_NO_CR3) &/'
check 1 $nmi --tree "$changed" --path native
true_that '{(r["scenario"], "pti" in r["mode"]) for r in rows
    if r["status"] == "findings"} == {("nmi-space-end", True)}'
boot="--kernel freebsd --path native --scenario nmi-early-boot \
    --schedules 200 --mode nopcid --mode pcid --mode nopcid+pti"
check 0 $boot --tree "$tree"
true_that 'len(rows) == 3 and all(r["status"] == "clean" for r in rows)'
changed sys/amd64/amd64/pmap.c '/^pmap_activate_boot/,/^}/s/if (pti)/if (1)/'
check 1 $boot --tree "$changed"
true_that '[r["status"] for r in rows] == ["clean", "findings", "clean"]'

# What is known: CR3 with bit 63 while CR4.PCIDE is 0.
check 1 $nmi --tree "$tree" --path native --scenario nmi-early-boot \
    --mode pcid+pti --schedules 200
true_that '[r["status"] for r in rows] == ["clean", "clean", "findings"] and
    "CR4.PCIDE is 0" in findings[0]["message"]'

# CPUs that an NMI stops in the middle of something, a flush of their own too.
if grep -q cpustop_handler_post "$tree/sys/x86/x86/mp_x86.c"; then
	stop="--kernel freebsd --path native --scenario debugger-nmi \
	    --schedules 60 --mode pcid"
	check 0 $stop --tree "$tree"
	true_that 'len(rows) == 1 and rows[0]["status"] == "clean"'
	changed sys/x86/x86/mp_x86.c \
	    '/^cpustop_handler_post/,/^}/s/invltlb_glob();//'
	check 1 $stop --tree "$changed"
fi

# Small cores, whose INVLPG leaves global entries.
if grep -q pcid_invlpg_workaround "$tree/$mp"; then
	small="--kernel freebsd --schedules 60 --mode pcid+invpcid+small"
	check 0 $small --tree "$tree" --scenario "kernel-*"
	true_that 'rows and all(r["status"] == "clean" for r in rows)'
	changed $mp 's/&& PCPU_GET(pcid_invlpg_workaround)/\&\& 0/'
	check 1 $small --tree "$changed" --scenario "kernel-*"
	true_that 'all("erratum that INVLPG keeps globals" in f["needs"]
	    for f in findings)'
fi

# A flush of the caches is one on each CPU; it is acknowledged early.
cache="--kernel freebsd --schedules 60 --mode pcid --scenario cache-flush"
check 0 $cache --tree "$tree" --host kvm
true_that 'rows and all(r["status"] == "clean" for r in rows)'
check 1 $cache --tree "$tree" --host kvm --strict --schedules 1000
true_that '{(f["signature"].split("/")[0], f["class"]) for f in findings} ==
    {("caches-late", "transient")}'
changed $mp '/^invlcache_handler/,/^}/s/wbinvd()//'
check 1 $cache --tree "$changed" --path native
true_that '{(f["signature"].split("/")[0], f["class"]) for f in findings} ==
    {("caches-kept", "defect")}'

[ -e "$tree/$mmu" ] || exit $failed

# The host does not know of caches.
for change in 's/if (op == INVL_OP_CACHE)/if (0)/' \
    's/if (op == INVL_OP_CACHE)/if (op != INVL_OP_CACHE)/'; do
	changed $mmu "$change"
	check 1 $cache --tree "$changed" --path hypercall
	true_that '{f["signature"].split("/")[0] for f in findings} ==
	    {"caches-kept"}'
done

# On the hypercall path: interrupts are off in a panic, which it asserts.
changed $mmu 's/KERNEL_PANICKED()/0/'
check 1 $few --tree "$changed" --path hypercall --scenario panic

# Lists of several elements, also where the host does one at a time or refuses
# each call; no page for the input; what a failed attach leaves.
check 0 $few --tree "$tree" --path hypercall --scenario kernel-range-listed \
    --scenario no-input-page --scenario attach-fails
true_that 'len(rows) == 6 and all(r["status"] == "clean" for r in rows)'
changed $hv 's/while (rep_comp < rep_count)/while (0)/'
check 1 $few --tree "$changed" --path hypercall --scenario kernel-range-listed
true_that '[r["status"] for r in rows] ==
    ["clean", "findings", "clean", "clean"]'
# Refused calls are made good by interrupts.
changed $mmu 's/if *(status)/if (0)/'
check 1 $few --tree "$changed" --path hypercall --scenario kernel-range-listed
true_that '[r["status"] for r in rows] ==
    ["clean", "clean", "findings", "findings"]'
for change in 's/cur += HV_TLB_FLUSH_UNIT/cur = end/' \
    's/gva_list\[gva_n\] |= PAGE_MASK;/;/'; do
	changed $mmu "$change"
	check 1 $few --tree "$changed" --path hypercall \
	    --scenario kernel-range-listed
done
# (Whoever stores at address 0 takes the row's process along.)
changed $mmu 's/if (flush == NULL)/if (0)/'
check 3 $few --tree "$changed" --path hypercall --scenario no-input-page
true_that 'rows and all(r["status"] == "cut" for r in rows)'

# No page for the input, and a range.
range="--path hypercall --host kvm --scenario no-input-range"
check 0 $few --tree "$tree" $range
true_that 'rows and all(r["status"] == "clean" for r in rows)'
changed $mmu '/if (flush == NULL)/,/op);/s/addr1, addr2,/addr1, addr1,/'
check 1 $few --tree "$changed" $range

# An index of 64 is the first that the mask of a plain call cannot name.
changed $mmu 's/if (vcpu >= 64)/if (vcpu > 64)/'
check 1 $few --tree "$changed" --path hypercall --scenario flush-all-subset
true_that '"1,64,0" in
    [r.get("vp_index") for r in rows if r["status"] == "findings"]'

exit $failed
