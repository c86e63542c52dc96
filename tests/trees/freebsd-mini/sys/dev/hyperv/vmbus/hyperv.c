/* SPDX-License-Identifier: BSD-2-Clause */
/* Miniature tree: hypercalls; a rep call goes on where the host stopped. */
#include <dev/hyperv/vmbus/hyperv_var.h>

static struct hypercall_ctx hypercall_context;
u_int hyperv_recommends;

uint64_t
hypercall_do_md(uint64_t control, uint64_t in, uint64_t out)
{
	const uint64_t in_pa = in != 0 ? vtophys(in) : 0;
	const uint64_t out_pa = out != 0 ? vtophys(out) : 0;

	return (hypercall_md(hypercall_context.hc_addr, control, in_pa,
	    out_pa));
}

uint64_t
hv_do_rep_hypercall(uint16_t code, uint16_t count, uint16_t varhead,
    uint64_t in, uint64_t out)
{
	const uint64_t control = code |
	    (uint64_t)varhead << HV_VARHEAD_SHIFT |
	    (uint64_t)count << HV_COUNT_SHIFT;
	uint64_t done = 0, result;

	do {
		result = hypercall_do_md(control | done << HV_START_SHIFT, in,
		    out);
		if (HV_STATUS(result) != 0)
			return (HV_STATUS(result));
		done = HV_DONE(result);
	} while (done < count);
	return (0);
}
