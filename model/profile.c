/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile.c: processors and their knobs.
 *
 * A knob is a member of struct machine_config in which processors that follow
 * their manual differ, or in which a known erratum departs from it.  Each
 * profile gives every knob a value and says what that rests on.  Not checked
 * was volume 3 of AMD's manual, with the pages of INVLPG, INVPCID, INVLPGB and
 * TLBSYNC (of volume 2, revision 3.44 was read).  Nothing here acts: cpu.c,
 * cache.c and broadcast.c read the members.
 */
#include "model/model.h"

#include <string.h>

enum { INTEL, AMD, PROFILES };

struct setting {
	uint16_t value;
	const char *source;
};

struct knob {
	const char *name;
	uint16_t at;            /* of the member in struct machine_config */
	bool number;            /* uint16_t; else bool */
	const char *word[2];    /* for 0 and 1; of a number, word[0] is 0 */
	const char *help;
	struct setting by[PROFILES];
};

#define AT(member) offsetof(struct machine_config, member)
#define BOTH(value, source) { { value, source }, { value, source } }
#define OFF "off unless asked for"

static const struct knob knobs[] = {
	{ "invpcid_drains", AT(invpcid_drains), false, { "no", "yes" },
	  "INVPCID waits for the store buffer (not among the serialising "
	  "instructions of SDM 3A 8.3 and APM 2, 7.6.4)",
	  { { 1, "taken to serialise as INVLPG does, although SDM 8.3 does "
	         "not list it" },
	    { 1, "taken to serialise as INVLPG does, although APM 2, 7.6.4 "
	         "does not list it; its page in APM 3 was not checked" } } },
	{ "invlpg_paths", AT(tce), false, { "all", "page" },
	  "upper-level entries of the PCID that INVLPG removes: all, or those "
	  "that lead to the page (SDM 4.10.4.1; APM 2, 3.1.7, 5.5.3)",
	  { { 0, "SDM 4.10.4.1: regardless of the linear addresses to which "
	         "they correspond" },
	    { 0, "APM 2, 3.1.7 and 5.5.3 with EFER.TCE=0; Linux sets TCE "
	         "where it can, then say page" } } },
	{ "invpcid_paths", AT(invpcid_all_paths), false, { "page", "all" },
	  "upper-level entries of the PCID that INVPCID of an address removes "
	  "(SDM 4.10.4.1; APM 2, 3.1.7)",
	  { { 0, "SDM 4.10.4.1: what would be used to translate the address" },
	    { 1, "APM 2, 3.1.7: EFER.TCE=0 holds for INVLPG, INVLPGB and "
	         "INVPCID alike; with TCE say page" } } },
	{ "invlpg_globals", AT(invlpg_keeps_globals), false,
	  { "drop", "keep" },
	  "the global entry of the page while CR4.PCIDE=1 (SDM 4.10.4.1)",
	  { { 0, "SDM 4.10.4.1; errata ADL063 and RPL042 keep it, outside of "
	         "virtual machines and before their microcode updates" },
	    { 0, "APM 2, 5.5.2: INVLPG ignores the G bit" } } },
	{ "splinter", AT(splinter), false, { "no", "yes" },
	  "a large page may be cached in 4 KiB pieces that go one by one "
	  "(SDM 4.10.2.3)",
	  { { 0, "SDM 4.10.4.1, a note: INVLPG removes all entries of a page "
	         "that the tables map large" },
	    { 0, "as on intel; APM 2, 5.5 does not speak of pieces" } } },
	{ "smep_flushes", AT(smep_flushes), false, { "no", "yes" },
	  "setting CR4.SMEP invalidates all of the current PCID "
	  "(SDM 4.10.4.1)",
	  { { 1, "SDM 4.10.4.1, MOV to CR4" },
	    { 0, "not among the implicit invalidations of APM 2, 5.5.3" } } },
	{ "spurious_faults", AT(spurious_faults), false, { "no", "yes" },
	  "an access may fault once by an entry from before rights were "
	  "gained (SDM 4.10.4.3)",
	  { { 0, OFF },
	    { 0, "APM 2, 5.5.3: the tables are walked again before a fault is "
	         "reported" } } },
	{ "late_dirty", AT(late_dirty), false, { "no", "yes" },
	  "a walk for a write may set D in an entry from which W is taken at "
	  "that moment (SDM 4.8; processors with shadow stacks do not)",
	  { { 0, OFF }, { 0, OFF } } },
	{ "self_maps", AT(self_maps), false, { "no", "yes" },
	  "translations through entries that lead to their own page "
	  "(SDM 4.10.3.3)",
	  { { 0, OFF }, { 0, OFF } } },
	{ "la57", AT(levels5), false, { "no", "yes" },
	  "5-level paging (SDM 4.5; CR4.LA57)",
	  { { 0, OFF }, { 0, OFF } } },
	{ "invlpgb", AT(no_invlpgb), false, { "yes", "no" },
	  "INVLPGB and TLBSYNC exist (APM 2, 5.5.3, appendix B; CPUID "
	  "Fn8000_0008 EBX[3])",
	  { { 1, "not verified in the SDM; Linux uses them on AMD alone" },
	    { 0, "APM 2, 5.5.3, appendix B; without CPUID's bit say no" } } },
	{ "invlpgb_order", AT(invlpgb_unordered), false, { "store", "weak" },
	  "INVLPGB takes effect after the earlier stores of its processor, or "
	  "perhaps before (APM 2, 7.6.4 does not list it as serialising)",
	  BOTH(0, "not verified in APM 3: Linux's tlb.h calls it weakly "
	          "ordered and does not say against what; a finding that "
	          "needs weak is ambiguous") },
	{ "invlpgb_2m", AT(invlpgb_any_size), false, { "large", "any" },
	  "leaves that a step of 2 MiB removes: large ones, or also a 4 KiB "
	  "leaf just at the step (ECX[31])",
	  BOTH(0, "not verified in APM 3: FreeBSD-EN-26:10 found 4 KiB entries "
	          "left; large leaves all of them") },
	{ "invlpgb_max", AT(invlpgb_max), true, { "any", NULL },
	  "greatest count of INVLPGB, of pages after the first (CPUID "
	  "Fn8000_0008 EDX[15:0])",
	  { { 0, "INVLPGB does not exist" },
	    { 7, "not verified: an example; CPUID says what a processor takes, "
	         "and Linux and FreeBSD add 1 to it" } } },
};

