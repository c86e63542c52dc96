/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * l1.c: the image of the machine in the middle, kept in the user's cache, and
 * the job in front of it: a second archive, which Linux unpacks as well.
 */
#include "guest/l1.h"
#include "guest/cpio.h"
#include "guest/os.h"
#include "guest/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern const char l1_script[], l1_script_end[];

static const char no_cache[] =
	"no cache folder: set HOME or XDG_CACHE_HOME";

static int
put_os(FILE *out, const struct guest_os *os, const char *folder)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/os/kernel", folder);
	if (os_has_kernel(os) &&
	    cpio_file(out, "job/kernel", 0100644, path) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/os/module", folder);
	return !os_has_initrd(os) ? 0 :
	    cpio_file(out, "job/module", 0100644, path);
}

static void
put_guest(FILE *out, const struct guest_job *job)
{
	cpio_member(out, "job/kernel", 0100644, guest_blob,
	    (size_t)(guest_blob_end - guest_blob));
	if (job->module != NULL)
		cpio_member(out, "job/module", 0100644, job->module,
		    job->module_size);
}

static int
put_job(FILE *out, const struct guest_job *job, const char *folder)
{
	const struct guest_os *os = job->os;
	char settings[128];
	int error = 0;

	snprintf(settings, sizeof(settings), "CPUS=%u\nMEMORY=%u\n"
	    "FLUSH=%s\nDISK=%s\nNO_RESULT=%d\n", job->cpus, job->memory,
	    os == NULL || os->tlbflush ? ",hv-tlbflush" : "",
	    os != NULL && os->disk != NULL ? "/dev/vda" : "",
	    os != NULL ? GUEST_NO_RESULT : 0);
	cpio_member(out, "job", 040755, NULL, 0);
	cpio_member(out, "job/settings", 0100644, settings, strlen(settings));
	cpio_member(out, "job/command", 0100644, job->command_line,
	    strlen(job->command_line));
	if (os != NULL)
		error = put_os(out, os, folder);
	else
		put_guest(out, job);
	cpio_end(out);
	return error;
}

/* ---- files ------------------------------------------------------------------ */

static int
append_file(FILE *out, const char *folder, const char *name)
{
	char path[600], buffer[65536];
	size_t n;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	in = fopen(path, "r");
	if (in == NULL)
		return -1;
	while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0)
		if (fwrite(buffer, 1, n, out) != n)
			break;
	n = (size_t)ferror(in);
	fclose(in);
	return n != 0 || ferror(out) ? -1 : 0;
}

static FILE *
create(const char *folder, const char *name)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return fopen(path, "w");
}

/* The last line of a file, without its end. */
static char *
last_line(const char *folder, const char *name)
{
	char path[600], line[512], last[512] = "no reason given";
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	in = fopen(path, "r");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0')
			strcpy(last, line);
	}
	if (in != NULL)
		fclose(in);
	return strdup(last);
}

static void
run_script(const char *script, const char *cache, const char *log)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	dup2(fd, 1);
	dup2(fd, 2);
	execlp("sh", "sh", script, cache, (char *)NULL);
	_exit(127);
}

/* Runs l1.sh, which is part of this program. */
static char *
make_image(const char *folder, const char *cache)
{
	char script[600], log[600];
	FILE *out = create(folder, "l1.sh");
	int status = -1;
	pid_t pid;

	if (out == NULL)
		return strdup(strerror(errno));
	fwrite(l1_script, 1, (size_t)(l1_script_end - l1_script), out);
	fclose(out);
	snprintf(script, sizeof(script), "%s/l1.sh", folder);
	snprintf(log, sizeof(log), "%s/l1.log", folder);
	pid = fork();
	if (pid == 0)
		run_script(script, cache, log);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status == 0 ? NULL : last_line(folder, "l1.log");
}

static char *
copy_image(const struct guest_job *job, const char *folder, const char *cache)
{
	FILE *out = create(folder, "kernel");
	int error = out == NULL || append_file(out, cache, "vmlinuz") != 0;

	if (out != NULL && fclose(out) != 0)
		error = 1;
	out = error ? NULL : create(folder, "module");
	if (out != NULL) {
		error = put_job(out, job, folder) != 0;
		if (append_file(out, cache, "initrd") != 0)
			error = 1;
		if (fclose(out) != 0)
			error = 1;
	}
	return error || out == NULL ? strdup("the image cannot be copied") :
	    NULL;
}

/* One makes the image while no other makes or copies it. */
static int
lock_cache(const char *cache)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", cache);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
		continue;
	return fd;
}

static char *
prepare_os(const struct guest_os *os, const char *folder, const char *cache)
{
	char path[600];

	if (os == NULL)
		return NULL;
	snprintf(path, sizeof(path), "%s/os", folder);
	(void)mkdir(path, 0755);
	return os_prepare(os, path, cache);
}

char *
l1_prepare_os(const struct guest_os *os, const char *folder)
{
	char cache[512], *why;
	int lock;

	if (!os_wants_image(os))
		return os_prepare(os, folder, NULL);
	if (paths_cache("l1", cache, sizeof(cache)) != 0)
		return strdup(no_cache);
	lock = lock_cache(cache);
	why = make_image(folder, cache);
	if (why == NULL)
		why = os_prepare(os, folder, cache);
	if (lock >= 0)
		close(lock);
	return why;
}

char *
l1_prepare(const struct guest_job *job, const char *folder)
{
	char cache[512], *why;
	int lock;

	if (paths_cache("l1", cache, sizeof(cache)) != 0)
		return strdup(no_cache);
	lock = lock_cache(cache);
	why = make_image(folder, cache);
	if (why == NULL)
		why = prepare_os(job->os, folder, cache);
	if (why == NULL)
		why = copy_image(job, folder, cache);
	if (lock >= 0)
		close(lock);
	return why;
}
