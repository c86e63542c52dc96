/* SPDX-License-Identifier: BSD-2-Clause */
/* blob.S: the guest's image as part of the program. */
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
	.section .note.GNU-stack, "", @progbits
