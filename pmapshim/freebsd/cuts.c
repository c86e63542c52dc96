/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cuts: the tables of what is cut out of a tree.  A root that begins with "?"
 * may be missing.
 */
#include "pmapshim/freebsd/cuts.h"

#include <stddef.h>

static const char *const pmap_h_roots[] = {
	"PMAP_PCID_NONE", "PMAP_PCID_KERN", "PMAP_PCID_OVERMAX",
	"PMAP_PCID_OVERMAX_KERN", "PMAP_PCID_USER_PT", "PMAP_NO_CR3",
	"PMAP_UCR3_NOMASK", "?PG_PROMOTED", "?PG_PS", "?pde_store",
	"pmap_invalidate_cpu_mask", "?pmap_invlpg", "?pmap_get_pcid",
	"?invl_op_codes", "?smp_invl_local_cb_t",
	"?smp_targeted_tlb_shootdown_t", NULL
};

/* The structure and its companions are the shim's (custom/machine/pmap.h). */
static const char *const pmap_h_stop[] = {
	"pmap", "pmap_t", "pmap_type", "pmap_pcid", "pmap_pcids", "md_page",
	"kernel_pmap", "kernel_pmap_store", "vtophys", "pt_entry_t",
	"pd_entry_t", "pdp_entry_t", "pml4_entry_t", "pml5_entry_t",
	"PMAP_NESTED_IPIMASK", NULL
};

static const char *const pmap_roots[] = {
	"pmap_invalidate_page", "pmap_invalidate_range", "pmap_invalidate_all",
	"pmap_invalidate_cache", "pmap_activate_sw", "pmap_activate_boot",
	"?pmap_activate", "?pmap_invalidate_pde_page", NULL
};

/* The same with what resizes pages, where all that it needs is there. */
static const char *const pmap_resizing_roots[] = {
	"pmap_invalidate_page", "pmap_invalidate_range", "pmap_invalidate_all",
	"pmap_invalidate_cache", "pmap_activate_sw", "pmap_activate_boot",
	"?pmap_activate", "?pmap_invalidate_pde_page", "pmap_update_pde", NULL
};

static const char *const pmap_stop[] = {
	"pmap_type_guest", "pcid_save_cnt", "kernel_pmap_store", "pti",
	"pmap_pcid_enabled", "invpcid_works", "invlpgb_works",
	"invlpgb_maxcnt", "pg_g", "pmap_kextract", NULL
};

/* Those of a tree with a hook have one more (prepare.c). */
static const char *const mp_roots[] = {
	"smp_masked_invltlb", "smp_masked_invlpg", "smp_masked_invlpg_range",
	"smp_cache_flush", "invlop_handler", "invl_scoreboard_init",
	"?smp_targeted_tlb_shootdown", NULL
};

static const char *const hyperv_roots[] = {
	"hypercall_do_md", "hv_do_rep_hypercall", NULL
};

static const char *const hyperv_stop[] = {
	"hyperv_recommends", "hyperv_features", NULL
};

static const char *const vmbus_roots[] = {
	"hyperv_vm_tlb_flush", "?free_pcpu_ptr", NULL
};

static const char *const vmbus_stop[] = {
	"vmbus_get_softc", "vmbus_sc", "hv_max_vp_index", "hv_pcpu_mem", NULL
};

#define HYPERV_INCLUDES \
	"#include <dev/hyperv/include/hyperv.h>\n" \
	"#include <dev/hyperv/vmbus/x86/hyperv_machdep.h>\n" \
	"#include <dev/hyperv/vmbus/x86/hyperv_reg.h>\n" \
	"#include <dev/hyperv/vmbus/vmbus_var.h>\n" \
	"#include <dev/hyperv/vmbus/hyperv_common_reg.h>\n" \
	"#include <dev/hyperv/vmbus/hyperv_var.h>\n"

const struct cut cut_pmap_h = {
	.file = "amd64/include/pmap.h", .roots = pmap_h_roots,
	.stop = pmap_h_stop,
};

