/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm: does /dev/kvm run guests, and has it what the rung needs?
 */
#ifndef SHOOTDOWN_GUEST_KVM_H
#define SHOOTDOWN_GUEST_KVM_H

/* NULL: yes; else why not (allocated).  path: the device. */
char *kvm_missing(const char *path);

#endif
