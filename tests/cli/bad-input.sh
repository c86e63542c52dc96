#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Bad input: one line on stderr that begins with "shootdown: ", nothing on
# stdout, the exit status of the manual, and no file half-written.
# usage: bad-input.sh path/to/shootdown

set -u
bin=$1
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

# expect STATUS PATTERN ARGUMENT...
expect()
{
	status=$1 pattern=$2
	shift 2
	"$bin" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	got=$?
	lines=$(wc -l <"$dir/err")
	if [ "$got" -ne "$status" ] || [ "$lines" -ne 1 ] ||
	    [ -s "$dir/out" ] || ! grep -q "^shootdown: " "$dir/err" ||
	    ! grep -q -e "$pattern" "$dir/err"; then
		echo "FAILED: $*"
		echo "  wanted status $status and one line with '$pattern'"
		echo "  got status $got and $lines lines:"
		sed 's/^/  | /' "$dir/err"
		failed=1
	fi
}

expect 2 "no verb given"
expect 2 "no verb 'frobnicate'" frobnicate
expect 2 "no option '--frobnicate'" --frobnicate
expect 2 "no verb 'frobnicate'" help frobnicate
for verb in check replay scenarios kernels hosts mutants; do
	expect 2 "no option '--frobnicate'" $verb --frobnicate
done
# Planned, not built: they must not be taken for something that works.
expect 2 "no option '--html'" check --html out.html
expect 2 "no verb 'litmus'" litmus
expect 2 "'extra' is not expected" check extra
expect 2 "no argument after option '--json'" check --json
expect 2 "no kernel 'plan9'" check --kernel plan9
expect 2 "no kernel 'plan9'" mutants --kernel plan9
expect 2 "no scenario 'nothing-like-it'" check --scenario nothing-like-it
expect 2 "no profile 'nohost'" check --host nohost
expect 2 "no profile 'nohost'" hosts nohost
expect 2 "no knob 'noknob'" check --host tlfs,noknob=1
expect 2 "no value 'maybe'" check --host tlfs,globals=maybe
expect 2 "no mode 'fast'" check --mode fast
expect 2 "not native" check --path sideways
expect 2 "not tso or sc" check --memory pso
expect 2 "not full, nospec or nopsc" check --machine tiny
expect 2 "not random" check --strategy lucky
expect 2 "not random" check --strategy pct:0
for number in 0 -1 1x ""; do
	expect 2 "not a number" check --schedules "$number"
	expect 2 "not a number" check --jobs "$number"
	expect 2 "not a number" check --vcpus "$number"
done
expect 2 "exclude each other" check --schedules 1 --time 1
expect 2 "exclude each other" check --known a --write-known b
expect 2 "which kernel" check --tree "$dir"
expect 2 "No such file" check --kernel linux --tree "$dir/none"
expect 2 "nothing to run" check --kernel reference --scenario unmap-page \
    --mutant no-such-mutant
expect 2 "No such file" check --known "$dir/none"
expect 2 "give another file" check --json "$dir/none/out.json"

printf 'not-a-signature\tbecause\tlink\n' >"$dir/known"
expect 2 "known:1:" check --known "$dir/known"

expect 2 "no schedule given" replay
expect 2 "none" replay "$dir/none"
expect 2 "not a schedule file" replay /dev/null
echo '{"version":1}' >"$dir/short.json"
expect 2 "damaged" replay "$dir/short.json"
expect 2 "not a whole schedule string" replay sd1:kernel=reference
expect 2 "damaged" replay "sd1:kernel=reference;check=0000000000000000"

rest=$(ls "$dir" | grep -v -e '^out$' -e '^err$' -e '^known$' -e '^short.json$')
if [ -n "$rest" ]; then
	echo "FAILED: left behind: $rest"
	failed=1
fi
exit $failed
