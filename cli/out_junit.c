/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out_junit: a report as JUnit's XML, for the dashboards of CI systems.
 *
 * The cases are collected first, since a suite begins with their counts.  A
 * case passes only if something could have failed and did not.
 */
#include "cli/out.h"

#include <errno.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/report.h"

/* ---- cases ------------------------------------------------------------------------ */

/* The suite of that name, made when it is not there yet. */
static json_t *
suite(json_t *suites, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(suites, i, one)
		if (strcmp(report_text(one, "name"), name) == 0)
			return one;
	one = json_pack("{s:s, s:[]}", "name", name, "cases");
	json_array_append_new(suites, one);
	return one;
}

/* result: "pass", "failure", "error" or "skipped"; frees the texts. */
static json_t *
add_case(json_t *suites, const char *suite_name, char *name,
         const char *result)
{
	json_t *one = json_pack("{s:s, s:s, s:s}", "class", suite_name, "name",
	                        name, "result", result);

	json_array_append_new(json_object_get(suite(suites, suite_name),
	                                      "cases"), one);
	free(name);
	return one;
}

static void
explain_case(json_t *one, const char *type, char *message, char *text)
{
	json_object_set_new(one, "type", json_string(type));
	json_object_set_new(one, "message", json_string(message));
	if (text != NULL)
		json_object_set_new(one, "text", json_string(text));
	free(message);
	free(text);
}

static char *
finding_text(const json_t *finding)
{
	char *text = cli_format("signature: %s\nclass: %s\n",
	                        report_text(finding, "signature"),
	                        report_text(finding, "class"));
	char *needs = out_needs(finding);
	const json_t *where = json_object_get(finding, "where");

	if (*report_text(where, "file") != '\0')
		out_add(&text, cli_format("where: %s:%lld\n",
		    report_text(where, "file"),
		    (long long)report_number(where, "line")));
	out_add(&text, cli_format("needs: %s\n", needs));
	out_add(&text, out_story(finding));
	if (*report_text(finding, "schedule") != '\0')
		out_add(&text, cli_format("replay: shootdown replay %s\n",
		                          report_text(finding, "schedule")));
	free(needs);
	return text;
}

/* ---- of check ------------------------------------------------------------------------ */

/* Findings that set no exit 1 are no failure, and no pass either. */
static void
case_of_findings(json_t *one, const json_t *report, const json_t *row)
{
	const json_t *list = json_object_get(row, "findings"), *f, *first = NULL;
	char *text = cli_copy("");
	bool counts = false;
	size_t i;

	json_array_foreach(list, i, f) {
		const bool c = out_counts(report, f);

		if (first == NULL || (c && !counts))
			first = f;
		counts |= c;
		out_add(&text, cli_copy(i != 0 ? "\n" : ""));
		out_add(&text, finding_text(f));
	}
	json_object_set_new(one, "result", json_string(counts ? "failure" :
	                                               "skipped"));
	explain_case(one, report_text(first, "kind"), cli_format("%s%s%s",
	    report_text(first, "signature"), counts ? "" :
	    json_is_true(json_object_get(first, "known")) ? " (known)" :
	    " (no defect): ", counts || json_is_true(json_object_get(first,
	    "known")) ? "" : report_text(first, "class")), text);
}

static void
case_of_row(json_t *suites, const json_t *report, const json_t *row)
{
	const char *status = report_text(row, "status");
	const char *why = report_text(row, "why");
	char *name = report_row_name(row), *rest;
	char *suite_name = cli_format("shootdown.%s.%s",
	    report_text(row, "kernel"), report_text(row, "path"));
	json_t *one;

	/* Kernel and path are the suite's name already. */
	rest = strchr(name, ' ');
	rest = rest != NULL ? strchr(rest + 1, ' ') : NULL;
	one = add_case(suites, suite_name, cli_copy(rest != NULL ? rest + 1 :
	               name), "pass");
	json_object_set(one, "time", json_object_get(row, "seconds"));
	if (json_array_size(json_object_get(row, "findings")) != 0) {
		case_of_findings(one, report, row);
	} else if (strcmp(status, "clean") != 0) {
		json_object_set_new(one, "result", json_string("error"));
		explain_case(one, status, cli_format("%s: %s%s%s", status,
		    out_status_meaning(status), *why != '\0' ? "; " : "",
		    why), NULL);
	}
	free(suite_name);
	free(name);
}

