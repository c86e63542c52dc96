/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest_run.c: the verb `guest run`: a whole operating system on a rung, once
 * for each way that its flushes can go.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/guest_run.h"

#define COMMAND_LINE "console=ttyS0 quiet panic=-1"
/* QEMU's SVM lets STI, HLT sleep over an interrupt: a tick wakes it up. */
#define NESTED_TICK " nohz=off"
#define BOOTS 3                 /* whose machine in the middle may go */

enum {
	OPT_KERNEL = 256, OPT_INITRD, OPT_DISK, OPT_ON, OPT_APPEND, OPT_VCPUS,
	OPT_MEMORY, OPT_SECONDS, OPT_PATIENCE, OPT_CONNECT, OPT_FLUSH,
	OPT_ROUNDS, OPT_LATENCY, OPT_CANARY, OPT_JSON
};

static const struct argp_option run_options[] = {
	{ "kernel", OPT_KERNEL, "IMG", 0, "a Linux kernel (bzImage), or debian "
	  "(the default, without --disk)", 1 },
	{ "initrd", OPT_INITRD, "F", 0, "its initramfs; without one and "
	  "without --disk: ours, which runs the stress program", 1 },
	{ "disk", OPT_DISK, "IMG", 0, "a disk (raw or qcow2), never written "
	  "to; without --kernel its boot loader runs", 1 },
	{ "append", OPT_APPEND, "TEXT", 0, "more for the kernel's command "
	  "line, after " COMMAND_LINE, 1 },
	{ "on", OPT_ON, "RUNG", 0, "tcg, nested (the default) or kvm", 2 },
	{ "flush", OPT_FLUSH, "HOW", 0, "hypercall, ipi (hv-tlbflush is left "
	  "out) or both (the default; on tcg: ipi)", 2 },
	{ "vcpus", OPT_VCPUS, "N", 0, "processors (2)", 2 },
	{ "memory", OPT_MEMORY, "MIB", 0, "memory (512)", 2 },
	{ "seconds", OPT_SECONDS, "N", 0, "give a boot up after N s (900)",
	  2 },
	{ "patience", OPT_PATIENCE, "N", 0, "on nested, boot again, at most "
	  "twice, when the console has no word after N s (120), or when the "
	  "machine in the middle goes (0: neither)", 2 },
	{ "connect", OPT_CONNECT, "URI", 0, "libvirt connection (the embedded "
	  "driver)", 2 },
	{ "rounds", OPT_ROUNDS, "N", 0, "of each part of the stress program "
	  "(30)", 3 },
	{ "latency", OPT_LATENCY, "N", 0, "samples of each latency (1000; 0: "
	  "none)", 3 },
	{ "canary", OPT_CANARY, NULL, 0, "the stress program's changes are "
	  "lies: they have to be noticed", 3 },
	{ "json", OPT_JSON, "F", 0, "all figures, raw ones too, as JSON", 3 },
	{ NULL, 0, NULL, 0, NULL, 0 }
};

/* ---- what is asked for -------------------------------------------------- */

bool
guest_run_ours(const struct guest_run *g)
{
	return g->os.initrd == NULL && g->os.disk == NULL;
}

/* Absolute, since QEMU lives elsewhere. */
static const char *
file(const char *option, const char *name)
{
	char *path = realpath(name, NULL);

	if (path == NULL || access(path, R_OK) != 0)
		cli_fail(CLI_USAGE, "guest run: %s %s: %s", option, name,
		         strerror(errno));
	return path;
}

static void
parse_flush(struct guest_run *g, const char *how)
{
	const bool both = strcmp(how, "both") == 0;

	g->flush[FLUSH_HYPERCALL] = both || strcmp(how, "hypercall") == 0;
	g->flush[FLUSH_IPI] = both || strcmp(how, "ipi") == 0;
	if (!g->flush[FLUSH_HYPERCALL] && !g->flush[FLUSH_IPI])
		cli_fail(CLI_USAGE, "guest run: --flush %s: give hypercall, "
		         "ipi or both", how);
}

static void
parse_rung(struct guest_run *g, const char *name)
{
	const int rung = guest_rung_find(name);

	if (rung < 0)
		cli_fail(CLI_USAGE, "guest run: --on %s: give tcg, nested or "
		         "kvm", name);
	g->rung = (enum guest_rung)rung;
}

