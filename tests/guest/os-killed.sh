#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# `guest run` is ended while its operating system runs, by Ctrl-C (which comes
# to the first of its processes alone) and by SIGKILL: none of its processes
# and none of its files may stay behind.
# usage: os-killed.sh path/to/shootdown RUNG

. "$(dirname "$0")/rung.sh"
bin=$(realpath "$1") rung=$2
start=$(date +%s)
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
need_rung "$bin" "$rung"

# The runner's own, by what they inherit; QEMU by the folder that it names.
processes() {
	for p in /proc/[0-9]*; do
		words=$(tr '\0' ' ' 2>/dev/null < "$p/cmdline") || continue
		case $words in
		*"$work/shootdown-guest"*) echo "${p#/proc/}" ;;
		*"guest run"*)
			grep -qs "TMPDIR=$work" "$p/environ" &&
			    echo "${p#/proc/}"
			;;
		esac
	done
}

for signal in INT KILL; do
	# A shell's child in the background ignores SIGINT until it asks for it.
	TMPDIR=$work "$bin" guest run --on "$rung" --flush ipi \
	    --rounds 1000000 > "$work/out" 2> "$work/console" &
	pid=$!
	until grep -q '^ipi: stress threads' "$work/console"; do
		kill -0 $pid 2>/dev/null || { cat "$work/out"; exit 1; }
		sleep 0.2
	done
	[ "$(processes | wc -l)" -ge 3 ] || { processes; exit 1; }
	kill -$signal $pid
	while [ -n "$(processes)" ] || ls "$work" | grep -q shootdown-guest; do
		sleep 0.2
	done
	wait $pid 2>/dev/null
	status=$?
	echo "$signal: nothing left, exit $status"
	[ $signal = KILL ] || [ $status = 3 ] || exit 1
done
echo "took $(($(date +%s) - start)) s"
