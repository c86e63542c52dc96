/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hcall_parse: a hypercall from words; the grammar is in shootdown(1).
 *
 * Sizes and counts follow from what is given unless they are given too, so
 * that a legal call is short to write and a wrong one can be written at all.
 * Nothing is clipped: what has no place in the input is an error that names
 * the word.
 */
#include "cli/hcall.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

struct parse {
	const struct hcall_kind *kind;
	unsigned code;
	uint64_t control;               /* fast, nested, reserved bits */
	long varhead, reps;             /* -1: what follows from the rest */
	uint64_t start;
	uint64_t header[2];             /* space or vector...; flags */
	uint64_t format, valid;
	bool members, raw;              /* vps=; valid= or banks= */
	uint64_t member[64];
	uint64_t bank[HCALL_WORDS];
	unsigned banks;
	char *element[HCALL_WORDS];     /* the words, encoded at the end */
	unsigned elements;
	char **why;
};

static int
fail(struct parse *p, char *why)
{
	free(*p->why);
	*p->why = why;
	return -1;
}

/* A number up to `max`, decimal or with 0x; *end is behind it. */
static int
number(const char *s, uint64_t max, const char **end, uint64_t *ret)
{
	char *stop;
	unsigned long long value;

	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		/* strtoull would take a sign, blanks or a second 0x */
		if (!isxdigit((unsigned char)s[2]) ||
		    (s[2] == '0' && (s[3] == 'x' || s[3] == 'X')))
			return -1;
		value = strtoull(s + 2, &stop, 16);
	} else {
		value = strtoull(s, &stop, 10);
	}
	if (errno != 0 || value > max)
		return -1;
	*end = stop;
	*ret = value;
	return 0;
}

/* The whole value of "key=value" is a number up to `max`. */
static int
whole(struct parse *p, const char *word, const char *value, uint64_t max,
      uint64_t *ret)
{
	const char *end;

	if (number(value, max, &end, ret) == 0 && *end == '\0')
		return 0;
	return fail(p, cli_format("'%s' is not a number up to 0x%llx", word,
	    (unsigned long long)max));
}

/* ---- sets -------------------------------------------------------------- */

static int
add_members(struct parse *p, const char *word, const char *value)
{
	const char *s = value;
	uint64_t first, last;

	if (*s++ != '{')
		return fail(p, cli_format("'%s': write the VPs as {0,5-7}",
		    word));
	p->members = true;
	while (*s != '}') {
		if (number(s, HV_MAX_VP_INDEX - 1, &s, &first) != 0)
			return fail(p, cli_format("'%s': a VP is a number up "
			    "to %d", word, HV_MAX_VP_INDEX - 1));
		last = first;
		if (*s == '-' && number(s + 1, HV_MAX_VP_INDEX - 1, &s,
		    &last) != 0)
			return fail(p, cli_format("'%s': a VP is a number up "
			    "to %d", word, HV_MAX_VP_INDEX - 1));
		for (uint64_t vp = first; vp <= last; vp++)
			p->member[vp / 64] |= 1ull << vp % 64;
		if (*s == ',' && s[1] != '}')
			s++;
		else if (*s != '}')
			return fail(p, cli_format("'%s': write the VPs as "
			    "{0,5-7}", word));
	}
	return s[1] == '\0' ? 0 : fail(p, cli_format("'%s': nothing may "
	    "follow the VPs", word));
}

static int
add_banks(struct parse *p, const char *word, const char *value)
{
	const char *s = value;

	p->raw = true;
	for (;;) {
		uint64_t bank;

		if (p->banks == HCALL_WORDS)
			return fail(p, cli_format("too many banks for a page"));
		if (number(s, UINT64_MAX, &s, &bank) != 0 ||
		    (*s != ',' && *s != '\0'))
			return fail(p, cli_format("'%.60s': write the banks as "
			    "0x1,0x0", word));
		p->bank[p->banks++] = bank;
		if (*s++ == '\0')
			return 0;
	}
}

/* ---- elements ---------------------------------------------------------- */

static bool
large_allowed(const struct parse *p)
{
	return p->kind->class == HCALL_FLUSH_GPA ||
	    (p->header[1] & HVA_FLUSH_EXTENDED) != 0;
}

/* "0x400000", "0x400000+3", "0x40000000+1*1G" */
static int
encode_range(struct parse *p, const char *word, const char *value,
             uint64_t *ret)
{
	uint64_t va, more = 0, limit = HVA_RANGE_MORE, low = HVA_RANGE_MORE;
	uint64_t bits = 0;
	const char *s = value;

	if (number(s, UINT64_MAX, &s, &va) != 0 || (*s == '+' &&
	    number(s + 1, HVA_RANGE_MORE, &s, &more) != 0))
		return fail(p, cli_format("'%s': write a range as ADDRESS or "
		    "ADDRESS+MORE, with at most 4095 more pages", word));
	if (strcmp(s, "*2M") == 0 || strcmp(s, "*1G") == 0) {
		low = 0x1fffff;
		bits = HVA_RANGE_EXT_LARGE | (s[1] == '1' ?
		    HVA_RANGE_EXT_1G : 0);
	} else if (*s != '\0') {
		return fail(p, cli_format("'%s': the unit is *2M or *1G",
		    word));
	}
	if (large_allowed(p))
		limit = HVA_RANGE_EXT_MORE;
	else if (bits != 0)
		return fail(p, cli_format("'%s': large pages need the word "
		    "'extended'", word));
	if ((va & low) != 0)
		return fail(p, cli_format("'%s': the address has to be a "
		    "multiple of 0x%llx", word, (unsigned long long)low + 1));
	if (more > limit)
		return fail(p, cli_format("'%s': at most %llu more pages here",
		    word, (unsigned long long)limit));
	*ret = va | bits | more;
	return 0;
}

