#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The pre-push hook, in a tree with a remote of its own: a bug is not pushed,
# an edit that keeps everything right is; what touches nothing is not judged;
# what is not validated goes, unless it must not.
# usage: hook.sh path/to/shootdown path/to/trees path/to/pre-push

set -u
bin=$(realpath "$1") trees=$2 hook=$3
. "$(dirname "$0")/../presubmit/lib.sh"
command -v git >/dev/null || skip "no git"

make_tree
git_in branch -q -M main
git init -q --bare "$dir/remote" || exit 99
git_in remote add origin "$dir/remote"
cp "$hook" "$tree/.git/hooks/pre-push" && chmod +x "$tree/.git/hooks/pre-push"
git_in config shootdown.command "$bin"
for option in $few --schedules-dir "$dir/schedules"; do
	git_in config --add shootdown.option "$option"
done

# push STATUS WORDS [ARGUMENT...]: wanted status (0 or 1), words it tells
push()
{
	want=$1 words=$2
	shift 2
	before=$(git -C "$dir/remote" rev-parse -q --verify main)
	git -C "$tree" push -q origin "${@:-main}" >"$dir/out" 2>&1
	got=$?
	after=$(git -C "$dir/remote" rev-parse -q --verify main)
	[ "$got" -ne 0 ] && got=1
	[ "$got" -eq "$want" ] || fail "push: status $got, wanted $want"
	[ -z "$words" ] || grep -q -e "$words" "$dir/out" || fail "push: does not tell '$words'"
	[ "$want" -eq 0 ] || [ "$before" = "$after" ] ||
	    fail "the remote has it all the same"
	[ "$failed" -eq 0 ] || cat "$dir/out"
}

# There is nothing yet to compare with.
push 0 'nothing to compare with'

plant
commit "hyperv: flush fewer processors"
push 1 'refused; not pushed'
grep -q '^refused: 1 new defect$' "$dir/out" || fail "the report is not shown"

# The same commit, with a second one that makes it right again: a function
# split in two remains.
git_in revert --no-edit HEAD >/dev/null
"$PYTHON" - "$tree/$mmu" <<'END' || exit 99
import sys
text = open(sys.argv[1]).read()
body = ("\tin->space = 0;\n\tin->flags = FLUSH_ALL_SPACES;\n"
        "\tin->processors = set->bank[0];\n")
head = "static uint64_t\nflush_simple("
assert body in text and head in text
text = text.replace(body, "\tfill_simple(in, set);\n")
text = text.replace(head, "static void\nfill_simple(struct flush_simple *in, "
    "const struct target_set *set)\n{\n" + body + "}\n\n" + head)
open(sys.argv[1], "w").write(text)
END
commit "hyperv: split a function"
push 0 '^accepted: '

# Nothing of that is judged: the command would fail.
git_in config shootdown.command /bin/false
echo hello >"$tree/README.new"
commit "mini: say hello"
push 0 ''
[ -s "$dir/out" ] && fail "judged what touches nothing: $(cat "$dir/out")"
git_in push -q origin main:gone && git_in push -q origin :gone ||
    fail "a branch cannot go"

# Status 3, of a command that only ends so.
printf '#!/bin/sh\nexit 3\n' >"$dir/three" && chmod +x "$dir/three"
git_in config shootdown.command "$dir/three"
echo "/* a comment */" >>"$tree/$mmu"
commit "hyperv: comment"
git_in config shootdown.strict true
push 1 'not validated'
git_in config shootdown.strict false
push 0 'not validated'

# A command that is not there is no verdict.
git_in config shootdown.command "$dir/nothing"
echo "/* another */" >>"$tree/$mmu"
commit "hyperv: comment again"
push 1 'did not run'

exit $failed
