#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# `check` writes its reports: each is what the converter makes of the JSON, the
# lines in SARIF are lines of the tree, and a file that cannot be written is
# said before anything runs.
# usage: check.sh path/to/shootdown path/to/convert path/to/mini-tree

set -u
bin=$1 convert=$2 tree=$3
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

fail()
{
	echo "FAILED: $*"
	failed=1
}

run()
{
	SHOOTDOWN_CACHE=$dir/cache "$bin" check --kernel freebsd --tree "$tree" \
	    --scenario unmap-page --path hypercall --mode nopcid \
	    --schedules 300 --schedules-dir "$dir/schedules" "$@" \
	    >"$dir/out" 2>"$dir/err"
}

run --json "$dir/json" --junit "$dir/junit" --sarif "$dir/sarif" \
    --markdown "$dir/markdown" --html "$dir/html"
[ $? -eq 1 ] || fail "no finding in $tree"
for f in junit sarif markdown html; do
	"$convert" "$f" "$dir/json" >"$dir/again"
	cmp -s "$dir/again" "$dir/$f" || fail "--$f is not the JSON report"
done

"$PYTHON" - "$dir/sarif" "$tree" <<'END' || fail "places in SARIF"
import json, os, sys
run, = json.load(open(sys.argv[1]))['runs']
tree = os.path.realpath(sys.argv[2])
assert run['originalUriBaseIds']['SRCROOT']['uri'] == 'file://%s/' % tree
places = 0
for result in run['results']:
    flow, = result['codeFlows']
    assert [f for t in flow['threadFlows'] for f in t['locations']]
    steps = [l['location'] for t in flow['threadFlows']
             for l in t['locations']]
    for place in result['locations'] + steps:
        if 'physicalLocation' not in place:
            continue
        place = place['physicalLocation']
        with open(os.path.join(tree, place['artifactLocation']['uri'])) as f:
            assert len(list(f)) >= place['region']['startLine']
        places += 1
assert len(run['results']) >= 1 and places >= 2, places
END

for f in junit sarif markdown html; do
	run "--$f" "$dir/no/such/folder"
	[ $? -eq 2 ] || fail "--$f into nowhere"
	[ "$(wc -l <"$dir/err")" -eq 1 ] || fail "--$f: not one line"
	[ -s "$dir/out" ] && fail "--$f: something ran"
done

exit $failed
