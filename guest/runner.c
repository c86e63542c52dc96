/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * runner.c: one boot of the guest through libvirt: a folder for its files, the
 * guardian, the domain, its serial line followed until the guest says "end".
 *
 * The embedded driver runs in this process and needs a thread for its events.
 * It keeps what it knows of QEMU under its root; that part outlives the job,
 * in the user's cache.
 */
#include "guest/l1.h"
#include "guest/paths.h"
#include "guest/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MIDDLE "middle: "                /* said by the machine in the middle */
#define BOOTS 3

struct runner {
	const struct guest_job *job;
	char folder[256], name[64];
	struct guardian *guardian;
	virConnectPtr connection;
	virDomainPtr domain;
	FILE *serial;
	char line[4096];
	size_t used;
	char last[200];         /* line on the serial line that said anything */
	double heard;           /* when */
	bool spoke;             /* the guest, not what is around it */
	int status;             /* "end N", or -1 */
	char *why;
};

static char *
format(const char *f, ...)
{
	va_list args;
	char *text;

	va_start(args, f);
	if (vasprintf(&text, f, args) < 0)
		text = NULL;
	va_end(args);
	return text;
}

static int
fail(struct runner *r, const char *what, const char *why)
{
	free(r->why);
	r->why = format("%s: %s", what, why);
	return -1;
}

static const char *
libvirt_error(void)
{
	const char *text = virGetLastErrorMessage();

	return text != NULL ? text : "no reason given";
}

/* ---- the folder ------------------------------------------------------------- */

static int
write_file(struct runner *r, const char *name, const void *data, size_t size)
{
	char path[512];
	FILE *f;
	bool good;

	snprintf(path, sizeof(path), "%s/%s", r->folder, name);
	f = fopen(path, "w");
	if (f == NULL)
		return fail(r, path, strerror(errno));
	good = fwrite(data, 1, size, f) == size;
	good = fclose(f) == 0 && good;
	return good ? 0 : fail(r, path, "cannot be written");
}

static const char driver_config[] =
	"stdio_handler = \"file\"\n"
	"security_driver = \"none\"\n"
	"namespaces = []\n"
	"cgroup_controllers = []\n"
	"dynamic_ownership = 0\n"
	"remember_owner = 0\n";
/*
 * What QEMU can do is asked as root; were it run as another user, who cannot
 * open /dev/kvm, the driver would ask anew each time, for 45 s.
 */
static const char driver_config_root[] =
	"user = \"root\"\n"
	"group = \"root\"\n";

/* What the driver found out about QEMU is kept for the next time. */
static void
link_cache(struct runner *r)
{
	char path[512], at[512];

	if (paths_cache("libvirt", path, sizeof(path)) != 0)
		return;
	snprintf(at, sizeof(at), "%s/cache", r->folder);
	(void)!symlink(path, at);
}

static int
write_config(struct runner *r)
{
	char *text = format("%s%s", driver_config, geteuid() == 0 ?
	    driver_config_root : "");
	int error = text == NULL ? fail(r, "qemu.conf", "out of memory") :
	    write_file(r, "etc/qemu.conf", text, strlen(text));

	free(text);
	return error;
}

static int
write_guest(struct runner *r)
{
	if (write_file(r, "kernel", guest_blob,
	    (size_t)(guest_blob_end - guest_blob)) != 0)
		return -1;
	return r->job->module == NULL ? 0 : write_file(r, "module",
	    r->job->module, r->job->module_size);
}

static int
prepared(struct runner *r, const char *what, char *why)
{
	if (why == NULL)
		return 0;
	fail(r, what, why);
	free(why);
	return -1;
}

static int
write_job(struct runner *r)
{
	if (r->job->rung == RUNG_NESTED)
		return prepared(r, "the machine in the middle",
		    l1_prepare(r->job, r->folder));
	if (r->job->os != NULL)
		return prepared(r, "the operating system",
		    l1_prepare_os(r->job->os, r->folder));
	return write_guest(r);
}

