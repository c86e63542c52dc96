#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The verb mutate on the miniature tree: the tree is left as it is, kills and
# survivors are told, the number of jobs changes nothing, a journal goes on
# where it ends.  Fails when a dropped flush survives, when a change that only
# flushes more is killed, or when any of those does not hold.
# usage: mutate.sh path/to/shootdown path/to/trees

set -u
bin=$1 trees=$2
. "$(dirname "$0")/../kernel/lib.sh"

cp -rL "$trees/freebsd-mini" "$dir/tree" || exit 99
before=$(cd "$dir/tree" && find . -type f -exec cksum {} + | sort)

# mutate ARGUMENT...: its report is in $dir/json, what it says in $dir/out
mutate()
{
	rm -f "$dir/json"
	"$bin" mutate --kernel freebsd --tree "$dir/tree" --schedules 40 \
	    --json "$dir/json" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	got=$?
	[ $got -eq 0 ] && return
	fail "mutate $*: status $got"
	cat "$dir/out" "$dir/err"
}

cat >"$dir/rules" <<EOF
never	force	0
drop-call drop-call *
EOF
mutate --rules "$dir/rules" --sample 6 --seed 3 --jobs 2
cp "$dir/json" "$dir/json.first"
true_that 'mutants and all(m["verdict"] in ["killed", "survived", "timed out",
    "same code", "not compiled"] for m in mutants)'
true_that 'any(m["verdict"] == "killed" for m in mutants)'
true_that 'all(f["killed"] + f["timed out"] + f["survived"] + f["same code"] +
    f["not compiled"] <= 6 and f["not run"] == 0 for f in report["files"])'

# Modes with INVLPGB and hosts that make a kernel fall back are among the rows.
true_that 'len(set(report["tried"])) == len(report["tried"])'
for what in invlpgb enforce=yes rep=1 fail_reps=1 rec_ex=no; do
	true_that "any('$what' in r for r in report['tried'])"
done

# The survivors are named, without text of the tree.
"$PYTHON" "$REPORT" -p "$dir/json" '"\n".join("  %s (%s)" %
    (m["id"], m["function"]) for m in mutants
    if m["verdict"] == "survived")' >"$dir/want"
sed -n '/^survivors:/,$p' "$dir/out" | sed 1d >"$dir/have"
[ -s "$dir/have" ] || echo >"$dir/have"
cmp -s "$dir/want" "$dir/have" || fail "the survivors are not those"

# One job or two; from the start, or from half a journal.
mutate --rules "$dir/rules" --sample 6 --seed 3 --jobs 1 \
    --resume "$dir/journal"
cmp -s "$dir/json" "$dir/json.first" || fail "--jobs makes a difference"
head -n 4 "$dir/journal" >"$dir/half"
printf '{"id": "cut o' >>"$dir/half"
mutate --rules "$dir/rules" --sample 6 --seed 3 --jobs 2 --resume "$dir/half"
cmp -s "$dir/json" "$dir/json.first" || fail "--resume makes a difference"
for journal in half journal; do
	sort "$dir/$journal" >"$dir/$journal.sorted"
done
cmp -s "$dir/half.sorted" "$dir/journal.sorted" || fail "the journals differ"

# Rows with sets of three words, and no others.
mutate --rules "$dir/rules" --sample 2 --scenario unmap-page --vcpus 130 \
    --place 0,65,64
true_that 'report["tried"] and all(" 130:0,65,64 " in r
    for r in report["tried"])'
"$bin" mutate --kernel freebsd --tree "$dir/tree" --vcpus 100 --place 0,129 \
    >/dev/null 2>"$dir/err"
[ $? -eq 2 ] && grep -q 'no vCPU 129 of 100' "$dir/err" ||
	fail "a place that is none is taken"

# A journal of something else is refused.
"$bin" mutate --kernel freebsd --tree "$dir/tree" --schedules 40 \
    --rules "$dir/rules" --sample 5 --resume "$dir/half" >"$dir/out" \
    2>"$dir/err"
[ $? -eq 2 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] ||
	fail "another run's journal is taken"
"$bin" mutate --kernel freebsd --tree "$dir/tree" --schedules 40 \
    --rules "$dir/rules" --sample 6 --seed 3 --scenario 'unmap-*' \
    --resume "$dir/half" >"$dir/out" 2>"$dir/err"
[ $? -eq 2 ] || fail "a journal of other rows is taken"
"$bin" mutate --kernel freebsd --tree "$dir/tree" --scenario nonsense \
    >/dev/null 2>"$dir/err"
[ $? -eq 2 ] || fail "a scenario that is none is taken"
"$bin" mutate --kernel reference >/dev/null 2>"$dir/err"
[ $? -eq 2 ] || fail "a kernel without a tree is taken"

[ "$before" = "$(cd "$dir/tree" && find . -type f -exec cksum {} + | sort)" ] ||
	fail "the tree has changed"

# A mutant by its name.
mutate --mutant 'drop-call *hyperv_mmu.c:*:1' --list
grep -qv '^drop-call .*hyperv_mmu\.c:' "$dir/out" && fail "other names"
[ -s "$dir/out" ] || fail "no such name"
"$bin" mutate --kernel freebsd --tree "$dir/tree" --mutant nonsense --list \
    >"$dir/out" 2>"$dir/err"
[ $? -eq 2 ] && grep -q 'a mutant named nonsense' "$dir/err" ||
	fail "a name that no mutant has is taken"

# What the kernel does wrong in one row kills in another: pages are flushed as
# everything that is not global, and the mutant does so with ranges.
mmu=$dir/tree/sys/dev/hyperv/vmbus/hyperv_mmu.c
sed -i -e 's/if (op == INVL_OP_TLB)/if (op == INVL_OP_TLB || op == INVL_OP_PG)/' \
    -e '/^flush_simple/,/^}/s/FLUSH_ALL_SPACES;/FLUSH_ALL_SPACES;\
	if (op == INVL_OP_PG)\
		in->flags |= 4;/' "$mmu" || exit 99
line=$(grep -n 'flags |= 4' "$mmu" | cut -d: -f1)
mutate --mutant "equal *hyperv_mmu.c:$((line - 1)):*" \
    --scenario kernel-page --scenario kernel-range
true_that '[m["verdict"] for m in mutants] == ["killed"]
    and mutants[0]["row"]["scenario"] == "kernel-range"'
mutate --mutant "equal *hyperv_mmu.c:$((line - 1)):*" --scenario kernel-page
true_that '[m["verdict"] for m in mutants] == ["survived"]'

ls "$SHOOTDOWN_CACHE" | grep -q '^mutants\.' && fail "a folder is left behind"

exit $failed
