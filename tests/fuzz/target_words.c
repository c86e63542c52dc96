/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * target: a hypercall as words and as bits (cli/hcall*.c).
 *
 * First byte 0: a call in bits, which has to come back from its words, and
 * whose list of broken rules has to agree with what hvsim refuses.  Otherwise:
 * words, which are refused with a reason or mean a call that prints as words
 * for the same call.
 */
#include <stdlib.h>

#include "cli/hcall.h"
#include "tests/fuzz/fuzz.h"

const char *
fuzz_absent(void)
{
	return NULL;
}

static void
check_round_trip(const struct hcall *h)
{
	static struct hcall again;
	char *text = hcall_print(h), *why;

	if (hcall_parse(text, &again, &why) != 0)
		fuzz_fail("'%s' is printed and refused: %s", text, why);
	if (memcmp(h, &again, sizeof(again)) != 0)
		fuzz_fail("'%s' reads back as another call", text);
	free(text);
}

/* ---- rules ------------------------------------------------------------- */

struct seen {
	uint64_t statuses;
	unsigned rules, broken; /* all, and those that are clear */
};

static void
see(void *ctx, const struct hcall_rule *r)
{
	struct seen *s = ctx;

	s->rules++;
	s->broken += !r->unclear;
	s->statuses |= 1ull << r->status;
}

static int
read_words(void *ctx, uint64_t gpa, void *buf, size_t size)
{
	const struct hcall *h = ctx;

	if (gpa < 0x1000 || gpa + size > 0x2000)
		return -1;
	memcpy(buf, (const char *)h->word + (gpa - 0x1000), size);
	return 0;
}

/* Decodes with hvsim, whichever call it is; guest-physical flushes work. */
static int
ask_hvsim(struct hcall *h, enum hcall_class class, struct hv_fault *fault)
{
	static struct hv_flush flush;
	struct hv_profile tlfs;
	struct hv_ipi ipi;
	struct hv_regs regs = { .rcx = h->control, .rdx = 0x1000 };
	const struct hv_request r = { &tlfs, &regs, read_words, h };

	if (hv_profile_find("tlfs", &tlfs) != 0)
		abort();
	tlfs.knob[HV_KNOB_NESTED] = 1;
	if ((h->control & HVA_FAST) != 0) {
		regs.rdx = h->word[0];
		regs.r8 = h->word[1];
		memcpy(regs.xmm, &h->word[2], sizeof(regs.xmm));
	}
	return class == HCALL_IPI ? hv_ipi_decode(&r, &ipi, fault) :
	    class == HCALL_FLUSH_GPA ? hv_gpa_flush_decode(&r, &flush, fault) :
	    hv_flush_decode_regs(&r, &flush, fault);
}

static void
check_rules(struct hcall *h)
{
	struct hv_profile tlfs;
	struct hv_fault fault;
	struct seen s = { 0, 0, 0 };
	const struct hcall_context c = { &tlfs, 0x1000, true };
	const struct hcall_kind *k = hcall_kind(h->control & HVA_CALL_CODE);
	int bad;

	if (hv_profile_find("tlfs", &tlfs) != 0)
		abort();
	hcall_check(h, &c, see, &s);
	if (k == NULL)
		return;
	bad = ask_hvsim(h, k->class, &fault);
	if ((bad != 0 || s.broken != 0) && (bad == 0 || s.rules == 0))
		fuzz_fail("'%s': hvsim says %s, and %u rules are broken",
		    hcall_print(h), bad != 0 ? fault.rule : "yes", s.broken);
	if (bad != 0 && !fault.ud && (s.statuses >> fault.status & 1) == 0)
		fuzz_fail("'%s': hvsim's status %u (%s) belongs to no broken "
		    "rule", hcall_print(h), fault.status, fault.rule);
}

/* ---- inputs ------------------------------------------------------------ */

static void
run_bits(struct bytes b)
{
	static struct hcall h;
	struct hcall_fields f;

	memset(&h, 0, sizeof(h));
	h.control = take64(&b);
	/* half of all codes are none that is known: fold them */
	if (hcall_kind(h.control & HVA_CALL_CODE) == NULL &&
	    (h.control & 0x80) == 0)
		h.control = (h.control & ~HVA_CALL_CODE) |
		    hcall_kind_at((unsigned)(h.control & 7))->code;
	hcall_take_apart(h.control, &f);
	take(&b, h.word, f.words * 8);
	check_round_trip(&h);
	check_rules(&h);
}

static void
run_text(struct bytes b)
{
	static struct hcall h;
	char *text = malloc(b.left + 1), *why = NULL;

	if (text == NULL)
		return;
	memcpy(text, b.p, b.left);
	text[b.left] = '\0';
	if (hcall_parse(text, &h, &why) == 0) {
		check_round_trip(&h);
		check_rules(&h);
	} else if (why == NULL || *why == '\0') {
		fuzz_fail("words are refused without a reason");
	}
	free(why);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = bytes_of(data, size);

	if (take8(&b) == 0)
		run_bits(b);
	else
		run_text(b);
	return 0;
}
