/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest_conform: `guest conform`, a real host compared with a profile.
 */
#ifndef SHOOTDOWN_CLI_GUEST_CONFORM_H
#define SHOOTDOWN_CLI_GUEST_CONFORM_H

/* Arguments as cli_guest() gets them; returns the exit status. */
int guest_conform(int argc, char **argv);

#endif
