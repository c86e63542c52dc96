#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Bad input: one line on stderr that begins with "shootdown: ", nothing on
# stdout, the exit status of the manual, and no file half-written.
# usage: bad-input.sh path/to/shootdown path/to/reference.so path/to/mini-tree

set -u
bin=$1 reference=$2 mini=$3
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0
with=                   # variables of the environment, for expect

# expect STATUS PATTERN ARGUMENT...
expect()
{
	status=$1 pattern=$2
	shift 2
	env $with "$bin" "$@" >"$dir/out" 2>"$dir/err" </dev/null
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
for verb in check replay scenarios kernels hosts mutants explain review; do
	expect 2 "no option '--frobnicate'" $verb --frobnicate
done
# Planned, not built: they must not be taken for something that works.
expect 2 "no option '--dot'" check --dot out.dot
expect 2 "no verb 'campaign'" campaign
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
expect 2 "not full, nospec or nopsc" check --machine full,splinter=yes
expect 2 "no profile 'via'" check --cpu via
expect 2 "no knob 'noknob'" check --cpu intel,noknob=1
expect 2 "not knob=value" check --cpu intel,splinter
expect 2 "no value 'maybe'" check --cpu amd,splinter=maybe
expect 2 "4 levels" check --cpu amd,la57=yes
expect 2 "not random" check --strategy lucky
expect 2 "not random" check --strategy pct:0
expect 2 "up to 8 vCPUs" check --strategy exhaustive --vcpus 9
expect 2 "up to 8 vCPUs" check --strategy exhaustive --place 0,8
expect 2 "no vCPU 129 of 100" check --place 0,64,129 --vcpus 100
expect 2 "not with --on" check --place 0,1 --on tcg
for list in "" 0,0 0,1024 1- 3-1,2; do
	expect 2 "list of different vCPUs" check --place "$list"
done
expect 2 "128 indexes for --vcpus 130" check --vp-index 0-63,128-191 \
    --vcpus 130
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
expect 2 "Is a directory" check --json "$dir"
expect 2 "Is a directory" check --write-known "$dir"
expect 2 "give another file" mutants --json "$dir/none/out.json"
expect 2 "give another folder" check --schedules-dir "$dir/out/below"
expect 2 "Is a directory" check --known "$dir"

expect 2 "which tree" review
expect 2 "no check 'all'" review --tree "$mini" --check all
expect 2 "no kernel 'plan9'" review --tree "$mini" --kernel plan9
expect 2 "none: No such file" review --tree "$dir/none"
expect 2 "no sys/amd64" review --tree "$dir"
expect 2 "none: No such file" review --tree "$mini" --diff "$dir/none"
expect 2 "not a unified diff" review --tree "$mini" --diff "$0"
expect 2 "give another file" review --tree "$mini" --json "$dir/none/out.json"

printf 'not-a-signature\tbecause\tlink\n' >"$dir/known"
expect 2 "known:1:" check --known "$dir/known"

expect 2 "no schedule given" replay
expect 2 "none" replay "$dir/none"
expect 2 "not a schedule file" replay /dev/null
echo '{"version":1}' >"$dir/short.json"
expect 2 "damaged" replay "$dir/short.json"
expect 2 "not a whole schedule string" replay sd2:k=reference
expect 2 "damaged" replay "sd2:k=reference;e=00000000"

# ---- trees, compilers, caches
export SHOOTDOWN_CACHE="$dir/cache"
expect 2 "^shootdown: linux: [^:]*arch/x86/hyperv/mmu.c" check \
    --kernel linux --tree "$dir"
expect 2 "^shootdown: freebsd: $dir: no sys/amd64" check --kernel freebsd \
    --tree "$dir"
expect 2 "Not a directory" check --kernel freebsd --tree "$bin"
cp -R "$mini" "$dir/tree"
chmod -R u+w "$dir/tree"
mp=sys/amd64/amd64/mp_machdep.c
mv "$dir/tree/$mp" "$dir/tree/away"
expect 2 "^shootdown: freebsd: $dir/tree/$mp: No such file" check \
    --kernel freebsd --tree "$dir/tree"
mv "$dir/tree/away" "$dir/tree/$mp"
# A line that no compiler takes, in a file that is cut and in a whole one.
pmap=$dir/tree/sys/amd64/amd64/pmap.c
mmu=$dir/tree/sys/dev/hyperv/vmbus/hyperv_mmu.c
cp "$pmap" "$dir/tree/away"
awk '/^pmap_activate_sw\(/ { found = 1 }
    { print } found && /^{/ { print "\tint 1x = +* ;"; found = 0 }' \
    "$dir/tree/away" >"$pmap"
line=$(grep -n '1x = ' "$pmap" | cut -d: -f1)
expect 2 "^shootdown: freebsd: [^ ]*/pmap.c:$line: " check \
    --kernel freebsd --tree "$dir/tree"
mv "$dir/tree/away" "$pmap"
cp "$mmu" "$dir/tree/away"
echo "int 1x;" >>"$mmu"
expect 2 "^shootdown: freebsd: [^ ]*/hyperv_mmu.c:$(wc -l <"$mmu"): " check \
    --kernel freebsd --tree "$dir/tree"
mv "$dir/tree/away" "$mmu"
with=CC=/nonexistent
expect 3 "^shootdown: freebsd: no C compiler" check \
    --kernel freebsd --tree "$dir/tree"
mkdir "$dir/bin"
for tool in cc gcc as ld; do
	ln -s "$(command -v $tool)" "$dir/bin/$tool"
done
with=PATH=$dir/bin
expect 3 "^shootdown: freebsd: .*[Cc]tags" check \
    --kernel freebsd --tree "$dir/tree"
with=SHOOTDOWN_CACHE=$bin
expect 3 "^shootdown: freebsd: cannot .*Not a directory" check \
    --kernel freebsd --tree "$dir/tree"
with=SHOOTDOWN_REFERENCE=$dir/none
expect 3 "^shootdown: reference: cannot read" check --kernel reference
# Without --kernel such a kernel is named, and the run is not a pass.
with="SHOOTDOWN_REFERENCE=$dir/none CC=/nonexistent"
expect 3 "nothing to run" check --scenario unmap-page
with=

# ---- schedule files
"$bin" check --kernel reference --mutant global-non-global --path hypercall \
    --scenario kernel-page --mode pcid --schedules 50 \
    --schedules-dir "$dir/schedules" --json "$dir/report.json" >/dev/null
file=$(ls "$dir"/schedules/*.json | head -n 1)
string=$(sed -n 's/.*"string": "\(sd2:.*\)".*/\1/p' "$dir/report.json" |
    head -n 1)
size=$(wc -c <"$file")
bad=$dir/bad.json
for part in 1 $((size / 3)) $((size - 4)); do
	head -c "$part" "$file" >"$bad"
	expect 2 "not a schedule file" replay "$bad"
done
: >"$bad"
expect 2 "not a schedule file" replay "$bad"
echo "no JSON" >"$bad"
expect 2 "not a schedule file" replay "$bad"
echo '[1]' >"$bad"
expect 2 "not a schedule file" replay "$bad"
sed 's/"version": 1/"version": 2/' "$file" >"$bad"
expect 2 "not a schedule file of version 1" replay "$bad"
for name in kernel scenario mode host choices signature outcome sources_id; do
	sed "s/\"$name\": \"[^\"]*/&~/" "$file" >"$bad"
	expect 2 "damaged" replay "$bad"
done
expect 2 "schedule string" replay "$(echo "$string" | cut -c1-100)"
expect 2 "damaged" replay "$(echo "$string" | sed 's/m=pcid/m=nopcid/')"
# Another build of the kernel: still loads, but is not what was recorded.
cp "$reference" "$dir/other.so"
chmod u+w "$dir/other.so"
echo >>"$dir/other.so"
with=SHOOTDOWN_REFERENCE=$dir/other.so
expect 2 "SHA-256 of [^ ]*\.so differs" replay "$file"
expect 2 "another build" replay "$string"
rm -r "$dir/tree" "$dir/bin" "$dir/schedules" "$dir/cache" "$dir/other.so"
rm "$bad" "$dir/report.json"

rest=$(ls "$dir" | grep -v -e '^out$' -e '^err$' -e '^known$' -e '^short.json$')
if [ -n "$rest" ]; then
	echo "FAILED: left behind: $rest"
	failed=1
fi
exit $failed
