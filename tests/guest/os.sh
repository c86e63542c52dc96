#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Debian's kernel as the guest: its threads see no dead page, its flushes go the
# way that was asked for, and when the changes are lies every part of the
# stress program says so.
# usage: os.sh path/to/shootdown RUNG FLUSH...

. "$(dirname "$0")/rung.sh"
bin=$(realpath "$1") rung=$2
shift 2
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
need_rung "$bin" "$rung"

# The machine of rung nested may go by itself (docs/guest.md): up to twice more
# then, which is told.  What a boot found is never tried again.
run() {
	name=$1
	shift
	for try in 1 2 3; do
		"$bin" guest run --on "$rung" "$@" > "$work/out" \
		    2> "$work/console"
		status=$?
		cat "$work/out"
		grep 'booted again$' "$work/console"
		[ $try != 3 ] && [ $status = 3 ] && [ "$rung" = nested ] &&
		    grep -qE 'ended early|took too long|told no result|Kernel panic' \
		    "$work/out" "$work/console" || break
		echo "$name: the machine went; once more"
		cat "$work/console"
	done
}
fail() {
	echo "$name: $*"
	cat "$work/console"
	exit 1
}

for flush in "$@"; do
	run "$flush" --flush "$flush" --rounds 6 --latency 100 \
	    --json "$work/json"
	[ $status = 0 ] || fail "exit $status"
	"$PYTHON" - "$work/json" "$flush" <<'END_PYTHON' || fail "bad figures"
import json, sys
r = json.load(open(sys.argv[1]))
b, = r["boots"]
names = [p["name"] for p in b["programs"]]
assert names == ["munmap", "thread", "mprotect", "remap", "madvise",
    "mremap", "fork"], names
assert all(p["stale"] == 0 and p["uses"] > 0 for p in b["programs"])
assert b["says_hypercall"] == (sys.argv[2] == "hypercall")
assert (b["tlb_interrupts"] == 0) == (sys.argv[2] == "hypercall")
assert len(b["latency"]) == 4
for l in b["latency"]:
    raw = sorted(l["raw_ns"])
    assert len(raw) == 100 and l["median_ns"] == raw[50], l
    assert l["p99_ns"] == raw[98], l
END_PYTHON
done

run canary --flush "$1" --rounds 3 --canary
[ $status = 1 ] || fail "exit $status"
[ "$(grep -c '^[a-z]*: stress .* rounds' "$work/console")" = 7 ] ||
    fail "not every part ran"
grep '^[a-z]*: stress .* stale 0$' "$work/console" &&
    fail "that part noticed nothing"
[ -z "$(ls "$work" | grep shootdown-guest)" ] || fail "a folder is left"
exit 0
