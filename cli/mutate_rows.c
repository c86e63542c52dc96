/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutate_rows: the rows that mutants are put to: those of `check`, and a few
 * under hosts that make a kernel fall back or go on from where a call ended,
 * with sets of more banks, or with large pages.
 *
 * The second kind is few scenarios in one mode, so that it costs little.  Who
 * names hosts, scenarios or vCPUs gets those alone: more than 64 vCPUs take a
 * kernel with longer sets, in which every row would cost more.
 */
#include "cli/mutation.h"

#include <stdlib.h>
#include <string.h>

#include "cli/check_options.h"
#include "cli/cli.h"
#include "cli/rowtext.h"

#define MAX_SCENARIOS 6u

static const struct further {
	const char *host;
	const char *scenarios[MAX_SCENARIOS];
	unsigned vcpus;         /* with these VP indexes; 0: the scenario's */
	const char *indexes;
	unsigned path;          /* 0: PATH_HYPERCALL */
	unsigned with, without; /* KMODE_* that the mode must (not) have */
} further[] = {
	/* no recommendation, and whoever calls all the same is refused */
	{ .host = "tlfs,rec_flush=no,rec_ex=no,enforce=yes",
	  .scenarios = { "unmap-page", "kernel-page" } },
	/* a list that is done in parts, each a new call */
	{ .host = "tlfs,rep=1",
	  .scenarios = { "unmap-range-*", "kernel-range*", "kernel-top" } },
	/* some of the list, then an error: all of it is still to be done */
	{ .host = "tlfs,fail_call=1,fail_status=11,fail_reps=1",
	  .scenarios = { "unmap-range-*", "kernel-range*" } },
	/* sets of sparse VPs where the Ex calls are not recommended */
	{ .host = "tlfs,rec_ex=no",
	  .scenarios = { "unmap-page", "flush-all-subset", "kernel-page" } },
	/* room for a list where the set takes four banks, the last is away */
	{ .host = "tlfs",
	  .scenarios = { "unmap-span-giant", "flush-all-subset" },
	  .vcpus = 5, .indexes = "0,64,128,192,256" },
	/* no set can name a VP index of 4096 */
	{ .host = "tlfs", .scenarios = { "flush-all-subset" },
	  .vcpus = 3, .indexes = "0,4096,1" },
	/* other hosts' readings of what the TLFS leaves open */
	{ .host = "kvm",
	  .scenarios = { "unmap-page", "flush-all-subset", "kernel-all" } },
	{ .host = "hyperv",
	  .scenarios = { "unmap-page", "flush-all-subset", "kernel-all" } },
	/* user ranges that are flushed page by page: a large page that goes */
	{ .host = "tlfs", .scenarios = { "large-replace" },
	  .vcpus = 3, .indexes = "1,64,0" },
	{ .host = "tlfs", .scenarios = { "large-unmap", "large-replace" },
	  .path = PATH_NATIVE, .with = KMODE_PTI },
	{ .host = "tlfs", .scenarios = { "large-replace" },
	  .path = PATH_NATIVE, .with = KMODE_PTI, .without = KMODE_INVPCID },
	/* an NMI before the first switch, whose way in loads CR3, or not */
	{ .host = "tlfs", .scenarios = { "nmi-early-boot" },
	  .path = PATH_NATIVE },
	{ .host = "tlfs", .scenarios = { "nmi-early-boot" },
	  .path = PATH_NATIVE, .with = KMODE_PTI, .without = KMODE_PCID },
	/* INVLPGB in steps of 2 MiB */
	{ .host = "tlfs", .scenarios = { "large-kernel" },
	  .path = PATH_NATIVE, .with = KMODE_INVLPGB },
};

#define NFURTHER (sizeof(further) / sizeof(further[0]))

/* Not in a mode unless asked for. */
#define APART (KMODE_INVLPGB | KMODE_PTI | KMODE_SMALL | KMODE_ERRATUM383)

/* The kernel's mode with the most in it of those that are meant. */
static bool
mode_of(const struct kernel_ops *k, const struct further *f, unsigned *ret)
{
	const unsigned not = (APART & ~f->with) | f->without;
	bool any = false;

	for (unsigned i = 0; i < k->nmodes; i++) {
		const unsigned mode = k->modes[i];

		if ((mode & f->with) != f->with || (mode & not) ||
		    (any && mode < *ret))
			continue;
		any = true;
		*ret = mode;
	}
	return any;
}

static void
add_further(struct mutation *m, const struct further *f)
{
	struct row_options o = { .nhosts = 1, .nmodes = 1,
		.paths = f->path != 0 ? f->path : PATH_HYPERCALL };
	char *why = NULL;

	if (!mode_of(m->ops, f, &o.modes[0]))
		return;
	if (host_parse(f->host, &o.hosts[0], &why) != 0)
		cli_fail(CLI_UNFINISHED, "mutate: %s: %s", f->host, why);
	o.indexes.vcpus = f->vcpus;
	if (f->vcpus != 0 && vp_index_parse(f->indexes, &o.indexes) != 0)
		cli_fail(CLI_UNFINISHED, "mutate: bad VP indexes %s",
		         f->indexes);
	machine_full(&o.machine, 0);
	for (unsigned i = 0; i < MAX_SCENARIOS && f->scenarios[i] != NULL; i++)
		o.scenarios[o.nscenarios++] = f->scenarios[i];
	row_list_add_kernel(&m->rows, &o, &m->object, m->ops);
}

static bool
is_twin(const struct row *a, const struct row *b)
{
	struct rowtext ta, tb;
	char *la, *lb;
	bool twin;

	rowtext_from_row(&ta, a);
	rowtext_from_row(&tb, b);
	la = rowtext_line(&ta);
	lb = rowtext_line(&tb);
	twin = strcmp(la, lb) == 0;
	free(la);
	free(lb);
	return twin;
}

/* A scenario may bring a host of its own that is among the further ones. */
static void
drop_twins(struct row_list *l, size_t first)
{
	size_t n = first;

	for (size_t i = first; i < l->count; i++) {
		size_t k = 0;

		while (k < n && !is_twin(&l->rows[k], &l->rows[i]))
			k++;
		if (k == n)
			l->rows[n++] = l->rows[i];
	}
	l->count = n;
}

void
mutation_make_rows(struct mutation *m)
{
	const bool sized = row_options_vcpus(&m->size) != 0;
	struct row_options o = m->size;
	size_t own;

	o.paths = PATH_NATIVE | PATH_HYPERCALL;
	memcpy(o.hosts, m->hosts, sizeof(o.hosts));
	o.nhosts = m->nhosts;
	memcpy(o.scenarios, m->scenarios, sizeof(o.scenarios));
	o.nscenarios = m->nscenarios;
	machine_full(&o.machine, 0);
	row_list_init(&m->rows);
	row_list_add_kernel(&m->rows, &o, &m->object, m->ops);
	own = m->rows.count;
	if (m->nhosts == 0 && m->nscenarios == 0 && !sized)
		for (unsigned i = 0; i < NFURTHER; i++)
			add_further(m, &further[i]);
	drop_twins(&m->rows, own);
	if (m->rows.count == 0)
		cli_fail(CLI_USAGE, "mutate: no row of the kernel is left; "
		         "give other scenarios");
}
