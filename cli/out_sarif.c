/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out_sarif: a report as SARIF 2.1.0, for code scanning and editors.
 *
 * A result is a finding: at its line, with the signature as its fingerprint
 * and its schedule as one code flow, in which each vCPU and the host has a
 * thread flow and executionOrder puts their steps in order.  What was not
 * searched is a notification of the tool, never a result that passed.
 * Section numbers are those of the SARIF 2.1.0 standard.
 */
#include "cli/out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/report.h"
#include "cli/sarif_place.h"

#define SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/" \
	"sarif-schema-2.1.0.json"

/* What the kinds of findings mean, for the list of rules. */
static const char *const rule_texts[][2] = {
	{ "stale-translation", "A processor can use a translation that the "
	  "kernel believes is gone." },
	{ "stale-path", "A processor can use a cached upper-level entry that "
	  "the kernel believes is gone." },
	{ "lost-dirty", "An update of an accessed or dirty bit can be lost." },
	{ "transient", "Speculation alone can use a dead translation while "
	  "interrupts are off." },
	{ "assertion", "An assertion of the kernel fails." },
	{ "unbalanced", "A pin, critical or preemption count is left." },
	{ "out-of-bounds", "The kernel reaches outside an object." },
	{ "bad-hypercall", "A hypercall breaks a rule of the TLFS." },
	{ "use-after-detach", "The hypercall page is used after it was given "
	  "back." },
	{ "deadlock", "Processors wait for each other for ever." },
	{ "livelock", "The kernel does not come to an end." },
	{ "input-rewritten", "A hypercall's input changes while it executes." },
	{ "permission-as-promise", "The kernel takes something that the host "
	  "may do for something that it must do." },
	{ "empty-set", "The kernel relies on what an empty VP set does." },
	{ "stale-banks", "A VP set has banks of an earlier call." },
	{ "variable-header", "The size of a variable header is wrong." },
	{ "past-page", "A hypercall's input leaves its page." },
	{ "not-a-space", "AddressSpace is no root of a page table." },
	{ "no-progress", "The kernel repeats a call that cannot succeed." },
	{ "caches-kept", "A processor executes no WBINVD when all should." },
	{ "caches-late", "It does so only after the kernel relies on it, with "
	  "interrupts off." },
};

/* ---- schedules ------------------------------------------------------------------------ */

static json_t *
flow_location(const json_t *step, size_t order)
{
	json_t *where = json_pack("{s:o}", "message",
	                          sarif_message(report_text(step, "text")));
	const char *file = report_text(step, "file");

	if (*file != '\0')
		json_object_set_new(where, "physicalLocation",
		    sarif_place(file, report_number(step, "line")));
	return json_pack("{s:o, s:i, s:{s:I}}", "location", where,
	    "executionOrder", (int)order, "properties", "step",
	    report_number(step, "step"));
}

static int
actor(const json_t *step)
{
	return json_object_get(step, "vcpu") == NULL ? -1 :
	    (int)report_number(step, "vcpu");
}

/* What the steps lead to, as the last one of the vCPU that it happens to. */
static json_t *
flow_end(const json_t *finding, size_t order)
{
	return json_pack("{s:{s:o}, s:i, s:s}", "location", "message",
	    sarif_message(report_text(finding, "message")), "executionOrder",
	    (int)order, "importance", "essential");
}

/* 3.37: what one vCPU does, or the host (-1); NULL: nothing. */
static json_t *
thread_flow(const json_t *finding, int who)
{
	const json_t *steps = json_object_get(finding, "steps");
	char *name = who < 0 ? cli_copy("host") : cli_format("vCPU %d", who);
	json_t *locations = json_array(), *out = NULL;
	const json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
		if (actor(step) == who)
			json_array_append_new(locations,
			                      flow_location(step, i + 1));
	if (who >= 0 && actor(finding) == who)
		json_array_append_new(locations, flow_end(finding,
		    json_array_size(steps) + 1));
	if (json_array_size(locations) != 0)
		out = json_pack("{s:s, s:o, s:O}", "id", name, "message",
		                sarif_message(name), "locations", locations);
	json_decref(locations);
	free(name);
	return out;
}