static int
encode_element(struct parse *p, const char *word, uint64_t *ret)
{
	const char *value = strchr(word, '=') + 1;

	if (word[0] == 'r')
		return encode_range(p, word, value, ret);
	return whole(p, word, value, UINT64_MAX, ret);
}

static int
add_element(struct parse *p, const char *word)
{
	if (!p->kind->list)
		return fail(p, cli_format("'%s': %s takes no list", word,
		    p->kind->name));
	if (p->elements == HCALL_WORDS)
		return fail(p, cli_format("too many elements for a page"));
	p->element[p->elements++] = cli_copy(word);
	return 0;
}

/* ---- words ------------------------------------------------------------- */

struct bit_word {
	const char *name;
	uint64_t control, flag;
};

static const struct bit_word bit_words[] = {
	{ "fast", HVA_FAST, 0 },
	{ "nested", HVA_NESTED, 0 },
	{ "all_vps", 0, HVA_FLUSH_ALL_PROCESSORS },
	{ "all_spaces", 0, HVA_FLUSH_ALL_SPACES },
	{ "nonglobal", 0, HVA_FLUSH_NON_GLOBAL },
	{ "extended", 0, HVA_FLUSH_EXTENDED },
};

static int
bit_word(struct parse *p, const char *word)
{
	for (size_t i = 0; i < sizeof(bit_words) / sizeof(bit_words[0]); i++) {
		const struct bit_word *b = &bit_words[i];

		if (strcmp(b->name, word) != 0)
			continue;
		if (b->flag != 0 && (p->kind == NULL ||
		    p->kind->class == HCALL_IPI))
			break;
		p->control |= b->control;
		p->header[1] |= b->flag;
		return 0;
	}
	return fail(p, cli_format("no word '%s' for this call", word));
}

static bool
is_key(const char *word, const char *key)
{
	size_t n = strlen(key);

	return strncmp(word, key, n) == 0 && word[n] == '=';
}

/* Keys of every call; 1: none of them. */
static int
control_word(struct parse *p, const char *word, const char *value)
{
	uint64_t n = 0;
	int bad;

	if (is_key(word, "reserved")) {
		bad = whole(p, word, value, UINT64_MAX, &n);
		if (bad == 0 && (n & ~HVA_RESERVED) != 0)
			return fail(p, cli_format("'%s': not reserved bits",
			    word));
		p->control |= n;
	} else if (is_key(word, "varhead")) {
		bad = whole(p, word, value, HVA_VARHEAD_MASK, &n);
		p->varhead = (long)n;
	} else if (is_key(word, "reps")) {
		bad = whole(p, word, value, HVA_REP_MASK, &n);
		p->reps = (long)n;
	} else if (is_key(word, "start")) {
		bad = whole(p, word, value, HVA_REP_MASK, &p->start);
	} else {
		return 1;
	}
	return bad;
}

/* Keys of headers; 1: none of them. */
static int
header_word(struct parse *p, const char *word, const char *value)
{
	const bool ipi = p->kind->class == HCALL_IPI;
	uint64_t n = 0;

	if (!ipi && is_key(word, "space"))
		return whole(p, word, value, UINT64_MAX, &p->header[0]);
	if (!ipi && is_key(word, "flags")) {
		if (whole(p, word, value, UINT64_MAX, &n) != 0)
			return -1;
		p->header[1] |= n;
		return 0;
	}
	if (ipi && is_key(word, "vector")) {
		if (whole(p, word, value, UINT32_MAX, &n) != 0)
			return -1;
		p->header[0] |= n;
		return 0;
	}
	if (ipi && is_key(word, "vtl")) {
		if (whole(p, word, value, 0xff, &n) != 0)
			return -1;
		p->header[0] |= n << 32;
		return 0;
	}
	if (ipi && is_key(word, "pad")) {
		if (whole(p, word, value, 0xffffff, &n) != 0)
			return -1;
		p->header[0] |= n << 40;
		return 0;
	}
	return 1;
}

