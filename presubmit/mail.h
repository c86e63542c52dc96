/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mail: patches as mail programs send them: quoted-printable, base64, parts.
 * Git takes them apart; what it gives is the mail as it was before.
 */
#ifndef SHOOTDOWN_PRESUBMIT_MAIL_H
#define SHOOTDOWN_PRESUBMIT_MAIL_H

#include <stdbool.h>

/* Whether a header says that the text is encoded or has parts (RFC 2045). */
bool mail_is_encoded(const char *text);
/*
 * Replaces *text (malloc'ed), which is what the file holds, by its mails,
 * decoded: a Subject line, what was written, ---, the patch.  Returns 0, or -1
 * with a sentence.
 */
int mail_decode(const char *file, const char *scratch, char **text,
                char **ret_why);

#endif
