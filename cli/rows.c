/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rows: see rows.h.
 */
#include "cli/rows.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/* With which a host may answer a flush call (TLFS, flush calls' lists). */
static const uint32_t failing_statuses[] = {
	HVA_INVALID_CODE, HVA_INVALID_INPUT, HVA_INVALID_ALIGNMENT,
	HVA_INVALID_PARAMETER, HVA_ACCESS_DENIED, HVA_INSUFFICIENT_MEMORY,
	HVA_INVALID_PARTITION_ID, HVA_INVALID_VP_INDEX
};

#define NSTATUSES (sizeof(failing_statuses) / sizeof(failing_statuses[0]))

/*
 * VP indexes in three banks, so that the Ex calls run; and such as do not
 * ascend, the first that the plain calls cannot name among them.
 */
#define NSPARSE 3u
static const uint32_t sparse_index[][NSPARSE] = { { 0, 64, 130 },
	{ 1, 64, 0 } };
#define SPARSE_ROWS (sizeof(sparse_index) / sizeof(sparse_index[0]))

void
row_list_init(struct row_list *l)
{
	memset(l, 0, sizeof(*l));
	l->skipped = json_array();
}

void
row_list_clear(struct row_list *l)
{
	free(l->rows);
	json_decref(l->skipped);
	memset(l, 0, sizeof(*l));
}

/* The same thing skipped for the same reason is named once. */
void
row_list_skip(struct row_list *l, const char *what, const char *why)
{
	json_t *old;
	size_t i;

	json_array_foreach(l->skipped, i, old) {
		const char *a = json_string_value(json_object_get(old, "what"));
		const char *b = json_string_value(json_object_get(old, "why"));

		if (strcmp(a, what) == 0 && strcmp(b, why) == 0)
			return;
	}
	json_array_append_new(l->skipped, json_pack("{s:s, s:s}", "what", what,
	                                            "why", why));
}

static void
skip(struct row_list *l, const struct row *r, const char *detail,
     const char *why)
{
	const char *scenario = r->scenario != NULL ? r->scenario->name : "";
	char *what = cli_format("%s %s%s%s%s%s", r->object->name,
	                        r->hypercall ? "hypercall" : "native",
	                        *scenario != '\0' ? " " : "", scenario,
	                        *detail != '\0' ? " " : "", detail);

	row_list_skip(l, what, why);
	free(what);
}

static void
append(struct row_list *l, const struct row *r)
{
	if (l->count == l->capacity) {
		l->capacity = l->capacity != 0 ? 2 * l->capacity : 64;
		l->rows = cli_grow(l->rows, l->capacity, sizeof(*l->rows));
	}
	l->rows[l->count++] = *r;
}

static bool
wants_scenario(const struct row_options *o, const struct scenario *s)
{
	for (unsigned i = 0; i < o->nscenarios; i++)
		if (fnmatch(o->scenarios[i], s->name, 0) == 0)
			return true;
	return o->nscenarios == 0;
}

/* "random:SEED", "random:FIRST-LAST" or "program:TEXT", and a good one? */
static bool
is_program(const char *text)
{
	unsigned long long first, last;
	int end = 0;

	if (sscanf(text, "random:%llu-%llu%n", &first, &last, &end) == 2)
		return text[end] == '\0' && first <= last &&
		    last - first < 100000;
	return strchr(text, ':') != NULL && scenario_find(text) != NULL;
}

const char *
row_options_bad_glob(const struct row_options *o)
{
	bool any;

	for (unsigned i = 0; i < o->nscenarios; i++) {
		any = is_program(o->scenarios[i]);
		for (unsigned s = 0; scenarios_all[s] != NULL; s++)
			if (fnmatch(o->scenarios[i], scenarios_all[s]->name,
			            0) == 0)
				any = true;
		if (!any)
			return o->scenarios[i];
	}
	return NULL;
}

/* Sets the number of vCPUs, with VP index = number. */
static void
set_vcpus(struct row *r, unsigned vcpus)
{
	r->vcpus = r->machine.cpus = vcpus;
	for (unsigned i = 0; i < vcpus; i++)
		r->vp_index[i] = i;
}

unsigned
row_options_vcpus(const struct row_options *o)
{
	unsigned vcpus = o->indexes.vcpus != 0 ? o->indexes.vcpus : o->vcpus;

	if (vcpus != 0)
		return vcpus;
	for (unsigned i = 0; i < o->placed.programs; i++)
		if (o->placed.place[i] >= vcpus)
			vcpus = o->placed.place[i] + 1;
	return vcpus;
}

