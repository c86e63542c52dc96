# SPDX-License-Identifier: BSD-2-Clause
#
# rung.sh: what tests of guests share; to be sourced.

# need_rung path/to/shootdown RUNG: skips the test where that is missing.  A boot
# of `nested` takes a while, so what the test guest-doctor found ready within the
# hour is believed; what it found missing is tried again.
need_rung() {
	if [ -n "$DOCTOR" ] && [ -n "$(find "$DOCTOR" -mmin -60 2> /dev/null)" ] &&
	    grep -qx "$2 ready" "$DOCTOR"; then
		echo "$2 was found ready"
	else
		"$1" guest doctor "$2" || exit 77
	fi
}

# kill_machine PID WORD: of that runner, whose TMPDIR is $work, once its guest says
# WORD.  Fails when the runner ends before that.
kill_machine() {
	until grep -qs "^$2" "$work"/shootdown-guest-*/serial; do
		kill -0 "$1" 2>/dev/null || return 1
		sleep 0.1
	done
	for p in /proc/[0-9]*; do
		tr '\0' ' ' 2>/dev/null < "$p/cmdline" |
		    grep -q "^[^ ]*qemu-system.*$work/shootdown-guest" &&
		    kill -KILL "${p#/proc/}"
	done
	return 0
}
