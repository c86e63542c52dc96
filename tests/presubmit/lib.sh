# SPDX-License-Identifier: BSD-2-Clause
#
# Common to the tests of presubmit: a git tree made of the miniature one, in a
# folder of its own, and what they expect.  Sourced with $bin and $trees set.
# environment: PYTHON, REPORT (the script)

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
export SHOOTDOWN_CACHE="$dir/cache" HOME="$dir" GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
unset CC XDG_STATE_HOME GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
failed=0

mmu=sys/dev/hyperv/vmbus/hyperv_mmu.c
few="--scenario unmap-page --mode pcid --vcpus 2 --schedules 50"

fail()
{
	echo "FAILED: $*"
	failed=1
}

skip()
{
	echo "skipped: $*"
	exit 77
}

# presubmit STATUS ARGUMENT...: the report is in $dir/json and $dir/out
presubmit()
{
	want=$1
	shift
	rm -f "$dir/json"
	"$bin" presubmit --schedules-dir "$dir/schedules" --json "$dir/json" \
	    "$@" >"$dir/out" 2>"$dir/err" </dev/null
	got=$?
	[ "$got" -eq "$want" ] && return
	fail "presubmit $*: status $got, wanted $want"
	cat "$dir/out" "$dir/err"
}

# refuse PATTERN ARGUMENT...: status 2, one line on stderr, and nothing else
refuse()
{
	pattern=$1
	shift
	presubmit 2 "$@"
	[ "$(wc -l <"$dir/err")" -eq 1 ] && [ ! -s "$dir/out" ] &&
	    [ ! -e "$dir/json" ] && grep -q -e "$pattern" "$dir/err" && return
	fail "presubmit $*: not one line with '$pattern'"
	cat "$dir/out" "$dir/err"
}

# true_that EXPRESSION: of the last report
true_that()
{
	if [ ! -e "$dir/json" ]; then
		fail "no report"
	elif ! "$PYTHON" "$REPORT" "$dir/json" "$1"; then
		failed=1
	fi
}

# told PATTERN: in the last report for a person
told()
{
	grep -q -e "$1" "$dir/out" && return
	fail "not told: $1"
	cat "$dir/out"
}

# open_with PATTERN: status 3, and the report says what is left open
open_with()
{
	pattern=$1
	shift
	presubmit 3 "$@"
	true_that 'report["verdict"] == "not validated"'
	true_that 'any(u["what"] and u["why"] for u in report["unfinished"])'
	tr -s ' \n' '  ' <"$dir/out" >"$dir/flat"
	grep -q -e "$pattern" "$dir/flat" && return
	fail "presubmit $*: does not tell '$pattern'"
	cat "$dir/out"
}

git_in()
{
	git -C "$tree" -c core.autocrlf=false "$@" || exit 99
}

# commit MESSAGE: everything; its name is in $rev
commit()
{
	git_in add -A
	git_in commit -q -m "$1"
	rev=$(git_in rev-parse HEAD)
}

# make_tree: $tree, with one commit, $clean
make_tree()
{
	tree=$dir/src
	cp -rL "$trees/freebsd-mini" "$tree" && chmod -R u+w "$tree" || exit 99
	git init -q "$tree" || exit 99
	commit "mini: import"
	clean=$rev
}

# plant: the shootdown forgets a processor of its set
plant()
{
	sed -i 's/^	CPU_COPY(pmap_invalidate_cpu_mask(pmap), &cpus);$/&\
	CPU_CLR(1, \&cpus);/' "$tree/$mmu"
}