/* Has the row as many programs as the scenario is for? */
static bool
fits(struct row_list *l, const struct row *r, unsigned programs)
{
	const struct scenario *s = r->scenario;
	char *why;

	if (programs >= s->min_vcpus && programs <= s->max_vcpus)
		return true;
	why = cli_format("the scenario is for %u to %u vCPUs%s", s->min_vcpus,
	                 s->max_vcpus, programs > s->max_vcpus ?
	                 "; choose them with --place" : "");
	skip(l, r, "", why);
	free(why);
	return false;
}

/* The row under one host: with plain indexes, and sparse ones if wanted. */
static void
add_vcpus(struct row_list *l, const struct row_options *o, struct row *r)
{
	const struct scenario *s = r->scenario;
	unsigned vcpus = row_options_vcpus(o);

	if (vcpus == 0)
		vcpus = s->min_vcpus > 2 ? s->min_vcpus : 2;
	if (!fits(l, r, o->placed.programs != 0 ? o->placed.programs : vcpus))
		return;
	set_vcpus(r, vcpus);
	r->programs = o->placed.programs;
	memcpy(r->place, o->placed.place, sizeof(r->place));
	if (o->indexes.vcpus != 0 && r->hypercall)
		memcpy(r->vp_index, o->indexes.vp_index, sizeof(r->vp_index));
	append(l, r);
	if (r->programs != 0 || o->indexes.vcpus != 0 || !s->sparse_too || !r->hypercall ||
	    s->max_vcpus < NSPARSE || (o->vcpus != 0 && o->vcpus != NSPARSE))
		return;
	set_vcpus(r, NSPARSE);
	for (size_t i = 0; i < SPARSE_ROWS; i++) {
		memcpy(r->vp_index, sparse_index[i], sizeof(sparse_index[i]));
		append(l, r);
	}
}

/* A host that fails its first flush call, once with each status. */
static void
add_failing(struct row_list *l, const struct row_options *o, struct row *r,
            const struct hv_profile *host)
{
	r->host = *host;
	if (host->knob[HV_KNOB_FAIL_CALL] != 0) {
		add_vcpus(l, o, r);
		return;
	}
	for (size_t i = 0; i < NSTATUSES; i++) {
		r->host = *host;
		r->host.knob[HV_KNOB_FAIL_CALL] = 1;
		r->host.knob[HV_KNOB_FAIL_STATUS] = failing_statuses[i];
		add_vcpus(l, o, r);
	}
}

/*
 * A list is also given to a host that does one element at a time, and to one
 * that refuses each, with its first element done or not.
 */
static void
add_listed(struct row_list *l, const struct row_options *o, struct row *r,
           const struct hv_profile *host)
{
	if (host->knob[HV_KNOB_REP] == 0) {
		r->host = *host;
		r->host.knob[HV_KNOB_REP] = 1;
		add_vcpus(l, o, r);
	}
	if (host->knob[HV_KNOB_FAIL_CALL] != 0)
		return;
	for (unsigned reps = 0; reps < 2; reps++) {
		r->host = *host;
		r->host.knob[HV_KNOB_FAIL_CALL] = UINT32_MAX;
		r->host.knob[HV_KNOB_FAIL_STATUS] = HVA_INVALID_PARAMETER;
		r->host.knob[HV_KNOB_FAIL_REPS] = reps;
		add_vcpus(l, o, r);
	}
}

/* A host that does so with one status, which no guest can be blamed for. */
static void
add_refused(struct row_list *l, const struct row_options *o, struct row *r,
            const struct hv_profile *host)
{
	r->host = *host;
	r->host.knob[HV_KNOB_FAIL_CALL] = 1;
	r->host.knob[HV_KNOB_FAIL_STATUS] = HVA_INSUFFICIENT_MEMORY;
	add_vcpus(l, o, r);
}

/* Programs also meet a host that refuses their first flush call. */
static void
add_hosts(struct row_list *l, const struct row_options *o, struct row *r)
{
	struct hv_profile standard;
	const struct hv_profile *hosts = o->hosts;
	unsigned n = o->nhosts;

	if (n == 0) {
		if (hv_profile_find("tlfs", &standard) != 0)
			memset(&standard, 0, sizeof(standard));
		hosts = &standard;
		n = 1;
	}
	/* The native path makes no call: one host is as good as another. */
	if (!r->hypercall)
		n = 1;
	for (unsigned i = 0; i < n; i++) {
		if (r->scenario->needs & NEEDS_FAILING_HOST) {
			add_failing(l, o, r, &hosts[i]);
			continue;
		}
		r->host = hosts[i];
		add_vcpus(l, o, r);
		if (r->scenario->needs & NEEDS_LISTED)
			add_listed(l, o, r, &hosts[i]);
	}
	if (r->scenario->failing_too && r->hypercall && o->nhosts == 0)
		add_refused(l, o, r, &hosts[0]);
}

