#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# l1.sh: the machine in the middle of rung `nested`: a Debian kernel with
# kvm-amd, busybox, and the QEMU of this system with its libraries and firmware,
# in one initramfs.  Made anew when a package or this script changes.
# usage: l1.sh FOLDER    leaves FOLDER/vmlinuz and FOLDER/initrd
# The last line on standard error says what is wrong.

set -eu
folder=$1
script=$0

die() {
	echo "$*" >&2
	exit 1
}

for tool in apt-get apt-cache dpkg dpkg-query cpio gzip ldd; do
	command -v $tool > /dev/null || die "needs the command $tool"
done
qemu=$(command -v qemu-system-x86_64) || die "needs qemu-system-x86"
version() {
	dpkg-query -W -f '${Package} ${Version}\n' "$1" 2>/dev/null
}
kernel=$(apt-cache depends linux-image-amd64 2>/dev/null |
    sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
[ -n "$kernel" ] || die "apt knows no linux-image-amd64"
key=$(apt-cache policy "$kernel" | sed -n 's/^ *Candidate: /'"$kernel"' /p'
    version qemu-system-x86; version busybox-static; cksum < "$script")
if [ -f "$folder/key" ] && [ "$(cat "$folder/key")" = "$key" ] &&
    [ -f "$folder/vmlinuz" ] && [ -f "$folder/initrd" ] &&
    [ -f "$folder/busybox" ]; then
	exit 0
fi

mkdir -p "$folder"
# Whoever runs this holds FOLDER/lock: what is there was left by a crash.
rm -rf "$folder"/work.*
work=$(mktemp -d "$folder/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
fetch() {
	apt-get download "$1" > apt.log 2>&1 ||
	    die "apt-get download $1: $(tail -n 1 apt.log)"
	dpkg -x "$1"_*.deb tree || die "dpkg -x $1"
}
fetch "$kernel"
[ -x /bin/busybox ] && ! ldd /bin/busybox > /dev/null 2>&1 &&
    busybox=/bin/busybox || {
	fetch busybox-static
	busybox=$work/tree/bin/busybox
}

mkdir -p root/bin root/dev root/proc root/sys root/lib64 root/libs root/mod root/fw
cp "$busybox" root/bin/busybox
# Each after those that it needs.
disk_modules="virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev
    virtio_pci virtio_blk"
echo $disk_modules > root/mod/disk
for m in irqbypass ccp kvm kvm-amd $disk_modules; do
	found=$(find tree/lib/modules -name "$m.ko*" | head -n 1)
	case $found in
	'') die "$kernel has no module $m" ;;
	*.xz) xz -dc "$found" > root/mod/$m.ko ;;
	*) cp "$found" root/mod/$m.ko ;;
	esac
done
cp "$qemu" root/bin/qemu
ldd "$qemu" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | while read -r lib; do
	cp -L "$lib" root/libs/
done
cp -L /lib64/ld-linux-x86-64.so.2 root/lib64/
for f in bios-256k.bin kvmvapic.bin multiboot.bin multiboot_dma.bin \
    linuxboot_dma.bin; do
	for d in /usr/share/seabios /usr/share/qemu; do
		[ ! -f $d/$f ] || cp $d/$f root/fw/
	done
done

cat > root/init <<'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin LD_LIBRARY_PATH=/libs
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
# The kernel's last words, then ours; the serial line has to run dry before the
# machine goes.
fail() {
	dmesg | tail -n 4 | sed 's/^/middle: /'
	echo "panic the machine in the middle: $*"
	echo "end 98"
	sleep 5
	poweroff -f
}
for m in irqbypass ccp kvm kvm-amd; do
	insmod /mod/$m.ko || fail "insmod $m"
done
[ -c /dev/kvm ] || fail "no /dev/kvm"
. /job/settings
set --
[ ! -f /job/module ] || set -- -initrd /job/module
[ ! -f /job/kernel ] ||
    set -- -kernel /job/kernel -append "$(cat /job/command)" "$@"
if [ -n "$DISK" ]; then
	for m in $(cat /mod/disk); do
		insmod /mod/$m.ko || fail "insmod $m"
	done
	[ -b "$DISK" ] || fail "no $DISK"
	set -- "$@" -drive "file=$DISK,format=raw,if=virtio"
fi
echo "middle: QEMU starts"
qemu -L /fw -accel kvm -cpu host,kvm=off,hv-vpindex,hv-runtime,hv-time,hv-synic,hv-stimer,hv-ipi,hv-relaxed,hv-vapic"$FLUSH" \
    -smp "$CPUS" -m "$MEMORY" -nodefaults -no-user-config -display none \
    -monitor none -serial stdio -no-reboot "$@" \
    < /dev/null > /dev/ttyS0 2>/qemu.log
status=$?
# An operating system may go without a word.
if [ $status = 0 ] && [ "$NO_RESULT" != 0 ]; then
	echo "end $NO_RESULT"
	sleep 5
	poweroff -f
fi
# 0: the guest has switched off, or reset itself (a triple fault does).
fail "QEMU ended with $status: $(tail -n 1 /qemu.log)"
END
chmod 755 root/init
(cd root && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0 |
    gzip -1 -n) > initrd.new
mv initrd.new "$folder/initrd"
cp "$busybox" "$folder/busybox"
cp tree/boot/vmlinuz-* "$folder/vmlinuz"
printf '%s' "$key" > "$folder/key"
