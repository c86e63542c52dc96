/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cost: the verb.  Counts the events of memory workloads on both paths, on
 * the model; estimates cycles from a table; says for which numbers of vCPUs
 * and pages the hypercall path would win.  What was not run is marked.
 */
#include "cost/cost.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/cost_options.h"
#include "cli/cost_report.h"
#include "cli/files.h"
#include "cli/jobs.h"
#include "cli/out.h"
#include "cli/rowtext.h"
#include "cli/saved.h"

#define MOST_RUN 64u            /* vCPUs that are run unasked */

struct cost {
	struct cost_options o;
	struct kernel_object object;
	const struct kernel_ops *ops;
	struct cost_table table;
	json_t **results;
};


/* ---- preparing ---------------------------------------------------------------------- */

static bool
has_mode(const struct kernel_ops *ops, unsigned mode)
{
	for (unsigned i = 0; i < ops->nmodes; i++)
		if (ops->modes[i] == mode)
			return true;
	return false;
}

static void
choose_mode(struct cost *c)
{
	char name[32];

	if (!c->o.mode_given) {
		c->o.mode = KMODE_PCID | KMODE_INVPCID;
		if (!has_mode(c->ops, c->o.mode))
			c->o.mode = c->ops->modes[0];
	}
	if (!has_mode(c->ops, c->o.mode))
		cli_fail(CLI_USAGE, "cost --mode: %s has no mode %s", c->o.kernel,
		         kernel_mode_name(c->o.mode, name));
}

static unsigned
most_vcpus(const struct cost_options *o)
{
	unsigned most = 0;

	for (unsigned i = 0; i < o->nvcpus; i++)
		if (o->vcpus[i] > most)
			most = o->vcpus[i];
	return most;
}

static void
load(struct cost *c)
{
	char *why = NULL;
	enum kernel_status status;

	if (cost_table_load(&c->table, c->o.table_path, &why) != 0)
		cli_fail(CLI_USAGE, "cost --table: %s", why);
	status = kernel_prepare_for(c->o.kernel, c->o.tree, most_vcpus(&c->o),
	                            &c->object, &why);
	if (status != KERNEL_OK)
		cli_fail(status == KERNEL_BAD_TREE ? CLI_USAGE : CLI_UNFINISHED,
		         "%s: %s", c->o.kernel, cli_why(why, c->o.kernel));
	c->ops = kernel_load(&c->object, &why);
	if (c->ops == NULL)
		cli_fail(CLI_UNFINISHED, "%s: %s", c->o.kernel,
		         cli_why(why, c->o.kernel));
	if (!c->ops->has_hypercall)
		cli_fail(CLI_UNFINISHED, "%s: %s; there is nothing to compare",
		         c->o.kernel, c->ops->no_hypercall_why);
	choose_mode(c);
}

/* ---- counting ------------------------------------------------------------------------ */

/* Item i: workload, pages, vCPUs and path, the last changing fastest. */
struct item {
	unsigned work, page, vcpu;
	bool hypercall;
};

static struct item
item_of(const struct cost *c, size_t i)
{
	struct item it;

	it.hypercall = i % 2 != 0;
	i /= 2;
	it.vcpu = (unsigned)(i % c->o.nvcpus);
	i /= c->o.nvcpus;
	it.page = (unsigned)(i % c->o.npages);
	it.work = (unsigned)(i / c->o.npages);
	return it;
}

static json_t *
counts_to_json(const struct cost_counts *n)
{
	json_t *out = json_object();

	for (unsigned i = 0; i < COUNT_COUNT; i++)
		json_object_set_new(out, cost_count_name((enum cost_count)i),
		                    json_real(n->v[i]));
	json_object_set_new(out, "disturbed", json_real(n->remote_vcpus));
	return out;
}

static void
counts_from_json(const json_t *in, struct cost_counts *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (unsigned i = 0; i < COUNT_COUNT; i++)
		ret->v[i] = json_number_value(json_object_get(in,
		    cost_count_name((enum cost_count)i)));
	ret->remote_vcpus = json_number_value(json_object_get(in,
	    "disturbed"));
}

static void
make_row(const struct cost *c, bool hypercall, unsigned vcpus,
         struct row *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->object = &c->object;
	ret->kernel = c->ops;
	ret->host = c->o.host;
	ret->hypercall = hypercall;
	ret->mode = c->o.mode;
	ret->vcpus = vcpus;
	for (unsigned n = 0; n < vcpus; n++)
		ret->vp_index[n] = n;
	machine_full(&ret->machine, vcpus);
	/* Only what is touched is cached: an oracle's candidates cost time. */
	ret->machine.speculative_fills = false;
	/* A count is of the steady state, not of what a buffer delays. */
	ret->machine.tso = false;
}