static unsigned
number(const char *option, const char *text, unsigned min, unsigned max)
{
	return (unsigned)cli_number(option, text, min, max);
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct guest_run *g = state->input;

	switch (key) {
	case OPT_KERNEL:
		g->os.kernel = strcmp(arg, GUEST_DEBIAN) == 0 ? arg :
		    file("--kernel", arg);
		return 0;
	case OPT_INITRD:
		g->os.initrd = file("--initrd", arg);
		return 0;
	case OPT_DISK:
		g->os.disk = file("--disk", arg);
		return 0;
	case OPT_APPEND:
		g->append = arg;
		return 0;
	case OPT_ON:
		parse_rung(g, arg);
		return 0;
	case OPT_FLUSH:
		parse_flush(g, arg);
		return 0;
	case OPT_VCPUS:
		g->vcpus = number("--vcpus", arg, 1, 64);
		return 0;
	case OPT_MEMORY:
		g->memory = number("--memory", arg, 64, 1 << 20);
		return 0;
	case OPT_PATIENCE:
		g->patience = number("--patience", arg, 0, 1 << 20);
		return 0;
	case OPT_SECONDS:
		g->seconds = number("--seconds", arg, 1, 1 << 20);
		return 0;
	case OPT_CONNECT:
		g->uri = arg;
		return 0;
	case OPT_ROUNDS:
		g->rounds = number("--rounds", arg, 0, 1000000);
		return 0;
	case OPT_LATENCY:
		g->latency = number("--latency", arg, 0, 100000);
		return 0;
	case OPT_CANARY:
		g->canary = true;
		return 0;
	case OPT_JSON:
		g->json = arg;
		return 0;
	case ARGP_KEY_ARG:
		args_extra(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
complete(struct guest_run *g)
{
	const bool any = g->flush[FLUSH_HYPERCALL] || g->flush[FLUSH_IPI];

	if (g->rung == RUNG_TCG && g->flush[FLUSH_HYPERCALL])
		cli_fail(CLI_USAGE, "guest run: there are no hypercalls on "
		         "tcg; use --flush ipi, or --on nested");
	if (!any) {
		g->flush[FLUSH_HYPERCALL] = g->rung != RUNG_TCG;
		g->flush[FLUSH_IPI] = true;
	}
	if (g->os.kernel == NULL && g->os.disk == NULL)
		g->os.kernel = GUEST_DEBIAN;
	if (g->os.kernel == NULL && (g->os.initrd != NULL ||
	    g->append != NULL))
		cli_fail(CLI_USAGE, "guest run: --initrd and --append go with "
		         "a kernel; give --kernel too");
}

/* ---- boots -------------------------------------------------------------- */

static char *
command_line(const struct guest_run *g)
{
	char *mine = cli_copy(""), *all;

	if (guest_run_ours(g)) {
		free(mine);
		mine = cli_format("%s stress.rounds=%u stress.latency=%u%s%s",
		    g->rung == RUNG_NESTED ? NESTED_TICK : "", g->rounds,
		    g->canary ? 0 : g->latency,
		    g->canary ? " stress.canary" : "",
		    g->json != NULL ? " stress.raw" : "");
	}
	all = cli_format("%s%s%s%s", COMMAND_LINE, mine, g->append != NULL ?
	    " " : "", g->append != NULL ? g->append : "");
	free(mine);
	return all;
}

/* What steers a terminal is left out, and each console's end of a line. */
static void
take_line(void *arg, const char *line)
{
	struct guest_boot *b = arg;
	char *text = cli_copy(line), *to = text;

	for (; *line != '\0'; line++)
		if ((unsigned char)*line >= ' ' || *line == '\t')
			*to++ = *line;
	*to = '\0';
	guest_boot_line(b, text);
	if (strncmp(text, "sample ", 7) != 0)
		fprintf(stderr, "%s: %s\n", guest_flush_name(b->flush), text);
	free(text);
}

static void
boot_once(const struct guest_run *g, struct guest_boot *b)
{
	struct guest_os os = g->os;
	char *line = command_line(g);
	const struct guest_job job = { .rung = g->rung, .os = &os,
	    .uri = g->uri, .command_line = line, .cpus = g->vcpus,
	    .memory = g->memory, .seconds = g->seconds,
	    .patience = g->patience,
	    .interrupted = &cli_interrupted, .line = take_line, .arg = b };
	const double start = cli_seconds();

	os.tlbflush = b->flush == FLUSH_HYPERCALL;
	b->status = guest_run_apart(&job, &b->why);
	b->seconds = cli_seconds() - start;
	free(line);
}

static void
forget(struct guest_boot *b)
{
	for (unsigned i = 0; i < b->latencies; i++)
		free(b->latency[i].sample);
	free(b->latency);
	free(b->stress);
	free(b->why);
	free(b->first);
	free(b->kernel);
	free(b->clock);
	*b = (struct guest_boot){ .flush = b->flush, .status = -1 };
}

/*
 * What a boot saw before its machine went counts, so one that saw a dead page
 * is the last.
 */
static void
boot(const struct guest_run *g, struct guest_boot *b)
{
	for (unsigned n = 1; ; n++) {
		boot_once(g, b);
		if (b->status != GUEST_MIDDLE_WENT || b->first != NULL ||
		    g->patience == 0 || n == BOOTS || cli_interrupted)
			return;
		fprintf(stderr, "shootdown: %s: %s; it is booted again\n",
		    guest_flush_name(b->flush), b->why);
		forget(b);
	}
}

const char *
guest_boot_doubt(const struct guest_run *g, const struct guest_boot *b)
{
	if (!guest_run_ours(g) || b->status < 0 || b->status > 1)
		return NULL;
	if (!b->counted || b->stresses + b->latencies == 0)
		return "the guest did not say what it did";
	if (b->flush == FLUSH_HYPERCALL && !b->says_hypercall)
		return "the kernel does not say that it flushes by hypercall";
	if (b->flush == FLUSH_HYPERCALL && b->traced == 0)
		return "no call of the kernel's Hyper-V flush was traced";
	if (b->flush == FLUSH_HYPERCALL && b->after != b->before)
		return "there were TLB interrupts all the same";
	if (b->flush == FLUSH_IPI && (b->says_hypercall || b->traced > 0))
		return "the kernel says that it flushes by hypercall";
	if (b->flush == FLUSH_IPI && b->after == b->before && g->vcpus > 1)
		return "there was no TLB interrupt";
	return NULL;
}

static int
judge(const struct guest_run *g, const struct guest_boot *boot,
      unsigned boots)
{
	int status = CLI_CLEAN;

	for (unsigned i = 0; i < boots; i++) {
		if (boot[i].status == 1)
			return CLI_FOUND;
		if (boot[i].status != 0 ||
		    guest_boot_doubt(g, &boot[i]) != NULL)
			status = CLI_UNFINISHED;
	}
	return status;
}

static int
run(const struct guest_run *g)
{
	struct guest_boot boots[FLUSH_COUNT] = { { .status = -1 } };
	unsigned n = 0;
	int status;

	for (unsigned f = 0; f < FLUSH_COUNT && !cli_interrupted; f++)
		if (g->flush[f]) {
			boots[n].flush = (enum guest_flush)f;
			boot(g, &boots[n++]);
		}
	guest_run_print(g, boots, n);
	if (g->json != NULL)
		guest_run_json(g, boots, n);
	status = judge(g, boots, n);
	if (cli_interrupted && status == CLI_CLEAN)
		status = CLI_UNFINISHED;
	for (unsigned i = 0; i < n; i++)
		forget(&boots[i]);
	free((char *)g->os.initrd);
	free((char *)g->os.disk);
	return status;
}

int
cli_guest_run(int argc, char **argv)
{
	static const struct argp argp = {
		.options = run_options, .parser = parse,
		.doc = "Boots a whole operating system on a rung, shows its "
		       "console on standard error, and reads its results. "
		       "Debian's kernel with our initramfs unless told "
		       "otherwise: it runs the stress program, which looks "
		       "for threads that see a dead page, and measures how "
		       "long changes of mappings take."
		       "\vA guest tells its result by a line \"end N\" on the "
		       "console. Exit status: 0 for 0, 1 for 1 (a dead page "
		       "was seen), 3 for any other end, or when the flushes "
		       "did not go the way that was asked for."
	};
	static char name[] = "shootdown guest run";
	struct guest_run g = { .rung = RUNG_NESTED, .vcpus = 2, .memory = 512,
	    .seconds = 900, .patience = GUEST_PATIENCE, .rounds = 30,
	    .latency = 1000 };

	argv[0] = name;
	args_parse(&argp, 0, argc, argv, &g);
	complete(&g);
	cli_catch_interrupt(false);
	return run(&g);
}
