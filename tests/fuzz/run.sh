#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs a target for so many inputs; the number, not the time, is the limit.
# With FINDS the target has a bug planted, and has to say that (a pattern).
# usage: run.sh none|libfuzzer|afl TARGET FOLDER[:FOLDER] DICTIONARY RUNS [FINDS]

set -u
engine=$1 target=$2 folders=$3 dictionary=$4 runs=$5 finds=${6-}
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
corpus=$dir/corpus
mkdir "$corpus" || exit 99
IFS=:
for folder in $folders; do
	for file in "$folder"/*; do
		[ ! -f "$file" ] || cp "$file" "$corpus" || exit 99
	done
done
unset IFS

run_libfuzzer()
{
	mkdir "$dir/new"
	"$target" -runs="$runs" -seed=1 -dict="$dictionary" \
	    -max_len=8192 -artifact_prefix="$dir/" -error_exitcode=1 \
	    -timeout_exitcode=1 "$dir/new" "$corpus"
}

# afl-fuzz refuses to start with inputs that crash, so they are run before.
run_afl()
{
	"$target" "$corpus" || return
	AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_NO_COLOR=1 \
	AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 ASAN_OPTIONS=abort_on_error=1:symbolize=0 \
	    afl-fuzz -E "$runs" -s 1 -x "$dictionary" -i "$corpus" \
	    -o "$dir/out" -- "$target" || return
	for crash in "$dir"/out/default/crashes/id*; do
		[ -e "$crash" ] || continue
		"$target" "$crash"
		return 1
	done
}

case $engine in
none) "$target" -runs="$runs" "$corpus" ;;
libfuzzer) run_libfuzzer ;;
afl) run_afl ;;
esac >"$dir/log" 2>&1
status=$?
grep -v '^#[0-9]*	\|NEW_FUNC\|# Uses:' "$dir/log" | tail -n 40

# libFuzzer's own exit status for a crash is 77 too: only the word counts.
! grep -q '^skipped: ' "$dir/log" || exit 77
[ -n "$finds" ] || exit "$status"
if [ "$status" -ne 0 ] && grep -q -e "$finds" "$dir/log"; then
	echo "the planted bug is found"
	exit 0
fi
echo "the planted bug is not found: no '$finds'"
exit 1
