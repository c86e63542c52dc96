/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode: the verb `explain`: a raw hypercall for a person, and back.
 *
 * Input is numbers ("0x..": 64-bit words), bytes as a memory dump shows them,
 * or files of either kind.  Too little input for the call is bad usage, never
 * filled up in silence.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/hcall_tell.h"
#include "cli/rowtext.h"
#include "pmapshim/build/text.h"

enum { OPT_HOST = 500, OPT_GPA, OPT_ENCODE, OPT_SET, OPT_LIST, OPT_EXTENDED,
	OPT_OUTPUT };

enum mode { MODE_CALL, MODE_SET, MODE_LIST, MODE_ENCODE };

struct options {
	struct hv_profile host;
	uint64_t gpa;
	enum mode mode;
	const char *words, *output;
	bool extended, have_value;
	uint64_t value;
	unsigned char bytes[HCALL_WORDS * 8];
	size_t size;
};

/* ---- input ------------------------------------------------------------- */

static void
add_byte(struct options *o, unsigned byte)
{
	if (o->size == sizeof(o->bytes))
		cli_fail(CLI_USAGE, "explain: more than a page of input");
	o->bytes[o->size++] = (unsigned char)byte;
}

static uint64_t
hex(const char *what, const char *text)
{
	const char *s = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ?
	    text + 2 : text;
	const size_t n = strspn(s, "0123456789abcdefABCDEF");

	if (n == 0 || n > 16 || s[n] != '\0')
		cli_fail(CLI_USAGE, "explain: %s: '%.60s' is not a hexadecimal "
		         "number of at most 16 digits", what, text);
	return strtoull(s, NULL, 16);
}

static unsigned
digit(char c)
{
	return (unsigned)(isdigit((unsigned char)c) ? c - '0' :
	    tolower((unsigned char)c) - 'a' + 10);
}

static void
add_hex(struct options *o, const char *text)
{
	size_t n = strspn(text, "0123456789abcdefABCDEF");

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		uint64_t word = hex("input", text);

		for (unsigned i = 0; i < 8; i++)
			add_byte(o, word >> 8 * i & 0xff);
		return;
	}
	if (text[n] != '\0' || n % 2 != 0)
		cli_fail(CLI_USAGE, "explain: input '%.60s' is neither a word "
		         "(0x...) nor pairs of hexadecimal digits nor a file",
		         text);
	for (size_t i = 0; i < n; i += 2)
		add_byte(o, digit(text[i]) << 4 | digit(text[i + 1]));
}

static bool
is_text(const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!isxdigit((unsigned char)data[i]) &&
		    !isspace((unsigned char)data[i]) && data[i] != 'x' &&
		    data[i] != 'X')
			return false;
	return true;
}

static void
add_file(struct options *o, const char *path)
{
	char *data, *save = NULL;
	size_t size;
	const int error = file_read(path, &data, &size);

	if (error != 0)
		cli_fail(CLI_USAGE, "explain: cannot read %s: %s", path,
		         strerror(-error));
	if (is_text(data, size)) {
		for (char *w = strtok_r(data, " \t\r\n\f\v", &save); w != NULL;
		    w = strtok_r(NULL, " \t\r\n\f\v", &save))
			add_hex(o, w);
	} else {
		for (size_t i = 0; i < size; i++)
			add_byte(o, (unsigned char)data[i]);
	}
	free(data);
}

static void
add_input(struct options *o, const char *arg)
{
	if (arg[0] == '@')
		add_file(o, arg + 1);
	else if (strchr(arg, '/') != NULL || strchr(arg, '.') != NULL)
		add_file(o, arg);
	else
		add_hex(o, arg);
}

