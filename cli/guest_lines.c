/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest_lines.c: what the console of an operating system says that ours is
 * (guest/os.sh, guest/stress): facts, figures of the stress program, proofs of
 * the way that flushes went.  Any other line is none of our business.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/guest_run.h"

static void
replace(char **to, const char *text)
{
	free(*to);
	*to = cli_copy(text);
}

static void
take_fact(struct guest_boot *b, const char *fact)
{
	uint64_t n;

	if (strncmp(fact, "kernel ", 7) == 0)
		replace(&b->kernel, fact + 7);
	else if (strncmp(fact, "clock ", 6) == 0)
		replace(&b->clock, fact + 6);
	else if (strcmp(fact, "said Hyper-V: Using hypercall for remote TLB "
	    "flush") == 0)
		b->says_hypercall = true;
	else if (sscanf(fact, "before %" SCNu64, &n) == 1)
		b->before = n;
	else if (sscanf(fact, "traced %" SCNu64, &n) == 1)
		b->traced = n;
	else if (sscanf(fact, "after %" SCNu64, &n) == 1) {
		b->after = n;
		b->counted = true;
	}
}

static struct guest_latency *
find_latency(struct guest_boot *b, const char *op, const char *with)
{
	struct guest_latency *l;

	for (unsigned i = 0; i < b->latencies; i++) {
		l = &b->latency[i];
		if (strcmp(l->op, op) == 0 && strcmp(l->with, with) == 0)
			return l;
	}
	b->latency = cli_grow(b->latency, b->latencies + 1, sizeof(*l));
	l = &b->latency[b->latencies++];
	*l = (struct guest_latency){ .samples = 0 };
	snprintf(l->op, sizeof(l->op), "%s", op);
	snprintf(l->with, sizeof(l->with), "%s", with);
	return l;
}

static void
take_samples(struct guest_boot *b, const char *op, const char *with,
             const char *rest)
{
	struct guest_latency *l = find_latency(b, op, with);
	uint64_t value;
	int at;

	while (sscanf(rest, "%" SCNu64 "%n", &value, &at) == 1) {
		l->sample = cli_grow(l->sample, l->told + 1, sizeof(value));
		l->sample[l->told++] = value;
		rest += at;
	}
}

void
guest_boot_line(struct guest_boot *b, const char *line)
{
	struct guest_latency l = { .samples = 0 };
	struct guest_stress s;
	int at = 0;

	if (strncmp(line, "os ", 3) == 0)
		take_fact(b, line + 3);
	else if (strncmp(line, "stale ", 6) == 0 && b->first == NULL)
		replace(&b->first, line + 6);
	else if (sscanf(line, "stress %31s rounds %u checks %" SCNu64
	    " stale %" SCNu64, s.name, &s.rounds, &s.checks, &s.stale) == 4) {
		b->stress = cli_grow(b->stress, b->stresses + 1, sizeof(s));
		b->stress[b->stresses++] = s;
	} else if (sscanf(line, "sample %31s %31s %n", l.op, l.with, &at) ==
	    2 && at > 0)
		take_samples(b, l.op, l.with, line + at);
	else if (sscanf(line, "latency %31s %31s samples %u median %" SCNu64
	    " p99 %" SCNu64, l.op, l.with, &l.samples, &l.median, &l.p99) ==
	    5) {
		struct guest_latency *to = find_latency(b, l.op, l.with);

		to->samples = l.samples;
		to->median = l.median;
		to->p99 = l.p99;
	}
}
