#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# The seeds and dictionaries in the repository are those that the generator
# writes; others (regressions) may lie beside them.
# usage: corpus.sh SEEDS FOLDER

set -u
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
"$1" "$dir" || exit 1
failed=0
cd "$dir" || exit 99
for f in */*; do
	cmp "$f" "$2/$f" || failed=1
done
[ $failed -eq 0 ] || echo "run: $1 $2"
exit $failed
