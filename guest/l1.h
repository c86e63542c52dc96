/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * l1: the machine in the middle of rung `nested`.  Private to guest/.
 */
#ifndef SHOOTDOWN_GUEST_L1_H
#define SHOOTDOWN_GUEST_L1_H

#include <stdio.h>

#include "guest/runner.h"

#define L1_CPUS 2
#define L1_MEMORY 1024          /* MiB, beside that of the guest in it */
/*
 * no_timer_check: on a busy machine so few ticks of an emulated timer may come
 * that Linux takes it for broken and panics (IO-APIC + timer doesn't work).
 * nohz, highres: the local APIC's timer is periodic, and each tick makes QEMU
 * look for all interrupts that are pending, also for one that its SVM lost.
 */
#define L1_COMMAND_LINE \
	"console=ttyS0 quiet panic=-1 no_timer_check nohz=off highres=off"

/*
 * The files of an operating system that runs without a machine in the middle,
 * whose image has its kernel and busybox.  Returns NULL, or why not (allocated).
 */
char *l1_prepare_os(const struct guest_os *os, const char *folder);
/*
 * Makes the image, if that in the cache is not of today's packages, and puts
 * FOLDER/kernel and FOLDER/module there, the job in the latter.  Returns NULL,
 * or why not (allocated).
 */
char *l1_prepare(const struct guest_job *job, const char *folder);

#endif
