/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jobs: see jobs.h.  A result is one JSON text, ended by the end of the pipe.
 */
#include "cli/jobs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"

#define MAX_WORKERS 256u

struct worker {
	pid_t pid;              /* 0: idle */
	int fd;
	size_t item;
	char *text;
	size_t used, size;
};

unsigned
jobs_default(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > (long)MAX_WORKERS ? MAX_WORKERS : (unsigned)n;
}

#define LAST_WORDS '\001'        /* no JSON begins like that */

static int worker_fd = -1;      /* of this process, if it is a worker */

/* A descriptor write that takes its time. */
static int
dump_callback(const char *buffer, size_t size, void *data)
{
	const int fd = *(const int *)data;

	while (size > 0) {
		ssize_t n = write(fd, buffer, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		buffer += n;
		size -= (size_t)n;
	}
	return 0;
}

void
jobs_last_words(const char *text)
{
	const char mark = LAST_WORDS;

	if (worker_fd >= 0 && dump_callback(&mark, 1, &worker_fd) == 0)
		(void)dump_callback(text, strlen(text), &worker_fd);
}

_Noreturn static void
be_worker(const struct jobs *j, size_t item, int fd)
{
	json_t *result;
	int status = 0;

	cli_catch_interrupt(false);
	worker_fd = fd;
	result = j->work(j->ctx, item);
	if (json_dump_callback(result, dump_callback, &fd, JSON_COMPACT) != 0)
		status = CLI_UNFINISHED;
	json_decref(result);
	close(fd);
	fflush(NULL);
	_exit(status);
}

static bool
start(const struct jobs *j, struct worker *workers, unsigned n, size_t item)
{
	struct worker *w = workers;
	int fds[2];

	while (w->pid != 0)
		w++;
	if (pipe(fds) != 0)
		return false;
	fflush(NULL);
	w->pid = fork();
	if (w->pid < 0) {
		w->pid = 0;
		close(fds[0]);
		close(fds[1]);
		return false;
	}
	if (w->pid == 0) {
		close(fds[0]);
		for (unsigned i = 0; i < n; i++)
			if (&workers[i] != w && workers[i].pid != 0)
				close(workers[i].fd);
		be_worker(j, item, fds[1]);
	}
	close(fds[1]);
	w->fd = fds[0];
	w->item = item;
	w->used = 0;
	return true;
}

/* Takes what the pipe holds; false at its end. */
static bool
take(struct worker *w)
{
	ssize_t n;

	if (w->size - w->used < 4096) {
		w->size = w->size != 0 ? 2 * w->size : 16384;
		w->text = cli_grow(w->text, w->size, 1);
	}
	n = read(w->fd, w->text + w->used, w->size - w->used);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	w->used += (size_t)n;
	return n > 0;
}

static void
finish(const struct jobs *j, struct worker *w)
{
	json_t *result = NULL;
	char *why = NULL;
	int status = 0;

	close(w->fd);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		result = json_loadb(w->text, w->used, 0, NULL);
	if (result == NULL && WIFSIGNALED(status) && w->used > 0 &&
	    w->text[0] == LAST_WORDS)
		why = cli_format("the kernel under test %.*s (signal %d)",
		                 (int)w->used - 1, w->text + 1,
		                 WTERMSIG(status));
	else if (result == NULL && WIFSIGNALED(status))
		why = cli_format("internal error: the worker died by signal %d",
		                 WTERMSIG(status));
	else if (result == NULL)
		why = cli_format("internal error: the worker ended with %d and "
		                 "no result", WEXITSTATUS(status));
	j->done(j->ctx, w->item, result, why);
	free(why);
}

/* Waits for one of the workers to say something. */
static void
wait_any(const struct jobs *j, struct worker *workers, unsigned n,
         unsigned *running)
{
	struct pollfd fds[MAX_WORKERS];
	static bool passed_on;

	if (cli_interrupted && !passed_on) {
		passed_on = true;
		for (unsigned i = 0; i < n; i++)
			if (workers[i].pid != 0)
				kill(workers[i].pid, SIGINT);
	}
	for (unsigned i = 0; i < n; i++) {
		fds[i].fd = workers[i].pid != 0 ? workers[i].fd : -1;
		fds[i].events = POLLIN;
		fds[i].revents = 0;
	}
	if (poll(fds, n, -1) <= 0)
		return;
	for (unsigned i = 0; i < n; i++) {
		if (fds[i].revents == 0 || take(&workers[i]))
			continue;
		finish(j, &workers[i]);
		(*running)--;
	}
}

void
jobs_run(const struct jobs *j)
{
	struct worker workers[MAX_WORKERS];
	unsigned n = j->workers < MAX_WORKERS ? j->workers : MAX_WORKERS;
	unsigned running = 0;
	bool stopped = false;
	size_t next = 0;

	memset(workers, 0, sizeof(workers));
	while (running > 0 || next < j->items) {
		if (!stopped && next < j->items &&
		    (cli_interrupted || (j->go_on != NULL &&
		                         !j->go_on(j->ctx, next))))
			stopped = true;
		if (stopped) {
			for (; next < j->items; next++)
				j->done(j->ctx, next, NULL, cli_interrupted ?
				        "interrupted" : "no time left");
		} else if (next < j->items && running < n) {
			if (start(j, workers, n, next)) {
				running++;
				next++;
				continue;
			}
			if (running == 0)
				cli_fail(CLI_UNFINISHED, "cannot start a "
				         "worker: %s; use fewer --jobs",
				         strerror(errno));
		}
		if (running > 0)
			wait_any(j, workers, n, &running);
	}
	for (unsigned i = 0; i < n; i++)
		free(workers[i].text);
}
