#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A libvirt daemon in place of the embedded driver, as a user who is not root:
# tests run by it, and one whose runner is killed leaves no domain, process or
# file behind.
# usage: connect.sh path/to/shootdown FOLDER-OF-TESTS

. "$(dirname "$0")/rung.sh"
bin=$(realpath "$1") tests=$2
start=$(date +%s)
need_rung "$bin" tcg
for tool in libvirtd setpriv; do
	command -v $tool > /dev/null ||
	    { echo "skipped: no $tool here"; exit 77; }
done
work=$(mktemp -d) || exit 99
user=
end() {
	kill "$(cat "$work/run/libvirt/libvirtd.pid" 2> /dev/null)" 2> /dev/null
	rm -rf "$work"
}
trap end EXIT

# All of it in folders of the test's own, those of the daemon, too.
mkdir "$work/home" "$work/run"
cp "$bin" "$tests/SB.litmus" "$work" || exit 99
if [ "$(id -u)" = 0 ]; then
	user='setpriv --reuid=nobody --regid=nogroup --clear-groups'
	chmod 755 "$work"
	chown -R nobody:nogroup "$work/home" "$work/run"
fi
litmus() {
	exec $user env -i PATH="$PATH:/usr/sbin" HOME="$work/home" \
	    XDG_RUNTIME_DIR="$work/run" TMPDIR="$work/run" \
	    "$work/${bin##*/}" litmus --on tcg --connect qemu:///session \
	    --runs "$1" "$work/SB.litmus"
}
domains() {
	for p in /proc/[0-9]*; do
		tr '\0' ' ' 2>/dev/null < "$p/cmdline" |
		    grep "^[^ ]*qemu-system.*$work/run/shootdown-guest"
	done
}

(litmus 100) > "$work/out" 2>&1
status=$?
cat "$work/out"
[ $status = 0 ] || { echo "exit $status"; exit 1; }
grep -q '^On tcg: 1 tests, 0 ' "$work/out" || { echo "it did not run"; exit 1; }
[ -s "$work/run/libvirt/libvirtd.pid" ] || { echo "no daemon ran"; exit 1; }

litmus 100000000 > "$work/out" 2>&1 &
pid=$!
until [ -n "$(domains)" ]; do
	kill -0 $pid 2> /dev/null || { cat "$work/out"; exit 1; }
	sleep 0.1
done
kill -KILL $pid
# Until the timeout of the test.
while [ -n "$(domains)" ] || ls "$work/run" | grep -q shootdown-guest; do
	sleep 0.2
done
echo "killed: nothing left"
echo "took $(($(date +%s) - start)) s"
