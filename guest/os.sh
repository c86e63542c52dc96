#!/bin/busybox sh
# SPDX-License-Identifier: BSD-2-Clause
#
# os.sh: the first process of a Linux that is the guest: runs the stress program
# and shows which way the kernel's flushes went.  Words of the kernel's command
# line that begin with "stress." are arguments: stress.rounds=9 stress.canary.
# Lines for the runner: "os FACT VALUE", those of the stress program, "end N".

/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2> /dev/null

tlb_interrupts() {
	awk '/^ *TLB:/ { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i }
	    END { print n + 0 }' /proc/interrupts
}

# Calls of the kernel's Hyper-V flush in one short run, by its tracepoint; not
# while anything is timed.
traced_flushes() {
	at=/sys/kernel/tracing event=events/hyperv/hyperv_mmu_flush_tlb_multi
	mount -t tracefs tracefs $at 2> /dev/null
	[ -d $at/$event ] || return 0
	echo 1 > $at/$event/enable
	/stress --rounds 2 > /dev/null
	echo 0 > $at/$event/enable
	echo "os traced $(grep -c ': hyperv_mmu_flush_tlb_multi:' $at/trace)"
}

set --
for word in $(cat /proc/cmdline); do
	case $word in
	stress.*=*)
		word=${word#stress.}
		set -- "$@" --${word%%=*} ${word#*=}
		;;
	stress.*) set -- "$@" --${word#stress.} ;;
	esac
done

echo
echo "os kernel $(uname -sr)"
echo "os processors $(grep -c ^processor /proc/cpuinfo)"
echo "os clock $(cat /sys/devices/system/clocksource/*0/current_clocksource)"
dmesg | sed -n 's/^[^H]*Hyper-V: /os said Hyper-V: /p'
# From here on each line is whole: only what ends the kernel may break in.
dmesg -n 1
echo "os before $(tlb_interrupts)"
/stress "$@"
status=$?
echo "os after $(tlb_interrupts)"
traced_flushes
echo "end $status"
# The serial line has to run dry before the machine goes.
sleep 5
poweroff -f
