#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A known bug of the reference kernel goes through the whole of `check`: found,
# written, replayed; the same whatever the number of jobs; known the next time.
# Damage to its schedule file is refused.  The story of a bug of the miniature
# tree names its lines and fits on a page.
# A processor's erratum is found, named and replayed.
# usage: report.sh path/to/shootdown path/to/mini-tree

set -u
bin=$1 mini=$2
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

fail()
{
	echo "FAILED: $*"
	failed=1
}

# check STATUS ARGUMENT...
check()
{
	want=$1
	shift
	"$bin" check --kernel reference --path hypercall --mode pcid \
	    --scenario kernel-page --schedules 300 \
	    --schedules-dir "$dir/schedules" "$@" >"$dir/out" 2>"$dir/err"
	got=$?
	[ "$got" -eq "$want" ] || {
		fail "check $*: status $got, wanted $want"
		cat "$dir/out" "$dir/err"
	}
}

bug="--mutant global-non-global"

check 0
[ -e "$dir/schedules" ] && fail "a folder without findings"

check 1 $bug --jobs 1 --json "$dir/one.json"
story=$(sed -n '/^finding 1/,/replay:/p' "$dir/out" | wc -l)
[ "$story" -gt 5 ] && [ "$story" -le 25 ] || fail "a story of $story lines"
grep -q "needs: *globals kept$" "$dir/out" || fail "its permissions"
check 1 $bug --jobs 3 --json "$dir/three.json"
for f in one three; do
	grep -v '"seconds"' "$dir/$f.json" >"$dir/$f.plain"
done
cmp -s "$dir/one.plain" "$dir/three.plain" || fail "jobs change the report"

# What is no file is written to, not replaced.
mkfifo "$dir/pipe"
cat "$dir/pipe" >"$dir/piped.json" &
check 0 --json "$dir/pipe"
if [ -p "$dir/pipe" ]; then
	wait
else
	fail "a report takes the place of a pipe"
	kill $!
fi
grep -q '"rows"' "$dir/piped.json" || fail "no report in the pipe"

# The host that drops globals has no such bug.
check 0 $bug --host tlfs,globals=drop

file=$(ls "$dir"/schedules/*.json | head -n 1)
"$bin" replay --quiet "$file"
[ $? -eq 1 ] || fail "replay of the file"
string=$(sed -n 's/.*"string": "\(sd2:.*\)".*/\1/p' "$dir/one.json" | head -n 1)
"$bin" replay "$string" >"$dir/out"
[ $? -eq 1 ] || fail "replay of the string"
grep -q "^reproduced: " "$dir/out" || fail "no word of it"
sed "s/\"memory\": \"tso\"/\"memory\": \"sc\"/" "$file" >"$dir/bad.json"
"$bin" replay "$dir/bad.json" >"$dir/out" 2>"$dir/err"
[ $? -eq 2 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] || fail "damage unseen"

check 0 $bug --write-known "$dir/known"
grep -q "^permission-as-promise/" "$dir/known" || fail "nothing in --write-known"
check 0 $bug --known "$dir/known"
grep -q "known findings" "$dir/out" || fail "known findings not told"
check 0 --known "$dir/known"
grep -q "not found this time" "$dir/out" || fail "the gone one is not told"
printf '# nothing\n' >"$dir/known"
check 1 $bug --known "$dir/known"

# One line for each scenario; every row with --rows.
check 0 --scenario '*page*' --rows
rows=$(grep -c ' clean$' "$dir/out")
check 0 --scenario '*page*'
groups=$(grep -c ' clean$' "$dir/out")
[ "$groups" -gt 1 ] && [ "$rows" -gt "$groups" ] ||
    fail "$rows rows, $groups groups"

# A tree with a bug: lines of the tree, and a story that fits on a page.
for path in native hypercall; do
	SHOOTDOWN_CACHE=$dir/cache "$bin" check --kernel freebsd \
	    --tree "$mini-bug" --scenario unmap-page --path $path \
	    --mode nopcid --schedules 500 --schedules-dir "$dir/schedules" \
	    >"$dir/out" 2>"$dir/err"
	[ $? -eq 1 ] || fail "no finding on the $path path of $mini-bug"
	story=$(sed -n '/^finding 1/,/replay:/p' "$dir/out" | wc -l)
	[ "$story" -gt 5 ] && [ "$story" -le 25 ] ||
	    fail "a story of $story lines on the $path path"
	grep -v 'replay: ' "$dir/out" | grep -q '.\{101\}' &&
	    fail "a line of more than 100 columns"
	grep -q '^  where: *sys/[a-z0-9_/]*\.c:[0-9]* (' "$dir/out" ||
	    fail "no line of the tree on the $path path"
	grep -q 'stores table entry' "$dir/out" || fail "no store in the story"
done

# A processor with an erratum: found with PCIDs only, named, replayed.
cpu="--kernel reference --path native --scenario kernel-page --schedules 300"
"$bin" check $cpu --cpu intel >/dev/null 2>&1 || fail "an honest processor"
"$bin" check $cpu --mode nopcid --cpu intel,invlpg_globals=keep \
    >/dev/null 2>&1 || fail "the erratum without PCIDs"
"$bin" check $cpu --mode pcid --cpu intel,invlpg_globals=keep \
    --schedules-dir "$dir/cpu" >"$dir/out" 2>&1
[ $? -eq 1 ] || fail "the erratum with PCIDs is not found"
grep -q 'needs: *erratum that INVLPG keeps globals$' "$dir/out" ||
    fail "the erratum is not named"
"$bin" replay "$dir"/cpu/*.json >"$dir/out" 2>&1
[ $? -eq 1 ] || fail "the erratum is not replayed"
"$bin" check --cpu help | grep -q '^invlpg_paths=all|page: ' ||
    fail "--cpu help lists no knobs"

exit $failed
