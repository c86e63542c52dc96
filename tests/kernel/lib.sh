# SPDX-License-Identifier: BSD-2-Clause
#
# Common to the shell tests of kernels: a folder of their own with a cache of
# their own, and what they expect of the command.  Sourced with $bin set.
# environment: PYTHON, REPORT (the script), UNPACKED (share_archive)

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
export SHOOTDOWN_CACHE="$dir/cache"
unset CC XDG_STATE_HOME
failed=0

fail()
{
	echo "FAILED: $*"
	failed=1
}

# check STATUS ARGUMENT...: the report is in $dir/json, $dir/out and $dir/err
check()
{
	want=$1
	shift
	rm -f "$dir/json"
	"$bin" check --schedules-dir "$dir/schedules" --json "$dir/json" "$@" \
	    >"$dir/out" 2>"$dir/err" </dev/null
	got=$?
	[ "$got" -eq "$want" ] && return
	fail "check $*: status $got, wanted $want"
	cat "$dir/out" "$dir/err"
}

# refuse STATUS PATTERN ARGUMENT...: one line on stderr, and nothing else
refuse()
{
	status=$1 pattern=$2
	shift 2
	check "$status" "$@"
	[ "$(wc -l <"$dir/err")" -eq 1 ] && [ ! -s "$dir/out" ] &&
	    [ ! -e "$dir/json" ] && grep -q -e "$pattern" "$dir/err" && return
	fail "check $*: not one line with '$pattern'"
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

# value_of EXPRESSION: prints it
value_of()
{
	"$PYTHON" "$REPORT" -p "$dir/json" "$1"
}

# share_archive: the package's archive, unpacked by the first test that needs it
# into a folder of the build; the cache has a link to it.  By hand, without
# UNPACKED, a test unpacks its own.
share_archive()
{
	[ -n "${UNPACKED-}" ] || return 0
	mkdir -p "$UNPACKED" "$SHOOTDOWN_CACHE" || exit 99
	(
		# two tests that start together need not do it twice
		command -v flock >/dev/null && flock 9
		SHOOTDOWN_CACHE=$UNPACKED "$bin" kernels >/dev/null 2>&1
		set -- "$UNPACKED"/linux-source-*
		[ $# -eq 1 ] && exit
		# the package has changed
		rm -rf "$UNPACKED"/linux-source-*
		SHOOTDOWN_CACHE=$UNPACKED "$bin" kernels >/dev/null 2>&1
	) 9>"$UNPACKED/lock"
	set -- "$UNPACKED"/linux-source-*
	[ ! -d "$1" ] || ln -s "$1" "$SHOOTDOWN_CACHE/"
}

skip()
{
	echo "skipped: $*"
	exit 77
}