static json_t *
work(void *ctx, size_t i)
{
	const struct cost *c = ctx;
	const struct item it = item_of(c, i);
	struct row row;
	struct cost_counts counts;
	char *why = NULL;
	json_t *out;

	make_row(c, it.hypercall, c->o.vcpus[it.vcpu], &row);
	if (cost_count(&row, c->o.work[it.work], c->o.pages[it.page], c->o.runs,
	               &counts, &why) == 0)
		return counts_to_json(&counts);
	out = json_pack("{s:s}", "why", why);
	free(why);
	return out;
}

static void
done(void *ctx, size_t i, json_t *result, const char *why)
{
	struct cost *c = ctx;

	c->results[i] = result != NULL ? result : json_pack("{s:s}", "why",
	    why != NULL ? why : "not run");
}

/* Item i: 2^(i + 1) vCPUs. */
static json_t *
try_boot(void *ctx, size_t i)
{
	const struct cost *c = ctx;
	struct row row;
	char *why = NULL;
	bool boots = true;

	for (unsigned path = 0; path < 2 && boots; path++) {
		make_row(c, path != 0, 2u << i, &row);
		boots = cost_boots(&row, c->o.work[0], &why) == 0;
	}
	free(why);
	return json_pack("{s:b}", "boots", boots);
}

/* Twice as many each time, as long as the kernel boots on so many. */
static void
choose_vcpus(struct cost *c)
{
	struct jobs jobs = { .ctx = c, .workers = c->o.jobs, .work = try_boot,
	                     .done = done };
	struct cost_options *o = &c->o;

	if (c->o.nvcpus != 0)
		return;
	while ((2u << jobs.items) <= COST_MAX_VCPUS && (2u << jobs.items) <=
	       MOST_RUN)
		jobs.items++;
	c->results = cli_alloc(jobs.items * sizeof(json_t *));
	jobs_run(&jobs);
	for (size_t i = 0; i < jobs.items; i++) {
		if (o->nvcpus == i && json_is_true(json_object_get(
		    c->results[i], "boots")))
			o->vcpus[o->nvcpus++] = 2u << i;
		json_decref(c->results[i]);
	}
	free(c->results);
	if (c->o.nvcpus == 0)
		cli_fail(CLI_UNFINISHED, "cost: %s does not boot on 2 vCPUs",
		         c->o.kernel);
}

/* ---- the report ----------------------------------------------------------------------- */

/* Counts and estimates of one path. */
static json_t *
path_to_json(const struct cost *c, const struct cost_counts *n)
{
	json_t *out = counts_to_json(n);

	for (unsigned s = 0; s < SEND_COUNT; s++) {
		struct cost_estimate e;

		cost_estimate(&c->table, n, (enum cost_send)s, &e);
		json_object_set_new(out, cost_send_name((enum cost_send)s),
		    json_pack("{s:f, s:f, s:f}", "exits", e.exits, "latency",
		              e.latency, "total", e.total));
	}
	return out;
}

static json_t *
savings_to_json(const struct cost *c, const struct cost_counts *native,
                const struct cost_counts *hypercall)
{
	json_t *out = json_object();

	for (unsigned s = 0; s < SEND_COUNT; s++) {
		struct cost_saving v;

		cost_saving(&c->table, native, hypercall, (enum cost_send)s,
		            &v);
		json_object_set_new(out, cost_send_name((enum cost_send)s),
		    v.any ? json_pack("{s:f, s:f, s:f}", "worst", v.worst,
		                      "nominal", v.nominal, "best", v.best) :
		    json_null());
	}
	return out;
}

static void
add_cell(const struct cost *c, json_t *cells, unsigned w, unsigned p,
         unsigned vcpus, const struct cost_counts *native,
         const struct cost_counts *hypercall)
{
	json_array_append_new(cells, json_pack("{s:s, s:i, s:i, s:b, s:o, s:o, "
	    "s:o}", "workload", c->o.work[w]->name, "pages", (int)c->o.pages[p],
	    "vcpus", (int)vcpus, "extrapolated", native->extrapolated,
	    "native", path_to_json(c, native), "hypercall",
	    path_to_json(c, hypercall), "saving",
	    savings_to_json(c, native, hypercall)));
}

/* Beyond what was run: twice as many each time, from runs v - 1 and v. */
static void
extrapolate(const struct cost *c, json_t *cells, unsigned w, unsigned p,
            unsigned v, const struct cost_counts last[2][2])
{
	const unsigned na = c->o.vcpus[v - 1], nb = c->o.vcpus[v];
	struct cost_counts out[2];

	for (unsigned n = 2 * nb; n <= c->o.limit; n *= 2) {
		for (unsigned path = 0; path < 2; path++)
			cost_extrapolate(&last[path][0], na, &last[path][1],
			                 nb, n, &out[path]);
		add_cell(c, cells, w, p, n, &out[0], &out[1]);
	}
}

