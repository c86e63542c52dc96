#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Each scenario for a path of Linux is there for a bug that it would show: in a
# copy of the tree one expression is changed, and the scenario has to find it.
# The same scenario is clean on the tree as it is (linux.sh).
# usage: linux-changes.sh path/to/shootdown [TREE]

set -u
bin=$1 tree=${2-}
. "$(dirname "$0")/lib.sh"

if [ -z "$tree" ] && ! ls -d /usr/src/linux-source-6.* >/dev/null 2>&1; then
	skip "no /usr/src/linux-source-6.* here, and no -Dlinux_src"
fi
[ -n "$tree" ] || share_archive
mmu=arch/x86/hyperv/mmu.c tlb=arch/x86/mm/tlb.c
hv=include/asm-generic/mshyperv.h
tlbflush=arch/x86/include/asm/tlbflush.h

# An archive's files lie in the cache once they have been used.
check 0 --kernel linux ${tree:+--tree "$tree"} --schedules 1 --mode pcid \
    --scenario unmap-page --path native
[ -n "$tree" ] || tree=$(ls -d "$SHOOTDOWN_CACHE"/linux-source-*)
mkdir "$dir/changed"
for part in arch/x86/hyperv arch/x86/mm arch/x86/include include; do
	mkdir -p "$dir/changed/$part"
	cp -R "$tree/$part/." "$dir/changed/$part/"
done

# change FILE FROM TO: where FROM stands in the file
change()
{
	sed "s/$2/$3/" "$tree/$1" >"$dir/changed/$1"
	cmp -s "$tree/$1" "$dir/changed/$1" || return 0
	fail "no '$2' in $1"
	return 1
}

# run STATUS SCENARIO [ARGUMENT...]: on the changed tree
run()
{
	status=$1 scenario=$2
	shift 2
	check "$status" --kernel linux --tree "$dir/changed" \
	    --schedules 1000 --scenario "$scenario" "$@"
}

# finds SCENARIO FILE FROM TO [ARGUMENT...]: a defect
finds()
{
	scenario=$1 file=$2 from=$3 to=$4
	shift 4
	if change $file "$from" "$to"; then
		run 1 "$scenario" "$@"
		true_that 'any(f["class"] == "defect" for f in findings)'
	fi
	cp "$tree/$file" "$dir/changed/$file"
}

# crashes SCENARIO FILE FROM TO [ARGUMENT...]: the kernel, by a null pointer in
# that file
crashes()
{
	scenario=$1 file=$2 from=$3 to=$4
	shift 4
	if change $file "$from" "$to"; then
		run 3 "$scenario" "$@"
		grep -q "uses the bad address 0x[0-9a-f]* at ${file##*/}:[0-9]" \
		    "$dir/err" || fail "$scenario: follows no null pointer"
	fi
	cp "$tree/$file" "$dir/changed/$file"
}

# Tables are freed at once after a flush that sends no interrupt.  (Since 6.14
# they never are.)
if grep -q tlb_remove_table "$tree/$mmu"; then
	finds walk-free-table $mmu 'remove_table = tlb_remove_table' \
	    'remove_table = tlb_remove_page' --path hypercall --mode pcid
fi
# Lazy processors are left out though tables are freed, in either call; all are
# taken for lazy.  (Older trees name lazy ones too.)
if grep -q cpu_is_lazy "$tree/$mmu"; then
	finds lazy-subset $mmu '= !info->freed_tables' '= 1' \
	    --path hypercall --mode pcid
	finds lazy-subset $mmu 'freed_tables ? NULL :' \
	    'freed_tables ? cpu_is_lazy :' --path hypercall --mode pcid
	finds lazy-subset-unmap $mmu 'return per_cpu(.*is_lazy, cpu)' \
	    'return 1' --path hypercall --mode pcid
fi
# Leaving lazy mode makes up for nothing.
finds lazy-subset-unmap $tlb 'if (!was_lazy)$' 'if (1)' \
    --path native --mode pcid

# One ASID too many, which flushes no less: a store past the array of them.
finds unmap-page $tlb 'i < TLB_NR_DYN_ASIDS' 'i <= TLB_NR_DYN_ASIDS' \
    --path native --mode pcid
if grep -q '\*new_asid = 0' "$tree/$tlb"; then
	finds many-spaces $tlb '^		\*new_asid = 0' '		' \
	    --path native --mode pcid
fi
# The first VP index that the small calls cannot name is named by one.
finds unmap-remote $mmu 'vcpu >= 64' 'vcpu >= 65' --path hypercall \
    --mode pcid --vp-index 1,64,0
# Ranges of large pages: elements are never full, or the first one counts alone,
# in both calls; a list that does not fit is made all the same, in either.
calls='--path hypercall --mode pcid'
finds unmap-span-large $mmu 'diff >= HV_TLB_FLUSH_UNIT' '0' $calls
finds unmap-span-large $mmu 'cur += HV_TLB_FLUSH_UNIT' 'cur = end' \
    $calls --vp-index 0,64,130
