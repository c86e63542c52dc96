/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sarif_place: see sarif_place.h.
 */
#include "cli/sarif_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/report.h"

#define SRCROOT "SRCROOT"

json_t *
sarif_message(const char *text)
{
	return json_pack("{s:s}", "text", text);
}

/* RFC 3986: what a path may not hold as it is. */
static char *
uri_escape(const char *path)
{
	char *out = cli_alloc(3 * strlen(path) + 1), *p = out;

	for (; *path != '\0'; path++) {
		const unsigned char c = (unsigned char)*path;

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || strchr("-._~/+@,=", c) != NULL)
			*p++ = (char)c;
		else
			p += sprintf(p, "%%%02X", c);
	}
	*p = '\0';
	return out;
}

json_t *
sarif_artifact(const char *file)
{
	char *path = uri_escape(file), *uri;
	json_t *out;

	if (*file == '/') {
		uri = cli_format("file://%s", path);
		out = json_pack("{s:s}", "uri", uri);
		free(uri);
	} else {
		out = json_pack("{s:s, s:s}", "uri", path, "uriBaseId",
		                SRCROOT);
	}
	free(path);
	return out;
}

json_t *
sarif_place(const char *file, json_int_t line)
{
	json_t *out = json_pack("{s:o}", "artifactLocation",
	                        sarif_artifact(file));

	if (line > 0)
		json_object_set_new(out, "region", json_pack("{s:I}",
		                    "startLine", line));
	return out;
}

char *
sarif_tree(const json_t *report)
{
	const char *tree = report_text(report, "tree");

	if (*tree == '\0')
		tree = report_text(json_object_get(report, "options"), "tree");
	return *tree != '\0' ? realpath(tree, NULL) : NULL;
}

json_t *
sarif_base_ids(const json_t *report)
{
	char *tree = sarif_tree(report), *path, *uri;
	json_t *root = json_pack("{s:o}", "description",
	    sarif_message("The kernel's source tree."));

	if (tree != NULL) {
		path = uri_escape(tree);
		uri = cli_format("file://%s/", path);
		json_object_set_new(root, "uri", json_string(uri));
		free(uri);
		free(path);
	}
	free(tree);
	return json_pack("{s:o}", SRCROOT, root);
}

/* A source file's path below the tree; as it is when it lies elsewhere. */
static const char *
below(const char *tree, const char *path)
{
	const size_t n = tree != NULL ? strlen(tree) : 0;

	if (n != 0 && strncmp(path, tree, n) == 0 && path[n] == '/')
		return path + n + 1;
	return path;
}

const char *
sarif_in_tree(const json_t *report, const char *real, const char *path)
{
	const char *file = below(report_text(json_object_get(report,
	    "options"), "tree"), path);

	return file == path ? below(real, path) : file;
}
