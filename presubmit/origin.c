/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * origin: see origin.h.
 *
 * A folder in the cache is named after what is in it, made under another name
 * and renamed, so that two runs at once share it and never see half of it.
 */
#include "presubmit/origin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pmapshim/build/sha256.h"
#include "pmapshim/build/text.h"
#include "presubmit/presubmit.h"
#include "presubmit/prune.h"
#include "presubmit/util.h"

/* Below "sys/"; what is compiled, and what the review looks at. */
static const char *const freebsd_sys[] = {
	"amd64", "conf", "dev/hyperv", "sys", "vm", "x86", NULL
};
static const char *const freebsd_top[] = {
	"tools/build/checkstyle9.pl", NULL
};
static const char *const linux_top[] = {
	"Makefile", "arch/x86/Makefile", "arch/x86/hyperv", "arch/x86/include",
	"arch/x86/kernel/paravirt.c", "arch/x86/mm", "include/asm-generic", "include/hyperv",
	"include/linux", "include/uapi/asm-generic", "include/uapi/linux",
	"scripts/Makefile.extrawarn", "scripts/checkpatch.pl",
	"scripts/const_structs.checkpatch", "scripts/spelling.txt", NULL
};

/* A file that only this kernel has. */
static const struct {
	const char *file, *kernel, *lead;
} marks[] = {
	{ "sys/amd64/amd64/pmap.c", "freebsd", "sys/" },
	{ "amd64/amd64/pmap.c", "freebsd", "" },
	{ "arch/x86/mm/tlb.c", "linux", "" },
};

/* ---- git ----------------------------------------------------------------------- */

/* What a hook, or the user, has set would lead git elsewhere. */
static void
clean_environment(const char *scratch)
{
	static const char *const names[] = {
		"GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_NAMESPACE",
		"GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", NULL
	};
	char *index = ps_format("%s/index", scratch);

	for (const char *const *n = names; *n != NULL; n++)
		unsetenv(*n);
	setenv("GIT_INDEX_FILE", index, 1);
	setenv("GIT_OPTIONAL_LOCKS", "0", 1);
	setenv("GIT_LITERAL_PATHSPECS", "1", 1);
	free(index);
}

static void
run_git(const struct origin *o, const char *work_tree,
        const char *const *args, struct ps_output *ret)
{
	struct strlist argv = { 0 };
	char *dir = o->git_dir != NULL ?
	    ps_format("--git-dir=%s", o->git_dir) : NULL;
	char *work = work_tree != NULL ?
	    ps_format("--work-tree=%s", work_tree) : NULL;

	strlist_add(&argv, "git");
	strlist_add(&argv, "-C");
	strlist_add(&argv, work_tree != NULL ? work_tree : o->path);
	if (dir != NULL)
		strlist_add(&argv, dir);
	if (work != NULL)
		strlist_add(&argv, work);
	strlist_add(&argv, "-c");
	strlist_add(&argv, "core.hooksPath=/dev/null");
	strlist_add(&argv, "-c");
	strlist_add(&argv, "core.fsmonitor=false");
	strlist_add_all(&argv, args);
	ps_run(o->scratch, strlist_argv(&argv), ret);
	strlist_clear(&argv);
	free(dir);
	free(work);
}

int
origin_git(const struct origin *o, const char *const *args, char **ret_text,
           size_t *ret_size, char **ret_why)
{
	struct ps_output out;
	char *why;
	int status = 0;

	run_git(o, NULL, args, &out);
	if (out.status != 0) {
		why = ps_complaint(&out);
		*ret_why = ps_format("%s: git %s: %s", o->path, args[0], why);
		free(why);
		status = out.status < 0 ? PRESUBMIT_UNFINISHED :
		    PRESUBMIT_USAGE;
	} else {
		*ret_text = out.out;
		if (ret_size != NULL)
			*ret_size = out.size;
		out.out = NULL;
	}
	ps_output_clear(&out);
	return status;
}

static void
find_repository(struct origin *o)
{
	static const char *const args[] = { "rev-parse", "--absolute-git-dir",
	                                    "--show-prefix", NULL };
	struct ps_output out;
	char *rest;

	run_git(o, NULL, args, &out);
	rest = out.status == 0 ? strchr(out.out, '\n') : NULL;
	if (rest != NULL) {
		*rest++ = '\0';
		rest[strcspn(rest, "\n")] = '\0';
		o->git_dir = ps_copy(out.out);
		o->prefix = ps_copy(rest);
		o->kind = ORIGIN_GIT;
	}
	ps_output_clear(&out);
}

/* Of two folders, the outer one may be somebody's repository by accident. */
static bool
is_tracked(const struct origin *o)
{
	char *what = ps_format("HEAD:%s", o->prefix);
	const char *const args[] = { "cat-file", "-e", what, NULL };
	struct ps_output out;
	bool tracked;

	run_git(o, NULL, args, &out);
	tracked = out.status == 0;
	ps_output_clear(&out);
	free(what);
	return tracked;
}

