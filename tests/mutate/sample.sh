#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A sample of 40 mutants of each file of a kernel is judged, or with SOAK=1 all
# of them, with a journal that the next run goes on from.  Fails when one is not
# judged, or when fewer are killed than a search that sees nothing would kill.
# usage: sample.sh path/to/shootdown KERNEL [TREE]
# environment: PYTHON, REPORT (the script), SOAK, SOAK_JOURNAL (a file)

set -u
bin=$1 kernel=$2 tree=${3-}
. "$(dirname "$0")/../kernel/lib.sh"

if [ "$kernel" = linux ] && [ -z "$tree" ] &&
    ! ls -d /usr/src/linux-source-6.* >/dev/null 2>&1; then
	skip "no /usr/src/linux-source-6.* here, and no -Dlinux_src"
fi
[ "$kernel" != linux ] || [ -n "$tree" ] || share_archive
set -- --kernel "$kernel" ${tree:+--tree "$tree"} --json "$dir/json"
if [ -n "${SOAK-}" ]; then
	set -- "$@" --all --schedules 1000 \
	    ${SOAK_JOURNAL:+--resume "$SOAK_JOURNAL"}
else
	set -- "$@" --sample 40 --schedules 64
fi
"$bin" mutate "$@" >"$dir/out" 2>"$dir/err" || fail "status $?"
cat "$dir/out" "$dir/err"
true_that 'report["files"] and all(f["not run"] == 0 for f in report["files"])'
true_that 'all(f["killed"] >= 5 for f in report["files"])'

exit $failed