static void
skip(json_t *skipped, const struct cost *c, unsigned w, unsigned p,
     unsigned vcpus, const char *path, const char *why)
{
	char *what = cli_format("%s, %u pages, %u vCPUs, %s", c->o.work[w]->name,
	                        c->o.pages[p], vcpus, path);

	json_array_append_new(skipped, json_pack("{s:s, s:s}", "what", what,
	                                         "why", why));
	free(what);
}

/* All vCPUs of one workload and size; the first that fails ends the line. */
static void
add_line(const struct cost *c, json_t *cells, json_t *skipped, unsigned w,
         unsigned p)
{
	struct cost_counts last[2][2];
	bool whole = true;
	unsigned v;

	for (v = 0; v < c->o.nvcpus && whole; v++) {
		const size_t at = ((size_t)(w * c->o.npages + p) * c->o.nvcpus +
		    v) * 2;

		for (unsigned path = 0; path < 2; path++) {
			const json_t *r = c->results[at + path];
			const char *why = json_string_value(json_object_get(r,
			    "why"));

			if (why != NULL)
				skip(skipped, c, w, p, c->o.vcpus[v], path != 0 ?
				     "hypercall" : "native", why);
			whole &= why == NULL;
		}
		if (!whole)
			break;
		for (unsigned path = 0; path < 2; path++) {
			last[path][0] = last[path][1];
			counts_from_json(c->results[at + path],
			                 &last[path][1]);
		}
		add_cell(c, cells, w, p, c->o.vcpus[v], &last[0][1],
		         &last[1][1]);
	}
	if (v >= 2)
		extrapolate(c, cells, w, p, v - 1,
		            (const struct cost_counts (*)[2])last);
}

static json_t *
make_report(const struct cost *c)
{
	json_t *cells = json_array(), *skipped = json_array();
	json_t *names = json_array(), *pages = json_array();
	char mode[32], host[256];

	for (unsigned w = 0; w < c->o.nwork; w++) {
		json_array_append_new(names, json_string(c->o.work[w]->name));
		for (unsigned p = 0; p < c->o.npages; p++)
			add_line(c, cells, skipped, w, p);
	}
	for (unsigned p = 0; p < c->o.npages; p++)
		json_array_append_new(pages, json_integer(c->o.pages[p]));
	host_print(&c->o.host, host, sizeof(host));
	return json_pack("{s:i, s:s, s:o, s:s, s:s, s:i, s:i, s:i, s:s, s:O, "
	    "s:o, s:o, s:o, s:o}", "version", 1, "kernel", c->o.kernel, "sources",
	    sources_to_json(&c->object), "mode",
	    kernel_mode_name(c->o.mode, mode), "host", host, "runs",
	    (int)c->o.runs, "claim", (int)c->o.claim, "largest_run", (int)c->o.vcpus[c->o.nvcpus - 1],
	    "table_file", c->o.table_path, "table", c->table.json, "workloads",
	    names, "pages", pages, "cells", cells, "skipped", skipped);
}

static void
write_outputs(const struct cost *c, const json_t *report)
{
	int error = c->o.json != NULL ? files_write_json(c->o.json, report) : 0;

	if (error != 0)
		cli_fail(CLI_UNFINISHED, "cost --json: %s: %s; give another "
		         "file", c->o.json, strerror(-error));
	error = c->o.svg != NULL ? out_file(c->o.svg, cost_plot, report) : 0;
	if (error != 0)
		cli_fail(CLI_UNFINISHED, "cost --svg: %s: %s; give another "
		         "file", c->o.svg, strerror(-error));
}

int
cli_cost(int argc, char **argv)
{
	struct cost c;
	struct jobs jobs = { .ctx = &c, .work = work, .done = done };
	json_t *report;
	int status;

	memset(&c, 0, sizeof(c));
	cost_options_parse(argc, argv, &c.o);
	load(&c);
	cli_catch_interrupt(true);
	choose_vcpus(&c);
	jobs.items = (size_t)c.o.nwork * c.o.npages * c.o.nvcpus * 2;
	jobs.workers = c.o.jobs;
	c.results = cli_alloc(jobs.items * sizeof(json_t *));
	jobs_run(&jobs);
	report = make_report(&c);
	cost_report_print(stdout, report, c.o.all_counts);
	write_outputs(&c, report);
	status = json_array_size(json_object_get(report, "skipped")) != 0 ?
	    CLI_UNFINISHED : CLI_CLEAN;
	for (size_t i = 0; i < jobs.items; i++)
		json_decref(c.results[i]);
	free(c.results);
	json_decref(report);
	cost_table_clear(&c.table);
	kernel_object_clear(&c.object);
	return status;
}
