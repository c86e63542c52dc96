#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Xen's Hyper-V code: clean, with few and with many VP indexes, and where a
# host refuses NON_GLOBAL on a list.  A tree without it, or none, is one line.
# The index that no set can name is found on a host that takes the rest.
# usage: xen.sh path/to/shootdown [TREE]

set -u
bin=$1 tree=${2-}
. "$(dirname "$0")/lib.sh"

refuse 3 'xen: no source tree' --kernel xen
refuse 2 'tlb\.c: No such file' --kernel xen --tree "$dir"
[ -n "$tree" ] || {
	[ $failed -eq 0 ] && skip "no Xen source: give it with -Dxen_src=DIR"
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