static void
cases_of_check(json_t *suites, const json_t *report)
{
	const json_t *one;
	json_t *made;
	bool missing;
	size_t i;

	json_array_foreach(json_object_get(report, "rows"), i, one)
		case_of_row(suites, report, one);
	json_array_foreach(json_object_get(report, "skipped"), i, one) {
		/* What was asked for and is not there is more than a skip. */
		missing = json_is_true(json_object_get(one, "missing"));
		made = add_case(suites, "shootdown.not run",
		    cli_copy(report_text(one, "what")),
		    missing ? "error" : "skipped");
		explain_case(made, missing ? "missing" : "not run",
		             cli_copy(report_text(one, "why")), NULL);
	}
}

/* ---- of presubmit ---------------------------------------------------------------- */

static void
cases_of_findings(json_t *suites, const json_t *report)
{
	struct out_findings list;
	json_t *one;

	out_findings_make(report, &list);
	for (size_t i = 0; i < list.count; i++) {
		const struct out_finding *f = &list.v[i];
		const bool fixed = strcmp(f->state, "fixed") == 0;

		one = add_case(suites, "presubmit.findings",
		    cli_copy(report_text(f->finding, "signature")),
		    f->counts ? "failure" : fixed ? "pass" : "skipped");
		if (!fixed)
			explain_case(one, report_text(f->finding, "kind"),
			    cli_format("%s, class %s%s", f->state,
			        report_text(f->finding, "class"),
			        json_is_true(json_object_get(f->finding,
			        "known")) ? ", known" : ""),
			    finding_text(f->finding));
	}
	out_findings_clear(&list);
}

static char *
detail_text(const json_t *check)
{
	const json_t *d;
	char *text = cli_copy("");
	size_t i;

	json_array_foreach(json_object_get(check, "details"), i, d) {
		if (*report_text(d, "file") != '\0')
			out_add(&text, cli_format("%s:%lld: ",
			    report_text(d, "file"),
			    (long long)report_number(d, "line")));
		out_add(&text, cli_format("%s\n", report_text(d, "text")));
	}
	return text;
}

static void
case_of_review(json_t *suites, const json_t *check)
{
	const char *change = report_text(check, "change");
	const char *head = report_text(check, "head");
	const bool advises = json_is_true(json_object_get(check, "advises"));
	const bool passes = strcmp(head, "pass") == 0;
	const bool fails = strcmp(change, "fails now") == 0 && !advises;
	const bool same = *change == '\0' || strcmp(change, "same") == 0;
	json_t *one = add_case(suites, "presubmit.review",
	    cli_copy(report_text(check, "name")), fails ? "failure" :
	    passes ? "pass" : "skipped");

	if (!passes || fails)
		explain_case(one, *change != '\0' ? change : head,
		    cli_format("%s%s%s%s", same ? "" : change, same ? "" : ": ",
		        report_text(check, "why"), advises ? " (advice)" : ""),
		    detail_text(check));
}

static void
case_of_coverage(json_t *suites, const json_t *file)
{
	const json_t *line;
	unsigned missing = 0, executed = 0;
	char *text = cli_copy("");
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(file, "lines"), i, line) {
		const char *state = report_text(line, "state");

		executed += strcmp(state, "executed") == 0;
		if (strcmp(state, "not executed") != 0)
			continue;
		missing++;
		out_add(&text, cli_format("%s:%lld%s\n",
		    report_text(file, "path"),
		    (long long)report_number(line, "line"),
		    json_is_true(json_object_get(line, "removed")) ?
		    " (goes)" : ""));
	}
	one = add_case(suites, "presubmit.coverage",
	    cli_copy(report_text(file, "path")),
	    missing == 0 && executed != 0 ? "pass" : "skipped");
	if (missing != 0 || executed == 0)
		explain_case(one, "not executed", missing == 0 ?
		    cli_copy("no changed line with code") :
		    cli_format("%u changed line%s not executed, %u executed",
		        missing, missing != 1 ? "s" : "", executed), text);
	else
		free(text);
}

static void
cases_of_presubmit(json_t *suites, const json_t *report)
{
	const char *verdict = report_text(report, "verdict");
	const json_t *one;
	json_t *made = add_case(suites, "presubmit", cli_copy("verdict"),
	    strcmp(verdict, "accepted") == 0 ? "pass" :
	    strcmp(verdict, "refused") == 0 ? "failure" : "error");
	size_t i;

	if (strcmp(verdict, "accepted") != 0)
		explain_case(made, verdict, cli_copy(verdict), NULL);
	json_object_set(made, "time", json_object_get(report, "seconds"));
	cases_of_findings(suites, report);
	json_array_foreach(json_object_get(report, "review"), i, one)
		case_of_review(suites, one);
	json_array_foreach(json_object_get(json_object_get(report, "coverage"),
	                                   "files"), i, one)
		case_of_coverage(suites, one);
	json_array_foreach(json_object_get(report, "unfinished"), i, one) {
		made = add_case(suites, "presubmit.unfinished",
		    cli_copy(report_text(one, "what")), "error");
		explain_case(made, "not validated",
		             cli_copy(report_text(one, "why")), NULL);
	}
}

