/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fibers, see fiber.h.
 *
 * Invariant: a fiber that does not run has its callee-saved registers and its
 * return address on its own stack, at f->sp.  A reset fiber has a made-up
 * frame there that "returns" into fiber_first.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE             /* MAP_ANONYMOUS, MAP_STACK */
#endif
#include "explore/fiber.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_SIZE (256 * 1024)
#else
#define STACK_SIZE (64 * 1024)
#endif

#define COLOUR_STEP 192         /* bytes; keeps the alignment of a stack */
#define COLOURS 2304

#ifdef FIBER_ASAN
static struct fiber *switched_from;
#endif

static void
before_switch(struct fiber *from, struct fiber *to)
{
#ifdef FIBER_ASAN
	switched_from = from;
	__sanitizer_start_switch_fiber(&from->fake, to->asan_low,
	    to->asan_size);
#else
	(void)from;
	(void)to;
#endif
}

/* On the fiber that now runs.  Only here does one learn the thread's bounds. */
static void
after_switch(struct fiber *self)
{
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(self->fake, &switched_from->asan_low,
	    &switched_from->asan_size);
#else
	(void)self;
#endif
}

/* Frames that were abandoned have left their red zones in the shadow. */
static void
forget_frames(struct fiber *f)
{
	f->fake = NULL;
#ifdef FIBER_ASAN
	const char *sp = f->sp;

#ifdef EXPLORE_UCONTEXT
	sp = f->low;
#endif
	ASAN_UNPOISON_MEMORY_REGION(sp, (size_t)(f->low + f->size - sp));
#endif
}

static void
fiber_begin(struct fiber *f)
{
	after_switch(f);
	f->entry(f->arg);
	abort();
}

#ifdef EXPLORE_UCONTEXT

static struct fiber *begun;     /* makecontext passes only ints */

static void
fiber_begin_context(void)
{
	fiber_begin(begun);
}

static void
prepare(struct fiber *f)
{
	getcontext(&f->context);
	f->context.uc_stack.ss_sp = f->low;
	f->context.uc_stack.ss_size = f->size;
	f->context.uc_link = NULL;
	makecontext(&f->context, fiber_begin_context, 0);
}

void
fiber_switch(struct fiber *from, struct fiber *to)
{
	before_switch(from, to);
	begun = to;
	swapcontext(&from->context, &to->context);
	after_switch(from);
}

#else

void fiber_swap(void **save_sp, void *load_sp);
void fiber_first(void);

#ifdef __x86_64__

/*
 * rbx, rbp, r12-r15 and rsp are the callee's to keep.  It leaves by `ret`, not
 * by an indirect jump: tasks switch at the same place and depth, so that the
 * processor's return stack predicts well, here and in the callers.
 */
__asm__(
	".text\n"
	".p2align 4\n"
	".globl fiber_swap\n"
	".hidden fiber_swap\n"
	".type fiber_swap, @function\n"
	"fiber_swap:\n"
	"	.cfi_startproc\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size fiber_swap, . - fiber_swap\n"
	".p2align 4\n"
	".globl fiber_first\n"
	".hidden fiber_first\n"
	".type fiber_first, @function\n"
	"fiber_first:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined rip\n"   /* a debugger's backtrace ends here */
	"	movq %rbx, %rdi\n"
	"	callq *%r12\n"
	"	ud2\n"
	"	.cfi_endproc\n"
	".size fiber_first, . - fiber_first\n"
);

enum { FRAME_WORDS = 9, FRAME_BEGIN = 3, FRAME_FIBER = 4, FRAME_RETURN = 6 };

#else

/* x19-x30, d8-d15 and sp. */
__asm__(
	".text\n"
	".p2align 4\n"
	".globl fiber_swap\n"
	".hidden fiber_swap\n"
	".type fiber_swap, %function\n"
	"fiber_swap:\n"
	"	sub sp, sp, #160\n"
	"	stp x19, x20, [sp, #0]\n"
	"	stp x21, x22, [sp, #16]\n"
	"	stp x23, x24, [sp, #32]\n"
	"	stp x25, x26, [sp, #48]\n"
	"	stp x27, x28, [sp, #64]\n"
	"	stp x29, x30, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	mov x9, sp\n"
	"	str x9, [x0]\n"
	"	mov sp, x1\n"
	"	ldp x19, x20, [sp, #0]\n"
	"	ldp x21, x22, [sp, #16]\n"
	"	ldp x23, x24, [sp, #32]\n"
	"	ldp x25, x26, [sp, #48]\n"
	"	ldp x27, x28, [sp, #64]\n"
	"	ldp x29, x30, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	add sp, sp, #160\n"
	"	ret\n"
	".size fiber_swap, . - fiber_swap\n"
	".p2align 4\n"
	".globl fiber_first\n"
	".hidden fiber_first\n"
	".type fiber_first, %function\n"
	"fiber_first:\n"
	"	mov x0, x19\n"
	"	blr x20\n"
	"	brk #1\n"
	".size fiber_first, . - fiber_first\n"
);

enum { FRAME_WORDS = 20, FRAME_BEGIN = 1, FRAME_FIBER = 0, FRAME_RETURN = 11 };

#endif

static void
prepare(struct fiber *f)
{
	uint64_t *frame = (uint64_t *)(void *)(f->low + f->size) - FRAME_WORDS;

	for (int i = 0; i < FRAME_WORDS; i++)
		frame[i] = 0;
	frame[FRAME_BEGIN] = (uint64_t)(uintptr_t)fiber_begin;
	frame[FRAME_FIBER] = (uint64_t)(uintptr_t)f;
	frame[FRAME_RETURN] = (uint64_t)(uintptr_t)fiber_first;
	f->sp = frame;
}

void
fiber_switch(struct fiber *from, struct fiber *to)
{
	before_switch(from, to);
	fiber_swap(&from->sp, to->sp);
	after_switch(from);
}

#endif

void
fiber_reset(struct fiber *f, void (*entry)(void *arg), void *arg)
{
	forget_frames(f);
	f->entry = entry;
	f->arg = arg;
	prepare(f);
}

/*
 * Stacks begin at different offsets in their pages: what all tasks use of
 * them would otherwise compete for the same few lines of the cache.
 */
static size_t
next_colour(void)
{
	static size_t colour;

	colour = (colour + COLOUR_STEP) % COLOURS;
	return colour;
}

void
fiber_allocate(struct fiber *f)
{
	const size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	char *base = mmap(NULL, guard + STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (base == MAP_FAILED || mprotect(base, guard, PROT_NONE) != 0) {
		perror("explore: cannot allocate a fiber's stack");
		abort();
	}
	f->low = base + guard;
	f->size = STACK_SIZE - next_colour();
	f->sp = f->low + f->size;
	f->fake = NULL;
	f->asan_low = f->low;
	f->asan_size = f->size;
}

void
fiber_free(struct fiber *f)
{
	const size_t guard = (size_t)sysconf(_SC_PAGESIZE);

	if (f->low == NULL)
		return;
	forget_frames(f);
	munmap(f->low - guard, guard + STACK_SIZE);
	f->low = NULL;
}
