/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * units: objects of single units, so that after a change of one file only the
 * units that read it are compiled.  A unit is taken from the cache under the
 * same conditions as a whole object; what it read counts for that one, too.
 */
#include <stdlib.h>

#include "job.h"

static bool
take_unit(struct build_job *job, size_t i)
{
	struct build_reads reads = { 0 };
	struct text to = { 0 };
	char key[SHA256_HEX_SIZE];
	bool taken;

	job_unit_key(job, i, key);
	text_printf(&to, "%s/%zu.o", job->tmp, i);
	taken = !to.oom && cache_take_unit(job, key, to.s, &reads);
	if (taken)
		reads_add(&job->reads, &reads);
	reads_clear(&reads);
	text_clear(&to);
	return taken;
}

void
units_lookup(struct build_job *job)
{
	job->found = calloc(job->req->nunits + 1, sizeof(*job->found));
	for (size_t i = 0; job->found && i < job->req->nunits; i++)
		job->found[i] = take_unit(job, i);
}

static enum build_status
keep_unit(struct build_job *job, size_t i)
{
	struct build_reads reads = { 0 };
	struct text from = { 0 };
	char key[SHA256_HEX_SIZE];
	enum build_status st = deps_of_unit(job, i, &reads);

	strlist_sort(&reads.deps);
	strlist_sort(&reads.absent);
	text_printf(&from, "%s/%zu.o", job->tmp, i);
	job_unit_key(job, i, key);
	if (st == BUILD_OK && !from.oom && !reads.deps.oom &&
	    !reads.absent.oom)
		cache_publish_unit(job, key, from.s, &reads);
	reads_add(&job->reads, &reads);
	reads_clear(&reads);
	text_clear(&from);
	return st;
}

enum build_status
units_keep(struct build_job *job)
{
	enum build_status st = BUILD_OK;

	for (size_t i = 0; i < job->req->nunits && st == BUILD_OK; i++)
		if (!job->found || !job->found[i])
			st = keep_unit(job, i);
	if (st == BUILD_OK && (job->reads.deps.oom || job->reads.absent.oom))
		st = job_fail(job, BUILD_SYSTEM, "out of memory");
	return st;
}
