# SPDX-License-Identifier: BSD-2-Clause
#
# rung.sh: skips a test whose rung is missing; to be sourced.  A boot of `nested`
# takes a while, so what the test guest-doctor found ready within the hour is
# believed; what it found missing is tried again.

# need_rung path/to/shootdown RUNG
need_rung() {
	if [ -n "$DOCTOR" ] && [ -n "$(find "$DOCTOR" -mmin -60 2> /dev/null)" ] &&
	    grep -qx "$2 ready" "$DOCTOR"; then
		echo "$2 was found ready"
	else
		"$1" guest doctor "$2" || exit 77
	fi
}
