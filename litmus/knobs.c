/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * knobs: what a test says about its processor, beyond the name.
 * The text was checked when it was parsed: every knob and value exists.
 */
#include "litmus/litmus.h"

#include <stdio.h>
#include <string.h>

#include "model/model.h"

#define MAX_WORD 31

/* The word up to one of the marks, cut to what a name may have. */
static const char *
take(const char *text, const char *marks, char word[MAX_WORD + 1])
{
	const size_t size = strcspn(text, marks);

	snprintf(word, MAX_WORD + 1, "%.*s", (int)size, text);
	text += size;
	return *text != '\0' ? text + 1 : text;
}

int
litmus_set_knobs(const struct litmus_test *t, struct machine_config *config)
{
	const char *text = t->cpu_knobs != NULL ? t->cpu_knobs : "";
	char knob[MAX_WORD + 1], value[MAX_WORD + 1];

	while (*text != '\0') {
		text = take(text, "=", knob);
		text = take(text, ",", value);
		if (machine_knob_set(config, knob, value) != 0)
			return -1;
	}
	return 0;
}
