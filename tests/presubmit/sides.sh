#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Two revisions of the miniature tree, both ways round: the fix is accepted,
# its revert refused; what is neither finds nothing new and nothing fixed.
# Fails too when anything in the tree or its .git has changed.
# usage: sides.sh path/to/shootdown path/to/trees

set -u
bin=$1 trees=$2
. "$(dirname "$0")/lib.sh"
command -v git >/dev/null || skip "no git"

# picture: all of the tree and of .git, with times
picture()
{
	find "$tree" -printf '%p %y %m %s %T@ %l\n' | sort
	git_in for-each-ref
	git_in worktree list
}

make_tree
plant
commit "hyperv: flush fewer processors"
bug=$rev
git_in revert --no-edit HEAD >/dev/null
fix=$(git_in rev-parse HEAD)
# An index whose times are old, and a change that nobody has committed: git
# itself would want to refresh the one, and must not see the other.
touch "$tree/$mmu"
echo "/* not committed */" >>"$tree/sys/sys/cpuset.h"
picture >"$dir/before"

presubmit 1 --tree "$tree" --base "$clean" --head "$bug" $few
true_that 'report["verdict"] == "refused" and not report["unfinished"]'
true_that 'len(report["findings"]["new"]) == 1'
true_that 'all(f["class"] == "defect" and f["rows_base"] == 0 and
    f["rows_head"] > 0 and f["row"]["path"] == "hypercall"
    for f in report["findings"]["new"])'
true_that 'not report["findings"]["fixed"]'
true_that 'report["patch"]["subject"] == "hyperv: flush fewer processors"'
true_that 'report["patch"]["lines"] == 1'
true_that '[l["state"] for f in report["coverage"]["files"]
    for l in f["lines"]] == ["executed"]'
true_that 'report["coverage"]["executed"] == 1'
true_that 'all(l["rows"] == ["hypercall unmap-page"]
    for f in report["coverage"]["files"] for l in f["lines"])'
told '^refused: 1 new defect$'
cp "$dir/json" "$dir/first"
signature=$("$PYTHON" "$REPORT" -p "$dir/json" \
    'report["findings"]["new"][0]["signature"]')

# From inside the tree, without a word on where schedule files go.
here=$(realpath "$bin")
(cd "$tree" && "$here" presubmit --tree . --base "$clean" --head "$bug" $few) \
    >"$dir/out" 2>"$dir/err" </dev/null
[ $? -eq 1 ] || fail "from inside the tree: $(cat "$dir/out" "$dir/err")"
ls "$SHOOTDOWN_CACHE"/presubmit/findings/*.json >/dev/null ||
    fail "from inside the tree: no schedule file in the cache"

# The same again, from both sides in the cache.
presubmit 1 --tree "$tree" --base "$clean" --head "$bug" $few
"$PYTHON" - "$dir/first" "$dir/json" <<-'END' || fail "two runs differ"
	import json, sys
	a, b = (json.load(open(f)) for f in sys.argv[1:])
	a.pop("seconds"), b.pop("seconds")
	sys.exit(a != b)
	END

presubmit 0 --tree "$tree" --base "$bug" --head "$fix" $few
true_that 'report["verdict"] == "accepted"'
true_that '[f["signature"] for f in report["findings"]["fixed"]] ==
    ["'"$signature"'"]'
true_that 'not report["findings"]["new"]'
# Nothing but a line that goes: the base has executed them.
true_that 'all(l["removed"] and l["state"] == "executed"
    for f in report["coverage"]["files"] for l in f["lines"])'
told '^accepted: '

# Known: told, and no reason to refuse.
printf '%s\tmeant so\t\n' "$signature" >"$dir/known"
presubmit 0 --tree "$tree" --base "$clean" --head "$bug" \
    --known "$dir/known" $few
true_that 'all(f["known"] for f in report["findings"]["new"])'

picture >"$dir/after"
cmp -s "$dir/before" "$dir/after" || {
	fail "the tree was touched"
	diff "$dir/before" "$dir/after"
}
git_in checkout -q -- sys/sys/cpuset.h

# Unrelated: 50 blank lines and a function split in two, once in a clean tree
# and once in one with the bug.
unrelated()
{
	git_in checkout -q "$1"
	base=$(git_in rev-parse HEAD)
	"$PYTHON" - "$tree/$mmu" <<-'END' || exit 99
		import sys
		text = open(sys.argv[1]).read()
		body = ("\tin->space = 0;\n\tin->flags = FLUSH_ALL_SPACES;\n"
		        "\tin->processors = set->bank[0];\n")
		head = "static uint64_t\nflush_simple("
		assert body in text and head in text
		text = text.replace(body, "\tfill_simple(in, set);\n")
		text = text.replace(head, "\n" * 50 + "static void\n"
		    "fill_simple(struct flush_simple *in, "
		    "const struct target_set *set)\n{\n" + body + "}\n\n" + head)
		open(sys.argv[1], "w").write(text)
		END
	commit "hyperv: split a function"
}

for start in "$clean" "$bug"; do
	unrelated "$start"
	presubmit 0 --tree "$tree" --base "$base" --head "$rev" $few
	true_that 'not report["findings"]["new"] and
	    not report["findings"]["fixed"]'
	true_that 'len(report["findings"]["unchanged"]) == '"$([ "$start" = \
	    "$bug" ] && echo 1 || echo 0)"
done

exit $failed