static bool
has_mode(const struct kernel_ops *k, unsigned mode)
{
	for (unsigned i = 0; i < k->nmodes; i++)
		if (k->modes[i] == mode)
			return true;
	return false;
}

/*
 * Is there nothing in this mode to see?  PCIDs cannot run out where there are
 * none.  INVLPGB is for kernel ranges, which then never come to the hypercall;
 * user ranges are flushed as without it, but for what a kernel may do with those
 * of a space that runs on many processors, and with deferred ones.  Small cores
 * differ where a global page is flushed by the processor itself, erratum 383
 * where a page changes its size.
 */
static bool
idle_mode(const struct row_options *o, const struct row *r)
{
	const unsigned needs = r->scenario->needs;

	if ((needs & NEEDS_FEW_PCIDS) && !(r->mode & KMODE_PCID))
		return true;
	if (r->mode & KMODE_SMALL)
		return r->hypercall || !(needs & NEEDS_KERNEL_GLOBAL);
	if (r->mode & KMODE_ERRATUM383)
		return !(needs & NEEDS_LARGE);
	if (!(r->mode & KMODE_INVLPGB))
		return (needs & NEEDS_BROADCAST) != 0;
	if (r->kernel->user_invlpgb && ((needs & NEEDS_BROADCAST) ||
	    ((needs & NEEDS_DEFERRED) && !r->hypercall)))
		return false;
	return (o->nmodes == 0 && !(needs & NEEDS_KERNEL_GLOBAL)) ||
	    (r->hypercall && (needs & NEEDS_KERNEL_FLUSH));
}

static const char *
idle_why(const struct row *r)
{
	if (r->mode & KMODE_SMALL)
		return "small cores differ in INVLPG of global pages alone";
	if (r->mode & KMODE_ERRATUM383)
		return "erratum 383 is about large pages alone";
	if (r->mode & KMODE_INVLPGB)
		return "INVLPGB flushes kernel ranges, no hypercall";
	return r->scenario->needs & NEEDS_BROADCAST ?
	    "the mode is without INVLPGB" : "there are no PCIDs in this mode";
}

/* Modes are not of a scenario; nor is what is said of one that is not there. */
static void
skip_mode(struct row_list *l, const struct row *r, unsigned mode)
{
	const char *const why = r->kernel->no_erratum383_why;
	struct row of_all = *r;
	char name[32];

	of_all.scenario = NULL;
	skip(l, &of_all, kernel_mode_name(mode, name),
	     (mode & KMODE_ERRATUM383) && why ? why :
	     "the kernel has no such mode");
}

static void
add_modes(struct row_list *l, const struct row_options *o, struct row *r)
{
	const unsigned *modes = o->nmodes != 0 ? o->modes : r->kernel->modes;
	unsigned n = o->nmodes != 0 ? o->nmodes : r->kernel->nmodes;
	char name[32];

	if (o->nmodes == 0 && (r->scenario->needs & NEEDS_LARGE) &&
	    r->kernel->no_erratum383_why)
		skip_mode(l, r, KMODE_ERRATUM383);
	for (unsigned i = 0; i < n; i++) {
		if (!has_mode(r->kernel, modes[i])) {
			skip_mode(l, r, modes[i]);
			continue;
		}
		r->mode = modes[i];
		r->machine.invlpg_keeps_globals = (r->mode & KMODE_SMALL) ||
		    o->machine.invlpg_keeps_globals;
		if ((r->mode & KMODE_INVLPGB) && r->machine.no_invlpgb)
			skip(l, r, kernel_mode_name(modes[i], name),
			     "the processor has no INVLPGB");
		else if (!idle_mode(o, r))
			add_hosts(l, o, r);
		else if (o->nmodes != 0)
			skip(l, r, "", idle_why(r));
	}
}

static unsigned
scenario_count(void)
{
	unsigned n = 0;

	while (scenarios_all[n] != NULL)
		n++;
	return n;
}

