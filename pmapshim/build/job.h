/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * job: what the parts of the object builder share: one build under way
 * (build.c), the compiler (compile.c), the cache (cache.c) and the check of
 * the finished object (object.c).  Not for other rooms.
 */
#ifndef SHOOTDOWN_BUILD_JOB_H
#define SHOOTDOWN_BUILD_JOB_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "build.h"
#include "sha256.h"
#include "text.h"

/* What an object was made of; both sorted in the end. */
struct build_reads {
	struct strlist deps;		/* files read, absolute */
	struct strlist absent;		/* files that would be read instead */
};

struct build_job {
	const struct build_request *req;
	struct build_result *ret;
	char *cache;			/* the folder */
	struct strlist cc;		/* compiler and its own options */
	bool clang;
	const char *stack_flag;		/* NULL: the compiler has none */
	struct text version;		/* what --version printed */
	char key[SHA256_HEX_SIZE];	/* of all but the files read */
	char *tmp;			/* our folder inside the cache */
	struct timespec start;		/* file-system time before compiling */
	struct strlist sources;		/* path to compile, one per unit */
	bool *found;			/* units that need no compiling, or NULL */
	struct build_reads reads;
};

/* Set the result's error text and return the status. */
enum build_status
job_fail(struct build_job *job, enum build_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Find the compiler and its version: fills cc, clang, version. */
enum build_status
compiler_find(struct build_job *job);

/* Compile every unit into tmp/N.o with tmp/N.d and link tmp/object.so. */
enum build_status
compiler_run(struct build_job *job);

/* Compile one unit again, from another file, into dir/N.o; says no more. */
enum build_status
compiler_variant(struct build_job *job, size_t unit, const char *source,
		 const char *dir);

/* Link dir/object.so with that unit's object; the others are in tmp. */
enum build_status
compiler_link_variant(struct build_job *job, size_t unit, const char *dir);

/* The key of one unit, of all but the files read. */
void
job_unit_key(struct build_job *job, size_t unit, char key_out[SHA256_HEX_SIZE]);

/* Where each unit's text lies: fills sources. */
enum build_status
job_sources(struct build_job *job);

/* Find the cache folder; make a folder of our own in it; remove that. */
enum build_status
job_open(struct build_job *job);
enum build_status
job_make_tmp(struct build_job *job);
void
job_remove_tmp(struct build_job *job);
/* Release what the job holds. */
void
job_close(struct build_job *job);

/* Read the depfile of a unit that was compiled. */
enum build_status
deps_of_unit(struct build_job *job, size_t unit, struct build_reads *ret);

/* Add and sort; release. */
void
reads_add(struct build_reads *to, const struct build_reads *from);
void
reads_clear(struct build_reads *r);

/* Put the objects of units that are as they were into tmp: fills found. */
void
units_lookup(struct build_job *job);

/* Keep the objects of the others, which are linked by now: fills reads. */
enum build_status
units_keep(struct build_job *job);

/* Whether a current object is there; sets ret->object when it is. */
bool
cache_lookup(struct build_job *job);

/* Put a unit's object at `to` when it is current; and what it depends on. */
bool
cache_take_unit(struct build_job *job, const char *key, const char *to,
		struct build_reads *ret);

/* Move tmp/object.so into the cache and write down what it depends on. */
enum build_status
cache_publish(struct build_job *job);

/* Move a unit's object there.  It is only to save time: no error matters. */
void
cache_publish_unit(struct build_job *job, const char *key, const char *object,
		   const struct build_reads *reads);

/* Make a folder and its parents.  Returns 0 or a negative errno. */
int
cache_make_dir(const char *path)
	__attribute__((warn_unused_result));

/* Undefined names and thread-local storage: an error names each. */
enum build_status
object_check(struct build_job *job, const char *path);

#endif
