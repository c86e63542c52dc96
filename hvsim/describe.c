/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * describe: a flush in words, for events and `explain`.
 *
 * One line without a newline.  Text that does not fit is cut; the buffer is
 * always terminated.  Long lists are shortened ("and 12 more"), never silently.
 */
#include "hvsim/internal.h"

#define SHOWN_RANGES 8

struct text {
	char *buf;
	size_t size, len;
};

static void
put(struct text *t, const char *s)
{
	while (*s != '\0' && t->len + 1 < t->size)
		t->buf[t->len++] = *s++;
}

static void
put_number(struct text *t, uint64_t value, unsigned base)
{
	char digits[24];
	size_t n = sizeof(digits);

	digits[--n] = '\0';
	do {
		digits[--n] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	if (base == 16)
		put(t, "0x");
	put(t, &digits[n]);
}

static void
put_name(struct text *t, unsigned code)
{
	const struct hv_call_info *call = hv_call_find(code);

	put(t, call != NULL ? call->name : "unknown call");
}

/* First member at or above `from`; HV_MAX_VP_INDEX: none. */
static uint32_t
next_member(const struct hv_vp_set *s, uint32_t from)
{
	while (from < HV_MAX_VP_INDEX && !hv_vp_set_has(s, from)) {
		if (from % 64 == 0 && !(s->valid >> (from / 64) & 1))
			from += 64;
		else
			from++;
	}
	return from;
}

/* "{0,5-7,130}" */
static void
put_set(struct text *t, const struct hv_vp_set *s)
{
	const char *comma = "";
	uint32_t first = 0, end;

	if (s->all) {
		put(t, "all VPs");
		return;
	}
	put(t, "VPs {");
	for (;; first = end) {
		first = next_member(s, first);
		if (first >= HV_MAX_VP_INDEX)
			break;
		for (end = first + 1; hv_vp_set_has(s, end); end++)
			;
		put(t, comma);
		put_number(t, first, 10);
		if (end - first > 1) {
			put(t, end - first == 2 ? "," : "-");
			put_number(t, end - 1, 10);
		}
		comma = ",";
	}
	put(t, "}");
}

static void
put_ranges(struct text *t, const struct hv_flush *f)
{
	uint32_t shown = f->ranges < SHOWN_RANGES ? f->ranges : SHOWN_RANGES;

	put(t, ", pages");
	for (uint32_t i = 0; i < shown; i++) {
		const struct hv_range *r = &f->range[i];

		put(t, i > 0 ? ", " : " ");
		put_number(t, r->va, 16);
		if (r->bytes > HVA_PAGE) {
			put(t, "-");
			put_number(t, r->va + r->bytes - 1, 16);
		}
	}
	if (f->ranges > shown) {
		put(t, " and ");
		put_number(t, f->ranges - shown, 10);
		put(t, " more");
	}
	if (f->rep_start != 0) {
		put(t, ", from element ");
		put_number(t, f->rep_start, 10);
		put(t, " of ");
		put_number(t, f->rep_count, 10);
	}
}

static void
put_flags(struct text *t, uint64_t flags)
{
	uint64_t rest = flags & ~(HVA_FLUSH_ALL_PROCESSORS |
	                          HVA_FLUSH_ALL_SPACES | HVA_FLUSH_NON_GLOBAL |
	                          HVA_FLUSH_EXTENDED);

	if ((flags & HVA_FLUSH_NON_GLOBAL) != 0)
		put(t, ", NON_GLOBAL");
	if ((flags & HVA_FLUSH_EXTENDED) != 0)
		put(t, ", EXTENDED");
	if (rest != 0) {
		put(t, ", reserved flags ");
		put_number(t, rest, 16);
	}
}

static void
put_space(struct text *t, const struct hv_flush *f)
{
	const struct hv_call_info *call = hv_call_find(f->code);

	if (call != NULL && call->kind == HV_CALL_FLUSH_GPA) {
		put(t, ", second-level root ");
	} else if ((f->flags & HVA_FLUSH_ALL_SPACES) != 0) {
		put(t, ", all spaces");
		return;
	} else {
		put(t, ", root ");
	}
	put_number(t, f->space, 16);
}

void
hv_flush_describe(const struct hv_flush *f, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };

	if (size == 0)
		return;
	put_name(&t, f->code);
	put(&t, ": ");
	put_set(&t, &f->set);
	put_space(&t, f);
	if (f->whole)
		put(&t, ", everything");
	else
		put_ranges(&t, f);
	put_flags(&t, f->flags);
	buf[t.len] = '\0';
}

void
hv_ipi_describe(const struct hv_ipi *ipi, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };

	if (size == 0)
		return;
	put_name(&t, ipi->code);
	put(&t, ": vector ");
	put_number(&t, ipi->vector, 16);
	put(&t, " to ");
	put_set(&t, &ipi->set);
	if ((ipi->vtl & HVA_VTL_USE) != 0) {
		put(&t, ", VTL ");
		put_number(&t, ipi->vtl & HVA_VTL_NUMBER, 10);
	}
	buf[t.len] = '\0';
}
