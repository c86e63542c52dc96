/* SPDX-License-Identifier: BSD-2-Clause */
/* Real: the tree's own. */
#include <include/asm-generic/mshyperv.h>