int
origin_open(struct origin *o, const char *path, const char *rev,
            char **ret_why)
{
	struct stat st;

	o->path = path;
	clean_environment(o->scratch);
	if (stat(path, &st) != 0) {
		*ret_why = ps_format("--tree: %s: %s; give a kernel source "
		                     "folder", path, strerror(errno));
		return PRESUBMIT_USAGE;
	}
	o->kind = S_ISDIR(st.st_mode) ? ORIGIN_FOLDER : ORIGIN_PACKED;
	if (o->kind == ORIGIN_PACKED && !ps_has_suffix(path, ".tar.xz")) {
		*ret_why = ps_format("--tree: %s: neither a folder nor a "
		                     "packed tree (.tar.xz)", path);
		return PRESUBMIT_USAGE;
	}
	if (o->kind == ORIGIN_FOLDER)
		find_repository(o);
	if (o->kind == ORIGIN_GIT && rev == NULL && !is_tracked(o))
		o->kind = ORIGIN_FOLDER;
	if (rev != NULL && o->kind != ORIGIN_GIT) {
		*ret_why = ps_format("--base: %s is no git repository, so it "
		    "has no revisions; give --patch FILE instead", path);
		return PRESUBMIT_USAGE;
	}
	return 0;
}

void
origin_close(struct origin *o)
{
	free(o->git_dir);
	free(o->prefix);
	unsetenv("GIT_INDEX_FILE");
	*o = (struct origin){ 0 };
}

int
origin_commit(const struct origin *o, const char *option, const char *rev,
              char **ret_commit, char **ret_why)
{
	char *what = ps_format("%s^{commit}", rev);
	const char *const args[] = { "rev-parse", "--verify", "--quiet", what,
	                             NULL };
	char *text = NULL, *why = NULL;
	int status = PRESUBMIT_USAGE;

	if (*rev != '-' && *rev != '\0')
		status = origin_git(o, args, &text, NULL, &why);
	if (status != 0) {
		*ret_why = ps_format("%s: no revision '%s' in %s; git log shows "
		                     "which there are (is the clone a shallow "
		                     "one?)", option, rev, o->path);
		free(why);
	} else {
		text[strcspn(text, "\n")] = '\0';
		*ret_commit = text;
	}
	free(what);
	return status;
}

/* ---- what is in it ------------------------------------------------------------- */

static bool
has(const struct origin *o, const char *commit, const char *file)
{
	char *what;
	bool there;

	if (o->kind == ORIGIN_FOLDER) {
		what = ps_format("%s/%s", o->path, file);
		there = access(what, F_OK) == 0;
	} else {
		struct ps_output out;
		const char *args[] = { "cat-file", "-e", NULL, NULL };

		what = ps_format("%s:%s%s", commit, o->prefix, file);
		args[2] = what;
		run_git(o, NULL, args, &out);
		there = out.status == 0;
		ps_output_clear(&out);
	}
	free(what);
	return there;
}

int
origin_find_kernel(struct origin *o, const char *commit, const char *name,
                   char **ret_why)
{
	if (o->kind == ORIGIN_PACKED) {
		o->kernel = "linux";
		o->lead = "";
	}
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]) &&
	     o->kernel == NULL; i++) {
		if (has(o, commit, marks[i].file)) {
			o->kernel = marks[i].kernel;
			o->lead = marks[i].lead;
		}
	}
	if (o->kernel != NULL &&
	    (name == NULL || strcmp(name, o->kernel) == 0))
		return 0;
	if (o->kernel != NULL)
		*ret_why = ps_format("--kernel: %s is a tree of %s, not of %s",
		                     o->path, o->kernel, name);
	else
		*ret_why = ps_format("--tree: neither %s nor %s in %s; give the "
		                     "top of a FreeBSD or Linux source tree",
		                     marks[0].file, marks[2].file, o->path);
	return PRESUBMIT_USAGE;
}

static void
add_below(struct strlist *l, const char *above, const char *const *names)
{
	for (; *names != NULL; names++) {
		char *path = ps_format("%s%s", above, *names);

		strlist_add(l, path);
		free(path);
	}
}

static bool
is_below(const struct strlist *folders, const char *file)
{
	for (size_t i = 0; i < folders->n; i++) {
		const size_t n = strlen(folders->v[i]);

		if (strncmp(folders->v[i], file, n) == 0 &&
		    (file[n] == '/' || file[n] == '\0'))
			return true;
	}
	return false;
}

/* All that is to be taken, sorted; none lies below another. */
static void
list_wanted(const struct origin *o, const char *const *more, size_t nmore,
            struct strlist *ret)
{
	struct strlist files = { 0 };

