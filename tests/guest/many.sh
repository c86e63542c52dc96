#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# As many processors as xAPIC ids can name: all of them start, and the guest
# ends by itself.  QEMU is started directly, since no verb needs so many.
# usage: many.sh path/to/guest.elf PROCESSORS

image=$1 cpus=$2
command -v qemu-system-x86_64 > /dev/null ||
    { echo "skipped: no qemu-system-x86_64 here"; exit 77; }
start=$(date +%s)
out=$(qemu-system-x86_64 -accel tcg -cpu max -smp "$cpus" -m 512 -nodefaults \
    -no-user-config -display none -monitor none -serial stdio -no-reboot \
    -kernel "$image" -append "cpus=$cpus" < /dev/null | tr -d '\r')
echo "$out"
echo "$out" | grep -q "^shootdown-guest 1 cpus=$cpus$" || exit 1
[ "$(echo "$out" | tail -n 1)" = "end 0" ] || exit 1
echo "took $(($(date +%s) - start)) s"
