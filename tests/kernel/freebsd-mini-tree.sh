#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Variants of the miniature tree: one with a bug, broken ones, one without the
# hook, one that is edited.  Fails when a broken tree gets anything but its
# one line and exit status, when the bug is not found or not replayed, when calls
# that are all refused count as a path that ran, or when an edit goes unseen.
# usage: freebsd-mini-tree.sh path/to/shootdown path/to/trees

set -u
bin=$1 trees=$2
. "$(dirname "$0")/lib.sh"

mmu=sys/dev/hyperv/vmbus/hyperv_mmu.c
mp=sys/amd64/amd64/mp_machdep.c
few="--scenario unmap-page --mode pcid --schedules 100"

# copy TREE: a copy of it without links, in $tree
copy()
{
	tree=$dir/$1.$((copies += 1))
	cp -rL "$trees/$1" "$tree" && chmod -R u+w "$tree" || exit 99
}
copies=0

# sha FILE: as the last report has it
sha()
{
	value_of "[s['sha256'] for k in report['kernels'] for s in k['sources']
	    if s['path'].endswith('$1')][0]"
}

# The bug: in every mode on both paths, and through the Ex calls too.
check 1 --kernel freebsd --tree "$trees/freebsd-mini-bug" --schedules 100 \
    --scenario unmap-page --scenario kernel-page
# (INVLPGB asks every processor, the forgotten one too.)
true_that 'all((r["status"] == "findings") == ("invlpgb" not in r["mode"])
    for r in rows)'
true_that 'all(f["class"] == "defect" for f in findings)'
true_that 'all(f["where"]["file"].startswith("sys/") and f["where"]["line"]
    for f in findings)'
true_that 'all(any(call in line for f in r["findings"] for line in f["story"])
    for r in rows if r["path"] == "hypercall"
    for call in ["hypercall HvCallFlushVirtualAddress"])'
true_that 'any("AddressListEx: VPs {0,64}" in line for f in findings
    if f["row"].get("vp_index") == "0,64,130" for line in f["story"])'
file=$(value_of 'findings[-1]["schedule"]')
string=$(value_of 'findings[-1]["string"]')
for how in "$file" "$string"; do
	"$bin" replay --tree "$trees/freebsd-mini-bug" "$how" >"$dir/out" 2>&1
	[ $? -eq 1 ] && grep -q "^reproduced: " "$dir/out" || {
		fail "replay of $how"
		cat "$dir/out"
	}
done

# A name that no file has: the line says where it is used.
refuse 2 'pmap\.c:[0-9]*: .*mini_next_epoch' --kernel freebsd \
    --tree "$trees/freebsd-mini-missing"

# The native shootdown may have any name behind that of the pointer; a variable
# of the driver that the shims do not know is named.
copy freebsd-mini
sed -i 's/smp_targeted_tlb_shootdown_native/smp_targeted_tlb_shootdown_old/g' \
    "$tree/$mp" "$tree/$mmu" "$tree/sys/amd64/include/pmap.h"
check 0 --kernel freebsd --tree "$tree" $few
true_that '{r["path"] for r in rows} == {"native", "hypercall"}'
line=$(grep -n '^	critical_enter();$' "$tree/$mmu" | cut -d : -f 1)
sed -i "${line}s/\$/ { extern int mini_synic; if (!mini_synic) return; }/" \
    "$tree/$mmu"
refuse 2 'neither in the tree.* nor in the shim: mini_synic$' \
    --kernel freebsd --tree "$tree" $few

# A release that shoots down in another way: what it lacks, and what to do.
copy freebsd-mini
sed -i 's/invlop_handler/invltlb_handler/g' "$tree/$mp"
refuse 2 'mp_machdep\.c: no invlop_handler().*FreeBSD 13' --kernel freebsd \
    --tree "$tree" $few

# A tree with half of the hook, and one from before it.
copy freebsd-mini
rm "$tree/$mmu"
for step in half none; do
	check 0 --kernel freebsd --tree "$tree" $few
	true_that 'rows and all(r["path"] == "native" for r in rows)'
	true_that 'any("hyperv_mmu.c" in s["why"] for s in report["skipped"])'
	grep -q "hyperv_mmu.c" "$dir/out" || fail "the missing path is not told"
	sed -i -e '/^#ifdef MINI_HOOK/,/^#endif/d' \
	    -e 's/smp_targeted_tlb_shootdown_native/smp_targeted_tlb_shootdown/' \
	    "$tree/$mp"
done

# The user root maps the trampoline alone of the kernel's stacks: an interrupt's
# frame on another one is a double fault.
copy freebsd-mini
sed -i '/tss_rsp0 = /s/==/!=/' "$tree/sys/amd64/amd64/pmap.c"
check 3 --kernel freebsd --tree "$tree" --scenario unmap-page --path native \
    --mode pcid --mode pcid+pti --mode nopcid+pti
