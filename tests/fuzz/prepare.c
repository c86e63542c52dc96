/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * prepare: takes kernel text out of the user's Linux tree for the targets.
 *
 * Runs while the tests are built.  Writes into OUT, and nowhere else: tree/,
 * the files that are read; linux_unit.c, which includes arch/x86/hyperv/mmu.c
 * whole; kvm_unit.c, the closure of KVM's hypercall entry cut out of
 * arch/x86/kvm/hyperv.c.  A unit whose source is not there says so when it
 * runs, so that its tests are skipped with the reason.
 * usage: prepare TREE-or-"" SHIMS OUT
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pmapshim/build/run.h"
#include "pmapshim/build/text.h"
#include "pmapshim/linux/source.h"
#include "pmapshim/slice/slice.h"

#define KVM_C "arch/x86/kvm/hyperv.c"
#define KVM_H "arch/x86/kvm/hyperv.h"

static const char *const kvm_files[] = { KVM_C, KVM_H };

static const char *tree, *shims, *out;

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "prepare: %s: %s\n", what, why);
	exit(1);
}

/* What join() made, until the end. */
static char *kept[256];
static size_t nkept;

static char *
join(const char *a, const char *b, const char *c)
{
	struct text t = { 0 };

	text_printf(&t, "%s%s%s", a, b, c);
	if (t.oom || nkept == sizeof(kept) / sizeof(kept[0]))
		die("memory", "none is left");
	kept[nkept++] = t.s;
	return t.s;
}

static void
release(void)
{
	while (nkept > 0)
		free(kept[--nkept]);
}

static void
write_file(const char *path, const char *data, size_t size)
{
	char *copy = join(path, "", "");
	int error;

	for (char *p = strchr(copy + 1, '/'); p != NULL; p = strchr(p + 1,
	    '/')) {
		*p = '\0';
		(void)mkdir(copy, 0777);
		*p = '/';
	}
	error = file_write(copy, data, size);
	if (error != 0)
		die(copy, strerror(-error));
}

/* ---- what is not there ------------------------------------------------- */

static void
quote(struct text *t, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			text_put(t, "\\", 1);
		text_put(t, s, 1);
	}
}

static void
write_absent(const char *unit, const char *include, const char *why)
{
	char *path = join(out, "/", unit);
	struct text t = { 0 };

	text_printf(&t, "#define FUZZ_ABSENT \"");
	quote(&t, why);
	text_printf(&t, "\"\n#include \"%s\"\n", include);
	if (t.oom)
		die(unit, "out of memory");
	write_file(path, t.s, t.len);
	text_clear(&t);
}

/* ---- files of the tree ------------------------------------------------- */

static void
copy_file(const char *from, const char *name)
{
	char *source = join(from, "/", name), *to = join(out, "/tree/", name);
	char *data;
	size_t size;
	int error = file_read(source, &data, &size);

	if (error != 0)
		die(source, strerror(-error));
	write_file(to, data, size);
	free(data);
}

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* "linux-source-6.1" of ".../linux-source-6.1.tar.xz" */
static char *
top_folder(const char *archive)
{
	char *top = join(strrchr(archive, '/') + 1, "", "");
	char *tar = strstr(top, ".tar");

	if (tar != NULL)
		*tar = '\0';
	return top;
}

/* Out of the archive into a folder beside that of the kernel under test. */
static bool
unpack_kvm(const char *archive, const char *folder, char **why)
{
	struct strlist argv = { 0 };
	struct text output = { 0 };
	char *to = join(folder, ".XXXXXX", ""), *top = top_folder(archive);
	int status;

	if (mkdtemp(to) == NULL)
		die(to, strerror(errno));
	strlist_add_all(&argv, (const char *const[]){ "tar", "-xJf", archive,
	    "-C", to, "--strip-components=1", NULL });
	for (size_t i = 0; i < 2; i++)
		strlist_add(&argv, join(top, "/", kvm_files[i]));
	status = run_capture(strlist_argv(&argv), &output);
	/* somebody else may have been first, with the same files */
	if (status == 0)
		(void)rename(to, folder);
	else
		*why = join("tar cannot read KVM out of ", archive, "");
	text_clear(&output);
	strlist_clear(&argv);
	return status == 0;
}

