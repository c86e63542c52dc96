/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rungs.c: which rungs there are here.  A file that exists proves nothing, so
 * each is tried: a vCPU runs instructions, a guest boots.
 */
#include "guest/kvm.h"
#include "guest/rungs.h"
#include "guest/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[RUNG_COUNT] = { "tcg", "nested", "kvm" };

const char *
guest_rung_name(enum guest_rung rung)
{
	return names[rung];
}

int
guest_rung_find(const char *name)
{
	for (int i = 0; i < RUNG_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static char *
run_guest(enum guest_rung rung, const char *uri)
{
	const struct guest_job job = { .rung = rung, .uri = uri,
	    .command_line = "cpus=2", .cpus = 2, .memory = 256,
	    .seconds = 600, .patience = GUEST_PATIENCE };
	char *why, *text = NULL;
	int status = guest_run(&job, &why);

	if (status > 0 && asprintf(&text, "the guest ended with %d",
	    status) < 0)
		text = NULL;
	if (status < 0)
		return why != NULL ? why : strdup("no reason given");
	free(why);
	return text;
}

/* What the child wrote until it ended, allocated; or NULL. */
static char *
read_all(int fd)
{
	char *text = NULL;
	size_t size = 0;
	FILE *from = fdopen(fd, "r");

	if (from == NULL) {
		close(fd);
		return NULL;
	}
	if (getdelim(&text, &size, '\0', from) < 0) {
		free(text);
		text = NULL;
	}
	fclose(from);
	return text;
}

/*
 * In a process of its own: libvirt's embedded driver takes one folder in the
 * life of a process, and may still hold it when its connection is closed.
 */
char *
rungs_try(enum guest_rung rung, const char *uri)
{
	int fds[2], status = 0;
	char *why;
	pid_t child;

	fflush(NULL);
	if (pipe2(fds, O_CLOEXEC) != 0)
		return strdup(strerror(errno));
	child = fork();
	if (child == 0) {
		close(fds[0]);
		why = run_guest(rung, uri);
		if (why != NULL)
			dprintf(fds[1], "%s", why);
		_exit(why != NULL);
	}
	close(fds[1]);
	why = read_all(fds[0]);
	if (child < 0 || waitpid(child, &status, 0) != child)
		status = -1;
	if (status != 0 && why == NULL)
		why = strdup("the process that tried it ended early");
	return why;
}

char *
guest_rung_missing(enum guest_rung rung, const char *uri)
{
	char *why = NULL;

	if (rung == RUNG_KVM && uri == NULL)
		why = kvm_missing("/dev/kvm");
	return why != NULL ? why : rungs_try(rung, uri);
}