/* 3.36: one code flow, its threads in the order of their numbers. */
static json_t *
code_flows(const json_t *finding)
{
	const json_t *steps = json_object_get(finding, "steps"), *step;
	json_t *threads = json_array(), *one;
	int last = actor(finding);
	size_t i;

	json_array_foreach(steps, i, step)
		if (actor(step) > last)
			last = actor(step);
	for (int who = 0; who <= last + 1; who++) {
		one = thread_flow(finding, who <= last ? who : -1);
		if (one != NULL)
			json_array_append_new(threads, one);
	}
	return json_pack("[{s:o, s:o}]", "message", sarif_message("The shortest "
	    "schedule that was found."), "threadFlows", threads);
}

/* ---- results ----------------------------------------------------------------------------- */

static const char *
level_of(const struct out_finding *f)
{
	if (f->counts)
		return "error";
	if (json_is_true(json_object_get(f->finding, "known")) ||
	    *f->state != '\0')
		return "note";
	return "warning";
}

/* The last step that lies in the tree, for a finding without a line. */
static json_t *
last_place(const json_t *finding)
{
	const json_t *steps = json_object_get(finding, "steps");

	for (size_t i = json_array_size(steps); i-- > 0;) {
		const json_t *step = json_array_get(steps, i);

		if (*report_text(step, "file") != '\0')
			return json_pack("[{s:o}]", "physicalLocation",
			    sarif_place(report_text(step, "file"),
			          report_number(step, "line")));
	}
	return json_array();
}

static json_t *
locations_of(const json_t *finding)
{
	const json_t *where = json_object_get(finding, "where");
	const char *function = report_text(where, "function");
	json_t *one;

	if (*report_text(where, "file") == '\0')
		return last_place(finding);
	one = json_pack("{s:o}", "physicalLocation",
	    sarif_place(report_text(where, "file"), report_number(where, "line")));
	if (*function != '\0')
		json_object_set_new(one, "logicalLocations", json_pack(
		    "[{s:s, s:s}]", "name", function, "kind", "function"));
	return json_pack("[o]", one);
}

static void
copy_member(json_t *to, const char *name, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value != NULL)
		json_object_set(to, name, value);
}

static json_t *
properties_of(const struct out_finding *f)
{
	json_t *out = json_object();

	copy_member(out, "class", f->finding, "class");
	copy_member(out, "needs", f->finding, "needs");
	copy_member(out, "needsOr", f->finding, "needs_or");
	copy_member(out, "minimal", f->finding, "minimal");
	copy_member(out, "schedule", f->finding, "schedule");
	copy_member(out, "replay", f->finding, "string");
	json_object_set(out, "rows", f->rows);
	return out;
}

/* 3.27.24: relative to the base of a patch. */
static const char *
baseline(const char *state)
{
	if (strcmp(state, "fixed") == 0)
		return "absent";
	return strcmp(state, "new") == 0 ? "new" : "unchanged";
}

static json_t *
result_of(const struct out_finding *f)
{
	const char *kind = report_text(f->finding, "kind");
	const char *signature = report_text(f->finding, "signature");
	const json_t *steps = json_object_get(f->finding, "steps");
	char *needs = out_needs(f->finding);
	char *text = cli_format("%s: %s. Needs: %s.", kind,
	    report_text(f->finding, "message"), needs);
	json_t *out = json_pack("{s:s, s:s, s:s, s:o, s:o, s:{s:s}, s:i, s:o}",
	    "ruleId", kind, "kind", "fail", "level", level_of(f), "message",
	    sarif_message(text), "locations", locations_of(f->finding),
	    "partialFingerprints", "signature/v1", signature,
	    "occurrenceCount", (int)json_array_size(f->rows), "properties",
	    properties_of(f));

	if (json_array_size(steps) != 0)
		json_object_set_new(out, "codeFlows", code_flows(f->finding));
	if (*f->state != '\0')
		json_object_set_new(out, "baselineState",
		                    json_string(baseline(f->state)));
	if (json_is_true(json_object_get(f->finding, "known")))
		json_object_set_new(out, "suppressions", json_pack("[{s:s, "
		    "s:s}]", "kind", "external", "justification",
		    "listed as known"));
	free(text);
	free(needs);
	return out;
}

