/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helpers of cli.h: errors, memory, numbers, hashes, Ctrl-C.
 * Nothing here knows what is being checked.
 */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define LEAK_CHECK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAK_CHECK 1
#endif
#endif

volatile sig_atomic_t cli_interrupted;
const char *cli_self = "shootdown";

static void
print_line(const char *format, va_list args)
{
	char text[2048];

	vsnprintf(text, sizeof(text), format, args);
	/* One line, whatever a file name or a compiler message holds. */
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	fprintf(stderr, "shootdown: %s\n", text);
}

void
cli_fail(int status, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	print_line(format, args);
	va_end(args);
#ifdef LEAK_CHECK
	/* What the way here has allocated is no leak worth a second message. */
	_exit(status);
#endif
	exit(status);
}

void
cli_warn(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	print_line(format, args);
	va_end(args);
}

void *
cli_alloc(size_t size)
{
	void *p = calloc(1, size != 0 ? size : 1);

	if (p == NULL)
		cli_fail(CLI_UNFINISHED, "out of memory; use fewer --jobs");
	return p;
}

void *
cli_grow(void *p, size_t count, size_t size)
{
	void *q = reallocarray(p, count != 0 ? count : 1, size);

	if (q == NULL)
		cli_fail(CLI_UNFINISHED, "out of memory; use fewer --jobs");
	return q;
}

char *
cli_copy(const char *s)
{
	char *copy = cli_alloc(strlen(s) + 1);

	return strcpy(copy, s);
}

char *
cli_format(const char *format, ...)
{
	va_list args;
	char *text;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = cli_alloc((size_t)size + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)size + 1, format, args);
	va_end(args);
	return text;
}

const char *
cli_why(const char *why, const char *name)
{
	const size_t n = strlen(name);

	if (why == NULL)
		return "it gave no reason; please report it";
	while (strncmp(why, name, n) == 0 && strncmp(why + n, ": ", 2) == 0)
		why += n + 2;
	return why;
}

uint64_t
cli_number(const char *what, const char *text, uint64_t min, uint64_t max)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 ||
	    value < min || value > max)
		cli_fail(CLI_USAGE, "%s: '%s' is not a number from %llu to %llu",
		         what, text, (unsigned long long)min,
		         (unsigned long long)max);
	return value;
}

uint64_t
cli_mix(uint64_t seed, uint64_t i)
{
	uint64_t z = seed * 0xd1342543de82ef95ull + i + 1;

	z *= 0x9e3779b97f4a7c15ull;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t
cli_hash(uint64_t seed, const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t h = seed ^ (size * 0x9e3779b97f4a7c15ull);
	uint64_t word;

	for (; size >= 8; p += 8, size -= 8) {
		memcpy(&word, p, 8);
		h = (h ^ word) * 0xff51afd7ed558ccdull;
		h ^= h >> 32;
	}
	for (; size > 0; p++, size--) {
		h = (h ^ *p) * 0xc4ceb9fe1a85ec53ull;
		h ^= h >> 29;
	}
	h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdull;
	return h ^ (h >> 33);
}

static void
on_interrupt(int signal_number)
{
	(void)signal_number;
	cli_interrupted = 1;
}

void
cli_catch_interrupt(bool reset_after_first)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_interrupt;
	/* A second Ctrl-C ends a parent at once; workers may get two. */
	action.sa_flags = reset_after_first ? (int)SA_RESETHAND : 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

double
cli_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
