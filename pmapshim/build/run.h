/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run: starts the tools we need (compiler, ctags) without a shell, their
 * messages in the C locale.
 */
#ifndef SHOOTDOWN_RUN_H
#define SHOOTDOWN_RUN_H

#include <sys/types.h>

#include "text.h"

/*
 * Start a program found in PATH.  Its standard input is /dev/null, `out` and
 * `err` are files to write (NULL: /dev/null; the same name: one stream).
 * Returns 0 or a negative errno (-ENOENT: no such program).
 */
int
run_start(const char *const *argv, const char *out, const char *err,
	  pid_t *pid_out)
	__attribute__((warn_unused_result));

/* Wait for it: its exit status, 128 + the signal, or a negative errno. */
int
run_wait(pid_t pid);

/*
 * Run a program and collect what it prints, standard error too.  Returns its
 * exit status or a negative errno.
 */
int
run_capture(const char *const *argv, struct text *output)
	__attribute__((warn_unused_result));

#endif