/* A review check that fails: at the lines that it names. */
static json_t *
result_of_review(const json_t *check, const char *first_file)
{
	const char *change = report_text(check, "change");
	const bool advises = json_is_true(json_object_get(check, "advises"));
	const bool fresh = strcmp(change, "fails now") == 0;
	char *rule = cli_format("review/%s", report_text(check, "name"));
	char *text = cli_format("%s: %s", change, report_text(check, "why"));
	json_t *places = json_array(), *out;
	const json_t *d;
	size_t i;

	json_array_foreach(json_object_get(check, "details"), i, d)
		if (*report_text(d, "file") != '\0')
			json_array_append_new(places, json_pack("{s:o, s:o}",
			    "physicalLocation", sarif_place(report_text(d, "file"),
			    report_number(d, "line")), "message",
			    sarif_message(report_text(d, "text"))));
	if (json_array_size(places) == 0 && *first_file != '\0')
		json_array_append_new(places, json_pack("{s:o}",
		    "physicalLocation", sarif_place(first_file, 0)));
	out = json_pack("{s:s, s:s, s:s, s:o, s:o, s:{s:s}, s:s}", "ruleId",
	    rule, "kind", "fail", "level", advises ? "note" : fresh ? "error" :
	    "warning", "message", sarif_message(text), "locations", places,
	    "partialFingerprints", "signature/v1", rule, "baselineState",
	    fresh ? "new" : "unchanged");
	free(text);
	free(rule);
	return out;
}

static const char *
first_changed_file(const json_t *report)
{
	const json_t *files = json_object_get(json_object_get(report, "patch"),
	                                      "files");

	return report_text(json_array_get(files, 0), "path");
}

/* The source that the signature ends with, or the first one of all. */
static const char *
likely_source(const json_t *report, const char *signature)
{
	const char *name = strrchr(signature, '/'), *first = "", *path, *base;
	const json_t *kernel, *source;
	size_t i, k;

	json_array_foreach(json_object_get(report, "kernels"), i, kernel)
		json_array_foreach(json_object_get(kernel, "sources"), k,
		    source) {
			path = report_text(source, "path");
			base = strrchr(path, '/');
			if (name != NULL && base != NULL &&
			    strcmp(base, name) == 0)
				return path;
			if (*first == '\0')
				first = path;
		}
	return first;
}

/*
 * Code scanning refuses a result without a location.  A finding that has none
 * (a deadlock, say) is put at the head of the file that it is about.
 */
static void
need_location(const json_t *report, json_t *result, const char *signature)
{
	const char *path = likely_source(report, signature);
	char *tree;

	if (json_array_size(json_object_get(result, "locations")) != 0 ||
	    *path == '\0')
		return;
	tree = sarif_tree(report);
	json_object_set_new(result, "locations", json_pack("[{s:o}]",
	    "physicalLocation", sarif_place(sarif_in_tree(report, tree, path),
	    1)));
	free(tree);
}

static json_t *
results_of(const json_t *report)
{
	json_t *out = json_array(), *one;
	struct out_findings list;
	const json_t *check;
	size_t i;

	out_findings_make(report, &list);
	for (i = 0; i < list.count; i++) {
		one = result_of(&list.v[i]);
		need_location(report, one,
		    report_text(list.v[i].finding, "signature"));
		json_array_append_new(out, one);
	}
	out_findings_clear(&list);
	json_array_foreach(json_object_get(report, "review"), i, check)
		if (strcmp(report_text(check, "head"), "fail") == 0)
			json_array_append_new(out, result_of_review(check,
			    first_changed_file(report)));
	return out;
}

/* ---- the tool and its run ------------------------------------------------------------------ */

static json_t *
rule_of(const char *id)
{
	json_t *out = json_pack("{s:s}", "id", id);

	for (size_t i = 0; i < sizeof(rule_texts) / sizeof(rule_texts[0]); i++)
		if (strcmp(rule_texts[i][0], id) == 0)
			json_object_set_new(out, "shortDescription",
			                    sarif_message(rule_texts[i][1]));
	return out;
}

/* 3.52: the rules of the results, whose ruleIndex is set on the way. */
static json_t *
rules_of(json_t *results)
{
	json_t *rules = json_array(), *result, *rule;
	size_t i, k;

	json_array_foreach(results, i, result) {
		const char *id = report_text(result, "ruleId");

		json_array_foreach(rules, k, rule)
			if (strcmp(report_text(rule, "id"), id) == 0)
				break;
		if (k == json_array_size(rules))
			json_array_append_new(rules, rule_of(id));
		json_object_set_new(result, "ruleIndex",
		                    json_integer((json_int_t)k));
	}
	return rules;
}

