/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * build: compiles a kernel under test into one shared object.
 *
 * Every unit is compiled with the hook flags (each load, store, atomic and
 * fence becomes a __tsan_* call) and linked without any library, so that the
 * executable that loads the object resolves the __tsan_* and sd_* names.
 * Objects are cached; a cached one is used only when every file that the
 * compiler read, the flags, the compiler and our build id are the same.
 * README.md has the layout of the cache and the flags.
 */
#ifndef SHOOTDOWN_BUILD_H
#define SHOOTDOWN_BUILD_H

#include <stdbool.h>
#include <stddef.h>

enum build_status {
	BUILD_OK,
	BUILD_BAD_SOURCE,	/* the tree does not compile or link: exit 2 */
	BUILD_NO_TOOL,		/* no compiler: exit 3 */
	BUILD_SYSTEM,		/* cache not writable, out of memory: exit 3 */
};

/*
 * One translation unit.  Either `source` (a path) or `text` (generated C, as
 * from slice_cut(), written into the cache as `name` and compiled there).
 */
struct build_unit {
	const char *name;		/* "pmap_slice.c"; NULL: from source */
	const char *source;
	const char *text;
	const char *const *flags;	/* more flags, NULL at end, or NULL */
	bool unhooked;			/* compile without the __tsan_* hooks */
};

struct build_request {
	const char *name;		/* of the object: "freebsd", "linux" */
	const struct build_unit *units;
	size_t nunits;
	const char *const *flags;	/* -I, -D, -include for all; NULL at end */
	const char *build_id;		/* of this program; part of the key */
	const char *cc;			/* NULL: $CC, else cc; may hold options */
	const char *cache;		/* NULL: build_cache_dir() */
	bool verbose;			/* print each command on stderr */
};

struct build_result {
	char *object;		/* path of the shared object */
	char *log;		/* path of the compiler's full output, or NULL */
	bool cached;		/* nothing had to be compiled */
	char error[1024];	/* one line, when the status is not BUILD_OK */
};

/*
 * Build the object or find it in the cache.  Fills `ret` in every case;
 * build_result_clear() releases it.  Safe to run at the same time in several
 * processes.
 */
enum build_status
kernel_object_build(const struct build_request *req, struct build_result *ret)
	__attribute__((warn_unused_result));

/* From now on `see` is shown each request before it is built; NULL: nobody. */
void
build_watch(void (*see)(void *ctx, const struct build_request *req), void *ctx);

/*
 * A build that is kept: its units stay compiled, so that an object with one
 * unit changed takes one compilation and a link.  The request is copied.
 */
struct build_kept;

struct build_kept *
build_kept_new(const struct build_request *req, const char *const *more_flags);

/* The copy of the request, for reading. */
const struct build_request *
build_kept_request(const struct build_kept *k);

/* More flags for one unit; before build_kept_compile(). */
void
build_kept_flag(struct build_kept *k, size_t unit, const char *flag,
		const char *value);

/* Compile all units; `error` is one line when that fails. */
enum build_status
build_kept_compile(struct build_kept *k, char **ret_error)
	__attribute__((warn_unused_result));

/*
 * Compile `text` in place of a unit into `dir`/N.o, and link `dir`/object.so.
 * BUILD_BAD_SOURCE when it does not compile; *ret_same (then nothing is
 * linked) when the object is that of the unit as it was compiled last by
 * build_kept_base() with its own text.
 */
enum build_status
build_kept_variant(struct build_kept *k, size_t unit, const char *text,
		   const char *dir, bool *ret_same)
	__attribute__((warn_unused_result));

/* Compile `text`, which says the same as the unit, as what variants are of. */
enum build_status
build_kept_base(struct build_kept *k, size_t unit, const char *text)
	__attribute__((warn_unused_result));

/* Remove its folder and release it. */
void
build_kept_free(struct build_kept *k);

/* Release what kernel_object_build() allocated. */
void
build_result_clear(struct build_result *res);

/* The exit status of the command for a build status: 0, 2 or 3. */
int
build_exit_status(enum build_status status);

/*
 * The folder of cached objects: $SHOOTDOWN_CACHE, $XDG_CACHE_HOME/shootdown or
 * ~/.cache/shootdown.  Allocated; NULL when there is no memory or no home.
 */
char *
build_cache_dir(void);

/* The flags (NULL at end) every hooked unit gets, for gcc or for clang. */
const char *const *
build_hook_flags(bool clang);

/*
 * Add the flag that makes sets of processors as long as `cpus` need.  There is
 * none for up to 64, which is what the shims have anyway.
 */
struct strlist;

void
build_flag_cpus(struct strlist *flags, unsigned cpus);

/*
 * The flag that fills unset variables on the stack with a pattern, for the
 * compiler that printed this version; NULL: it has none (gcc before 12).
 */
const char *
build_stack_flag(const char *version);

/* Whether a name may stay undefined in an object: __tsan_* and sd_*. */
bool
build_undefined_allowed(const char *symbol);

#endif
