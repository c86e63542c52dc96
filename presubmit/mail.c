/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mail: see mail.h.  The work is done by git mailsplit and git mailinfo, as for
 * git am.
 */
#include "presubmit/mail.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pmapshim/build/text.h"
#include "presubmit/util.h"

/* The value of a header line of that name; NULL: it is another line. */
static const char *
header(const char *line, const char *name)
{
	const size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0)
		return NULL;
	return line + n + strspn(line + n, " \t");
}

bool
mail_is_encoded(const char *text)
{
	static const char *const encodings[] = { "quoted-printable", "base64" };

	for (const char *line = text; line != NULL && *line != '\0';
	     line = strchr(line, '\n'), line += line != NULL) {
		const char *v = header(line, "Content-Transfer-Encoding:");

		for (int i = 0; v != NULL && i < 2; i++)
			if (strncasecmp(v, encodings[i],
			    strlen(encodings[i])) == 0)
				return true;
		if (strncmp(line, "@@ -", 4) == 0)
			return false;
	}
	return false;
}

static int
split(const char *file, const char *folder, unsigned *ret_count,
      char **ret_why)
{
	char *to = ps_format("-o%s", folder);
	const char *const argv[] = { "git", "mailsplit", "-b", to, file, NULL };
	struct ps_output out;
	int status;

	ps_run(folder, argv, &out);
	status = out.status;
	*ret_count = (unsigned)strtoul(out.out, NULL, 10);
	if (status != 0 || *ret_count == 0) {
		char *why = ps_complaint(&out);

		*ret_why = ps_format("%s: an encoded mail, and git mailsplit "
		                     "cannot read it: %s", file, why);
		free(why);
		status = -1;
	}
	ps_output_clear(&out);
	free(to);
	return status;
}

/* "Subject: ..." of what git mailinfo says; owned by nobody else. */
static char *
subject_of(const char *info)
{
	const char *at = strstr(info, "Subject: ");

	return at == NULL ? ps_copy("Subject: ") :
	    ps_format("%.*s", (int)strcspn(at, "\n"), at);
}

/* Git reads the mail from its standard input, which only a shell can give. */
static int
decode_one(const char *file, const char *mail, const char *folder, char **all,
           char **ret_why)
{
	char *body = ps_format("%s/body", folder);
	char *patch = ps_format("%s/patch", folder);
	const char *const argv[] = { "sh", "-c",
	    "exec git mailinfo -k \"$0\" \"$1\" < \"$2\"", body, patch, mail, NULL };
	char *text[2] = { NULL, NULL }, *subject, *why;
	struct ps_output out;
	int status = -1;
	size_t size;

	ps_run(folder, argv, &out);
	if (out.status == 0 && file_read(body, &text[0], &size) == 0 &&
	    file_read(patch, &text[1], &size) == 0) {
		subject = subject_of(out.out);
		ps_add(all, "%s\n\n%s---\n%s\n", subject, text[0], text[1]);
		free(subject);
		status = 0;
	} else {
		why = ps_complaint(&out);
		*ret_why = ps_format("%s: an encoded mail, and git mailinfo "
		                     "cannot read it: %s", file, why);
		free(why);
	}
	free(text[0]);
	free(text[1]);
	ps_output_clear(&out);
	free(body);
	free(patch);
	return status;
}

int
mail_decode(const char *file, const char *scratch, char **text, char **ret_why)
{
	char *folder = ps_format("%s/mails", scratch), *all = NULL;
	unsigned count = 0;
	int status;

	ps_make_folder(folder);
	status = split(file, folder, &count, ret_why);
	for (unsigned i = 1; i <= count && status == 0; i++) {
		char *mail = ps_format("%s/%04u", folder, i);

		status = decode_one(file, mail, folder, &all, ret_why);
		free(mail);
	}
	if (status == 0) {
		free(*text);
		*text = all;
	} else {
		free(all);
	}
	ps_remove(folder);
	free(folder);
	return status;
}
