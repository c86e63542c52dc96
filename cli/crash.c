/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crash.c: see crash.h.  The handler runs on a stack of its own, since the
 * kernel's may be what is used up, and the process is over whatever it does: so
 * it may look up lines, which a handler otherwise must not.
 */
#include "cli/crash.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "cli/cli.h"
#include "cli/jobs.h"
#include "cli/where.h"
#include "explore/explore.h"

#define STACK (256u << 10)
#define FRAMES 48

static const struct kernel_object *kernel;

static bool
in_kernel(const void *pc)
{
	Dl_info info;

	return dladdr(pc, &info) != 0 && strcmp(info.dli_fname, kernel->so) ==
	    0;
}

#ifdef __x86_64__
static void *
stopped_at(const ucontext_t *u)
{
	return (void *)u->uc_mcontext.gregs[REG_RIP];
}

/* A call that led nowhere: there is no frame yet, only its return address. */
static void *
called_from(const ucontext_t *u)
{
	return *(void **)u->uc_mcontext.gregs[REG_RSP];
}
#else
static void *
stopped_at(const ucontext_t *u)
{
	(void)u;
	return NULL;
}

static void *
called_from(const ucontext_t *u)
{
	(void)u;
	return NULL;
}
#endif

/* Return addresses in the kernel, from the innermost on. */
static unsigned
callers(const ucontext_t *u, const void *bad, void **ret)
{
	void *all[FRAMES];
	unsigned kept = 0;
	int n;

	/* Unwinding would look at the instruction. */
	if (stopped_at(u) == bad && !in_kernel(bad)) {
		ret[0] = called_from(u);
		return in_kernel(ret[0]);
	}
	n = backtrace(all, FRAMES);
	for (int i = 0; i < n; i++) {
		/* Before a return address is its call: so it is looked up. */
		const bool exact = all[i] == stopped_at(u);

		if (in_kernel(all[i]))
			ret[kept++] = (char *)all[i] + exact;
	}
	return kept;
}

/* The signal comes again when this returns, and ends the process. */
static void
crashed(int signal, siginfo_t *info, void *context)
{
	void *pc[FRAMES];
	unsigned n;
	char *place;

	if (!explore_hot.active)
		return;
	n = callers(context, info->si_addr, pc);
	place = where_brief(kernel, pc, n);
	jobs_last_words(cli_format(signal == SIGSEGV || signal == SIGBUS ?
	    "uses the bad address 0x%llx at %s" : "traps at 0x%llx, %s",
	    (unsigned long long)(uintptr_t)info->si_addr, place != NULL ? place : "an unknown place"));
}

void
crash_catch(const struct kernel_object *k)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE,
	    SIGILL };
	static stack_t stack;
	void *unused;
	struct sigaction a = { .sa_sigaction = crashed,
	    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND };

	if (stack.ss_sp == NULL) {
		stack.ss_sp = cli_alloc(STACK);
		stack.ss_size = STACK;
	}
	kernel = k;
	(void)backtrace(&unused, 1);    /* loads what it needs */
	if (sigaltstack(&stack, NULL) != 0)
		return;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &a, NULL);
}
