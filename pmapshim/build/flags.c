/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flags: how a kernel under test is compiled.  Each flag is here because a
 * load or store was seen to escape the hooks, or the kernel's own meaning to
 * change, without it; test_build.c disassembles a probe for the first kind.
 */
#include "build.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define COMMON_FLAGS							\
	"-fsanitize=thread",						\
	/* without it memcpy and memset are expanded with no hook */	\
	"-fno-builtin",							\
	"-O2", "-g", "-fPIC", "-fvisibility=hidden",			\
	"-fno-omit-frame-pointer", "-fno-stack-protector",		\
	"-fcf-protection=none", "-U_FORTIFY_SOURCE",			\
	/* as kernels are compiled: no vector registers, no red zone */	\
	/* (in the guest an NMI may come), and this C */		\
	"-mgeneral-regs-only", "-mno-red-zone",				\
	"-fno-strict-aliasing", "-fwrapv",				\
	"-fno-delete-null-pointer-checks", "-fno-common",		\
	"-Werror=implicit-function-declaration"

static const char *const gcc_flags[] = {
	COMMON_FLAGS,
	"--param", "tsan-distinguish-volatile=1",
	"--param", "tsan-instrument-func-entry-exit=0",
	/* "is not supported with -fsanitize=thread": our hooks do it */
	"-Wno-tsan",
	/* two neighbours must stay two accesses */
	"-fno-tree-vectorize",
	/* a loop in our memcpy must not become a call of memcpy */
	"-fno-tree-loop-distribute-patterns",
	NULL
};

static const char *const clang_flags[] = {
	COMMON_FLAGS,
	"-mllvm", "-tsan-distinguish-volatile=1",
	"-mllvm", "-tsan-instrument-func-entry-exit=0",
	/* else the read of x++ has no hook */
	"-mllvm", "-tsan-instrument-read-before-write=1",
	"-fno-vectorize", "-fno-slp-vectorize",
	NULL
};

const char *const *
build_hook_flags(bool clang)
{
	return clang ? clang_flags : gcc_flags;
}

/*
 * What a kernel leaves unset on its stack has a pattern in it that no register
 * takes, and the same in every run, not what happened to lie there.  The
 * version is what --version printed; of gcc the number ends its first line.
 */
const char *
build_stack_flag(const char *version)
{
	static const char flag[] = "-ftrivial-auto-var-init=pattern";
	const size_t n = strcspn(version, "\n");
	const char *number = version;

	if (strstr(version, "clang") != NULL)
		return flag;
	for (size_t i = 0; i + 1 < n; i++)
		if (version[i] == ')')
			number = &version[i + 1];
	return strtol(number, NULL, 10) >= 12 ? flag : NULL;
}

void
build_flag_cpus(struct strlist *flags, unsigned cpus)
{
	struct text t = { 0 };

	if (cpus <= 64)
		return;
	text_printf(&t, "-DSHIM_CPUS=%u", cpus);
	if (t.oom)
		flags->oom = true;
	else
		strlist_add(flags, t.s);
	text_clear(&t);
}

bool
build_undefined_allowed(const char *symbol)
{
	return strncmp(symbol, "__tsan_", 7) == 0 ||
	    strncmp(symbol, "sd_", 3) == 0;
}
