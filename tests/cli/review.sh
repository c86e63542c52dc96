#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The verb review on the miniature tree: exit status, report, patch.  Fails
# when a bad tree passes, a good one is accused, or a skip counts as a pass.
# usage: review.sh path/to/shootdown path/to/mini-tree

set -u
bin=$1 mini=$2
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
export SHOOTDOWN_CACHE="$dir/cache"
failed=0

# review STATUS PATTERN ARGUMENT...: output in $dir/out
review()
{
	want=$1 pattern=$2
	shift 2
	"$bin" review --json "$dir/json" "$@" >"$dir/out" 2>&1 </dev/null
	got=$?
	[ "$got" -eq "$want" ] && grep -q -e "$pattern" "$dir/out" && return
	echo "FAILED: review $*: status $got, wanted $want and '$pattern'"
	cat "$dir/out"
	failed=1
}

text="--check dispatch --check dependency --check split"
review 0 "^3 checks: 2 ran, 0 failed, 1 skipped" --tree "$mini" $text
grep -q '"status": "skip"' "$dir/json" || {
	echo "FAILED: no skip in the report"
	failed=1
}
# nothing could be checked: that is not clean
review 3 "no commits" --tree "$mini" --check split
review 3 "no diff" --tree "$mini" --check style --check stray

cp -rL "$mini" "$dir/tree"
chmod -R u+w "$dir/tree"
pmap=sys/amd64/amd64/pmap.c
cat >"$dir/patch" <<END
--- a/$pmap
+++ b/$pmap
@@ -10,2 +10,3 @@
 one
 two
+
END
# advice is no failure
review 0 "stray *fail (advice): .*$pmap:12" --tree "$dir/tree" \
    --diff "$dir/patch" --check stray
echo '#include <dev/hyperv/vmbus/vmbus_var.h>' >>"$dir/tree/$pmap"
review 1 "dependency *fail: $pmap:[0-9]* includes" --tree "$dir/tree" $text
# as the folder sys itself: paths are from there
review 1 "fail: amd64/amd64/pmap.c:" --tree "$dir/tree/sys" $text

[ "$(ls "$dir/cache" | grep -c '^review')" -eq 0 ] || {
	echo "FAILED: left in the cache: $(ls "$dir/cache")"
	failed=1
}
exit $failed
