/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * convert: a JSON report from a file, in another format on standard output,
 * for the tests of the writers.
 *
 *	convert junit|sarif|markdown|html FILE
 */
#include <stdio.h>
#include <string.h>

#include "cli/out.h"

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		out_writer *writer;
	} formats[] = {
		{ "junit", out_junit }, { "sarif", out_sarif },
		{ "markdown", out_markdown }, { "html", out_html }
	};
	json_error_t error;
	json_t *report;
	int status = 2;

	report = argc == 3 ? json_load_file(argv[2], 0, &error) : NULL;
	if (report == NULL) {
		fprintf(stderr, "convert: no report\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, argv[1]) == 0)
			status = formats[i].writer(report, stdout) != 0;
	json_decref(report);
	return status;
}
