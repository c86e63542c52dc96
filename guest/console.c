/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console.c: the serial line, the end of the machine, and what the compiler
 * expects of string.h.
 */
#include "guest/guest.h"

#define COM1 0x3f8
#define DEBUG_EXIT 0xf4
#define ACPI_PM1A 0x604                 /* where QEMU's firmware puts it */
#define ACPI_SLEEP_S5 0x2000

static volatile char lock;

void
console_start(void)
{
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x80);
	outb(COM1, 1);
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 3);
	outb(COM1 + 2, 7);
}

static void
put(char c)
{
	while (!(inb(COM1 + 5) & 0x20))
		pause();
	outb(COM1, (uint8_t)c);
}

static void
put_number(uint64_t value, unsigned base)
{
	char digits[20];
	unsigned n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value > 0);
	while (n > 0)
		put(digits[--n]);
}

static void
put_text(const char *s)
{
	while (*s != '\0')
		put(*s++);
}

static void
put_formatted(const char *format, va_list args)
{
	for (; *format != '\0'; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		switch (*++format) {
		case 's':
			put_text(va_arg(args, const char *));
			break;
		case 'c':
			put((char)va_arg(args, int));
			break;
		case 'u':
			put_number(va_arg(args, uint64_t), 10);
			break;
		default:
			put_number(va_arg(args, uint64_t), 16);
		}
	}
}

static void
say_args(const char *format, va_list args)
{
	lock_take(&lock);
	put_formatted(format, args);
	put('\n');
	lock_drop(&lock);
}

void
say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_args(format, args);
	va_end(args);
}

_Noreturn void
leave(unsigned status)
{
	say("end %u", (uint64_t)status);
	outl(DEBUG_EXIT, status);
	outw(ACPI_PM1A, ACPI_SLEEP_S5);
	for (;;)
		__asm__ volatile("cli; hlt");
}

_Noreturn void
die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_text("panic ");
	say_args(format, args);
	va_end(args);
	leave(99);
}

/* ---- string.h ------------------------------------------------------------- */

void *
memcpy(void *restrict to, const void *restrict from, size_t size)
{
	void *p = to;

	__asm__ volatile("rep movsb" : "+D"(p), "+S"(from), "+c"(size) ::
	    "memory");
	return to;
}

void *
memmove(void *to, const void *from, size_t size)
{
	char *t = to;
	const char *f = from;

	if (t <= f)
		return memcpy(to, from, size);
	while (size-- > 0)
		t[size] = f[size];
	return to;
}

void *
memset(void *to, int value, size_t size)
{
	void *p = to;

	__asm__ volatile("rep stosb" : "+D"(p), "+c"(size) : "a"(value) :
	    "memory");
	return to;
}

int
memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *p = a, *q = b;

	for (size_t i = 0; i < size; i++)
		if (p[i] != q[i])
			return p[i] < q[i] ? -1 : 1;
	return 0;
}
