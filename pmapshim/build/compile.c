/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compile: the compiler and the linker.  All units are compiled at the same
 * time; the first one (in the order of the request) that fails is reported.
 * Messages go to files, and of those only the first error is shown.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "run.h"

enum build_status
compiler_find(struct build_job *job)
{
	const char *cc = job->req->cc ? job->req->cc : getenv("CC");
	struct strlist argv = { 0 };
	int status;

	if (!cc || !cc[strspn(cc, " \t")])
		cc = "cc";
	for (cc += strspn(cc, " \t"); *cc; cc += strspn(cc, " \t")) {
		size_t n = strcspn(cc, " \t");

		strlist_put(&job->cc, cc, n);
		cc += n;
	}
	strlist_add_all(&argv, strlist_argv(&job->cc));
	strlist_add(&argv, "--version");
	if (argv.oom || job->cc.oom)
		status = -ENOMEM;
	else
		status = run_capture(strlist_argv(&argv), &job->version);
	strlist_clear(&argv);
	if (status != 0)
		return job_fail(job, BUILD_NO_TOOL, "no C compiler: cannot run "
		    "'%s': %s (install gcc or clang, or set CC)",
		    job->cc.n ? job->cc.v[0] : "cc",
		    status < 0 ? strerror(-status) : "it failed");
	job->clang = job->version.s && strstr(job->version.s, "clang");
	job->stack_flag = build_stack_flag(job->version.s ? job->version.s :
	    "");
	return BUILD_OK;
}

/* "-fsanitize=thread" and what goes with it are left out for our own glue. */
static void
add_hook_flags(struct strlist *argv, bool clang, bool unhooked)
{
	const char *const *f = build_hook_flags(clang);

	for (; *f; f++) {
		bool pair = !strcmp(*f, "-mllvm") || !strcmp(*f, "--param");

		if (unhooked && pair && strstr(f[1], "tsan"))
			f++;
		else if (!unhooked || !strstr(*f, "sanitize"))
			strlist_add(argv, *f);
	}
}

static void
add_formatted(struct strlist *argv, const char *dir, size_t i, const char *suf)
{
	struct text t = { 0 };

	text_printf(&t, "%s/%zu.%s", dir, i, suf);
	if (t.oom)
		argv->oom = true;
	else
		strlist_add(argv, t.s);
	text_clear(&t);
}

static void
unit_argv(struct build_job *job, size_t i, const char *source,
	  struct strlist *argv)
{
	const struct build_unit *u = &job->req->units[i];

	strlist_add_all(argv, strlist_argv(&job->cc));
	add_hook_flags(argv, job->clang, u->unhooked);
	if (job->stack_flag)
		strlist_add(argv, job->stack_flag);
	strlist_add(argv, "-fdiagnostics-color=never");
	strlist_add_all(argv, job->req->flags);
	strlist_add_all(argv, u->flags);
	strlist_add(argv, "-MD");
	strlist_add(argv, "-MF");
	add_formatted(argv, job->tmp, i, "d");
	strlist_add(argv, "-MT");
	strlist_add(argv, "object");
	strlist_add(argv, "-c");
	strlist_add(argv, "-o");
	add_formatted(argv, job->tmp, i, "o");
	strlist_add(argv, source);
}

static int
start(struct build_job *job, const struct strlist *argv, const char *err,
      pid_t *pid_out)
{
	if (argv->oom)
		return -ENOMEM;
	if (job->req->verbose) {
		for (size_t i = 0; i < argv->n; i++)
			fprintf(stderr, "%s%s", i ? " " : "", argv->v[i]);
		fprintf(stderr, "\n");
	}
	return run_start(strlist_argv(argv), err, err, pid_out);
}