/* KVM's files, which the kernel under test does not need; false: not there. */
static bool
fetch_kvm(const struct linux_source *s, char **why)
{
	const bool packed = is_file(s->shown);
	char *from = join(s->dir, packed ? "-kvm" : "", "");
	char *file = join(from, "/", KVM_C);

	if (packed && !is_file(file) && !unpack_kvm(s->shown, from, why))
		return false;
	if (!is_file(file)) {
		*why = join(file, " is not there", "");
		return false;
	}
	for (size_t i = 0; i < 2; i++)
		copy_file(from, kvm_files[i]);
	return true;
}

/* ---- units ------------------------------------------------------------- */

static void
write_linux(const struct linux_source *s)
{
	char *path = join(out, "/", "linux_unit.c");
	struct text t = { 0 };

	for (unsigned i = 0; linux_source_file(s->dir, i) != NULL; i++)
		copy_file(s->dir, linux_source_file(s->dir, i));
	text_printf(&t, "#define FUZZ_TREE \"");
	quote(&t, s->shown);
	text_printf(&t, "\"\n#include <arch/x86/hyperv/mmu.c>\n"
	    "#include \"tests/fuzz/linux/guest.c\"\n");
	if (t.oom)
		die("linux_unit.c", "out of memory");
	write_file(path, t.s, t.len);
	text_clear(&t);
}

static const char *const kvm_roots[] = { "kvm_hv_hypercall", NULL };

/* Other calls than flushes and interrupts end in our own empty functions. */
static const char *const kvm_stop[] = { "kvm_hvcall_signal_event",
	"kvm_hv_is_syndbg_enabled", NULL };

static void
write_kvm(void)
{
	char *source = join(out, "/tree/", KVM_C);
	char *path = join(out, "/", "kvm_unit.c");
	char *kvm = join(shims, "/../tests/fuzz/kvm", "");
	char *custom = join(shims, "/linux/custom", "");
	char *include = join(out, "/tree/", "arch/x86/include");
	char *generic = join(out, "/tree/", "include/asm-generic");
	char *header = join(out, "/tree/", KVM_H);
	const char *const headers[] = { kvm, custom, include, generic, header,
		NULL };
	const struct slice_request req = {
		.file = source, .shown = KVM_C, .roots = kvm_roots,
		.stop = kvm_stop, .headers = headers,
		/* made by a macro there */
		.allowed = (const char *const[]){ "atomic_read", NULL },
		.defined = (const char *const[]){ "CONFIG_X86_64", NULL },
		.prologue = "#include \"tests/fuzz/kvm/kvm_shim.h\"",
		.epilogue = "#include \"tests/fuzz/kvm/host.c\"",
	};
	struct slice_result res;
	enum slice_status st = slice_cut(&req, &res);
	struct text t = { 0 };

	if (st != SLICE_OK) {
		write_absent("kvm_unit.c", "tests/fuzz/kvm/absent.c",
		    res.error);
		return;
	}
	/* lists are read since 6.2; before, each flush is of everything */
	text_printf(&t, "#define FUZZ_TREE \"");
	quote(&t, tree);
	text_printf(&t, "\"\n#define FUZZ_KVM_LISTS %d\n%s",
	    slice_has(&res, "kvm_hv_get_tlb_flush_entries"), res.text);
	if (t.oom)
		die("kvm_unit.c", "out of memory");
	write_file(path, t.s, t.len);
	printf("kvm_unit.c: %u functions, %u lines, sha256 %s\n",
	    res.functions, res.lines, res.sha256);
	text_clear(&t);
	slice_result_clear(&res);
}

int
main(int argc, char **argv)
{
	enum kernel_status st;
	struct linux_source s;
	char *why = NULL;

	atexit(release);
	if (argc != 4)
		die("usage", "prepare TREE SHIMS OUT");
	shims = argv[2];
	out = argv[3];
	st = linux_source_find(*argv[1] != '\0' ? argv[1] : NULL, &s, &why);
	/* no tree is a reason to skip, a wrong one is not */
	if (st != KERNEL_OK && st != KERNEL_ABSENT)
		die("-Dlinux_src", why);
	if (st == KERNEL_ABSENT) {
		write_absent("linux_unit.c", "tests/fuzz/linux/absent.c", why);
		write_absent("kvm_unit.c", "tests/fuzz/kvm/absent.c", why);
		free(why);
		return 0;
	}
	tree = s.shown;
	write_linux(&s);
	if (fetch_kvm(&s, &why))
		write_kvm();
	else
		write_absent("kvm_unit.c", "tests/fuzz/kvm/absent.c", why);
	linux_source_clear(&s);
	return 0;
}