	if (strcmp(o->kernel, "freebsd") == 0) {
		add_below(ret, o->lead, freebsd_sys);
		if (*o->lead != '\0')
			add_below(ret, "", freebsd_top);
	} else {
		add_below(ret, "", linux_top);
	}
	for (size_t i = 0; i < nmore; i++)
		if (!is_below(ret, more[i]))
			strlist_add(&files, more[i]);
	strlist_add_all(ret, strlist_argv(&files));
	strlist_clear(&files);
	strlist_sort(ret);
}

/* ---- into the cache ------------------------------------------------------------ */

static char *
hash_of(const char *kind, const char *what, const struct strlist *list)
{
	char hex[SHA256_HEX_SIZE];
	struct sha256 h;

	sha256_init(&h);
	sha256_update_string(&h, kind);
	sha256_update_string(&h, what);
	for (size_t i = 0; i < list->n; i++)
		sha256_update_string(&h, list->v[i]);
	sha256_final_hex(&h, hex);
	return ps_format("%s-%.16s", kind, hex);
}

static int
cannot_write(const char *path, int error, char **ret_why)
{
	*ret_why = ps_format("%s: %s; set XDG_CACHE_HOME to a folder with room",
	                     path, strerror(-error));
	return PRESUBMIT_UNFINISHED;
}

/* With git's own quoting off: names that NULs end. */
static int
list_existing(const struct origin *o, const char *commit,
              const struct strlist *wanted, const char *list, char **ret_why)
{
	struct strlist args = { 0 };
	char *text = NULL;
	size_t size = 0;
	int status;

	strlist_add(&args, "ls-tree");
	strlist_add(&args, "--full-tree");
	strlist_add(&args, "-z");
	strlist_add(&args, "--name-only");
	strlist_add(&args, commit);
	for (size_t i = 0; i < wanted->n; i++) {
		char *path = ps_format("%s%s", o->prefix, wanted->v[i]);

		strlist_add(&args, path);
		free(path);
	}
	status = origin_git(o, strlist_argv(&args), &text, &size, ret_why);
	if (status == 0) {
		int error = file_write(list, text, size);

		if (error != 0)
			status = cannot_write(list, error, ret_why);
	}
	strlist_clear(&args);
	free(text);
	return status;
}

static int
check_out(const struct origin *o, const char *commit,
          const struct strlist *wanted, const char *folder, char **ret_why)
{
	char *list = ps_format("%s/paths", o->scratch);
	char *from = ps_format("--pathspec-from-file=%s", list);
	const char *const args[] = { "checkout", "-q", commit, from,
	                             "--pathspec-file-nul", NULL };
	int status = list_existing(o, commit, wanted, list, ret_why);
	struct ps_output out;

	if (status == 0) {
		run_git(o, folder, args, &out);
		if (out.status != 0) {
			char *why = ps_complaint(&out);

			*ret_why = ps_format("%s: git checkout of %s into the "
			                     "cache: %s", o->path, commit, why);
			free(why);
			status = PRESUBMIT_UNFINISHED;
		}
		ps_output_clear(&out);
	}
	free(from);
	free(list);
	return status;
}

static int
unpack(const struct origin *o, const struct strlist *wanted,
       const char *folder, char **ret_why)
{
	const char *slash = strrchr(o->path, '/');
	const char *base = slash != NULL ? slash + 1 : o->path;
	const int n = (int)(strlen(base) - strlen(".tar.xz"));
	struct strlist argv = { 0 };
	struct ps_output out;
	char *top;

	strlist_add(&argv, "tar");
	strlist_add(&argv, "-xJf");
	strlist_add(&argv, o->path);
	strlist_add(&argv, "-C");
	strlist_add(&argv, folder);
	strlist_add(&argv, "--strip-components=1");
	top = ps_format("%.*s/", n, base);
	add_below(&argv, top, strlist_argv(wanted));
	ps_run(o->scratch, strlist_argv(&argv), &out);
	strlist_clear(&argv);
	free(top);
	/* Files that are not in it are not wanted so much. */
	top = ps_format("%s/arch/x86/mm/tlb.c", folder);
	if (access(top, F_OK) != 0) {
		char *why = ps_complaint(&out);

		*ret_why = ps_format("--tree: %s: tar: %s", o->path, why);
		free(why);
		free(top);
		ps_output_clear(&out);
		return PRESUBMIT_USAGE;
	}
	free(top);
	ps_output_clear(&out);
	return 0;
}

struct copying {
	const struct origin *o;
	const char *folder;
	struct strlist seen;    /* names and hashes */
	int error;
	char *at;               /* where it went wrong */
};

