/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * absent: stands in for KVM's source where that cannot be cut; says why.
 */
#include "tests/fuzz/kvm/host.h"

struct kvm_call kvm_target;
const char *const kvm_absent = FUZZ_ABSENT;
const char *const kvm_tree = "";
const int kvm_lists = 0;

void
kvm_call(void)
{
}
