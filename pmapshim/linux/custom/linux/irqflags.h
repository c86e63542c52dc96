/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Custom: interrupt flag, because CLI and STI are the backend's; the lockdep
 * assertions are checked always.
 */
#ifndef _LINUX_IRQFLAGS_H
#define _LINUX_IRQFLAGS_H

#include <linux/bug.h>

#define irqs_disabled() (!sd_irq_enabled())
#define local_irq_disable() sd_irq_disable()
#define local_irq_enable() sd_irq_enable()
#define local_irq_save(flags)                                           \
	do {                                                            \
		(flags) = (unsigned long)sd_irq_enabled();              \
		sd_irq_disable();                                       \
	} while (0)
#define local_irq_restore(flags)                                        \
	do {                                                            \
		if (flags)                                              \
			sd_irq_enable();                                \
	} while (0)
#define raw_local_irq_save(flags) local_irq_save(flags)
#define raw_local_irq_restore(flags) local_irq_restore(flags)

#define lockdep_assert_irqs_enabled() ((void)WARN_ON(irqs_disabled()))
#define lockdep_assert_irqs_disabled() ((void)WARN_ON(!irqs_disabled()))
#define lockdep_assert_preemption_disabled() ((void)WARN_ON(preemptible()))

#endif