true_that '[r["status"] for r in rows] == ["clean", "cut", "cut"] and
    all("double fault" in r["why"] for r in rows[1:])'

copy freebsd-mini
rm "$tree/$mp"
refuse 2 'mp_machdep\.c' --kernel freebsd --tree "$tree"

# A syntax error, in a file that is sliced and in one that is taken whole.
for f in "$mp" "$mmu"; do
	copy freebsd-mini
	line=$(grep -n '^	critical_enter();$' "$tree/$f" | cut -d : -f 1)
	sed -i "${line}s/;/ + ;/" "$tree/$f"
	refuse 2 "$(basename "$f"):$line" --kernel freebsd --tree "$tree" $few
done

# A bad pointer, used and called: no finding, and no riddle: where it was.
for code in 'in = (void *)16;' 'void (*volatile f)(void) = 0; f();' \
    'void (*volatile f)(void) = (void *)0x1234; f();'; do
	copy freebsd-mini
	line=$(grep -n '^	in->space = 0;$' "$tree/$mmu" | cut -d : -f 1 |
	    head -n 1)
	sed -i "${line}s/.*/	{ $code } &/" "$tree/$mmu"
	check 3 --kernel freebsd --tree "$tree" --path hypercall --vcpus 2 $few
	grep -q "kernel under test uses the bad address .* at hyperv_mmu.c:$line " \
	    "$dir/err" || fail "a bad pointer: $(cat "$dir/err")"
done

# Calls that the host refuses one and all: interrupts follow, so nothing is
# stale, but the path was not put to the test.
copy freebsd-mini
sed -i 's/^\tin->processors = set->bank\[0\];$/\tin->processors = 0;/' "$tree/$mmu"
check 3 --kernel freebsd --tree "$tree" --path hypercall --vcpus 2 $few
true_that 'rows and all(r["status"] == "vacuous" and r["hypercalls"] > 0 and
    r["cost"]["targets"] == 0 for r in rows)'
check 0 --kernel freebsd --tree "$tree" --path hypercall --vcpus 2 $few \
    --host tlfs,fail_call=1

copy freebsd-mini
CC=/nonexistent
export CC
refuse 3 '/nonexistent' --kernel freebsd --tree "$tree" $few
unset CC

# Edited: built anew, and old schedules are refused.
copy freebsd-mini
cp -L "$trees/freebsd-mini-bug/sys/sys/_bitset.h" "$tree/sys/sys/"
check 1 --kernel freebsd --tree "$tree" --path hypercall $few
before=$(sha hyperv_mmu.c)
file=$(value_of 'findings[0]["schedule"]')
string=$(value_of 'findings[0]["string"]')
"$bin" replay --quiet --tree "$tree" "$file"
[ $? -eq 1 ] || fail "replay before the edit"
sed -i 's/if (MINI_BUG \&\&/if (0 \&\&/' "$tree/$mmu"
check 0 --kernel freebsd --tree "$tree" --path hypercall $few
after=$(sha hyperv_mmu.c)
[ "$before" != "$after" ] || fail "the SHA-256 is that of before the edit"
for how in "$file" "$string"; do
	"$bin" replay --tree "$tree" "$how" >"$dir/out" 2>"$dir/err"
	[ $? -eq 2 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] &&
	    [ ! -s "$dir/out" ] || {
		fail "a schedule of other sources is not refused"
		cat "$dir/out" "$dir/err"
	}
done

# Where the bug is gone there is nothing nearby.
"$bin" replay --changed --tree "$tree" "$file" >"$dir/out"
[ $? -eq 0 ] && grep -q "^not reproduced" "$dir/out" ||
	fail "the repaired tree is said to have the bug"

# Edited, and still with the bug: found, when asked for.
copy freebsd-mini
cp -L "$trees/freebsd-mini-bug/sys/sys/_bitset.h" "$tree/sys/sys/"
sed -i 's/^\tif (MINI_BUG/\t{ static volatile int edits; edits = edits + 1; }\n&/
    s/^\tret->last = -1;/&\n\t{ static volatile int more; more = more + 1; }/' \
    "$tree/$mmu"
for how in "$file" "$string"; do
	"$bin" replay --tree "$tree" "$how" >/dev/null 2>&1
	[ $? -eq 2 ] || fail "a schedule of an edited tree is not refused"
	"$bin" replay --changed --tree "$tree" "$how" >"$dir/out" 2>"$dir/err"
	[ $? -eq 1 ] && grep -q "^reproduced" "$dir/out" || {
		fail "a schedule does not survive a small edit"
		cat "$dir/out" "$dir/err"
	}
done

exit $failed