/* Keys of sets and lists; 1: none of them. */
static int
body_word(struct parse *p, const char *word, const char *value)
{
	if (is_key(word, "vps") && p->kind->class != HCALL_FLUSH_GPA)
		return add_members(p, word, value);
	if (p->kind->ex && is_key(word, "format"))
		return whole(p, word, value, UINT64_MAX, &p->format);
	if (p->kind->ex && is_key(word, "valid")) {
		p->raw = true;
		return whole(p, word, value, UINT64_MAX, &p->valid);
	}
	if (p->kind->ex && is_key(word, "banks"))
		return add_banks(p, word, value);
	if (is_key(word, "range") || is_key(word, "element"))
		return add_element(p, word);
	return 1;
}

static int
one_word(struct parse *p, const char *word)
{
	const char *value = strchr(word, '=');
	int done;

	if (value == NULL)
		return bit_word(p, word);
	value++;
	done = control_word(p, word, value);
	if (done == 1 && p->kind != NULL)
		done = header_word(p, word, value);
	if (done == 1 && p->kind != NULL)
		done = body_word(p, word, value);
	return done == 1 ? fail(p, cli_format("no word '%.60s' for this call",
	    word)) : done;
}

static int
first_word(struct parse *p, const char *word)
{
	uint64_t code;

	if (is_key(word, "call")) {
		if (whole(p, word, strchr(word, '=') + 1, HVA_CALL_CODE,
		    &code) != 0)
			return -1;
		p->kind = hcall_kind((unsigned)code);
		p->code = (unsigned)code;
		return 0;
	}
	p->kind = hcall_kind_named(word);
	if (p->kind == NULL)
		return fail(p, cli_format("no call '%.60s'; write its name as "
		    "in the TLFS, or call=0xCODE", word));
	p->code = p->kind->code;
	return 0;
}

/* ---- putting it together ----------------------------------------------- */

static int
place_set(struct parse *p, struct hcall *ret, unsigned *n)
{
	const unsigned at = p->kind->fixed;

	if (p->members && p->raw)
		return fail(p, cli_format("give the set either as vps= or as "
		    "valid= and banks="));
	if (!p->kind->ex) {
		for (unsigned b = 1; b < 64; b++)
			if (p->member[b] != 0)
				return fail(p, cli_format("%s can name the VPs "
				    "0 to 63 only; use %sEx", p->kind->name,
				    p->kind->name));
		if (p->kind->class != HCALL_FLUSH_GPA)
			ret->word[at - 1] = p->member[0];
		return 0;
	}
	for (unsigned b = 0; p->members && b < 64; b++) {
		if (p->member[b] == 0)
			continue;
		p->valid |= 1ull << b;
		p->bank[p->banks++] = p->member[b];
	}
	ret->word[at - 2] = p->format;
	ret->word[at - 1] = p->valid;
	if (*n + p->banks > HCALL_WORDS)
		return fail(p, cli_format("too many banks for a page"));
	memcpy(&ret->word[*n], p->bank, p->banks * 8);
	*n += p->banks;
	return 0;
}

static int
place(struct parse *p, struct hcall *ret, unsigned *n)
{
	*n = p->kind->fixed;
	ret->word[0] = p->header[0];
	if (p->kind->class != HCALL_IPI)
		ret->word[1] = p->header[1];
	if (place_set(p, ret, n) != 0)
		return -1;
	for (unsigned i = 0; i < p->elements; i++) {
		if (*n == HCALL_WORDS)
			return fail(p, cli_format("too many elements for a "
			    "page"));
		if (encode_element(p, p->element[i], &ret->word[*n]) != 0)
			return -1;
		++*n;
	}
	return 0;
}

/* What is written but not consumed would be lost without a word. */
static int
finish(struct parse *p, struct hcall *ret)
{
	struct hcall_fields f;
	unsigned n = 0;

	memset(ret, 0, sizeof(*ret));
	if (p->kind != NULL && place(p, ret, &n) != 0)
		return -1;
	if (p->varhead < 0)
		p->varhead = (long)p->banks;
	if (p->reps < 0)
		p->reps = (long)p->elements;
	ret->control = p->code | p->control |
	    (uint64_t)p->varhead << HVA_VARHEAD_SHIFT |
	    (uint64_t)p->reps << HVA_REP_COUNT_SHIFT |
	    p->start << HVA_REP_START_SHIFT;
	hcall_take_apart(ret->control, &f);
	if (n > f.words)
		return fail(p, cli_format("%u words are given, and the call "
		    "takes %u of them in", n, f.words));
	return 0;
}

int
hcall_parse(const char *text, struct hcall *ret, char **ret_why)
{
	struct parse *p = cli_alloc(sizeof(*p));
	char *copy = cli_copy(text), *save = NULL, *word;
	int bad = 0;

	*ret_why = NULL;
	p->varhead = p->reps = -1;
	p->why = ret_why;
	word = strtok_r(copy, " \t\n", &save);
	if (word == NULL)
		bad = fail(p, cli_format("no words"));
	else
		bad = first_word(p, word);
	while (bad == 0 && (word = strtok_r(NULL, " \t\n", &save)) != NULL)
		bad = one_word(p, word);
	if (bad == 0)
		bad = finish(p, ret);
	for (unsigned i = 0; i < p->elements; i++)
		free(p->element[i]);
	free(copy);
	free(p);
	return bad;
}
