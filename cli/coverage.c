/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * coverage: see coverage.h.
 *
 * A line counts as executed when an instruction that begins one of its
 * statements was executed (is_stmt in DWARF): what the compiler moved away
 * from its statement, across a branch perhaps, does not count.  A line that
 * begins no statement (the second one of a long call; one that was taken apart)
 * has code and is never executed.
 */
#include "cli/coverage.h"

#include <dlfcn.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/where.h"

/* INT3, after which the trap's address is the next one. */
#define BREAKPOINT 0xcc
#if defined(__x86_64__) && defined(__linux__)
#define TRAP_PC(u) ((u)->uc_mcontext.gregs[REG_RIP])
#else
#define TRAP_PC(u) (*(long long *)(u))  /* coverage_open() has refused */
#define NO_COVERAGE "lines are counted on Linux on x86-64 only"
#endif
#define STACK_SIZE 65536

struct place {
	unsigned char *at;
	unsigned file, line;
	bool statement;
	bool reached;
	unsigned char byte;     /* what the breakpoint has replaced */
};

struct coverage {
	struct place *places;   /* by address, then as in the table */
	size_t count;
	char **files;           /* below the tree, in the order of discovery */
	unsigned nfiles;
	bool started;
	void *stack;            /* fibers' own are small */
};

static struct coverage *running;

/* ---- the line table ------------------------------------------------------------ */

struct reader {
	struct coverage *c;
	const struct kernel_object *k;
	unsigned char *base;
	const char *last;       /* of libdw, as it names files by pointer */
	int last_file;          /* -1: no part of the tree */
};

static int
file_number(struct reader *r, const char *name)
{
	const char *path = where_in_tree(r->k, name);
	struct coverage *c = r->c;

	if (path == NULL)
		return -1;
	path = where_shorten(r->k, path);
	for (unsigned i = 0; i < c->nfiles; i++)
		if (strcmp(c->files[i], path) == 0)
			return (int)i;
	c->files = cli_grow(c->files, c->nfiles + 1, sizeof(*c->files));
	c->files[c->nfiles] = cli_copy(path);
	return (int)c->nfiles++;
}

static void
take_row(struct reader *r, Dwarf_Line *row)
{
	struct coverage *c = r->c;
	const char *name = dwarf_linesrc(row, NULL, NULL);
	bool statement = false, end = false;
	Dwarf_Addr addr;
	int line;

	if (name == NULL || dwarf_lineendsequence(row, &end) != 0 || end ||
	    dwarf_lineno(row, &line) != 0 || line <= 0 ||
	    dwarf_lineaddr(row, &addr) != 0 || addr == 0 ||
	    dwarf_linebeginstatement(row, &statement) != 0)
		return;
	if (name != r->last) {
		r->last = name;
		r->last_file = file_number(r, name);
	}
	if (r->last_file < 0)
		return;
	if ((c->count & (c->count + 1)) == 0)
		c->places = cli_grow(c->places, 2 * (c->count + 1),
		                     sizeof(*c->places));
	c->places[c->count++] = (struct place){
		.at = r->base + addr, .file = (unsigned)r->last_file,
		.line = (unsigned)line, .statement = statement
	};
}

static void
take_units(struct reader *r, Dwarf *dwarf)
{
	Dwarf_Off off = 0, next;
	size_t header, nrows;
	Dwarf_Lines *rows;
	Dwarf_Die die;

	while (dwarf_nextcu(dwarf, off, &next, &header, NULL, NULL, NULL)
	       == 0) {
		if (dwarf_offdie(dwarf, off + header, &die) != NULL &&
		    dwarf_getsrclines(&die, &rows, &nrows) == 0)
			for (size_t i = 0; i < nrows; i++)
				take_row(r, dwarf_onesrcline(rows, i));
		off = next;
	}
}

static int
by_line(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return (int)y->statement - (int)x->statement;
}

static int
by_address(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return by_line(a, b);
}

/* What a line has besides its statements says nothing more. */
static void
drop_loose_rows(struct coverage *c)
{
	const struct place *head = NULL;
	size_t n = 0;

	if (c->count != 0)
		qsort(c->places, c->count, sizeof(*c->places), by_line);
	for (size_t i = 0; i < c->count; i++) {
		const struct place p = c->places[i];

		if (head == NULL || head->file != p.file ||
		    head->line != p.line)
			head = &c->places[n];
		else if (head->statement && !p.statement)
			continue;
		c->places[n++] = p;
	}
	c->count = n;
	if (n != 0)
		qsort(c->places, n, sizeof(*c->places), by_address);
}

