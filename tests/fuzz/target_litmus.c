/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target: the parser of litmus tests (litmus/parse*.c, lex.c).
 *
 * Any text is taken or refused with a place inside it; what is taken prints as
 * a text that reads as the same test and prints the same.
 */
#include <stdio.h>
#include <stdlib.h>

#include "litmus/litmus.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/litmus_equal.h"

const char *
fuzz_absent(void)
{
	return NULL;
}

static char *
print(const struct litmus_test *t)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		abort();
	litmus_print(t, out);
	if (fclose(out) != 0)
		abort();
	return text;
}

static void
check_refusal(const uint8_t *data, size_t size, const struct litmus_error *e)
{
	unsigned lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (e->text[0] == '\0' || memchr(e->text, '\0', sizeof(e->text)) ==
	    NULL)
		fuzz_fail("refused without a reason");
	if (e->place.line == 0 || e->place.line > lines)
		fuzz_fail("refused in line %u of %u", e->place.line, lines);
}

static void
check_round_trip(const struct litmus_test *t)
{
	struct litmus_test again;
	struct litmus_error error;
	char *text = print(t), *text_again;

	if (litmus_parse(text, strlen(text), &again, &error) != 0)
		fuzz_fail("printed and refused, %u:%u: %s\n%s",
		    error.place.line, error.place.column, error.text, text);
	text_again = print(&again);
	if (!litmus_equal(t, &again) || strcmp(text, text_again) != 0)
		fuzz_fail("not the same test:\n%s\n%s", text, text_again);
	litmus_free(&again);
	free(text);
	free(text_again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct litmus_test t;
	struct litmus_error error;

	/* without size the data may be NULL, which is no text */
	if (litmus_parse(size != 0 ? (const char *)data : "", size, &t,
	    &error) != 0) {
		check_refusal(data, size, &error);
		return 0;
	}
	check_round_trip(&t);
	litmus_free(&t);
	return 0;
}