static int
make_folder(struct runner *r)
{
	const char *tmp = getenv("TMPDIR");
	char path[512];

	snprintf(r->folder, sizeof(r->folder), "%s/shootdown-guest-XXXXXX",
	    tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");
	if (mkdtemp(r->folder) == NULL)
		return fail(r, r->folder, strerror(errno));
	snprintf(r->name, sizeof(r->name), "%s",
	    strrchr(r->folder, '/') + 1);
	r->guardian = guardian_start(r->folder, r->job->uri, r->name);
	if (r->guardian == NULL)
		return fail(r, "guardian", strerror(errno));
	(void)chmod(r->folder, 0755);
	snprintf(path, sizeof(path), "%s/etc", r->folder);
	(void)mkdir(path, 0755);
	link_cache(r);
	if (write_config(r) != 0)
		return -1;
	return write_job(r);
}

/* ---- libvirt ---------------------------------------------------------------- */

static void *
serve_events(void *arg)
{
	(void)arg;
	for (;;)
		(void)virEventRunDefaultImpl();
	return NULL;
}

static void
silent(void *arg, virErrorPtr error)
{
	(void)arg;
	(void)error;
}

/* Once a process: signals stay with the thread that the verb runs in. */
static int
start_events(void)
{
	static bool started;
	sigset_t all, old;
	pthread_t thread;
	int error;

	if (started)
		return 0;
	virSetErrorFunc(NULL, silent);
	(void)setenv("LIBVIRT_DEBUG", "4", 0);  /* errors alone */
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
		return -1;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread, NULL, serve_events, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	started = error == 0;
	return error == 0 ? 0 : -1;
}

static int
open_connection(struct runner *r)
{
	char *uri = r->job->uri != NULL ? format("%s", r->job->uri) :
	    format("qemu:///embed?root=%s", r->folder);

	if (start_events() != 0)
		return free(uri), fail(r, "libvirt", libvirt_error());
	r->connection = virConnectOpen(uri);
	if (r->connection == NULL)
		fail(r, uri, libvirt_error());
	free(uri);
	return r->connection != NULL ? 0 : -1;
}

static int
start_domain(struct runner *r)
{
	char *xml = domain_xml(r->job, r->folder, r->name);

	if (xml == NULL)
		return fail(r, "domain", "out of memory");
	r->domain = virDomainCreateXML(r->connection, xml, VIR_DOMAIN_NONE);
	free(xml);
	return r->domain != NULL ? 0 : fail(r, "domain", libvirt_error());
}

/* ---- the serial line -------------------------------------------------------- */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
take_line(struct runner *r)
{
	unsigned status;

	r->line[r->used] = '\0';
	if (r->used > 0 && r->line[r->used - 1] == '\r')
		r->line[r->used - 1] = '\0';
	r->used = 0;
	r->heard = now();
	if (strncmp(r->line, MIDDLE, strlen(MIDDLE)) != 0)
		r->spoke = true;
	/* What follows a panic of Linux is its registers. */
	if (r->line[0] != '\0' && strstr(r->last, "Kernel panic") == NULL)
		snprintf(r->last, sizeof(r->last), "%.199s", r->line);
	if (getenv("SHOOTDOWN_GUEST_LOG") != NULL)
		fprintf(stderr, "guest: %s\n", r->line);
	if (sscanf(r->line, "end %u", &status) == 1)
		r->status = (int)status;
	if (r->job->line != NULL)
		r->job->line(r->job->arg, r->line);
}

static void
follow(struct runner *r)
{
	char path[512];
	int c;

	if (r->serial == NULL) {
		snprintf(path, sizeof(path), "%s/serial", r->folder);
		r->serial = fopen(path, "r");
		if (r->serial == NULL)
			return;
	}
	clearerr(r->serial);
	while ((c = getc(r->serial)) != EOF)
		if (c == '\n')
			take_line(r);
		else if (r->used < sizeof(r->line) - 1)
			r->line[r->used++] = (char)c;
}

/* What QEMU itself said last, of which "shutting down" is no reason. */
static void
qemu_said(struct runner *r, char last[512])
{
	char path[700], line[512];
	FILE *f;

	last[0] = '\0';

	snprintf(path, sizeof(path), "%s/log/qemu/%s.log", r->folder,
	    r->name);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "qemu", 4) == 0 ||
		    strstr(line, ": qemu-system") != NULL ||
		    strstr(line, "ERROR") != NULL ||
		    strstr(line, "crashed") != NULL)
			strcpy(last, line);
	}
	if (f != NULL)
		fclose(f);
}

