/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: the part of SMR that a nested pmap's invalidation waits with; its
 * readers are the virtual CPUs of nested.c.
 */
#ifndef SHIM_SYS_SMR_H
#define SHIM_SYS_SMR_H

smr_seq_t smr_advance(smr_t smr);
void	smr_wait(smr_t smr, smr_seq_t goal);
void	smr_enter(smr_t smr);
void	smr_exit(smr_t smr);

#endif
