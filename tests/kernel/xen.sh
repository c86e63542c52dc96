#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The miniature tree is built and clean, and a planted bug is found.  Then
# Xen's own Hyper-V code: clean, with few and with many VP indexes, and where a
# host refuses NON_GLOBAL on a list.  A tree without it, or none, is one line.
# The index that no set can name is found on a host that takes the rest.
# usage: xen.sh path/to/shootdown path/to/trees [TREE]

set -u
bin=$1 trees=$2 tree=${3-}
. "$(dirname "$0")/lib.sh"

refuse 3 'xen: no source tree' --kernel xen
refuse 2 'tlb\.c: No such file' --kernel xen --tree "$dir"
few="--schedules 200 --vcpus 2 --scenario unmap-page --scenario kernel-page"
check 0 --kernel xen --tree "$trees/xen-mini" $few
true_that 'len(rows) == 6 and all(r["status"] == "clean" and r["canary"] and
    r["hypercalls"] > 0 for r in rows)'
cp -r "$trees/xen-mini" "$dir/mini" && chmod -R u+w "$dir/mini"
sed -i 's/flags & FLUSH_TLB_GLOBAL ? 0 : MINI_NON_GLOBAL/MINI_NON_GLOBAL/' \
    "$dir/mini/xen/arch/x86/guest/hyperv/tlb.c"
check 1 --kernel xen --tree "$dir/mini" $few
true_that 'all(f["where"]["file"].endswith("hyperv/tlb.c") and
    "globals kept" in f["needs"] for f in findings)'
sed -i 's/hv_do_rep_hypercall/mini_do/' \
    "$dir/mini/xen/arch/x86/include/asm/guest/hyperv-hcall.h"
refuse 2 'hyperv-hcall\.h has no hv_do_rep_hypercall' --kernel xen \
    --tree "$dir/mini"

[ -n "$tree" ] || {
	echo "not run: Xen's own source; give it with -Dxen_src=DIR"
	exit $failed
}

check 0 --kernel xen --tree "$tree" --schedules 200
true_that 'rows and all(r["path"] == "hypercall" and r["hypercalls"] > 0 and
    r["status"] == "clean" and r["canary"] for r in rows)'
true_that 'any(r.get("vp_index") == "0,64,130" for r in rows)'

set -- --kernel xen --tree "$tree" --schedules 200 --mode pcid
check 0 "$@" --scenario unmap-page --host tlfs,list_non_global=reject
true_that 'all(r["ipis"] > 0 for r in rows)'
check 0 "$@" --scenario shrinking-subset --vp-index 0,129,128,1
check 1 "$@" --scenario flush-all-subset --vp-index 0,4096,2 --host xen
true_that '{f["class"] for f in findings} == {"defect"}'

exit $failed
