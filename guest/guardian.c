/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guardian.c: a process that outlives the runner by a moment.
 *
 * It holds the read end of a pipe whose only writer is the runner, so it learns
 * of the runner's end however that comes.  Processes are found by the folder's
 * name, which is unique, in their command lines: libvirt puts it into every
 * QEMU that it starts from there, those that only ask for capabilities too.
 */
#include "guest/runner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct guardian {
	pid_t pid;
	int pipe;
};

/* ---- what it does ---------------------------------------------------------- */

static bool
names_folder(const char *pid, const char *folder)
{
	char path[64], text[65536];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text));
	close(fd);
	return n > 0 && memmem(text, (size_t)n, folder, strlen(folder)) !=
	    NULL;
}

/* Returns whether there was any. */
static bool
kill_all(const char *folder)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool any = false;

	while (d != NULL && (e = readdir(d)) != NULL) {
		pid_t pid = (pid_t)atol(e->d_name);

		if (pid > 1 && pid != getpid() &&
		    names_folder(e->d_name, folder)) {
			kill(pid, SIGKILL);
			any = true;
		}
	}
	if (d != NULL)
		closedir(d);
	return any;
}

static int
remove_one(const char *path, const struct stat *st, int type,
           struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	(void)remove(path);
	return 0;
}

static void
silent(void *arg, virErrorPtr error)
{
	(void)arg;
	(void)error;
}

/* Domains of a daemon are the daemon's to end. */
static void
destroy(const char *uri, const char *name)
{
	virConnectPtr c;
	virDomainPtr d;

	virSetErrorFunc(NULL, silent);
	c = virConnectOpen(uri);
	if (c == NULL)
		return;
	d = virDomainLookupByName(c, name);
	if (d != NULL) {
		(void)virDomainDestroy(d);
		virDomainFree(d);
	}
	virConnectClose(c);
}

/* One that is being started has not got its command line yet: look again. */
static void
clean(const char *folder, const char *uri, const char *domain)
{
	if (uri != NULL)
		destroy(uri, domain);
	for (unsigned quiet = 0; quiet < 5; quiet++) {
		if (kill_all(folder))
			quiet = 0;
		usleep(20000);
	}
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
close_all_but(int keep)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fd != keep)
			close(fd);
	(void)open("/dev/null", O_RDWR);
	(void)dup(0);
	(void)dup(0);
}

static _Noreturn void
guard(int fd, const char *folder, const char *uri, const char *domain)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
	    SIGPIPE };
	char c;

	setsid();
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	if (fd < 3)
		_exit(1);
	close_all_but(fd);
	while (read(fd, &c, 1) < 0 && errno == EINTR)
		continue;
	clean(folder, uri, domain);
	_exit(0);
}

/* ---- what the runner sees --------------------------------------------------- */

struct guardian *
guardian_start(const char *folder, const char *uri, const char *domain)
{
	struct guardian *g = malloc(sizeof(*g));
	int fds[2];

	if (g == NULL || pipe2(fds, O_CLOEXEC) != 0) {
		free(g);
		return NULL;
	}
	g->pipe = fds[1];
	g->pid = fork();
	if (g->pid == 0)
		guard(fds[0], folder, uri, domain);
	close(fds[0]);
	if (g->pid > 0)
		return g;
	close(g->pipe);
	free(g);
	return NULL;
}

void
guardian_finish(struct guardian *g)
{
	if (g == NULL)
		return;
	close(g->pipe);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	free(g);
}