/* The whole words of the input; an odd end is no input of a hypercall. */
static unsigned
take_words(struct options *o, uint64_t *ret, unsigned max)
{
	const unsigned n = (unsigned)(o->size / 8);

	if (o->size % 8 != 0)
		cli_fail(CLI_USAGE, "explain: %zu bytes of input are no whole "
		         "64-bit words", o->size);
	if (n > max)
		cli_fail(CLI_USAGE, "explain: more than a page of input");
	memcpy(ret, o->bytes, n * 8);
	return n;
}

/* ---- what is asked for ------------------------------------------------- */

static int
explain_call(struct options *o)
{
	struct hcall *h = cli_alloc(sizeof(*h));
	const struct hcall_context c = { &o->host, o->gpa, o->size != 0 };
	struct hcall_fields f;
	unsigned broken, n;
	bool refused;

	if (!o->have_value)
		cli_fail(CLI_USAGE, "explain: no input value given; see "
		         "shootdown help explain");
	h->control = o->value;
	hcall_take_apart(h->control, &f);
	n = take_words(o, h->word, HCALL_WORDS);
	if (o->size != 0 && f.kind != NULL && n < f.words)
		cli_fail(CLI_USAGE, "explain: %s with this input value takes "
		         "in %u bytes, and %u are given", f.kind->name,
		         f.words * 8, n * 8);
	/* what is left of a page dump is not part of the call */
	memset(&h->word[f.words], 0, (HCALL_WORDS - f.words) * 8);
	hcall_tell(h, &c);
	broken = hcall_tell_rules(h, &c);
	refused = hcall_tell_host(h, &c);
	free(h);
	return broken != 0 || refused ? CLI_FOUND : CLI_CLEAN;
}

/* A set or a list is shown as part of a call that has nothing else. */
static int
explain_set(struct options *o)
{
	struct hcall *h = cli_alloc(sizeof(*h));
	const unsigned n = take_words(o, &h->word[2], HCALL_WORDS - 2);
	unsigned broken;

	if (n < 2 || n > 2 + 64)
		cli_fail(CLI_USAGE, "explain --set: a VP set is a format, a "
		         "mask and up to 64 banks; %u words are given", n);
	h->control = 0x0013 | (uint64_t)(n - 2) << HVA_VARHEAD_SHIFT;
	hcall_tell_set(h);
	broken = hcall_tell_set_rules(h);
	free(h);
	return broken != 0 ? CLI_FOUND : CLI_CLEAN;
}

static int
explain_list(struct options *o)
{
	struct hcall *h = cli_alloc(sizeof(*h));
	const unsigned n = take_words(o, &h->word[3], HCALL_WORDS - 3);
	unsigned broken;

	if (n == 0)
		cli_fail(CLI_USAGE, "explain --list: no elements given");
	h->control = 0x0003 | (uint64_t)n << HVA_REP_COUNT_SHIFT;
	h->word[1] = o->extended ? HVA_FLUSH_EXTENDED : 0;
	hcall_tell_list(h);
	broken = hcall_tell_list_rules(h);
	free(h);
	return broken != 0 ? CLI_FOUND : CLI_CLEAN;
}

static void
write_words(const char *path, const uint64_t *word, unsigned n)
{
	const int error = file_write(path, word, n * 8);

	if (error != 0)
		cli_fail(CLI_USAGE, "explain --output: cannot write %s: %s",
		         path, strerror(-error));
}

/* Prints what `explain` takes: the input value, then the words. */
static int
encode(struct options *o)
{
	struct hcall *h = cli_alloc(sizeof(*h));
	struct hcall_fields f;
	char *why;

	if (o->have_value || o->size != 0)
		cli_fail(CLI_USAGE, "explain --encode: give the words only, in "
		         "quotes");
	if (hcall_parse(o->words, h, &why) != 0)
		cli_fail(CLI_USAGE, "explain --encode: %s", why);
	hcall_take_apart(h->control, &f);
	if (o->output != NULL)
		write_words(o->output, h->word, f.words);
	printf("0x%016" PRIx64 "\n", h->control);
	for (unsigned i = 0; i < f.words; i++)
		printf("0x%016" PRIx64 "\n", h->word[i]);
	free(h);
	return CLI_CLEAN;
}