/* The last words: of QEMU, and of whatever ran in it. */
static int
fail_with_words(struct runner *r, const char *what)
{
	char qemu[512], *text;
	int error;

	if (r->used > 0)
		take_line(r);
	qemu_said(r, qemu);
	text = format("%s%s%s%s%s", what, qemu[0] != '\0' ? "; QEMU: " : "",
	    qemu, r->last[0] != '\0' ? "; it said last: " :
	    "; it never said a word", r->last);
	error = fail(r, "guest", text != NULL ? text : what);
	free(text);
	return error;
}

/*
 * An operating system may switch the machine off; anything else says "end", and
 * so does the machine in the middle, whatever its guest did.
 */
static int
ended(struct runner *r)
{
	char qemu[512];

	if (r->job->os != NULL && r->job->rung == RUNG_NESTED) {
		fail_with_words(r, "the machine in the middle went");
		r->status = GUEST_MIDDLE_WENT;
		return 0;
	}
	qemu_said(r, qemu);
	if (r->job->os == NULL || qemu[0] != '\0')
		return fail_with_words(r, "ended early");
	r->status = GUEST_NO_RESULT;
	return 0;
}

enum { WAIT_FAILED = -1, WAIT_ENDED, WAIT_AGAIN };

/*
 * Until the end, or the time at which the job is over; or until the guest has
 * kept silent from the start for `patience` seconds, unless that is 0.
 */
static int
wait_for_end(struct runner *r, double end, unsigned patience)
{
	const double start = now();
	bool alive = true;

	r->heard = start;
	for (;;) {
		follow(r);
		if (r->status >= 0)
			return WAIT_ENDED;
		if (!alive)
			return ended(r);
		if (r->job->interrupted != NULL && *r->job->interrupted)
			return fail(r, "guest", "interrupted");
		if (now() > end)
			return fail_with_words(r, "took too long");
		if (patience > 0 && !r->spoke && now() > start + patience)
			return WAIT_AGAIN;
		if (r->job->silence > 0 && now() > r->heard + r->job->silence)
			return fail_with_words(r, "fell silent");
		usleep(20000);
		alive = virDomainIsActive(r->domain) == 1;
	}
}

/* ---- a job ------------------------------------------------------------------ */

static void
stop_domain(struct runner *r)
{
	if (r->domain != NULL) {
		(void)virDomainDestroy(r->domain);
		virDomainFree(r->domain);
	}
	if (r->serial != NULL)
		fclose(r->serial);
	r->domain = NULL;
	r->serial = NULL;
}

/* The machine that never spoke has done nothing: the same from the start. */
static void
forget_boot(struct runner *r, unsigned patience)
{
	char path[512];

	fprintf(stderr, "shootdown: the guest on %s said nothing in %u s%s%s; "
	    "it is booted again\n", guest_rung_name(r->job->rung), patience,
	    r->last[0] != '\0' ? "; last was: " : "", r->last);
	stop_domain(r);
	snprintf(path, sizeof(path), "%s/serial", r->folder);
	(void)unlink(path);
	r->used = 0;
	r->last[0] = '\0';
}

/*
 * QEMU's SVM loses interrupts (docs/guest.md), and with one of them at times
 * the boot of a machine.
 */
static void
run_domain(struct runner *r)
{
	const double end = now() + r->job->seconds;
	unsigned patience = r->job->rung == RUNG_NESTED ? r->job->patience :
	    0;

	for (unsigned boot = 1; start_domain(r) == 0; boot++) {
		if (wait_for_end(r, end, boot < BOOTS ? patience : 0) !=
		    WAIT_AGAIN)
			return;
		forget_boot(r, patience);
		patience *= 2;
	}
}

static void
finish(struct runner *r)
{
	stop_domain(r);
	if (r->connection != NULL)
		virConnectClose(r->connection);
	if (r->guardian != NULL)
		guardian_finish(r->guardian);
}

int
guest_run(const struct guest_job *job, char **ret_why)
{
	struct runner r = { .job = job, .status = -1 };

	if (make_folder(&r) == 0 && open_connection(&r) == 0)
		run_domain(&r);
	finish(&r);
	*ret_why = r.why;
	return r.status;
}