#define PMAP_EPILOGUE \
	"unsigned long\n" \
	"shim_invlpg_threshold(void)\n" \
	"{\n" \
	"#ifdef PMAP_INVLPG_THRESHOLD\n" \
	"\treturn (PMAP_INVLPG_THRESHOLD);\n" \
	"#else\n" \
	"\treturn (0);\n" \
	"#endif\n" \
	"}\n" \
	"#ifdef SHIM_PDE_PAGE\n" \
	"void\n" \
	"shim_invalidate_pde_page(pmap_t pmap, vm_offset_t va,\n" \
	"    pd_entry_t pde)\n" \
	"{\n" \
	"\tpmap_invalidate_pde_page(pmap, va, pde);\n" \
	"}\n" \
	"#endif\n" \
	"#ifdef SHIM_UPDATE_PDE\n" \
	"void\n" \
	"shim_update_pde(pmap_t pmap, vm_offset_t va, pd_entry_t *pde,\n" \
	"    pd_entry_t newpde)\n" \
	"{\n" \
	"\tpmap_update_pde(pmap, va, pde, newpde);\n" \
	"}\n" \
	"#endif\n"

const struct cut cut_pmap = {
	.file = "amd64/amd64/pmap.c", .unit = "pmap_slice.c",
	.roots = pmap_roots, .stop = pmap_stop, .epilogue = PMAP_EPILOGUE,
};

const struct cut cut_pmap_resizing = {
	.file = "amd64/amd64/pmap.c", .unit = "pmap_slice.c",
	.roots = pmap_resizing_roots, .stop = pmap_stop,
	.epilogue = PMAP_EPILOGUE,
};

const struct cut cut_mp_machdep = {
	.file = "amd64/amd64/mp_machdep.c", .unit = "mp_machdep_slice.c",
	.roots = mp_roots,
	.epilogue = "void\n"
	    "shim_invl_scoreboard_init(void)\n"
	    "{\n"
	    "\tinvl_scoreboard_init(NULL);\n"
	    "}\n",
};

static const char *const cpustop_roots[] = { "cpustop_handler_post", NULL };
static const char *const cpustop_stop[] = {
	"started_cpus", "stopped_cpus", "cpustop_restartfunc", NULL
};

const struct cut cut_cpustop = {
	.file = "x86/x86/mp_x86.c", .unit = "mp_x86_slice.c",
	.roots = cpustop_roots, .stop = cpustop_stop,
	.epilogue = "void\tshim_cpustop_post(u_int);\n"
	    "void\n"
	    "shim_cpustop_post(u_int cpu)\n"
	    "{\n"
	    "\tcpustop_handler_post(cpu);\n"
	    "}\n"
};

const struct cut cut_hyperv = {
	.file = "dev/hyperv/vmbus/hyperv.c", .unit = "hyperv_slice.c",
	.roots = hyperv_roots, .stop = hyperv_stop,
	.includes = HYPERV_INCLUDES,
	.epilogue = "void\tshim_set_hypercall_page(void *, uint64_t);\n"
	    "void\n"
	    "shim_set_hypercall_page(void *page, uint64_t pa)\n"
	    "{\n"
	    "\thypercall_context.hc_addr = page;\n"
	    "\thypercall_context.hc_paddr = pa;\n"
	    "}\n"
};

const struct cut cut_vmbus = {
	.file = "dev/hyperv/vmbus/vmbus.c", .unit = "vmbus_slice.c",
	.roots = vmbus_roots, .stop = vmbus_stop,
	.includes = HYPERV_INCLUDES
	    "struct vmbus_softc *vmbus_get_softc(void);\n",
	.epilogue = "#ifdef SHIM_FREE_PCPU\n"
	    "void\tshim_free_pcpu(void);\n"
	    "void\n"
	    "shim_free_pcpu(void)\n"
	    "{\n"
	    "\tfree_pcpu_ptr();\n"
	    "}\n"
	    "#endif\n"
};

const char *const cut_defined[] = {
	"_KERNEL", "SMP", "INVARIANTS", "__amd64__", "__x86_64__",
	"_SYS_PCPU_H_", "_MACHINE_CPUFUNC_H_", NULL
};
