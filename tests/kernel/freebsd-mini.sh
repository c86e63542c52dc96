#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The miniature FreeBSD tree is sliced, built and run in every mode on both
# paths, clean.  Fails when a row finds something, is blind, vacuous or
# missing, or when the Ex calls do not run where VP indexes are sparse.
# usage: freebsd-mini.sh path/to/shootdown path/to/trees

set -u
bin=$1 trees=$2
. "$(dirname "$0")/lib.sh"

check 0 --kernel freebsd --tree "$trees/freebsd-mini" --schedules 400

true_that 'report["result"] == "clean"'
true_that '{r["path"] for r in rows} == {"native", "hypercall"}'
true_that 'all(r["status"] == "clean" and r["canary"] for r in rows)'
# Modes: every combination of PCID, INVPCID and PTI that makes sense, for
# every scenario on every path; and INVLPGB where kernel pages are flushed.
true_that 'len({r["mode"] for r in rows if "invlpgb" not in r["mode"]}) == 6'
true_that 'all(len({r["mode"] for r in rows if (r["path"], r["scenario"]) ==
    (x["path"], x["scenario"]) and "invlpgb" not in r["mode"]}) ==
    (4 if x["scenario"] == "pcid-wrap" else 6) for x in rows)'
true_that 'all(len({r["mode"] for r in rows if r["path"] == "native" and
    r["scenario"] == s and "invlpgb" in r["mode"]}) == 3
    for s in ["kernel-page", "kernel-range", "kernel-all"])'
true_that 'all(r["remote_candidates"] > 0 for r in rows)'
true_that 'all(r["hypercalls"] == 0 for r in rows if r["path"] == "native")'
true_that 'all(r["hypercalls"] > 0 for r in rows
    if r["path"] == "hypercall")'
# A VP index above 63 can be named by the Ex calls alone.
true_that '{"unmap-page", "kernel-page"} <=
    {r["scenario"] for r in rows if r.get("vp_index") == "0,64,130"}'
true_that 'all(r["hypercalls"] > 0 and r["remote_candidates"] > 0
    for r in rows if r.get("vp_index") == "0,64,130")'
# Large pages, on request.
true_that 'not [r for r in rows if r["scenario"].startswith("large")]'
true_that 'any("--scenario" in s["why"] for s in report["skipped"])'
# What is not run is named with its reason: this kernel has no lazy mode.
true_that 'report["skipped"] and all(s["why"] for s in report["skipped"])'

check 0 --kernel freebsd --tree "$trees/freebsd-mini" --schedules 20 \
    --scenario "large-*" --mode nopcid --mode pcid+invpcid+pti \
    --mode nopcid+invlpgb --mode nopcid+erratum383
true_that 'all(r["status"] == "clean" and r["canary"] for r in rows)'
true_that 'sum(r["mode"] == "nopcid+erratum383" for r in rows) >= 5'
true_that 'len({r["scenario"] for r in rows}) == 6'
# A promotion that flushes nothing is nothing to accuse; a flush of the first
# page alone, when the large page goes, is.
cp -rL "$trees/freebsd-mini" "$dir/tree" && chmod -R u+w "$dir/tree"
sed -i 's/pmap_invalidate_range(pmap, va, va + NBPDR)/pmap_invalidate_page(pmap, va)/' \
    "$dir/tree/sys/amd64/amd64/pmap.c"
check 1 --kernel freebsd --tree "$dir/tree" --schedules 20 --path native \
    --scenario large-kernel --mode nopcid
true_that 'findings and all(f["class"] == "defect" and
    f["where"]["file"].startswith("sys/amd64/") for f in findings)'
# Erratum 383: small entries go with the promotion, so that what removes the
# large page may rely on that; a promotion that flushes only its own processor
# is found then.
change='/^change_flush/,/^}/s/pmap_update_pde_invalidate/if (c->by == PCPU_GET(cpuid)) &/'
sed -i "$change" "$dir/tree/sys/amd64/amd64/pmap.c"
check 1 --kernel freebsd --tree "$dir/tree" --schedules 20 --path native \
    --scenario large-kernel --mode nopcid+erratum383
cp -L "$trees/freebsd-mini/sys/amd64/amd64/pmap.c" "$dir/tree/sys/amd64/amd64/"
sed -i 's/pmap_invalidate_range(pmap, va, va + NBPDR)/pmap_invalidate_page(pmap, va)/' \
    "$dir/tree/sys/amd64/amd64/pmap.c"
check 0 --kernel freebsd --tree "$dir/tree" --schedules 20 --path native \
    --scenario large-kernel --mode nopcid+erratum383

exit $failed
