/* SPDX-License-Identifier: BSD-2-Clause */
/* blob.S: what is booted, as part of the program. */
#include "guest-stamp.h"

	.section .rodata
	.balign 16
	.globl guest_blob, guest_blob_end
guest_blob:
	.incbin GUEST_ELF
guest_blob_end:
	.byte 0
	.globl l1_script, l1_script_end
l1_script:
	.incbin L1_SCRIPT
l1_script_end:
	.byte 0
	.globl os_script, os_script_end, os_stress, os_stress_size
os_script:
	.incbin OS_SCRIPT
os_script_end:
	.byte 0
	.balign 16
os_stress:
#ifdef OS_STRESS
	.incbin OS_STRESS
#endif
os_stress_end:
	.balign 8
os_stress_size:
	.quad os_stress_end - os_stress
	.section .note.GNU-stack, "", @progbits
