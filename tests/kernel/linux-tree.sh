#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Variants of Linux that the shims do not know: each ends with one line that
# names what is missing, and status 2; none is run as if nothing were wrong.
# The first ones are trees of our own words, which need no source package.
# usage: linux-tree.sh path/to/shootdown [TREE]

set -u
bin=$1 source=${2-}
. "$(dirname "$0")/lib.sh"

tlb=arch/x86/mm/tlb.c mmu=arch/x86/hyperv/mmu.c
asm=arch/x86/include/asm
few="--scenario unmap-page --mode pcid --schedules 1 --path native"

# own: in $tree a tree of files that say no more than the names probed for
own()
{
	tree=$dir/own.$((copies += 1))
	mkdir -p "$tree/$asm" "$tree/arch/x86/mm" "$tree/arch/x86/hyperv" \
	    "$tree/arch/x86/include/uapi/asm" "$tree/include/asm-generic"
	for f in $asm/tlb.h $asm/cpufeatures.h $asm/mmu.h \
	    $asm/processor-flags.h $asm/pti.h $asm/tlbbatch.h \
	    arch/x86/mm/mm_internal.h include/asm-generic/mshyperv.h \
	    arch/x86/include/uapi/asm/processor-flags.h; do
		echo "/* ours */" >"$tree/$f"
	done
	echo "int flush_tlb_multi, initialize_tlbstate_and_flush;" \
	    >"$tree/$tlb"
	echo "int hyperv_setup_mmu_ops;" >"$tree/$mmu"
	echo "int hv_hypercall_pg;" >"$tree/$asm/mshyperv.h"
	echo "int user_pcid_flush_mask;" >"$tree/$asm/tlbflush.h"
}
copies=0

own
rm "$tree/$mmu"
refuse 2 "no readable $mmu; give a tree" --kernel linux --tree "$tree" $few
own
echo '#include <asm/required-features.h>' >"$tree/$asm/cpufeatures.h"
echo '#include "asm/required-features.h"' >>"$tree/$asm/cpufeatures.h"
refuse 2 "no readable $asm/required-features.h" --kernel linux \
    --tree "$tree" $few
own
echo "int flush_tlb_others;" >"$tree/$tlb"
refuse 2 "$tlb has no flush_tlb_multi.*; give a tree" --kernel linux \
    --tree "$tree" $few

# What is probed for is there, and the rest is not: the compiler's first line.
own
refuse 2 '\.[ch]:[0-9]*: ' --kernel linux --tree "$tree" $few

[ $failed -eq 0 ] || exit $failed
if [ -z "$source" ] && ! ls -d /usr/src/linux-source-6.* >/dev/null 2>&1; then
	skip "no /usr/src/linux-source-6.* here, and no -Dlinux_src"
fi
[ -n "$source" ] || share_archive
check 0 --kernel linux ${source:+--tree "$source"} $few
[ -n "$source" ] || source=$(ls -d "$SHOOTDOWN_CACHE"/linux-source-*)

# copy: in $tree what is needed of the real tree
copy()
{
	tree=$dir/copy.$((copies += 1))
	for part in arch/x86/hyperv arch/x86/mm arch/x86/include include; do
		mkdir -p "$tree/$part"
		cp -RL "$source/$part/." "$tree/$part/" || exit 99
	done
	chmod -R u+w "$tree"
}

# A function, a variable and a member that no shim has; each is named.
for code in 'unheard_of_helper();' \
    '{ extern int unheard_of_variable; unheard_of_variable = 1; }' \
    'next->unheard_of_member = 1;'; do
	copy
	name=$(expr "$code" : '.*\(unheard_of_[a-z]*\)')
	sed -i "/^void switch_mm_irqs_off/,/^}/s/^	if (was_lazy)/	$code\n&/" \
	    "$tree/$tlb"
	grep -q "$name" "$tree/$tlb" || fail "no place for $name in $tlb"
	refuse 2 "$name" --kernel linux --tree "$tree" $few
done

exit $failed
