/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c: the guest's start: console, processors, then what the command line
 * asks for: "litmus" runs the tests of the first module.
 *
 * Everything that the host reads is a line on the console; the first words are
 * "shootdown-guest", the last line is "end STATUS".
 */
#include "guest/guest.h"
#include "guest/literal.h"

#define MULTIBOOT_COMMAND_LINE 4
#define MULTIBOOT_MODULES 8

struct multiboot {
	uint32_t flags, mem_low, mem_high, device, command_line;
	uint32_t modules, module;
};

struct module {
	uint32_t begin, end, text, reserved;
};

uint32_t cpus_started = 1;
unsigned guest_ncpus;
static const char *command_line = "";

static bool
starts(const char *text, const char *with)
{
	while (*with != '\0')
		if (*text++ != *with++)
			return false;
	return true;
}

static const char *
find_option(const char *name)
{
	for (const char *p = command_line; *p != '\0'; p++)
		if ((p == command_line || p[-1] == ' ') && starts(p, name))
			return p;
	return NULL;
}

const char *
guest_text(const char *name)
{
	const char *p = find_option(name);

	while (p != NULL && *p != '\0' && *p != '=' && *p != ' ')
		p++;
	return p != NULL && *p == '=' ? p + 1 : p;
}

uint64_t
guest_option(const char *name, uint64_t otherwise)
{
	const char *p = guest_text(name);
	uint64_t value = 0;

	if (p == NULL)
		return otherwise;
	for (; *p >= '0' && *p <= '9'; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	return value;
}

bool
guest_option_text(const char *name, char *ret, size_t size)
{
	const char *p = guest_text(name);
	size_t n = 0;

	if (p == NULL)
		return false;
	for (; *p != '\0' && *p != ' '; p++)
		if (n + 1 < size)
			ret[n++] = *p;
	ret[n] = '\0';
	return true;
}

/* "host=tlfs": hvsim answers, and not the machine. */
static void
start_host(void)
{
	char text[256];
	const char *wrong;

	if (!guest_option_text("host", text, sizeof(text)))
		return;
	wrong = literal_start(text, guest_ncpus, NULL);
	if (wrong != NULL)
		die("host=%s: %s", text, wrong);
	literal_enable();
	hypercall_entry = literal_entry;
	say("host %s", text);
}

_Noreturn void
guest_ap(unsigned number)
{
	cpu_start(number);
	apic_start();
	hyperv_start();
	work_serve();
}

/* What the command line may ask for: each takes the first module. */
static const struct {
	const char *name;
	void (*run)(const void *file, size_t size);
} jobs[] = {
	{ "litmus", runs_all },
	{ "metal", metal_all },
	{ "conform", conform_run }
};

static void
run_jobs(const struct multiboot *info)
{
	const struct module *m;

	for (unsigned i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		if (find_option(jobs[i].name) == NULL)
			continue;
		if (!(info->flags & MULTIBOOT_MODULES) || info->modules == 0)
			die("%s: no module", jobs[i].name);
		m = direct(info->module);
		jobs[i].run(direct(m->begin), m->end - m->begin);
	}
}

_Noreturn void
guest_main(void)
{
	const struct multiboot *info = direct(boot_info);

	console_start();
	if (info->flags & MULTIBOOT_COMMAND_LINE)
		command_line = direct(info->command_line);
	cpu_start(0);
	cpu_find_features();
	apic_start();
	hyperv_start();
	guest_ncpus = (unsigned)guest_option("cpus", 1);
	if (guest_ncpus == 0 || guest_ncpus > GUEST_CPUS)
		die("cpus=: 1 to 256");
	apic_start_others(guest_ncpus, guest_text("start"));
	say("shootdown-guest 1 cpus=%u", (uint64_t)guest_ncpus);
	cpu_print_features();
	start_host();
	run_jobs(info);
	leave(0);
}
