#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs the tests whose names match.  Each clause has to come out as it says,
# and each search has to be complete.
# usage: group.sh path/to/shootdown FOLDER PATTERN...

bin=$(realpath "$1") folder=$2
shift 2
cd "$folder" || exit 99
set -f
patterns=$*
set +f
exec "$bin" litmus $patterns
