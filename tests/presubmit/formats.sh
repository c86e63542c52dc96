#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The formats that `presubmit` writes: each is what the converter makes of its
# JSON report, and a file that cannot be written is said before anything runs.
# usage: formats.sh path/to/shootdown path/to/trees path/to/convert

set -u
bin=$1 trees=$2 convert=$3
. "$(dirname "$0")/lib.sh"
command -v git >/dev/null || skip "no git"

make_tree
plant
commit "hyperv: flush fewer processors"

for f in junit sarif markdown; do
	refuse "--$f: $dir/no/folder" --tree "$tree" --base "$clean" $few \
	    "--$f" "$dir/no/folder"
done

presubmit 1 --tree "$tree" --base "$clean" --head "$rev" $few \
    --junit "$dir/junit" --sarif "$dir/sarif" --markdown "$dir/markdown"
for f in junit sarif markdown; do
	"$convert" "$f" "$dir/json" >"$dir/again"
	cmp -s "$dir/again" "$dir/$f" || fail "--$f is not the JSON report"
done
grep -q '^## . shootdown presubmit: refused$' "$dir/markdown" ||
    fail "the summary has no verdict"
grep -q 'failures="2"' "$dir/junit" || fail "the verdict and the finding fail"

exit $failed
