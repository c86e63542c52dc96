/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * custom: an ELF ifunc is resolved once, before the mode is known, so each
 * becomes a pointer that boot() resolves anew through the section shim_ifuncs.
 */
#ifndef SHIM_X86_IFUNC_H
#define SHIM_X86_IFUNC_H

#define	DEFINE_IFUNC(qual, ret, name, args)				\
	static ret (*name##_resolve(void))args;				\
	static ret (*name)args;						\
	static void							\
	shim_resolve_##name(void)					\
	{								\
		name = name##_resolve();				\
	}								\
	static void (*shim_ifunc_##name)(void)				\
	    __attribute__((__used__, __section__("shim_ifuncs"))) =	\
	    shim_resolve_##name;					\
	static ret (*name##_resolve(void))args

#endif
