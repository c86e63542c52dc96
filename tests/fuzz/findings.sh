#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What the target `encode` found in Linux is still there, or no longer: each
# kept input is a finding when none counts as known, and none otherwise.
# usage: findings.sh TARGET FOLDER

set -u
target=$1 folder=$2
failed=0 gone=

for input in "$folder"/*; do
	said=$("$target" "$input" 2>&1)
	status=$?
	case $said in
	"skipped: "*) echo "$said"; exit 77 ;;
	esac
	if [ "$status" -ne 0 ]; then
		echo "FAILED: ${input##*/} is known and still stops the target"
		failed=1
	fi
	said=$(SHOOTDOWN_FUZZ_STRICT=1 "$target" "$input" 2>&1)
	if [ $? -ne 0 ]; then
		echo "$said" | sed -n "s/.*FOUND: /${input##*/}: /p"
	else
		gone="$gone ${input##*/}"
	fi
done
[ -z "$gone" ] || echo "not in this tree:$gone"
exit $failed
