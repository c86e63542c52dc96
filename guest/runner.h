/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * runner: the guest as a libvirt domain, from outside.
 *
 * A job is one boot: what the guest prints comes line by line while it runs.
 * Whatever ends the job, and whatever ends this process, SIGKILL included, no
 * domain, process or file of it stays behind (guardian.c).
 */
#ifndef SHOOTDOWN_GUEST_RUNNER_H
#define SHOOTDOWN_GUEST_RUNNER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

enum guest_rung { RUNG_TCG, RUNG_NESTED, RUNG_KVM, RUNG_COUNT };

const char *guest_rung_name(enum guest_rung rung);
/* Returns the rung of that name, or -1. */
int guest_rung_find(const char *name);
/*
 * Why the rung cannot be used here; NULL: it can.  The text is allocated.
 * Found out by trying, where that takes no boot.
 */
char *guest_rung_missing(enum guest_rung rung, const char *uri);

#define GUEST_DEBIAN "debian"   /* the kernel that rung `nested` has too */

/* A whole operating system in place of the guest; files, or NULL. */
struct guest_os {
	const char *kernel;     /* or GUEST_DEBIAN; NULL: the disk boots */
	const char *initrd;     /* NULL: none with a disk, or ours (os.sh) */
	const char *disk;       /* never written to */
	bool tlbflush;          /* show the flush hypercalls, where there are */
};

#define GUEST_PATIENCE 120      /* s, for a guest that speaks at once */

#define GUEST_PANIC 99          /* status: the guest's own, see die() */
/* The status of one that ended without a line "end N". */
#define GUEST_NO_RESULT 97
/*
 * An operating system's on rung nested: the machine in the middle went without
 * a word of how its guest had ended, which is no fault of the guest.
 */
#define GUEST_MIDDLE_WENT 96

struct guest_job {
	enum guest_rung rung;
	const struct guest_os *os;      /* NULL: the guest, guest_blob */
	const char *uri;        /* of libvirt; NULL: the embedded driver */
	const char *command_line;       /* of the guest */
	const void *module;     /* its module, or NULL */
	size_t module_size;
	unsigned cpus, memory;  /* MiB */
	unsigned seconds;       /* after which the job is given up */
	unsigned silence;       /* the same without a line; 0: never */
	/*
	 * On rung nested: the machine is booted again, at most twice, when its
	 * guest has not said a first word for so long; 0: never.
	 */
	unsigned patience;
	const volatile sig_atomic_t *interrupted;
	void (*line)(void *arg, const char *line);
	void *arg;
};

/*
 * Runs the job.  Returns the status that the guest ends with ("end N"), or -1
 * or GUEST_MIDDLE_WENT and in *ret_why a sentence (allocated): it was not to be
 * had.
 */
int guest_run(const struct guest_job *job, char **ret_why);
/*
 * The same in a process of its own, which libvirt's embedded driver wants for
 * every folder: for verbs that boot more than once.
 */
int guest_run_apart(const struct guest_job *job, char **ret_why);

/* The guest's image, and its size: part of this program (blob.S). */
extern const char guest_blob[], guest_blob_end[];

/* ---- parts, for each other and for tests ----------------------------------- */

struct guardian;

/*
 * A process of its own that waits for this one's end, then ends every process
 * whose command line names the folder, and removes the folder.
 */
struct guardian *guardian_start(const char *folder, const char *uri,
                                const char *domain);
/* The same now; comes back when all is gone. */
void guardian_finish(struct guardian *g);

/* The domain in XML (allocated); files are in the folder. */
char *domain_xml(const struct guest_job *job, const char *folder,
                 const char *name);

#endif