/* ---- command line ------------------------------------------------------ */

static const struct argp_option options[] = {
	{ "host", OPT_HOST, "PROFILE[,KNOB=VALUE]...", 0,
	  "whose answer to show, default tlfs", 1 },
	{ "gpa", OPT_GPA, "HEX", 0,
	  "where the input lies, default 0x1000", 1 },
	{ "set", OPT_SET, NULL, 0, "the input is an HV_VP_SET alone", 1 },
	{ "list", OPT_LIST, NULL, 0, "the input is a list of GVA ranges", 1 },
	{ "extended", OPT_EXTENDED, NULL, 0,
	  "with --list: ranges in the extended format", 1 },
	{ "encode", OPT_ENCODE, "WORDS", 0,
	  "build a call from words and print it", 2 },
	{ "output", OPT_OUTPUT, "FILE", 0,
	  "with --encode: write the input to a file too", 2 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

static void
set_mode(struct options *o, enum mode mode)
{
	if (o->mode != MODE_CALL && o->mode != mode)
		cli_fail(CLI_USAGE, "explain: give one of --set, --list and "
		         "--encode");
	o->mode = mode;
}

static void
set_host(struct options *o, const char *arg)
{
	char *why;

	if (host_parse(arg, &o->host, &why) != 0)
		cli_fail(CLI_USAGE, "explain --host: %s", why);
}

/* Options may follow what they are about, so words wait for the end. */
static void
take_word(struct options *o, const char *arg)
{
	if (o->mode == MODE_CALL && !o->have_value) {
		o->value = hex("input value", arg);
		o->have_value = true;
	} else {
		add_input(o, arg);
	}
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_HOST:
		set_host(o, arg);
		return 0;
	case OPT_GPA:
		o->gpa = hex("--gpa", arg);
		return 0;
	case OPT_SET:
		set_mode(o, MODE_SET);
		return 0;
	case OPT_LIST:
		set_mode(o, MODE_LIST);
		return 0;
	case OPT_EXTENDED:
		o->extended = true;
		return 0;
	case OPT_ENCODE:
		set_mode(o, MODE_ENCODE);
		o->words = arg;
		return 0;
	case OPT_OUTPUT:
		o->output = arg;
		return 0;
	case ARGP_KEY_ARGS:
		for (int i = state->next; i < state->argc; i++)
			take_word(o, state->argv[i]);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options, .parser = parse,
	.args_doc = "VALUE [INPUT...]\n--set INPUT...\n--list INPUT...\n"
	    "--encode WORDS",
	.doc = "Tells what a hypercall asks for, and every rule of the TLFS "
	       "that it breaks."
	       "\vVALUE is the hypercall input value in hexadecimal digits.  "
	       "INPUT is 64-bit words (0x1000 0x0), bytes in the order of "
	       "memory (0010000000000000) or a file with bytes or with such "
	       "text (@FILE).  Exit status: 0 no rule is broken, 1 one is, or "
	       "the host refuses the call, 2 bad usage.",
};

int
cli_explain(int argc, char **argv)
{
	struct options *o = cli_alloc(sizeof(*o));
	int status;

	o->gpa = 0x1000;
	if (hv_profile_find("tlfs", &o->host) != 0)
		abort();
	args_parse(&argp, 0, argc, argv, o);
	if (o->extended && o->mode != MODE_LIST)
		cli_fail(CLI_USAGE, "explain: --extended goes with --list");
	if (o->output != NULL && o->mode != MODE_ENCODE)
		cli_fail(CLI_USAGE, "explain: --output goes with --encode");
	status = o->mode == MODE_SET ? explain_set(o) :
	    o->mode == MODE_LIST ? explain_list(o) :
	    o->mode == MODE_ENCODE ? encode(o) : explain_call(o);
	free(o);
	return status;
}
