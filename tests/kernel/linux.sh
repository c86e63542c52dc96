#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Linux as it is: no defect on either path.  Under PTI a flush call names one
# root of two; that is a finding only with a host that takes the address space
# to the letter.  Fails on any other finding, and when that one is not found.
# usage: linux.sh path/to/shootdown [TREE]

set -u
bin=$1 tree=${2-}
. "$(dirname "$0")/lib.sh"

if [ -z "$tree" ] && ! ls -d /usr/src/linux-source-6.* >/dev/null 2>&1; then
	skip "no /usr/src/linux-source-6.* here, and no -Dlinux_src"
fi
[ -n "$tree" ] || share_archive
set -- --kernel linux ${tree:+--tree "$tree"} --schedules 400

check 0 "$@"
true_that '{r["path"] for r in rows} == {"native", "hypercall"}'
true_that 'all(r["status"] in ["clean", "findings"] for r in rows)'
true_that 'not [f for f in findings if f["class"] == "defect"]'
true_that 'all(r["hypercalls"] > 0 for r in rows if r["path"] == "hypercall"
    and r["scenario"] != "attach-fails")'
true_that 'all(f["row"]["path"] == "hypercall" and
    f["row"]["mode"].endswith("pti") and f["class"] == "host-literal" and
    "address space honoured" in f["needs"] for f in findings)'
true_that 'all(r["status"] == "findings" for r in rows
    if r["path"] == "hypercall" and r["mode"].endswith("pti")
    and r["scenario"] == "unmap-page")'

# Strict: the same findings set the exit status.  (Transient ones are looked
# for as well then.)
check 1 "$@" --strict --scenario unmap-page --scenario kernel-page
true_that 'findings and all(f["row"]["path"] == "hypercall" and
    f["row"]["mode"].endswith("pti") and f["class"] == "host-literal"
    for f in findings)'
check 0 "$@" --strict --scenario unmap-page --mode nopcid --mode pcid \
    --mode pcid+invpcid

exit $failed
