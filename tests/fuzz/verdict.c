/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict: how a target ends the process, whichever main() runs it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *absent = fuzz_absent();

	(void)argc;
	(void)argv;
	if (absent != NULL) {
		printf("skipped: %s\n", absent);
		exit(77);
	}
	return 0;
}

void
fuzz_fail(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "fuzz: FOUND: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	if (fuzz_report != NULL)
		fuzz_report();
	abort();
}

void
fuzz_known(enum fuzz_known which, const char *what)
{
	static bool told[FUZZ_KNOWN_COUNT];
	static int strict = -1;

	if (strict < 0)
		strict = getenv("SHOOTDOWN_FUZZ_STRICT") != NULL;
	if (strict)
		fuzz_fail("%s", what);
	if (!told[which])
		fprintf(stderr, "fuzz: known finding: %s\n", what);
	told[which] = true;
}
