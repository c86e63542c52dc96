/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apart.c: a job in a process of its own: libvirt's embedded driver takes one
 * folder in the life of a process.  The child sends what the guest prints and,
 * at last, how it ended; it ends with its parent, and its guardian cleans up.
 */
#include "guest/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A line of the guest is sent with ' ' before it, the reason with '!'. */
static void
send_line(void *arg, const char *line)
{
	FILE *to = arg;

	fprintf(to, " %s\n", line);
	fflush(to);
}

static _Noreturn void
work(const struct guest_job *job, int fd, pid_t parent)
{
	struct guest_job mine = *job;
	FILE *to = fdopen(fd, "w");
	char *why = NULL;
	int status;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (to == NULL || getppid() != parent)
		_exit(1);
	mine.line = send_line;
	mine.arg = to;
	status = guest_run(&mine, &why);
	if (status < 0 || why != NULL)
		fprintf(to, "!%s\n", why != NULL ? why : "no reason given");
	if (status >= 0)
		fprintf(to, "=%d\n", status);
	fclose(to);
	_exit(0);
}

struct stream {
	const struct guest_job *job;
	pid_t child;
	char line[8192];
	size_t used;
	int status;
	char *why;
	bool told;
};

static void
take(struct stream *s)
{
	s->line[s->used] = '\0';
	s->used = 0;
	if (s->line[0] == ' ' && s->job->line != NULL)
		s->job->line(s->job->arg, s->line + 1);
	else if (s->line[0] == '=')
		s->status = atoi(s->line + 1);
	else if (s->line[0] == '!' && s->why == NULL)
		s->why = strdup(s->line + 1);
}

/* A signal may have come to this process alone: the child is told once. */
static void
pass_interrupt(struct stream *s)
{
	if (s->told || s->job->interrupted == NULL || !*s->job->interrupted)
		return;
	kill(s->child, SIGINT);
	s->told = true;
}

/* Until the child's end. */
static void
follow(struct stream *s, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char data[4096];
	ssize_t n;

	for (;;) {
		pass_interrupt(s);
		if (poll(&p, 1, 100) <= 0)
			continue;
		n = read(fd, data, sizeof(data));
		if (n <= 0)
			return;
		for (ssize_t i = 0; i < n; i++)
			if (data[i] == '\n')
				take(s);
			else if (s->used < sizeof(s->line) - 1)
				s->line[s->used++] = data[i];
	}
}

int
guest_run_apart(const struct guest_job *job, char **ret_why)
{
	struct stream s = { .job = job, .status = -1 };
	const pid_t parent = getpid();
	int fds[2];

	fflush(NULL);
	if (pipe2(fds, O_CLOEXEC) != 0)
		return *ret_why = strdup(strerror(errno)), -1;
	s.child = fork();
	if (s.child == 0) {
		close(fds[0]);
		work(job, fds[1], parent);
	}
	close(fds[1]);
	if (s.child > 0)
		follow(&s, fds[0]);
	close(fds[0]);
	while (s.child > 0 && waitpid(s.child, NULL, 0) < 0 &&
	    errno == EINTR)
		continue;
	if (s.status < 0 && s.why == NULL)
		s.why = strdup(s.told ? "interrupted" :
		    "the process that ran it ended early");
	*ret_why = s.why;
	return s.status;
}
