/* SPDX-License-Identifier: BSD-2-Clause */
/* Stub: nothing is exported. */
#ifndef SHIM_STUB_LINUX_KVM_TYPES_H
#define SHIM_STUB_LINUX_KVM_TYPES_H

#define EXPORT_SYMBOL_FOR_KVM(name)

#endif