#define KNOBS (sizeof(knobs) / sizeof(knobs[0]))

static const char *const profiles[PROFILES] = {
	[INTEL] = "intel", [AMD] = "amd",
};

static int
profile_index(const char *name)
{
	for (unsigned i = 0; i < PROFILES; i++)
		if (strcmp(profiles[i], name) == 0)
			return (int)i;
	return -1;
}

static void
put(struct machine_config *config, const struct knob *k, uint16_t value)
{
	char *at = (char *)config + k->at;
	bool yes = value != 0;

	if (k->number)
		memcpy(at, &value, sizeof(value));
	else
		memcpy(at, &yes, sizeof(yes));
}

static uint16_t
get(const struct machine_config *config, const struct knob *k)
{
	const char *at = (const char *)config + k->at;
	uint16_t value;
	bool yes;

	if (k->number) {
		memcpy(&value, at, sizeof(value));
		return value;
	}
	memcpy(&yes, at, sizeof(yes));
	return yes;
}

int
machine_cpu_find(const char *name, struct machine_config *config)
{
	int p = profile_index(name);

	if (p < 0)
		return -1;
	for (unsigned i = 0; i < KNOBS; i++)
		put(config, &knobs[i], knobs[i].by[p].value);
	return 0;
}

const char *
machine_cpu_name(unsigned i)
{
	return i < PROFILES ? profiles[i] : NULL;
}

/* Decimal digits up to 65535; -1: something else. */
static int
parse_number(const char *text)
{
	int value = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
		if (value > UINT16_MAX)
			return -1;
	}
	return value;
}

static int
parse_value(const struct knob *k, const char *text)
{
	for (int v = 0; v < 2; v++)
		if (k->word[v] != NULL && strcmp(k->word[v], text) == 0)
			return v;
	return k->number ? parse_number(text) : -1;
}

int
machine_knob_set(struct machine_config *config, const char *knob,
                 const char *value)
{
	for (unsigned i = 0; i < KNOBS; i++) {
		int v;

		if (strcmp(knobs[i].name, knob) != 0)
			continue;
		v = parse_value(&knobs[i], value);
		if (v < 0)
			return -1;
		put(config, &knobs[i], (uint16_t)v);
		return 0;
	}
	return -1;
}

const char *
machine_knob_name(unsigned i)
{
	return i < KNOBS ? knobs[i].name : NULL;
}

const char *
machine_knob_help(unsigned i)
{
	return i < KNOBS ? knobs[i].help : NULL;
}

const char *
machine_knob_word(unsigned i, unsigned value)
{
	return i < KNOBS && value < 2 ? knobs[i].word[value] : NULL;
}

const char *
machine_knob_source(const char *cpu, unsigned i)
{
	int p = profile_index(cpu);

	return p < 0 || i >= KNOBS ? NULL : knobs[i].by[p].source;
}

const char *
machine_knob_value(const struct machine_config *config, unsigned i,
                   char buf[8])
{
	unsigned n = 7;
	uint16_t value;

	if (i >= KNOBS)
		return NULL;
	value = get(config, &knobs[i]);
	if (value < 2 && knobs[i].word[value] != NULL)
		return knobs[i].word[value];
	buf[n] = '\0';
	do {
		buf[--n] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	return buf + n;
}
