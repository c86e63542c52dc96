/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target: the parser of schedules (explore/schedule.c).
 *
 * Any text is taken or refused with a place inside it; what is taken prints as
 * the same text, white space apart, and is the same when it is read again.
 */
#include <stdlib.h>

#include "explore/explore.h"
#include "tests/fuzz/fuzz.h"

const char *
fuzz_absent(void)
{
	return NULL;
}

static void
check_refusal(const char *text, size_t offset, const char *why)
{
	if (offset > strlen(text))
		fuzz_fail("refused at %zu, behind its end", offset);
	if (why == NULL || *why == '\0')
		fuzz_fail("refused without a reason");
}

static void
check_same(const struct schedule *a, const struct schedule *b)
{
	if (a->count != b->count)
		fuzz_fail("%zu choices read back as %zu", a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct choice *x = &a->choices[i], *y = &b->choices[i];

		if (x->kind != y->kind || x->task != y->task ||
		    x->arg != y->arg || x->value != y->value)
			fuzz_fail("choice %zu reads back as another", i);
	}
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void
check_same_text(const char *given, const char *printed)
{
	for (; *given != '\0' || *printed != '\0'; given++, printed++) {
		while (is_space(*given))
			given++;
		while (is_space(*printed))
			printed++;
		if (*given != *printed)
			fuzz_fail("'%s' is taken for '%s'", given, printed);
		if (*given == '\0')
			return;
	}
}

static void
check_round_trip(const struct schedule *s, const char *given)
{
	struct schedule again = { 0 };
	char *text = schedule_print(s), *text_again;
	const char *why = NULL;
	size_t offset = 0;

	if (schedule_parse(text, &again, &offset, &why) != 0)
		fuzz_fail("'%s' is printed and refused: %s", text, why);
	check_same(s, &again);
	text_again = schedule_print(&again);
	if (strcmp(text, text_again) != 0)
		fuzz_fail("'%s' prints as '%s'", text, text_again);
	check_same_text(given, text);
	free(text_again);
	free(text);
	schedule_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct schedule s = { 0 };
	const char *why = NULL;
	size_t offset = 0;

	if (text == NULL)
		return 0;
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (schedule_parse(text, &s, &offset, &why) != 0)
		check_refusal(text, offset, why);
	else
		check_round_trip(&s, text);
	schedule_clear(&s);
	free(text);
	return 0;
}
