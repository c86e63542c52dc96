/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest_report.c: boots of an operating system as a table and as JSON.
 * Figures stand as the guest told them; nothing is worked out from them.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/guest_run.h"

const char *
guest_flush_name(enum guest_flush flush)
{
	return flush == FLUSH_HYPERCALL ? "hypercall" : "ipi";
}

static uint64_t
sum(const struct guest_boot *b, bool stale)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < b->stresses; i++)
		n += stale ? b->stress[i].stale : b->stress[i].checks;
	return n;
}

static const char *
emulation(const struct guest_run *g)
{
	return g->rung == RUNG_TCG ? "QEMU emulates the guest's processors: "
	    "the times are those of an emulation." :
	    g->rung == RUNG_NESTED ? "QEMU emulates the machine that KVM runs "
	    "on: the times are those of an emulation." : NULL;
}

/* ---- table -------------------------------------------------------------- */

static void
print_boot(const struct guest_boot *b)
{
	printf("%-10s%9u%12" PRIu64 "%8" PRIu64, guest_flush_name(b->flush),
	    b->stresses, sum(b, false), sum(b, true));
	if (b->counted)
		printf("%16" PRIu64, b->after - b->before);
	else
		printf("%16s", "?");
	printf("%24" PRIu64 "\n", b->traced);
}

static void
print_latency(const struct guest_boot *b, const struct guest_latency *l)
{
	printf("%-10s%-10s%-8s%9u%12.1f%12.1f\n", guest_flush_name(b->flush),
	    l->op, l->with, l->samples, (double)l->median / 1000,
	    (double)l->p99 / 1000);
}

static void
print_latencies(const struct guest_run *g, const struct guest_boot *boot,
                unsigned boots)
{
	bool any = false;

	for (unsigned i = 0; i < boots; i++)
		any = any || boot[i].latencies > 0;
	if (!any)
		return;
	puts("\nOne call, microseconds; alone: in a process of one thread, "
	     "others: with a\nbusy thread on every other processor\n"
	     "flush     call      with      samples      median         p99");
	for (unsigned i = 0; i < boots; i++)
		for (unsigned k = 0; k < boot[i].latencies; k++)
			print_latency(&boot[i], &boot[i].latency[k]);
	if (emulation(g) != NULL)
		puts(emulation(g));
}

static void
print_ours(const struct guest_run *g, const struct guest_boot *boot,
           unsigned boots)
{
	printf("On %s: %s, %u processors, clock %s\n"
	    "flush      programs        uses   stale  TLB interrupts  "
	    "Hyper-V flushes traced\n", guest_rung_name(g->rung),
	    boot->kernel != NULL ? boot->kernel : "?", g->vcpus,
	    boot->clock != NULL ? boot->clock : "?");
	for (unsigned i = 0; i < boots; i++)
		print_boot(&boot[i]);
	for (unsigned i = 0; i < boots; i++)
		if (boot[i].first != NULL)
			printf("%s: stale: %s\n", guest_flush_name(
			    boot[i].flush), boot[i].first);
	print_latencies(g, boot, boots);
}

static void
print_ending(const struct guest_boot *b)
{
	printf("%s: ", guest_flush_name(b->flush));
	if (b->status == GUEST_NO_RESULT)
		puts("the guest ended and told no result (a line \"end N\")");
	else if (b->status >= 0 && b->status != GUEST_MIDDLE_WENT)
		printf("the guest ended with %d\n", b->status);
	else
		printf("%s\n", b->why);
}

void
guest_run_print(const struct guest_run *g, const struct guest_boot *boot,
                unsigned boots)
{
	if (guest_run_ours(g))
		print_ours(g, boot, boots);
	for (unsigned i = 0; i < boots; i++) {
		const char *doubt = guest_boot_doubt(g, &boot[i]);

		if (!guest_run_ours(g) || boot[i].status < 0 ||
		    boot[i].status > 1)
			print_ending(&boot[i]);
		if (doubt != NULL)
			printf("%s: not what was asked for: %s\n",
			    guest_flush_name(boot[i].flush), doubt);
	}
	for (unsigned i = 0; i < boots; i++)
		printf("%s took %.0f s%s", guest_flush_name(boot[i].flush),
		    boot[i].seconds, i + 1 < boots ? ", " : "\n");
}

/* ---- JSON --------------------------------------------------------------- */

static json_t *
latency_json(const struct guest_latency *l)
{
	json_t *samples = json_array();

	for (unsigned i = 0; i < l->told; i++)
		json_array_append_new(samples, json_integer(
		    (json_int_t)l->sample[i]));
	return json_pack("{s:s, s:s, s:i, s:I, s:I, s:o}", "call", l->op,
	    "with", l->with, "samples", (int)l->samples, "median_ns",
	    (json_int_t)l->median, "p99_ns", (json_int_t)l->p99, "raw_ns",
	    samples);
}

static json_t *
stress_json(const struct guest_stress *s)
{
	return json_pack("{s:s, s:i, s:I, s:I}", "name", s->name, "rounds",
	    (int)s->rounds, "uses", (json_int_t)s->checks, "stale",
	    (json_int_t)s->stale);
}

static json_t *
boot_json(const struct guest_run *g, const struct guest_boot *b)
{
	json_t *programs = json_array(), *latency = json_array();

	for (unsigned i = 0; i < b->stresses; i++)
		json_array_append_new(programs, stress_json(&b->stress[i]));
	for (unsigned i = 0; i < b->latencies; i++)
		json_array_append_new(latency, latency_json(&b->latency[i]));
	return json_pack("{s:s, s:i, s:s?, s:s?, s:s?, s:s?, s:b, s:I, s:o, "
	    "s:o, s:o}", "flush", guest_flush_name(b->flush), "status",
	    b->status, "why", b->why, "doubt", guest_boot_doubt(g, b), "kernel",
	    b->kernel, "clock", b->clock, "says_hypercall",
	    (int)b->says_hypercall, "traced", (json_int_t)b->traced,
	    "tlb_interrupts", b->counted ? json_integer((json_int_t)(b->after -
	    b->before)) : json_null(), "programs", programs, "latency",
	    latency);
}

void
guest_run_json(const struct guest_run *g, const struct guest_boot *boot,
               unsigned boots)
{
	json_t *list = json_array(), *root;

	for (unsigned i = 0; i < boots; i++)
		json_array_append_new(list, boot_json(g, &boot[i]));
	root = json_pack("{s:i, s:s, s:i, s:b, s:b, s:o}", "version", 1,
	    "rung", guest_rung_name(g->rung), "vcpus", (int)g->vcpus,
	    "emulated", emulation(g) != NULL, "canary", (int)g->canary,
	    "boots", list);
	if (root == NULL || json_dump_file(root, g->json, JSON_INDENT(1)) != 0)
		cli_fail(CLI_UNFINISHED, "%s: cannot be written", g->json);
	json_decref(root);
}
