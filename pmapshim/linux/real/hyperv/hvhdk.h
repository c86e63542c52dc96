/* SPDX-License-Identifier: BSD-2-Clause */
/* Real: the tree's own. */
#include <include/hyperv/hvhdk.h>