/* ---- XML ----------------------------------------------------------------------------- */

/* XML 1.0 has no place for control characters, not even escaped. */
static void
attribute(xmlTextWriterPtr w, const char *name, const char *value)
{
	char *text = out_printable(value);

	xmlTextWriterWriteAttribute(w, BAD_CAST name, BAD_CAST text);
	free(text);
}

static unsigned
count_result(const json_t *suite_object, const char *result)
{
	const json_t *one;
	unsigned n = 0;
	size_t i;

	json_array_foreach(json_object_get(suite_object, "cases"), i, one)
		n += strcmp(report_text(one, "result"), result) == 0;
	return n;
}

static double
total_time(const json_t *suite_object)
{
	const json_t *one;
	double sum = 0;
	size_t i;

	json_array_foreach(json_object_get(suite_object, "cases"), i, one)
		sum += json_number_value(json_object_get(one, "time"));
	return sum;
}

static void
write_case(xmlTextWriterPtr w, const json_t *one)
{
	const char *result = report_text(one, "result");
	char *text;

	xmlTextWriterStartElement(w, BAD_CAST "testcase");
	attribute(w, "classname", report_text(one, "class"));
	attribute(w, "name", report_text(one, "name"));
	xmlTextWriterWriteFormatAttribute(w, BAD_CAST "time", "%.3f",
	    json_number_value(json_object_get(one, "time")));
	if (strcmp(result, "pass") != 0) {
		xmlTextWriterStartElement(w, BAD_CAST result);
		if (strcmp(result, "skipped") != 0)
			attribute(w, "type", report_text(one, "type"));
		attribute(w, "message", report_text(one, "message"));
		text = out_printable(report_text(one, "text"));
		if (*text != '\0')
			xmlTextWriterWriteString(w, BAD_CAST text);
		free(text);
		xmlTextWriterEndElement(w);
	}
	xmlTextWriterEndElement(w);
}

static void
write_counts(xmlTextWriterPtr w, const json_t *suites, size_t begin,
             size_t end)
{
	static const char *const names[][2] = {
		{ "failures", "failure" }, { "errors", "error" },
		{ "skipped", "skipped" }
	};
	unsigned n[4] = { 0, 0, 0, 0 };
	double seconds = 0;

	for (size_t i = begin; i < end; i++) {
		const json_t *one = json_array_get(suites, i);

		for (unsigned k = 0; k < 3; k++)
			n[k] += count_result(one, names[k][1]);
		n[3] += (unsigned)json_array_size(json_object_get(one,
		                                                  "cases"));
		seconds += total_time(one);
	}
	xmlTextWriterWriteFormatAttribute(w, BAD_CAST "tests", "%u", n[3]);
	for (unsigned k = 0; k < 3; k++)
		xmlTextWriterWriteFormatAttribute(w, BAD_CAST names[k][0],
		                                  "%u", n[k]);
	xmlTextWriterWriteFormatAttribute(w, BAD_CAST "time", "%.3f", seconds);
}

static void
write_suites(xmlTextWriterPtr w, const json_t *suites)
{
	const json_t *one, *c;
	size_t i, k;

	xmlTextWriterSetIndent(w, 1);
	xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL);
	xmlTextWriterStartElement(w, BAD_CAST "testsuites");
	attribute(w, "name", "shootdown");
	write_counts(w, suites, 0, json_array_size(suites));
	json_array_foreach(suites, i, one) {
		xmlTextWriterStartElement(w, BAD_CAST "testsuite");
		attribute(w, "name", report_text(one, "name"));
		write_counts(w, suites, i, i + 1);
		json_array_foreach(json_object_get(one, "cases"), k, c)
			write_case(w, c);
		xmlTextWriterEndElement(w);
	}
	xmlTextWriterEndElement(w);
	xmlTextWriterEndDocument(w);
}

int
out_junit(const json_t *report, FILE *f)
{
	xmlOutputBufferPtr buffer = xmlOutputBufferCreateFile(f, NULL);
	xmlTextWriterPtr w;
	json_t *suites = json_array();

	w = buffer != NULL ? xmlNewTextWriter(buffer) : NULL;
	if (w == NULL) {
		json_decref(suites);
		return -ENOMEM;
	}
	if (out_is_presubmit(report))
		cases_of_presubmit(suites, report);
	else
		cases_of_check(suites, report);
	write_suites(w, suites);
	xmlFreeTextWriter(w);
	json_decref(suites);
	return out_end(f);
}
