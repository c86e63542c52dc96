/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cli: the `shootdown` command.
 *
 * What all verbs share: exit statuses, the one-line error, small helpers that
 * end the process when memory runs out, and the verbs themselves.  A verb gets
 * its own argv (argv[0] is "shootdown VERB") and returns the exit status.
 */
#ifndef SHOOTDOWN_CLI_H
#define SHOOTDOWN_CLI_H

#include <stdbool.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#ifndef SHOOTDOWN_VERSION
#define SHOOTDOWN_VERSION "0.1"
#endif

/* docs: "Exit status" in shootdown(1). */
enum cli_exit {
	CLI_CLEAN = 0,
	CLI_FOUND = 1,
	CLI_USAGE = 2,          /* bad usage or input */
	CLI_UNFINISHED = 3      /* a tool missing, a blind or vacuous row */
};

struct cli_verb {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

int cli_check(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_scenarios(int argc, char **argv);
int cli_kernels(int argc, char **argv);
int cli_hosts(int argc, char **argv);
int cli_mutants(int argc, char **argv);
int cli_mutate(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_litmus(int argc, char **argv);
int cli_review(int argc, char **argv);
int cli_presubmit(int argc, char **argv);
int cli_cost(int argc, char **argv);
int cli_guest(int argc, char **argv);

/* Prints "shootdown: MESSAGE" as one line on stderr and exits. */
_Noreturn void cli_fail(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same, but goes on. */
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Never NULL: the process ends when memory runs out. */
void *cli_alloc(size_t size);
void *cli_grow(void *p, size_t count, size_t size);
char *cli_copy(const char *s);
char *cli_format(const char *format, ...)
	__attribute__((format(printf, 1, 2), nonnull(1), returns_nonnull));
/* The reason without "NAME: " in front, which the caller prints; never NULL. */
const char *cli_why(const char *why, const char *name);
/* A whole unsigned number in [min, max]; fails with exit 2, naming `what`. */
uint64_t cli_number(const char *what, const char *text, uint64_t min,
                    uint64_t max);

/* 64-bit hash of bytes, chained by `seed`; the same on every machine. */
uint64_t cli_hash(uint64_t seed, const void *data, size_t size);
/* splitmix64's finaliser over the pair: seeds of single schedules. */
uint64_t cli_mix(uint64_t seed, uint64_t i);

/* Set by Ctrl-C once cli_catch_interrupt() was called. */
extern volatile sig_atomic_t cli_interrupted;
void cli_catch_interrupt(bool reset_after_first);
/* Monotonic time, for figures and --time only. */
double cli_seconds(void);
/* Path of this executable; set by main(). */
extern const char *cli_self;

#endif