finds unmap-span-giant $mmu '> max_gvas' '> max_gvas + 3' $calls
finds unmap-span-giant $mmu 'info->end - info->start)\/HV' \
    'info->end - info->end)\/HV' $calls --vp-index 0,64,130
finds unmap-span-giant $mmu '- nr_bank \*' '+ nr_bank *' \
    $calls --vp-index 0,64,128,192,256
# Steps are twice as long as the pages; a table without leaves costs no flush;
# lazy processors are left out though one is freed.
finds unmap-span-large $tlb 'stride_shift	*= stride_shift;' \
    'stride_shift = stride_shift + 1;' --path native --mode pcid
finds free-middle-table $tlb '^	new_tlb_gen = inc_.*' \
    '& if (stride_shift == 30) { put_cpu(); return; }' --path native --mode pcid
finds free-top-table $tlb '^	new_tlb_gen = inc_.*' \
    '& if (stride_shift == 39) { put_cpu(); return; }' --path native --mode pcid
finds free-tables $tlb '^	new_tlb_gen = inc_.*' \
    '& if (freed_tables) { put_cpu(); return; }' --path native --mode pcid
finds lazy-middle-table $tlb 'freed_tables	*= freed_tables;' \
    'freed_tables = false;' --path native --mode pcid

# A processor without a VP index yet is left out of a set.
finds late-foreign $mmu 'vcpu == VP_INVAL' 'vcpu != VP_INVAL' $calls
finds late-target $hv 'vcpu == VP_INVAL' '0' $calls --vp-index 0,64,130
# Nothing has been set up, or no input page, and a call is made all the same.
finds attach-fails $mmu '!hv_hypercall_pg' '0' $calls
crashes late-initiator $mmu 'unlikely(!flush)' '0' $calls
crashes no-input-page $mmu 'unlikely(!flush)' '0' $calls

# An NMI's handler reads user memory in the middle of a switch: the test says so
# when it may not; it is told that it may; it is never asked; nobody says that
# CR3 changes.
switch='--path native --mode pcid'
finds nmi-user-read $tlb 'loaded_mm != current_mm' 'loaded_mm == current_mm' \
    $switch
finds nmi-user-read $tlb 'loaded_mm != current_mm' '0' $switch
finds nmi-user-read $tlb 'if (loaded_mm != current_mm)' \
    'if (1) return true; else' $switch
finds nmi-user-read $tlb \
    'this_cpu_write(cpu_tlbstate.loaded_mm, LOADED_MM_SWITCHING);' ';' $switch

# A kernel thread works in the space in which it was lazy, without a look at
# what was flushed meanwhile; it counts as being there all the time.
finds kthread-use $tlb 'if (!was_lazy)$' 'if (1)' $switch
finds kthread-use $tlb \
    'this_cpu_write(cpu_tlbstate_shared.is_lazy, false)' '(void)0' $switch

# A later request is served as if the one before it had been; a batch whose only
# target is the CPU itself is not flushed.
finds two-pages $tlb '== local_tlb_gen + 1 &&$' '== local_tlb_gen + 2 \&\&' \
    --path native --mode pcid
finds deferred-alone $tlb 'else if (cpumask_test_cpu(cpu, &batch->cpumask))' \
    'else if (0)' --mode pcid

# A space that was loaded for a moment stays.
if grep -q '^struct mm_struct .use_temporary_mm' "$tree/$tlb"; then
	finds temporary-space $tlb \
	    'switch_mm_irqs_off(NULL, prev_mm, current)' '(void)0' $switch
	# It is loaded again without a look at what was flushed meanwhile.
	finds temporary-space $tlb 'ns.need_flush = (this_cpu_read.*' \
	    'ns.need_flush = 0;' $switch
fi

# INVLPGB: not waited for; nobody waits for those whose tag is still their own;
# the space is not said to change over; batches are not flushed.  (Since 6.15.)
broadcast='--path native --mode pcid+invpcid+invlpgb'
if grep -q broadcast_tlb_flush "$tree/$tlb"; then
	finds broadcast-self $tlb '\(Wait for the INVLPGBs.*\)$' \
	    '\1\n	return;' $broadcast
	finds broadcast-unmap $tlb '!= bc_asid' '== 4094' $broadcast
	finds broadcast-switch $tlbflush 'asid_transition = true' \
	    'asid_transition = false' $broadcast
	finds deferred-unmap $tlb '	invlpgb_flush_all_nonglobals();' '	;' \
	    $broadcast
	finds broadcast-span $tlb '= info->stride_shift == PMD_SHIFT' '= 0' \
	    $broadcast
	finds broadcast-empty-table $tlb '^	new_tlb_gen = inc_.*' \
	    '& if (stride_shift == 21) { put_cpu(); return; }' $broadcast
fi

exit $failed
