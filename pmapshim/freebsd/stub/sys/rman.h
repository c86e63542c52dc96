/* SPDX-License-Identifier: BSD-2-Clause */
/* stub: no resources are managed. */
#ifndef SHIM_STUB_SYS_RMAN_H
#define SHIM_STUB_SYS_RMAN_H

struct pcib_host_resources {
	int hr_dummy;
};

#endif
