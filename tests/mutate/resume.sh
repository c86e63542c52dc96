#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A run of mutate that is killed (SIGKILL) half-way, twice, and then goes on to
# its end, on the miniature tree: its report is that of a run that nobody
# killed, and its journal has each mutant once.  Fails when a result reaches
# the journal only with others, when what is there is judged again or is lost,
# when a killed run makes a difference to a verdict, or leaves its folder for
# good.
# usage: resume.sh path/to/shootdown path/to/trees

set -u
bin=$1 trees=$2
. "$(dirname "$0")/../kernel/lib.sh"

cp -rL "$trees/freebsd-mini" "$dir/tree" || exit 99
cat >"$dir/rules" <<END
never	force	0
drop-call drop-call *
END

# mutate JOURNAL ARGUMENT...: becomes the run, so that $! is its
mutate()
{
	journal=$1
	shift
	exec "$bin" mutate --kernel freebsd --tree "$dir/tree" \
	    --rules "$dir/rules" --file hyperv_mmu.c --sample 14 --schedules 32 \
	    --scenario unmap-page --resume "$journal" \
	    "$@" >"$dir/out" 2>"$dir/err" </dev/null
}

# whole JOURNAL ARGUMENT...: comes to its end
whole()
{
	rm -f "$dir/json"
	(mutate "$@" --json "$dir/json") && return
	fail "mutate $*: status $?"
	cat "$dir/out" "$dir/err"
}

# lines JOURNAL: how many of a mutant there are, the head left out
lines()
{
	sed 1d "$1" 2>/dev/null | wc -l
}

# killed JOURNAL MORE: ends without a word when so many more are in it
killed()
{
	want=$(($(lines "$1") + $2))
	mutate "$1" --jobs 2 &
	pid=$!
	while [ "$(lines "$1")" -lt "$want" ] && kill -0 $pid 2>/dev/null; do
		sleep 0.02
	done
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ $? -eq 137 ] || fail "the run ended before it was killed"
}

whole "$dir/first" --jobs 1
cp "$dir/json" "$dir/json.first"
total=$(lines "$dir/first")
[ "$total" -ge 12 ] || fail "only $total mutants: too few to be killed among"

killed "$dir/journal" 2
cp "$dir/journal" "$dir/once"
killed "$dir/journal" 2
cp "$dir/journal" "$dir/twice"
[ "$(lines "$dir/twice")" -lt "$total" ] || fail "nothing is left to do"

whole "$dir/journal" --jobs 2
cmp -s "$dir/json" "$dir/json.first" || fail "another report than unkilled"
sort "$dir/first" >"$dir/want"
sort "$dir/journal" | cmp -s - "$dir/want" || fail "another journal"
sed 1d "$dir/journal" | sort | uniq -d >"$dir/dup"
[ -s "$dir/dup" ] && fail "in the journal twice: $(cat "$dir/dup")"

# What a killed run had written stays as it was, up to a line cut short.
for part in once twice; do
	n=$(wc -l <"$dir/$part")
	head -n "$n" "$dir/$part" >"$dir/want"
	head -n "$n" "$dir/journal" | cmp -s - "$dir/want" ||
		fail "the journal's beginning has changed ($part)"
done

# What a killed run leaves in the cache goes with the next, not a live one's.
for name in dead live; do
	mkdir -p "$SHOOTDOWN_CACHE/mutants.$name/7"
done
exec 9<"$SHOOTDOWN_CACHE/mutants.live"
flock -n 9 || fail "no lock"

# Nor is it judged again: a verdict that no run gives is believed.
sed '2s/"verdict":"[a-z ]*"/"verdict":"not compiled"/' "$dir/twice" \
    >"$dir/false"
whole "$dir/false" --jobs 2
id=$(sed -n '2s/.*"id":"\([^"]*\)".*/\1/p' "$dir/false")
true_that "[m['verdict'] for m in mutants if m['id'] == '$id'] ==
    ['not compiled']"

[ ! -e "$SHOOTDOWN_CACHE/mutants.dead" ] || fail "a folder is left behind"
[ -e "$SHOOTDOWN_CACHE/mutants.live/7" ] || fail "a live run's folder is gone"

exit $failed
