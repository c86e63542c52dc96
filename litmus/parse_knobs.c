/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_knobs: hosts and processors, "tlfs,globals=keep": a profile and the
 * knobs in which this one differs.  Names and values are those of hvsim and
 * model, which are asked; the text itself is kept.
 */
#include "litmus/parse.h"

#include <stdlib.h>
#include <string.h>

#include "hvsim/hvsim.h"
#include "model/model.h"

char *
parse_choice(struct parser *p, const char *const *words, const char *what)
{
	for (; *words != NULL; words++) {
		if (parse_accept_word(p, *words))
			return litmus_copy(*words, strlen(*words));
	}
	parse_expected(p, what);
	return NULL;
}

/* "globals=keep" */
struct setting {
	struct token knob, value;
	char name[PARSE_MAX_NAME + 1], word[PARSE_MAX_NAME + 1];
};

/* A token as a string of its own; a name or a number. */
static void
token_text(const struct token *t, char *buf, size_t size)
{
	snprintf(buf, size, "%.*s", (int)t->size, t->text);
}

static void
parse_setting(struct parser *p, struct setting *ret)
{
	ret->knob = parse_name(p, "a knob");
	parse_expect(p, '=', "'='");
	ret->value = p->now;
	if (!parse_accept(p, TOKEN_NUMBER))
		parse_expect(p, TOKEN_NAME, "a value");
	token_text(&ret->knob, ret->name, sizeof(ret->name));
	token_text(&ret->value, ret->word, sizeof(ret->word));
}

/* Says which half of the setting is wrong, or appends it to the text. */
static void
take_setting(struct parser *p, const struct setting *s, bool known, bool good,
             char **text)
{
	char *longer;

	if (p->failed)
		return;
	if (!known)
		parse_fail(p, s->knob.place, "unknown knob '%s'", s->name);
	else if (!good)
		parse_fail(p, s->value.place, "'%s' is no value of %s", s->word,
		           s->name);
	else if (*text != NULL && strlen(*text) > PARSE_MAX_KNOBS)
		parse_fail(p, s->knob.place, "too many knobs");
	if (p->failed)
		return;
	if (asprintf(&longer, "%s%s%s=%s", *text != NULL ? *text : "",
	             *text != NULL ? "," : "", s->name, s->word) < 0)
		abort();
	free(*text);
	*text = longer;
}

void
parse_host(struct parser *p)
{
	const struct token t = parse_name(p, "a host profile");
	struct hv_profile host;
	struct setting s;

	if (p->failed)
		return;
	p->t->host = litmus_copy(t.text, t.size);
	if (hv_profile_find(p->t->host, &host) != 0)
		parse_fail(p, t.place, "unknown host '%s'", p->t->host);
	while (parse_accept(p, ',')) {
		int knob;

		parse_setting(p, &s);
		knob = hv_knob_find(s.name);
		take_setting(p, &s, knob >= 0, knob >= 0 &&
		             hv_knob_set(&host, (enum hv_knob)knob,
		                         s.word) == 0, &p->t->host);
	}
}

static bool
is_cpu_knob(const char *name)
{
	for (unsigned i = 0; machine_knob_name(i) != NULL; i++) {
		if (strcmp(machine_knob_name(i), name) == 0)
			return true;
	}
	return false;
}

void
parse_processor(struct parser *p)
{
	static const char *const words[] = { "intel", "amd", NULL };
	struct machine_config config = { 0 };
	struct setting s;

	p->t->cpu_profile = parse_choice(p, words, "intel or amd");
	while (parse_accept(p, ',')) {
		parse_setting(p, &s);
		take_setting(p, &s, is_cpu_knob(s.name),
		             machine_knob_set(&config, s.name, s.word) == 0,
		             &p->t->cpu_knobs);
	}
}
