/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run: starts tools with posix_spawnp(), so that a missing program is an
 * error of the call and not of a child.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The environment with LC_ALL=C, so that messages can be recognised. */
static void
plain_environment(struct strlist *env)
{
	strlist_add(env, "LC_ALL=C");
	for (char **e = environ; e && *e; e++) {
		if (strncmp(*e, "LC_ALL=", 7) && strncmp(*e, "LANGUAGE=", 9))
			strlist_add(env, *e);
	}
}

static int
set_streams(posix_spawn_file_actions_t *fa, const char *out, const char *err)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC;
	bool same = out && err && strcmp(out, err) == 0;
	int e;

	e = posix_spawn_file_actions_addopen(fa, 0, "/dev/null", O_RDONLY, 0);
	if (!e)
		e = posix_spawn_file_actions_addopen(fa, 1,
		    out ? out : "/dev/null", flags, 0644);
	if (!e && same)
		e = posix_spawn_file_actions_adddup2(fa, 1, 2);
	else if (!e)
		e = posix_spawn_file_actions_addopen(fa, 2,
		    err ? err : "/dev/null", flags, 0644);
	return e;
}

static int
spawn(const char *const *argv, posix_spawn_file_actions_t *fa, pid_t *pid_out)
{
	struct strlist env = { 0 };
	pid_t pid;
	int e;

	plain_environment(&env);
	if (env.oom)
		e = ENOMEM;
	else
		e = posix_spawnp(&pid, argv[0], fa, NULL, (char **)(void *)argv,
		    env.v);
	strlist_clear(&env);
	if (!e)
		*pid_out = pid;
	return e;
}

int
run_start(const char *const *argv, const char *out, const char *err,
	  pid_t *pid_out)
{
	posix_spawn_file_actions_t fa;
	int e;

	e = posix_spawn_file_actions_init(&fa);
	if (e)
		return -e;
	e = set_streams(&fa, out, err);
	if (!e)
		e = spawn(argv, &fa, pid_out);
	posix_spawn_file_actions_destroy(&fa);
	return -e;
}

int
run_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

static int
start_on_pipe(const char *const *argv, const int fd[2], pid_t *pid_out)
{
	posix_spawn_file_actions_t fa;
	int e;

	e = posix_spawn_file_actions_init(&fa);
	if (e)
		return e;
	e = posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	if (!e)
		e = posix_spawn_file_actions_adddup2(&fa, fd[1], 1);
	if (!e)
		e = posix_spawn_file_actions_adddup2(&fa, fd[1], 2);
	if (!e)
		e = spawn(argv, &fa, pid_out);
	posix_spawn_file_actions_destroy(&fa);
	return e;
}

static void
drain(int fd, struct text *output)
{
	char block[4096];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		text_put(output, block, (size_t)n);
	}
}

int
run_capture(const char *const *argv, struct text *output)
{
	int fd[2];
	pid_t pid;
	int e;

	if (pipe(fd) < 0)
		return -errno;
	if (fcntl(fd[0], F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(fd[1], F_SETFD, FD_CLOEXEC) < 0)
		e = errno;
	else
		e = start_on_pipe(argv, fd, &pid);
	close(fd[1]);
	if (!e)
		drain(fd[0], output);
	close(fd[0]);
	return e ? -e : run_wait(pid);
}