static void
notify(json_t *list, const char *id, const char *level, char *text)
{
	json_array_append_new(list, json_pack("{s:{s:s}, s:s, s:o}",
	    "descriptor", "id", id, "level", level, "message",
	    sarif_message(text)));
	free(text);
}

static void
notify_rows(json_t *list, const json_t *report)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(report, "rows"), i, row) {
		const char *status = report_text(row, "status");
		char *name;

		if (strcmp(status, "clean") == 0 ||
		    strcmp(status, "findings") == 0)
			continue;
		name = report_row_name(row);
		notify(list, status, "error", cli_format("%s: %s: %s", name,
		    status, *report_text(row, "why") != '\0' ?
		    report_text(row, "why") : out_status_meaning(status)));
		free(name);
	}
}

/* 3.20.21: all that was not searched. */
static json_t *
notifications(const json_t *report)
{
	json_t *list = json_array();
	const json_t *one;
	size_t i;

	notify_rows(list, report);
	json_array_foreach(json_object_get(report, "skipped"), i, one) {
		const bool missing = json_is_true(json_object_get(one,
		                                                  "missing"));

		notify(list, missing ? "missing" : "not-run", missing ?
		       "error" : "note", cli_format("not run: %s: %s",
		       report_text(one, "what"), report_text(one, "why")));
	}
	json_array_foreach(json_object_get(report, "unfinished"), i, one)
		notify(list, "not-validated", "error", cli_format("%s: %s",
		       report_text(one, "what"), report_text(one, "why")));
	return list;
}

static json_t *
invocation(const json_t *report)
{
	const char *end = report_text(report, out_is_presubmit(report) ?
	                              "verdict" : "result");
	const bool finished = strcmp(end, "incomplete") != 0 &&
	    strcmp(end, "not validated") != 0;

	return json_pack("{s:b, s:s, s:o}", "executionSuccessful", finished,
	    "exitCodeDescription", end, "toolExecutionNotifications",
	    notifications(report));
}

/* 3.14.15: the files that were tested, with their hashes. */
static json_t *
artifacts(const json_t *report)
{
	json_t *out = json_array();
	const json_t *kernel, *source;
	char *real = sarif_tree(report);
	size_t i, k;

	json_array_foreach(json_object_get(report, "kernels"), i, kernel)
		json_array_foreach(json_object_get(kernel, "sources"), k,
		                   source) {
			const char *file = sarif_in_tree(report, real,
			    report_text(source, "path"));

			json_array_append_new(out, json_pack("{s:o, s:{s:s}}",
			    "location", sarif_artifact(file), "hashes", "sha-256",
			    report_text(source, "sha256")));
		}
	free(real);
	return out;
}

/* How many rows ended in each way: a clean one has no other place here. */
static json_t *
row_counts(const json_t *report)
{
	json_t *out = json_object();
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(report, "rows"), i, row) {
		const char *status = report_text(row, "status");

		json_object_set_new(out, status,
		    json_integer(report_number(out, status) + 1));
	}
	return out;
}

static json_t *
run_of(const json_t *report)
{
	const bool presubmit = out_is_presubmit(report);
	json_t *results = results_of(report);
	json_t *driver = json_pack("{s:s, s:s, s:o}", "name", "shootdown",
	    "version", SHOOTDOWN_VERSION, "rules", rules_of(results));
	json_t *run = json_pack("{s:{s:o}, s:{s:s}, s:o, s:[o], s:o, s:o, s:s}",
	    "tool", "driver", driver, "automationDetails", "id", presubmit ?
	    "shootdown/presubmit/" : "shootdown/check/", "originalUriBaseIds",
	    sarif_base_ids(report), "invocations", invocation(report), "artifacts",
	    artifacts(report), "results", results, "columnKind",
	    "utf16CodeUnits");

	if (!presubmit)
		json_object_set_new(run, "properties", json_pack("{s:o}",
		    "rows", row_counts(report)));
	return run;
}

int
out_sarif(const json_t *report, FILE *f)
{
	json_t *log = json_pack("{s:s, s:s, s:[o]}", "$schema", SCHEMA,
	    "version", "2.1.0", "runs", run_of(report));
	int error = log == NULL ? -ENOMEM : 0;

	if (error == 0 && json_dumpf(log, f, JSON_INDENT(2)) != 0)
		error = -EIO;
	json_decref(log);
	if (error == 0 && fputc('\n', f) == EOF)
		error = -EIO;
	return error != 0 ? error : out_end(f);
}