static int
copy_one(void *ctx, const char *path)
{
	struct copying *c = ctx;
	const char *below = path + strlen(c->o->path);
	char *to = ps_format("%s%s", c->folder, below);
	char hex[SHA256_HEX_SIZE];
	int error = ps_copy_file(path, to);

	if (error == 0)
		error = sha256_file(to, hex);
	if (error == 0) {
		strlist_add(&c->seen, below);
		strlist_add(&c->seen, hex);
	} else if (c->at == NULL) {
		c->at = ps_copy(path);
	}
	free(to);
	return error;
}

/* *ret_name: of the contents. */
static int
copy_folder(const struct origin *o, const struct strlist *wanted,
            const char *folder, char **ret_name, char **ret_why)
{
	struct copying c = { .o = o, .folder = folder };
	int error = 0;

	for (size_t i = 0; i < wanted->n && error == 0; i++) {
		char *path = ps_format("%s/%s", o->path, wanted->v[i]);

		if (access(path, F_OK) == 0)
			error = ps_each_file(path, true, copy_one, &c);
		free(path);
	}
	if (error != 0)
		*ret_why = ps_format("%s: %s; is the tree readable, and is "
		    "there room in the cache?", c.at != NULL ? c.at : o->path,
		    strerror(-error));
	else
		*ret_name = hash_of("folder", "", &c.seen);
	strlist_clear(&c.seen);
	free(c.at);
	return error != 0 ? PRESUBMIT_UNFINISHED : 0;
}

/* What the folder is called; NULL: its contents say. */
static char *
name_of(const struct origin *o, const char *commit,
        const struct strlist *wanted)
{
	struct stat st = { 0 };
	char *what, *name;

	if (commit != NULL) {
		what = ps_format("%s %s", commit, o->prefix);
		name = hash_of("commit", what, wanted);
	} else if (o->kind == ORIGIN_PACKED) {
		(void)stat(o->path, &st);
		what = ps_format("%s %lld %lld", o->path, (long long)st.st_size,
		                 (long long)st.st_mtime);
		name = hash_of("packed", what, wanted);
	} else {
		return NULL;
	}
	free(what);
	return name;
}

static int
make_folder(const struct origin *o, const char *commit,
            const struct strlist *wanted, const char *folder,
            char **ret_name, char **ret_why)
{
	if (commit != NULL)
		return check_out(o, commit, wanted, folder, ret_why);
	if (o->kind == ORIGIN_PACKED)
		return unpack(o, wanted, folder, ret_why);
	return copy_folder(o, wanted, folder, ret_name, ret_why);
}

int
origin_take(const struct origin *o, const char *commit,
            const char *const *more, size_t nmore, char **ret_folder,
            char **ret_why)
{
	struct strlist wanted = { 0 };
	char *name, *final = NULL, *made = ps_format("%s/made", o->scratch);
	int status = 0, error;

	list_wanted(o, more, nmore, &wanted);
	name = name_of(o, commit, &wanted);
	if (name != NULL)
		final = ps_format("%s/%s", o->cache, name);
	if (final == NULL || access(final, F_OK) != 0) {
		ps_remove(made);
		error = ps_make_folder(made);
		status = error != 0 ? cannot_write(made, error, ret_why) :
		    make_folder(o, commit, &wanted, made, &name, ret_why);
		if (status == 0 && final == NULL)
			final = ps_format("%s/%s", o->cache, name);
		/* Somebody else may have been first, with the same files. */
		if (status == 0 && rename(made, final) != 0)
			ps_remove(made);
	}
	if (status == 0)
		prune_used(final);
	if (status == 0)
		*ret_folder = commit != NULL && *o->prefix != '\0' ?
		    ps_format("%s/%.*s", final, (int)strlen(o->prefix) - 1,
		              o->prefix) : ps_copy(final);
	free(final);
	free(name);
	free(made);
	strlist_clear(&wanted);
	return status;
}

char *
origin_relative(const struct origin *o)
{
	return *o->prefix != '\0' ? ps_format("--relative=%s", o->prefix) :
	    ps_copy("--no-relative");
}

int
origin_changed(const struct origin *o, const char *base, const char *head,
               char ***ret_names, size_t *ret_count, char **ret_why)
{
	char *below = origin_relative(o);
	const char *const args[] = { "diff", "--name-only", "-z",
	    "--no-renames", "--no-ext-diff", below, base, head, NULL };
	char *text = NULL;
	size_t size = 0;
	int status = origin_git(o, args, &text, &size, ret_why);

	*ret_names = NULL;
	*ret_count = 0;
	for (const char *at = text; status == 0 && at < text + size;
	     at += strlen(at) + 1) {
		*ret_names = ps_grow(*ret_names, *ret_count + 1,
		                     sizeof(**ret_names));
		(*ret_names)[(*ret_count)++] = ps_copy(at);
	}
	free(text);
	free(below);
	return status;
}
