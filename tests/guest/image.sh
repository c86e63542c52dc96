#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Makes the machine in the middle of rung nested, or finds it made, so that no
# other test has to, and says how long that took.
# usage: image.sh path/to/l1.sh

folder=${XDG_CACHE_HOME:-$HOME/.cache}/shootdown/l1
mkdir -p "$folder" || exit 99
[ -f "$folder/key" ] && before=$(cat "$folder/key") || before=
start=$(date +%s)
why=$(flock "$folder/lock" sh "$1" "$folder" 2>&1)
status=$?
took=$(($(date +%s) - start))
if [ $status != 0 ]; then
	why=$(echo "$why" | tail -n 1)
	echo "not made: $why"
	# A machine that lacks something has no rung; all else is a failure.
	case $why in
	"needs "* | "apt knows no "* | "apt-get download "*) exit 77 ;;
	esac
	exit 1
fi
for f in vmlinuz initrd busybox key; do
	[ -s "$folder/$f" ] || { echo "no $f"; exit 1; }
done
[ "$before" = "$(cat "$folder/key")" ] &&
    echo "was there; looking took $took s" || echo "made in $took s"