/* Length of the line at `s`. */
static int
line_length(const char *s)
{
	return (int)strcspn(s, "\n");
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The length of "FILE:LINE" in "FILE:LINE:COLUMN" (or in itself). */
static size_t
strip_column(const char *place, size_t n)
{
	size_t k = n;

	while (k && is_digit(place[k - 1]))
		k--;
	if (k == n || k < 2 || place[k - 1] != ':' || !is_digit(place[k - 2]))
		return n;
	return k - 1;
}

/*
 * The first error of a compiler's output as "FILE:LINE: message", or else its
 * first line.
 */
static void
first_error(const char *s, struct text *out)
{
	static const char *const marks[] = { ": error: ", ": fatal error: ",
		": Error: " };
	const char *best = NULL, *line, *message = NULL;

	for (size_t i = 0; i < 3; i++) {
		const char *p = strstr(s, marks[i]);

		if (p && (!best || p < best)) {
			best = p;
			message = p + strlen(marks[i]);
		}
	}
	if (!best) {
		text_printf(out, "%.*s", line_length(s), s);
		return;
	}
	for (line = best; line > s && line[-1] != '\n'; line--)
		;
	text_printf(out, "%.*s: %.*s",
	    (int)strip_column(line, (size_t)(best - line)), line,
	    line_length(message), message);
}

/* Keep the output as a log and make the error line of it. */
static enum build_status
tool_failed(struct build_job *job, const char *what, const char *err_path)
{
	struct text log = { 0 }, line = { 0 };
	char *out = NULL;
	size_t len = 0;
	int err;

	text_printf(&log, "%s/%s-%.16s.log", job->cache, job->req->name,
	    job->key);
	err = file_read(err_path, &out, &len);
	if (!err && !log.oom)
		err = file_write(log.s, out, len);
	first_error(out && *out ? out : "it printed nothing", &line);
	job_fail(job, BUILD_BAD_SOURCE, "%s%s (all of it: %s)", what,
	    line.s ? line.s : "", err || log.oom ? "no log" : log.s);
	if (!err) {
		job->ret->log = log.s;
		log.s = NULL;
	}
	free(out);
	text_clear(&log);
	text_clear(&line);
	return BUILD_BAD_SOURCE;
}

static enum build_status
wait_unit(struct build_job *job, size_t i, pid_t pid, enum build_status before)
{
	struct text err = { 0 };
	enum build_status st = before;
	int status = run_wait(pid);

	if (before != BUILD_OK || status == 0)
		return before;
	text_printf(&err, "%s/%zu.err", job->tmp, i);
	if (status < 0 || err.oom)
		st = job_fail(job, BUILD_SYSTEM, "cannot wait for %s",
		    job->cc.v[0]);
	else if (status > 128)
		st = job_fail(job, BUILD_SYSTEM, "%s was killed by signal %d "
		    "while compiling %s", job->cc.v[0], status - 128,
		    job->sources.v[i]);
	else
		st = tool_failed(job, "", err.s);
	text_clear(&err);
	return st;
}

static enum build_status
compile_units(struct build_job *job)
{
	size_t n = job->req->nunits, started;	/* or found */
	pid_t *pids = calloc(n + 1, sizeof(*pids));
	enum build_status st = BUILD_OK;
	int err = pids ? 0 : -ENOMEM;

	for (started = 0; started < n && !err; started++) {
		struct strlist argv = { 0 };
		struct text path = { 0 };

		if (job->found && job->found[started])
			continue;
		unit_argv(job, started, job->sources.v[started], &argv);
		text_printf(&path, "%s/%zu.err", job->tmp, started);
		err = path.oom ? -ENOMEM :
		    start(job, &argv, path.s, &pids[started]);
		text_clear(&path);
		strlist_clear(&argv);
		if (err)
			break;
	}
	for (size_t i = 0; i < started; i++)
		if (pids[i] != 0)
			st = wait_unit(job, i, pids[i], st);
	free(pids);
	if (err)
		return job_fail(job, BUILD_NO_TOOL, "cannot run '%s': %s",
		    job->cc.v[0], strerror(-err));
	return st;
}

/* `variant`: that unit's object and the result are in `dir` instead. */
static void
link_argv(struct build_job *job, const char *dir, size_t variant,
	  struct strlist *argv)
{
	/*
	 * No library at all but the compiler's own helpers, and no RELRO: the
	 * loader writes the data segments back between two runs.
	 */
	static const char *const flags[] = { "-shared", "-nostdlib",
		"-Wl,-z,now", "-Wl,-z,norelro", "-Wl,-Bsymbolic",
		"-Wl,--build-id=none", "-Wl,-z,noexecstack", NULL };
	struct text out = { 0 };

	strlist_add_all(argv, strlist_argv(&job->cc));
	strlist_add_all(argv, flags);
	strlist_add(argv, "-o");
	text_printf(&out, "%s/object.so", dir);
	if (out.oom)
		argv->oom = true;
	else
		strlist_add(argv, out.s);
	text_clear(&out);
	for (size_t i = 0; i < job->req->nunits; i++)
		add_formatted(argv, i == variant ? dir : job->tmp, i, "o");
	strlist_add(argv, "-lgcc");
}

enum build_status
compiler_run(struct build_job *job)
{
	enum build_status st = compile_units(job);
	struct strlist argv = { 0 };
	struct text err_path = { 0 };
	pid_t pid;
	int err;

	if (st != BUILD_OK)
		return st;
	link_argv(job, job->tmp, 0, &argv);
	text_printf(&err_path, "%s/link.err", job->tmp);
	err = err_path.oom ? -ENOMEM : start(job, &argv, err_path.s, &pid);
	if (err)
		st = job_fail(job, BUILD_NO_TOOL, "cannot run '%s': %s",
		    job->cc.v[0], strerror(-err));
	else if (run_wait(pid) != 0)
		st = tool_failed(job, "linking: ", err_path.s);
	strlist_clear(&argv);
	text_clear(&err_path);
	return st;
}

/* Runs a tool whose messages nobody reads.  Killed, it has said nothing. */
static enum build_status
run_quietly(const struct strlist *argv)
{
	pid_t pid;
	int status;

	if (argv->oom || run_start(strlist_argv(argv), NULL, NULL, &pid) != 0)
		return BUILD_NO_TOOL;
	status = run_wait(pid);
	if (status < 0 || status > 128)
		return BUILD_NO_TOOL;
	return status == 0 ? BUILD_OK : BUILD_BAD_SOURCE;
}

enum build_status
compiler_variant(struct build_job *job, size_t unit, const char *source,
		 const char *dir)
{
	struct build_job one = *job;
	struct strlist argv = { 0 };
	enum build_status st;

	one.tmp = (char *)dir;
	unit_argv(&one, unit, source, &argv);
	st = run_quietly(&argv);
	strlist_clear(&argv);
	return st;
}

enum build_status
compiler_link_variant(struct build_job *job, size_t unit, const char *dir)
{
	struct strlist argv = { 0 };
	enum build_status st;

	link_argv(job, dir, unit, &argv);
	st = run_quietly(&argv);
	strlist_clear(&argv);
	return st;
}
