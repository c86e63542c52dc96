#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A million schedules of every scenario on the native path of one kernel,
# summed over its rows: the scenario's own number of vCPUs under `random` and
# `pct`, and 3 vCPUs under `random`.  Fails when any of them has a finding of class defect, and when a
# row is blind, vacuous or cut.
# usage: soak.sh path/to/shootdown KERNEL [TREE]
# environment: PYTHON, REPORT (the script), SOAK_SCHEDULES (default a million)

set -u
bin=$1 kernel=$2 tree=${3-}
total=${SOAK_SCHEDULES:-1000000}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
export SHOOTDOWN_CACHE="$dir/cache"
failed=0

# check ARGUMENT...: its report is in $dir/json
check()
{
	"$bin" check --kernel "$kernel" ${tree:+--tree "$tree"} --path native \
	    --schedules-dir "$dir/schedules" --json "$dir/json" "$@" \
	    >"$dir/out" 2>"$dir/err"
}

ask()
{
	"$PYTHON" "$REPORT" -p "$dir/json" "$1"
}

check --schedules 1
if [ $? -eq 3 ] && [ ! -e "$dir/json" ]; then
	cat "$dir/err"
	[ -n "$tree" ] && exit 1
	echo "skipped: the kernel $kernel is not here"
	exit 77
fi
[ -e "$dir/json" ] || { cat "$dir/err"; exit 1; }
scenarios=$(ask '" ".join(dict.fromkeys(r["scenario"] for r in rows))')

# pass SCENARIO SHARE(percent) SEED ARGUMENT...
pass()
{
	scenario=$1 share=$2 seed=$3
	shift 3
	rm -f "$dir/json"
	check --scenario "$scenario" --schedules 1 "$@"
	[ -e "$dir/json" ] || {
		echo "FAILED: $kernel $scenario $*: $(cat "$dir/err")"
		failed=1
		return
	}
	count=$(ask 'len(rows)')
	each=$(((total * share / 100 + count - 1) / count))
	check --scenario "$scenario" --schedules "$each" --seed "$seed" "$@"
	status=$?
	done=$((done + $(ask 'sum(r["schedules"] for r in rows)')))
	steps=$((steps + $(ask 'sum(r["steps"] for r in rows)')))
	[ $status -eq 0 ] && return
	echo "FAILED: $kernel $scenario $*: exit status $status"
	cat "$dir/out" "$dir/err"
	ask '"\n".join(f["string"] for f in findings)'
	failed=1
}

echo "$kernel, native path: scenario, schedules, scheduling points"
for name in $scenarios; do
	done=0 steps=0
	pass "$name" 40 1001
	pass "$name" 30 1002 --strategy pct
	pass "$name" 30 1003 --vcpus 3
	echo "$name $done $steps"
	[ "$done" -ge "$total" ] || { echo "FAILED: too few"; failed=1; }
done
exit $failed