struct coverage *
coverage_open(const struct kernel_object *k, const struct kernel_ops *ops,
              char **ret_why)
{
	struct coverage *c = cli_alloc(sizeof(*c));
	struct reader r = { .c = c, .k = k };
	Dwarf *dwarf = NULL;
	Dl_info info;
	int fd = -1;

#ifdef NO_COVERAGE
	*ret_why = cli_copy(NO_COVERAGE);
	free(c);
	return NULL;
#endif
	if (dladdr(ops, &info) != 0) {
		r.base = info.dli_fbase;
		fd = open(info.dli_fname, O_RDONLY | O_CLOEXEC);
	}
	if (fd >= 0)
		dwarf = dwarf_begin(fd, DWARF_C_READ);
	if (dwarf != NULL) {
		take_units(&r, dwarf);
		dwarf_end(dwarf);
	}
	if (fd >= 0)
		close(fd);
	drop_loose_rows(c);
	if (c->count == 0) {
		*ret_why = cli_copy("the kernel object has no line table; "
		                    "compile it with a gcc or clang that "
		                    "writes DWARF");
		coverage_close(c);
		return NULL;
	}
	return c;
}

void
coverage_close(struct coverage *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->nfiles; i++)
		free(c->files[i]);
	free(c->files);
	free(c->places);
	free(c);
}

static int
by_number(const void *a, const void *b)
{
	const unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

static json_t *
lines_of(const struct coverage *c, unsigned file, bool reached)
{
	unsigned *lines = cli_alloc(c->count * sizeof(*lines));
	json_t *list = json_array();
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		if (c->places[i].file == file &&
		    (!reached || c->places[i].reached))
			lines[n++] = c->places[i].line;
	qsort(lines, n, sizeof(*lines), by_number);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || lines[i] != lines[i - 1])
			json_array_append_new(list, json_integer(lines[i]));
	free(lines);
	return list;
}

static json_t *
all_files(const struct coverage *c, bool reached)
{
	json_t *out = json_object(), *list;

	for (unsigned i = 0; i < c->nfiles; i++) {
		list = lines_of(c, i, reached);
		if (json_array_size(list) != 0)
			json_object_set(out, c->files[i], list);
		json_decref(list);
	}
	return out;
}

json_t *
coverage_lines(const struct coverage *c)
{
	return all_files(c, false);
}

/* ---- breakpoints --------------------------------------------------------------- */

/* The first place with this address; NULL: none of ours. */
static struct place *
find(struct coverage *c, const unsigned char *at)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->places[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->count && c->places[low].at == at ? &c->places[low] :
	    NULL;
}

static void
on_trap(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	unsigned char *at =
	    (unsigned char *)(uintptr_t)TRAP_PC(u) - 1;
	struct place *p = running != NULL ? find(running, at) : NULL;

	(void)info;
	if (p == NULL || *at != BREAKPOINT) {
		signal(signal_number, SIG_DFL);
		return;
	}
	*at = p->byte;
	for (; p < running->places + running->count && p->at == at; p++)
		p->reached = p->statement;
	TRAP_PC(u)--;
}

static int
catch_traps(struct coverage *c)
{
	struct sigaction action = { .sa_sigaction = on_trap };
	stack_t stack = { .ss_size = STACK_SIZE };

	c->stack = cli_alloc(STACK_SIZE);
	stack.ss_sp = c->stack;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK;
	if (sigaltstack(&stack, NULL) != 0 ||
	    sigaction(SIGTRAP, &action, NULL) != 0)
		return -errno;
	return 0;
}

static int
protect(const struct coverage *c, int protection)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)c->places[0].at & ~(page - 1);
	uintptr_t to = (uintptr_t)c->places[c->count - 1].at + 1;

	return mprotect((void *)from, to - from, protection) == 0 ? 0 : -errno;
}

int
coverage_start(struct coverage *c)
{
	int error = catch_traps(c);

	if (error == 0)
		error = protect(c, PROT_READ | PROT_WRITE | PROT_EXEC);
	if (error != 0)
		return error;
	for (size_t i = 0; i < c->count; i++) {
		struct place *p = &c->places[i];

		p->reached = false;
		/* Several lines may share an instruction. */
		p->byte = i > 0 && p[-1].at == p->at ? p[-1].byte : *p->at;
		if (p->statement)
			*p->at = BREAKPOINT;
	}
	running = c;
	c->started = true;
	return 0;
}

json_t *
coverage_stop(struct coverage *c)
{
	const stack_t none = { .ss_flags = SS_DISABLE };

	if (!c->started)
		return json_object();
	for (size_t i = 0; i < c->count; i++)
		*c->places[i].at = c->places[i].byte;
	protect(c, PROT_READ | PROT_EXEC);
	running = NULL;
	c->started = false;
	signal(SIGTRAP, SIG_DFL);
	sigaltstack(&none, NULL);
	free(c->stack);
	c->stack = NULL;
	return all_files(c, true);
}