/* The n-th of the programs that a range "random:FIRST-LAST" asks for. */
static const struct scenario *
random_of(const char *text, uint64_t *n)
{
	unsigned long long first, last;
	char name[48];

	if (sscanf(text, "random:%llu-%llu", &first, &last) != 2) {
		if (strncmp(text, "random:", 7) != 0 &&
		    strncmp(text, "program:", 8) != 0)
			return NULL;
		return (*n)-- == 0 ? scenario_find(text) : NULL;
	}
	if (*n > last - first) {
		*n -= last - first + 1;
		return NULL;
	}
	snprintf(name, sizeof(name), "random:%llu",
	         first + (unsigned long long)*n);
	return scenario_find(name);
}

/* The scenarios of the table, then the programs that were asked for. */
static const struct scenario *
scenario_of(const struct row_options *o, unsigned i)
{
	const unsigned all = scenario_count();
	uint64_t n = i - all;

	if (i < all)
		return scenarios_all[i];
	for (unsigned k = 0; k < o->nscenarios; k++) {
		const uint64_t before = n;
		const struct scenario *s = random_of(o->scenarios[k], &n);

		if (s != NULL)
			return s;
		if (n > before)
			break;
	}
	return NULL;
}

/* Why the scenario is not for the row's path; NULL: it is. */
static const char *
wrong_path(const struct scenario *s, const struct row *r)
{
	if ((s->needs & NEEDS_CALLS) && !r->hypercall)
		return "the scenario is about hypercalls";
	if (!(s->needs & NEEDS_NO_CALLS) || !r->hypercall)
		return NULL;
	return s->needs & NEEDS_NESTED ?
	    "the scenario flushes no linear addresses" :
	    "the scenario is about interrupts";
}

static void
add_scenarios(struct row_list *l, const struct row_options *o, struct row *r)
{
	for (unsigned i = 0; scenario_of(o, i) != NULL; i++) {
		const struct scenario *s = scenario_of(o, i);

		r->scenario = s;
		if (i < scenario_count() && !wants_scenario(o, s))
			continue;
		if (s->on_request && o->nscenarios == 0) {
			skip(l, r, "", s->on_request);
			continue;
		}
		if (scenario_missing(s, r->kernel) != NULL) {
			skip(l, r, "", scenario_missing(s, r->kernel));
			continue;
		}
		if (wrong_path(s, r)) {
			/* Part of the scenario, not a thing left out. */
			if (o->nscenarios != 0 && o->path_named)
				skip(l, r, "", wrong_path(s, r));
			continue;
		}
		if ((s->needs & NEEDS_ALL) && o->placed.programs != 0) {
			skip(l, r, "", "every vCPU has to take part, so there "
			     "is nothing to place");
			continue;
		}
		if ((s->needs & NEEDS_KERNEL_FLUSH) && r->hypercall &&
		    r->kernel->no_kernel_hypercall_why != NULL) {
			skip(l, r, "", r->kernel->no_kernel_hypercall_why);
			continue;
		}
		add_modes(l, o, r);
	}
}

/* Sets the mutant that was asked for; false when the kernel has none such. */
static bool
set_mutant(struct row *r, const char *name)
{
	if (name == NULL)
		return true;
	for (unsigned i = 0; i < r->kernel->nmutants; i++)
		if (strcmp(r->kernel->mutants[i].name, name) == 0) {
			r->mutant = r->kernel->mutants[i].number;
			return true;
		}
	return false;
}

void
row_list_add_kernel(struct row_list *l, const struct row_options *o,
                    const struct kernel_object *object,
                    const struct kernel_ops *kernel)
{
	static const unsigned paths[] = { PATH_NATIVE, PATH_HYPERCALL };
	struct row r;

	for (unsigned i = 0; i < 2; i++) {
		if (!(o->paths & paths[i]))
			continue;
		memset(&r, 0, sizeof(r));
		r.object = object;
		r.kernel = kernel;
		r.machine = o->machine;
		r.hypercall = paths[i] == PATH_HYPERCALL;
		if (!set_mutant(&r, o->mutant)) {
			skip(l, &r, o->mutant, "the kernel has no such mutant");
			continue;
		}
		if (!r.hypercall && kernel->no_native_why != NULL) {
			if (o->path_named)
				skip(l, &r, "", kernel->no_native_why);
			continue;
		}
		if (r.hypercall && !kernel->has_hypercall) {
			skip(l, &r, "", kernel->no_hypercall_why != NULL ?
			     kernel->no_hypercall_why :
			     "the tree has no hypercall path");
			continue;
		}
		add_scenarios(l, o, &r);
	}
}
