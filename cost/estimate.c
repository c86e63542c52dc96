/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * estimate: counts times figures.  docs/cost.md states the formulas; they are
 * sums, so that each part can be read off and questioned.
 */
#include "cost/cost.h"

#include <math.h>
#include <string.h>

const char *
cost_send_name(enum cost_send s)
{
	static const char *const names[SEND_COUNT] = {
		"each", "once", "free"
	};

	return names[s];
}

static double
exits_of_sending(const struct cost_counts *c, enum cost_send send)
{
	return send == SEND_EACH ? c->v[COUNT_IPIS] :
	    send == SEND_ONCE ? c->v[COUNT_BURSTS] : 0;
}

/* Four counts in a row: INVLPG, INVPCID, CR3, CR4. */
static double
invalidations(const double *cycles, const struct cost_counts *c,
              enum cost_count first)
{
	double sum = 0;

	for (unsigned i = 0; i < 4; i++)
		sum += c->v[first + i] * cycles[FIGURE_INVLPG + i];
	return sum;
}

/* The part of vCPU 0's own invalidations that it does while others do theirs. */
static double
overlapped(const struct cost_counts *c, double own)
{
	double n = 0;

	for (unsigned i = 0; i < 4; i++)
		n += c->v[COUNT_INVLPG + i];
	return n > 0 ? own * c->v[COUNT_OVERLAPPED] / n : 0;
}

/* `times` shares of a work that `workers` have done in all. */
static double
longest(double work, double workers, double times)
{
	return workers > 0 ? work / workers * times : 0;
}

static void
estimate(const double *cycles, const struct cost_counts *c,
         enum cost_send send, struct cost_estimate *ret)
{
	const double sends = exits_of_sending(c, send);
	const double remote = invalidations(cycles, c, COUNT_REMOTE_INVLPG);
	const double targets = c->v[COUNT_TARGETS];
	const double n = c->v[COUNT_INTERRUPTS];
	const double flush = cycles[FIGURE_HOST_FLUSH];
	const double host = c->v[COUNT_HOST_FLUSHES] * flush;
	const double mine = invalidations(cycles, c, COUNT_INVLPG);
	const double beside = overlapped(c, mine);
	const double own = c->v[COUNT_OWN_HOST_FLUSHES] * flush;

	ret->exits = sends + c->v[COUNT_HYPERCALLS] + targets;
	ret->latency = mine - beside +
	    sends * cycles[FIGURE_IPI_EXIT] +
	    c->v[COUNT_IPIS] * cycles[FIGURE_IPI_TARGET] +
	    c->v[COUNT_HYPERCALLS] * (cycles[FIGURE_VM_EXIT] +
	                              cycles[FIGURE_HYPERCALL]) +
	    targets * cycles[FIGURE_HOST_KICK] +
	    /* The others work side by side: each time it waits for one. */
	    fmax(beside, longest(remote, n, c->v[COUNT_BURSTS])) +
	    fmax(own, longest(host, targets, c->v[COUNT_HYPERCALLS]));
	ret->total = ret->latency + n * cycles[FIGURE_INTERRUPT] + remote +
	    targets * cycles[FIGURE_VM_EXIT] + host;
}

void
cost_estimate(const struct cost_table *t, const struct cost_counts *c,
              enum cost_send send, struct cost_estimate *ret)
{
	estimate(t->cycles, c, send, ret);
}

/* Figures of the host's own work at one end, those of IPIs at the other. */
static void
corner(const struct cost_table *t, const double *host, const double *ipis,
       double *ret)
{
	memcpy(ret, t->cycles, sizeof(t->cycles));
	for (unsigned i = FIGURE_VM_EXIT; i <= FIGURE_HOST_FLUSH; i++)
		ret[i] = host[i];
	for (unsigned i = FIGURE_IPI_EXIT; i <= FIGURE_INTERRUPT; i++)
		ret[i] = ipis[i];
}

static double
saving(const double *cycles, const struct cost_counts *native,
       const struct cost_counts *hypercall, enum cost_send send)
{
	struct cost_estimate n, h;

	estimate(cycles, native, send, &n);
	estimate(cycles, hypercall, send, &h);
	return n.latency > 0 ? 1 - h.latency / n.latency : 0;
}

void
cost_saving(const struct cost_table *t, const struct cost_counts *native,
            const struct cost_counts *hypercall, enum cost_send send,
            struct cost_saving *ret)
{
	double cycles[FIGURE_COUNT];
	struct cost_estimate n;

	cost_estimate(t, native, send, &n);
	ret->any = n.latency > 0;
	ret->nominal = saving(t->cycles, native, hypercall, send);
	corner(t, t->high, t->low, cycles);
	ret->worst = saving(cycles, native, hypercall, send);
	corner(t, t->low, t->high, cycles);
	ret->best = saving(cycles, native, hypercall, send);
}
