#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Patches in every form that they come in, and those that cannot be judged:
# each gets its one answer, and never "accepted".
# usage: patch.sh path/to/shootdown path/to/trees

set -u
bin=$1 trees=$2
. "$(dirname "$0")/lib.sh"
command -v git >/dev/null || skip "no git"

make_tree
plain=$dir/plain
cp -r "$tree" "$plain" && rm -rf "$plain/.git"
plant
commit "hyperv: flush fewer processors

The last one need not know."
git_in diff HEAD~1 >"$dir/p1.diff"
git_in diff --no-prefix HEAD~1 >"$dir/p0.diff"
git_in format-patch -1 --stdout >"$dir/mail.patch"
sed 's/$/\r/' "$dir/p1.diff" >"$dir/crlf.diff"
(cd "$dir" && diff -ru plain src -x .git >"$dir/dated.diff")
# As Phabricator's raw diffs and svn have it.
(echo "Index: $mmu"; sed -n '/^---/,$p' "$dir/p0.diff" |
    sed "s,^--- .*,--- $mmu	(revision 1)," |
    sed "s,^+++ .*,+++ $mmu	(working copy),") >"$dir/svn.diff"
git_in checkout -q "$clean"

# ---- forms, onto a git tree and onto a folder

try()
{
	presubmit 1 --tree "$1" --patch "$dir/$2" $few
	true_that 'len(report["findings"]["new"]) == 1'
	true_that 'report["coverage"]["executed"] == 1'
}
for form in p0.diff crlf.diff dated.diff svn.diff; do
	try "$plain" $form
done
try "$tree" p1.diff
true_that 'report["base"] == {"rev": "HEAD", "commit": "'"$clean"'"}'
try "$plain" mail.patch
true_that 'report["patch"]["subject"] == "hyperv: flush fewer processors"'
true_that 'report["base"] == {"rev": None, "commit": None}'
# As mail programs send it.
python3 - "$dir/mail.patch" >"$dir/encoded.mail" <<'END'
import quopri, sys
head, body = open(sys.argv[1], 'rb').read().split(b'\n\n', 1)
sys.stdout.buffer.write(head + b'\nMIME-Version: 1.0\nContent-Type: '
    b'text/plain; charset=utf-8\nContent-Transfer-Encoding: '
    b'quoted-printable\n\n' + quopri.encodestring(body))
END
try "$plain" encoded.mail
true_that 'report["patch"]["subject"] == "hyperv: flush fewer processors"'

# At another line than it says, as after somebody else's commit.
sed -i '2i/* one */\n/* more */' "$plain/$mmu"
presubmit 1 --tree "$plain" --patch "$dir/p1.diff" $few
# The reverse, of a tree that has it: what goes was executed on the base.
git_in checkout -q "$rev"
git_in diff HEAD HEAD~1 >"$dir/reverse.diff"
presubmit 0 --tree "$tree" --patch "$dir/reverse.diff" $few

# ---- what does not apply

refuse "p1.diff:[0-9]*: hunk 1 of $mmu does not apply: .*there already" \
    --tree "$tree" --patch "$dir/p1.diff" $few
git_in checkout -q "$clean"
sed 's/^ 	targets_of/ 	target_of/; s/^ 	CPU_COPY/ 	CPU_COPI/' \
    "$dir/p1.diff" >"$dir/other.diff"
refuse "other.diff:[0-9]*: hunk 1 of $mmu does not apply: line" \
    --tree "$tree" --patch "$dir/other.diff" $few
head -n 8 "$dir/p1.diff" >"$dir/short.diff"
refuse 'short.diff:8: the patch ends within' --tree "$tree" \
    --patch "$dir/short.diff" $few
