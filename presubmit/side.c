/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * side: see side.h.
 *
 * The child has a process group of its own, so that Ctrl-C reaches it once,
 * from us, and it ends its report; it dies with us.
 */
#include "presubmit/side.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pmapshim/build/text.h"
#include "presubmit/util.h"

/* What a check says on standard error, line by line or as progress. */
struct listener {
	const struct side *side;
	bool progress;
	struct text line;
	char *complaint;        /* the first line that is none of progress */
};

static void
line_ends(struct listener *l)
{
	if (l->line.len != 0 && l->complaint == NULL)
		l->complaint = ps_copy(l->line.s);
	l->line.len = 0;
}

/* Progress is "\r\33[K" and the line, without a line end. */
static void
hear(struct listener *l, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\r' || text[i] == '\n') {
			if (text[i] == '\n')
				line_ends(l);
			l->line.len = 0;
			continue;
		}
		text_put(&l->line, &text[i], 1);
	}
	if (l->progress && l->line.len > 3 &&
	    strncmp(l->line.s, "\33[K", 3) == 0) {
		fprintf(stderr, "\r\33[K%s: %.70s", l->side->name,
		        l->line.s + 3);
		fflush(stderr);
	}
}

static void
be_child(const char *const *argv, int err)
{
	int null = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(null, 0);
	dup2(null, 1);
	dup2(err, 2);
	setenv("LC_ALL", "C", 1);
	execv(argv[0], (char *const *)argv);
	_exit(127);
}

static void
listen_to(struct listener *l, const struct presubmit_options *o, pid_t pid,
          int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	bool passed_on = false;
	char buf[4096];
	ssize_t n;

	for (;;) {
		if (o->interrupted != NULL && *o->interrupted && !passed_on) {
			passed_on = true;
			kill(pid, SIGINT);
		}
		if (poll(&poll_fd, 1, 500) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n > 0)
			hear(l, buf, (size_t)n);
		else if (n == 0 || errno != EINTR)
			break;
	}
}

/* Its exit status, or -errno; *ret_complaint: malloc'ed or NULL. */
static int
run_child(const struct side *s, const struct presubmit_options *o,
          const char *const *argv, char **ret_complaint)
{
	struct listener l = { .side = s, .progress = o->progress };
	int fds[2], status = 0;
	pid_t pid;

	*ret_complaint = NULL;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		be_child(argv, fds[1]);
	close(fds[1]);
	if (pid > 0)
		listen_to(&l, o, pid, fds[0]);
	else
		status = -errno;
	close(fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	line_ends(&l);
	if (o->progress)
		fprintf(stderr, "\r\33[K");
	text_clear(&l.line);
	*ret_complaint = l.complaint;
	if (pid < 0)
		return status;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

char *
side_shorten(const struct side *s, const char *text)
{
	const size_t n = strlen(s->folder);
	struct text out = { 0 };
	const char *found;
	char *copy;

	while ((found = strstr(text, s->folder)) != NULL) {
		text_put(&out, text, (size_t)(found - text));
		text = found + n + (found[n] == '/');
	}
	text_printf(&out, "%s", text);
	copy = ps_copy(out.s != NULL ? out.s : "");
	text_clear(&out);
	return copy;
}

/* The complaint as the presubmit says it. */
static void
take_trouble(struct side *s, const char *kernel, int status, char *complaint)
{
	const char *own = "shootdown: ", *text = complaint;
	const size_t n = strlen(kernel);

	if (text == NULL) {
		s->trouble = ps_format("internal error: check ended with "
		                       "status %d and no report; please report "
		                       "it", status);
		return;
	}
	if (strncmp(text, own, strlen(own)) == 0)
		text += strlen(own);
	s->usage = strncmp(text, "check ", 6) == 0;
	if (s->usage)
		text += 6;
	if (strncmp(text, kernel, n) == 0 && strncmp(text + n, ": ", 2) == 0)
		text += n + 2;
	s->trouble = side_shorten(s, text);
}

void
side_check(struct side *s, const struct presubmit_options *o,
           const char *kernel, const char *const *more, const char *scratch,
           const char *schedules)
{
	char *json = ps_format("%s/%s.json", scratch, s->name);
	struct strlist argv = { 0 };
	const char *const fixed[] = {
		o->self, "check", "--kernel", kernel, "--tree", s->folder,
		"--json", json, "--coverage", "--progress", "--schedules-dir",
		schedules, NULL
	};
	char *complaint;
	int status;

	strlist_add_all(&argv, fixed);
	strlist_add_all(&argv, more);
	if (o->known != NULL) {
		strlist_add(&argv, "--known");
		strlist_add(&argv, o->known);
	}
	unlink(json);
	if (s->report != NULL)
		json_decref(s->report);
	status = run_child(s, o, strlist_argv(&argv), &complaint);
	s->report = json_load_file(json, 0, NULL);
	if (s->report == NULL)
		take_trouble(s, kernel, status, complaint);
	free(complaint);
	strlist_clear(&argv);
	unlink(json);
	free(json);
}

bool
side_reproduces(const struct side *s, const struct presubmit_options *o,
                const char *scratch, const char *schedule)
{
	const char *const argv[] = { o->self, "replay", "--quiet", "--changed",
	                             "--tree", s->folder, schedule, NULL };
	struct ps_output out;
	bool there;

	ps_run(scratch, argv, &out);
	there = out.status == 1;
	ps_output_clear(&out);
	return there;
}

void
side_clear(struct side *s)
{
	free(s->folder);
	free(s->commit);
	free(s->trouble);
	json_decref(s->report);
	*s = (struct side){ 0 };
}
