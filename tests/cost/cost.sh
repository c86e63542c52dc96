#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The verb `cost`: counts that can be told beforehand, the same whatever the
# number of jobs; a table changes estimates and never counts, and can turn the
# answer round; what was not run is marked; bad input is one line and exit 2.
# usage: cost.sh path/to/shootdown path/to/default/table path/to/mini-tree

set -u
bin=$1 table=$2 mini=$3
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

fail()
{
	echo "FAILED: $*"
	failed=1
}

# cost STATUS ARGUMENT...
cost()
{
	want=$1
	shift
	SHOOTDOWN_CACHE=$dir/cache "$bin" cost "$@" >"$dir/out" 2>"$dir/err"
	got=$?
	[ "$got" -eq "$want" ] || {
		fail "cost $*: status $got, wanted $want"
		cat "$dir/err"
	}
}

# holds FILE EXPRESSION: over "r" (the report) and "cell(workload, pages, n)"
holds()
{
	"$PYTHON" - "$1" "$2" <<'END' || fail "not so: $2"
import json, sys
r = json.load(open(sys.argv[1]))
def cell(w, p, n):
    return next(c for c in r['cells'] if
                (c['workload'], c['pages'], c['vcpus']) == (w, p, n))
sys.exit(not eval('(' + sys.argv[2] + ')', dict(globals())))
END
}

few="--vcpus 2,3,4 --pages 1,8 --extrapolate 16 --runs 4"

cost 0 $few --json "$dir/a.json" --svg "$dir/a.svg" --jobs 1
cost 0 $few --json "$dir/b.json" --jobs 3
cmp -s "$dir/a.json" "$dir/b.json" || fail "jobs change the report"

# One IPI for each other vCPU, or one hypercall that reaches them all.
for n in 2 3 4; do
	holds "$dir/a.json" "cell('free', 1, $n)['native']['ipis'] == $n - 1 and
	    cell('free', 1, $n)['native']['interrupts'] == $n - 1 and
	    cell('free', 1, $n)['native']['waits'] == 1 and
	    cell('free', 1, $n)['native']['hypercalls'] == 0 and
	    cell('free', 1, $n)['native']['remote_invlpg'] == $n - 1 and
	    cell('free', 1, $n)['hypercall']['ipis'] == 0 and
	    cell('free', 1, $n)['hypercall']['hypercalls'] == 1 and
	    cell('free', 1, $n)['hypercall']['targets'] == $n - 1"
	holds "$dir/a.json" "cell('churn', 8, $n)['native']['ipis'] ==
	    8 * cell('churn', 1, $n)['native']['ipis']"
	holds "$dir/a.json" "cell('alloc', 8, $n)['native']['ipis'] == 0 and
	    cell('exit', 8, $n)['native']['ipis'] == 0"
done
holds "$dir/a.json" "cell('free', 8, 16)['extrapolated'] is True and
    cell('free', 8, 16)['native']['ipis'] == 15 and
    cell('free', 8, 4)['extrapolated'] is False"
grep -q '~  *16 ' "$dir/out" || fail "an extrapolated line is not marked"
"$PYTHON" -c 'import sys, xml.etree.ElementTree as e; r = e.parse(sys.argv[1])
n = len(r.findall(".//{http://www.w3.org/2000/svg}polyline"))
sys.exit(n != 5 * 2 * 4)' "$dir/a.svg" || fail "lines of the plot"

# A table in which the host is slow turns the answer round.
sed '/"host_kick"/,/}/s/"cycles": [0-9]*, "low": [0-9]*, "high": [0-9]*/"cycles": 90000/' \
    "$table" >"$dir/slow.json"
cost 0 $few --table "$dir/slow.json" --json "$dir/slow"
holds "$dir/a.json" "cell('free', 1, 4)['saving']['each']['nominal'] > 0"
holds "$dir/slow" "cell('free', 1, 4)['saving']['each']['nominal'] < 0"
"$PYTHON" - "$dir/a.json" "$dir/slow" <<'END' || fail "a table changes counts"
import json, sys
a, b = (json.load(open(f))['cells'] for f in sys.argv[1:])
for x, y in zip(a, b):
    for path in 'native', 'hypercall':
        for key, value in x[path].items():
            assert isinstance(value, dict) or y[path][key] == value, key
END

# Another kernel, from a tree.
cost 0 --kernel freebsd --tree "$mini" --workload free --vcpus 2,3 --pages 1 \
    --extrapolate 0 --json "$dir/mini.json"
holds "$dir/mini.json" "len(r['cells']) == 2 and
    cell('free', 1, 3)['native']['ipis'] == 2"
# Sets of several words: each of the others is interrupted.
cost 0 --kernel freebsd --tree "$mini" --workload protect --vcpus 66 \
    --pages 1 --extrapolate 0 --runs 1 --json "$dir/mini.json"
holds "$dir/mini.json" "cell('protect', 1, 66)['native']['ipis'] == 65 and
    cell('protect', 1, 66)['hypercall']['ipis'] == 0"

# bad input: one line, exit 2, nothing runs
bad()
{
	cost 2 "$@"
	[ "$(wc -l <"$dir/err")" -eq 1 ] || fail "cost $*: not one line"
	[ -s "$dir/out" ] && fail "cost $*: printed something"
}
sed '/"cr4"/,/}/s/"source"/"sauce"/' "$table" >"$dir/bad.json"
bad --table "$dir/bad.json"
bad --table "$dir/none.json"
bad --pages 8,1
bad --pages 0
bad --vcpus 1
bad --vcpus 100000
bad --workload nothing
bad --mode what
bad --host nobody
bad --kernel nix
bad --svg "$dir/no/folder"
bad stray

exit $failed