echo "hello" >"$dir/hello"
refuse 'hello: no diff in it' --tree "$tree" --patch "$dir/hello" $few
sed 's,b/sys/,b/../,; s,a/sys/,a/../,' "$dir/p1.diff" >"$dir/out.diff"
refuse 'leads out of the tree' --tree "$tree" --patch "$dir/out.diff" $few
sed 's,mmu\.c,nnn.c,' "$dir/p1.diff" >"$dir/none.diff"
refuse 'none.diff:[0-9]*: no file' --tree "$tree" --patch "$dir/none.diff" $few
refuse '/nonexistent' --tree "$tree" --patch /nonexistent
sed 's/^[A-Za-z]/=ZZ&/' "$dir/encoded.mail" >"$dir/spoilt.mail"
refuse 'spoilt.mail' --tree "$tree" --patch "$dir/spoilt.mail" $few

# ---- usage

refuse '--tree DIR' --base HEAD
refuse '--base' --tree "$tree"
refuse "no revision 'nosuch'" --tree "$tree" --base nosuch
refuse "no revision '--all'" --tree "$tree" --base=--all
refuse 'no git repository' --tree "$plain" --base HEAD
refuse 'exclude each other' --tree "$tree" --head HEAD --patch "$dir/p1.diff"
refuse 'not of linux' --tree "$tree" --kernel linux --base HEAD
refuse 'neither' --tree "$dir/cache" --patch "$dir/p1.diff"
refuse 'nosuch' --tree "$tree" --base HEAD~0 --patch "$dir/p1.diff" \
    --scenario nosuch
refuse 'known' --tree "$tree" --base HEAD --known /nonexistent

# ---- what cannot be judged

open_with 'base and head are the same' --tree "$tree" --base HEAD $few

echo "more" >>"$tree/README.md"
commit "doc: say more"
open_with 'touches nothing that is tested' --tree "$tree" --base "$clean" $few

# A header that the shims stand in for.
git_in checkout -q "$clean"
mkdir -p "$tree/sys/vm"
echo "/* ours */" >"$tree/sys/vm/pmap.h"
commit "vm: a header"
open_with 'sys/vm/pmap.h: .*pmapshim/freebsd/stub/vm/pmap.h' --tree "$tree" \
    --base "$clean" $few
echo "#define PMAP_NEW 1" >>"$tree/sys/vm/pmap.h"
sed -i 's/^	page = VMBUS_PCPU_GET.*/&\
	if (PMAP_NEW == 0)\
		goto native;/' "$tree/$mmu"
commit "vm: a name"
open_with "adds 'PMAP_NEW' to sys/vm/pmap.h, .*freebsd/stub/vm/pmap.h" \
    --tree "$tree" --base "$clean" $few
true_that 'any("'"$mmu"':" in u["why"] and "/cache/" not in
    u["why"].split("(all of it")[0] for u in report["unfinished"])'

# Names that nobody has.
git_in checkout -q "$clean"
sed -i 's/^	page = VMBUS_PCPU_GET.*/&\
	if (pmap_is_strange(pmap))\
		goto native;/' "$tree/$mmu"
commit "hyperv: ask pmap"
open_with "no 'pmap_is_strange'; add it below pmapshim/freebsd/stub" \
    --tree "$tree" --base "$clean" $few
sed -i 's,^#include <vm/pmap.h>,&\n#include <vm/nowhere.h>,' "$tree/$mmu"
commit "hyperv: include more"
open_with 'no header vm/nowhere.h; add pmapshim/freebsd/stub/vm/nowhere.h' \
    --tree "$tree" --base "$clean" $few
sed -i 's/^	critical_enter();/	critical_enter() +;/' "$tree/$mmu"
commit "hyperv: nonsense"
open_with 'head: does not compile' --tree "$tree" --base "$clean" $few
open_with 'base: does not compile' --tree "$tree" --base "$rev" \
    --head "$clean" $few

# Changed, tested, and never executed: no scenario fails this call here.
git_in checkout -q "$clean"
sed -i 's/^native:$/&\
	addr2 = round_page(addr2);/' "$tree/$mmu"
commit "hyperv: more after a failure"
open_with 'no changed line was executed' --tree "$tree" \
    --base "$clean" --head "$rev" $few

exit $failed
