/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: what is needed of dev/hyperv/vmbus/vmbus_reg.h comes with shim.h. */
