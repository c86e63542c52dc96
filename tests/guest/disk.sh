#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# A disk whose boot sector writes to the disk, prints by the serial line, and
# halts: firmware starts it, its result is read, the file of the disk stays the
# same.  On nested the first two boots are given up, for want of a word in so
# short a time as no machine boots in; the third one's machine is taken away, so
# that all of it comes once more.
# usage: disk.sh path/to/shootdown RUNG

. "$(dirname "$0")/rung.sh"
bin=$(realpath "$1") rung=$2
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
need_rung "$bin" "$rung"

# At 0x7c00, in real mode; DL is the disk's number.  Comments are the code.
sector() {
	printf '\061\300\216\330\216\300'       # xor ax,ax; mov ds,ax; mov es,ax
	printf '\273\000\174'                   # mov bx,0x7c00
	printf '\270\001\003\271\002\000'       # mov ax,0x301; mov cx,2
	printf '\266\000\315\023'               # mov dh,0; int 0x13: write
	printf '\270\060\000\024\000'           # mov ax,'0'; adc al,0
	printf '\242\102\174'                   # mov [0x7c42],al: digit
	printf '\276\067\174'                   # mov si,0x7c37: text
	printf '\254\204\300\164\021'           # next: lodsb; test al,al; jz halt
	printf '\210\303\272\375\003'           # mov bl,al; mov dx,0x3fd
	printf '\354\250\040\164\373'           # wait: in al,dx; test al,32; jz
	printf '\210\330\262\370\356\353\352'   # mov al,bl; mov dl,0xf8; out; jmp
	printf '\364\353\375'                   # halt: hlt; jmp halt
	printf '\nhello\nend 0\n\000'
}
sector > "$work/boot.img"
size=$(wc -c < "$work/boot.img")
head -c $((510 - size)) /dev/zero >> "$work/boot.img"
printf '\125\252' >> "$work/boot.img"
head -c 1048064 /dev/zero >> "$work/boot.img"
cp "$work/boot.img" "$work/before"

case $rung in
nested) patience="--patience 1" ;;
*) patience= ;;
esac
"$bin" guest run --on "$rung" --flush ipi --disk "$work/boot.img" $patience \
    > "$work/out" 2> "$work/console" &
pid=$!
[ -z "$patience" ] || kill_machine $pid 'middle: QEMU starts' ||
    { cat "$work/out" "$work/console"; exit 1; }
wait $pid
status=$?
cat "$work/out" "$work/console"
[ $status = 0 ] || { echo "exit $status"; exit 1; }
grep -q '^ipi: hello$' "$work/console" || exit 1
[ -z "$patience" ] ||
    [ "$(grep -c 'said nothing in [12] s.*booted again$' "$work/console")" = 4 ] ||
    { echo "no second and third boot"; exit 1; }
[ -z "$patience" ] ||
    grep -q 'the machine in the middle went.*booted again$' "$work/console" ||
    { echo "its end was not told"; exit 1; }
cmp "$work/before" "$work/boot.img" || exit 1
[ -z "$(ls "$work" | grep shootdown-guest)" ] || exit 1
