#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# `explain` as a user meets it: a call from words, told again in words; each
# form of input; the three exit statuses; the host decides what is refused.
# usage: explain.sh path/to/shootdown

set -u
bin=$1
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

# explain STATUS PATTERN ARGUMENT...: the pattern is on either stream
explain()
{
	want=$1 pattern=$2
	shift 2
	"$bin" explain "$@" >"$dir/out" 2>&1 </dev/null
	got=$?
	if [ "$got" -ne "$want" ] || ! grep -q -e "$pattern" "$dir/out"; then
		echo "FAILED: explain $*"
		echo "  wanted status $want and '$pattern', got $got and"
		sed 's/^/  | /' "$dir/out"
		failed=1
	fi
	[ "$want" -ne 2 ] || [ "$(wc -l <"$dir/out")" -eq 1 ] || {
		echo "FAILED: explain $*: an error is one line"
		failed=1
	}
}

words='HvCallFlushVirtualAddressListEx space=0x1000 vps={0,65} range=0xffff800000000000+3'
call=$("$bin" explain --encode "$words" --output "$dir/page") || failed=1
value=$(echo "$call" | head -n 1)

# words, a file of bytes, its dump, text in a file: one and the same call
explain 0 "in words: $words" $call
cp "$dir/out" "$dir/first"
dump=$(od -An -v -tx1 "$dir/page" | tr -d ' \n')
echo "$call" | tail -n +2 >"$dir/text"
for input in "@$dir/page" "$dir/page" "$dump" "@$dir/text"; do
	explain 0 "in words: $words" "$value" "$input"
	cmp -s "$dir/first" "$dir/out" || {
		echo "FAILED: the input as '$input' tells another story"
		failed=1
	}
done
# a dump of the whole page is as good
{ cat "$dir/page"; head -c $((4096 - 56)) /dev/zero; } >"$dir/whole"
explain 0 "56 bytes at GPA" "$value" "@$dir/whole"
explain 0 "host tlfs: accepts it" $call
explain 0 "VPs {0,65}, root 0x1000, pages" $call

# the input value alone
explain 0 "HvCallFlushVirtualAddressSpace (0x0002), memory form" 2
explain 1 "rep count and rep start index of a simple call" 0x100000002
explain 1 "no variable" 20002

# rules, and hosts that differ
explain 1 "must not be empty" 0x2 0x1000 0x0 0x0
explain 1 "host tlfs: refuses it with status 5 (INVALID_PARAMETER)" \
    0x2 0x1000 0x0 0x0
explain 1 "host kvm: accepts it" --host kvm 0x2 0x1000 0x0 0x0
explain 0 "unclear: TLFS HvCallFlushVirtualAddressList" \
    0x100000003 0x1000 0x4 0x1 0x400000
explain 1 "host tlfs: refuses" --host tlfs,list_non_global=reject \
    0x100000003 0x1000 0x4 0x1 0x400000
explain 1 "page boundary" --gpa 1ff8 0x2 0x1000 0x0 0x1
explain 1 "raises #UD" 0x10002 0x1000 0x0 0x1
explain 1 "format must be 0" 0x13 0x0 0x0 0x2 0x0
explain 1 "ignored where it is not canonical" --gpa 4 \
    0x100000003 0x1000 0x0 0x1 0x7ffffffff001

# parts
explain 0 "VPs {0,5,130}" --set 0x0 0x5 0x21 0x4
explain 1 "number of valid banks" --set 0x0 0x5 0x21
explain 0 "0x400000-0x403fff (4 x 4 KiB)" --list 0x400003
explain 0 "0x40000000-0xbfffffff (2 x 1 GiB)" --list --extended 0x40001801
explain 1 "HV_GVA_RANGE" --list --extended 0x40003801

# bad usage
explain 2 "no input value"
explain 2 "not a hexadecimal number" 0xz
explain 2 "neither a word" 2 zz
explain 2 "no whole 64-bit words" 2 00
explain 2 "takes in 24 bytes, and 8 are given" 2 0x1000
explain 2 "cannot read $dir/none" 2 "@$dir/none"
explain 2 "more than a page" 2 "@$dir/page" "@$dir/whole"
explain 2 "a VP set is a format" --set 0x0
explain 2 "no elements" --list
explain 2 "no call 'HvNothing'" --encode HvNothing
explain 2 "give the words only" --encode HvCallFlushVirtualAddressSpace 0x1
explain 2 "give one of" --set --list 0x1
explain 2 "goes with --list" --extended 0x2
explain 2 "goes with --encode" --output "$dir/x" 0x2
explain 2 "no profile 'nohost'" --host nohost 2
explain 2 "cannot write $dir/no/where" --output "$dir/no/where" \
    --encode 'HvCallFlushVirtualAddressSpace'

exit $failed
