/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm.c: tries KVM without QEMU: a machine of one page of code whose vCPU
 * computes in long mode through page tables of its own and says the result on
 * a port; then the capabilities that the rung is there for.
 */
#include "guest/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define RAM_SIZE 0x200000
#define CODE 0x8000
#define PORT 0x10
#define ANSWER 0x2a
#define SELECTOR_CODE 8
#define SELECTOR_DATA 16

struct trial {
	int kvm, vm, cpu;
	char *ram;
	struct kvm_run *run;
	size_t run_size;
	const char *what;       /* went wrong */
	int error;
};

/* mov rax,cr3; mov cr3,rax; invlpg [0x5000]; mov al,ANSWER; out PORT,al */
static const unsigned char code[] = { 0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, 0x0f,
	0x01, 0x3c, 0x25, 0x00, 0x50, 0x00, 0x00, 0xb0, ANSWER, 0xe6, PORT,
	0xf4 };

static int
failed(struct trial *t, const char *what)
{
	t->what = what;
	t->error = errno;
	return -1;
}

static int
open_all(struct trial *t, const char *path)
{
	int size;

	t->kvm = open(path, O_RDWR | O_CLOEXEC);
	if (t->kvm < 0)
		return failed(t, "cannot be opened");
	t->vm = ioctl(t->kvm, KVM_CREATE_VM, 0L);
	if (t->vm < 0)
		return failed(t, "KVM_CREATE_VM");
	t->cpu = ioctl(t->vm, KVM_CREATE_VCPU, 0L);
	if (t->cpu < 0)
		return failed(t, "KVM_CREATE_VCPU");
	size = ioctl(t->kvm, KVM_GET_VCPU_MMAP_SIZE, 0L);
	if (size <= 0)
		return failed(t, "KVM_GET_VCPU_MMAP_SIZE");
	t->run_size = (size_t)size;
	t->run = mmap(NULL, t->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    t->cpu, 0);
	return t->run == MAP_FAILED ? failed(t, "mmap of the vCPU") : 0;
}

static int
set_memory(struct trial *t)
{
	struct kvm_userspace_memory_region r = { .memory_size = RAM_SIZE };
	uint64_t *table;

	t->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t->ram == MAP_FAILED)
		return failed(t, "memory");
	table = (uint64_t *)t->ram;
	table[0x1000 / 8] = 0x2007;
	table[0x2000 / 8] = 0x3007;
	table[0x3000 / 8] = 0x87;       /* 2 MiB */
	memcpy(t->ram + CODE, code, sizeof(code));
	r.userspace_addr = (uint64_t)(uintptr_t)t->ram;
	return ioctl(t->vm, KVM_SET_USER_MEMORY_REGION, &r) < 0 ?
	    failed(t, "KVM_SET_USER_MEMORY_REGION") : 0;
}

static int
set_registers(struct trial *t)
{
	struct kvm_segment s = { .limit = 0xffffffff, .selector =
	    SELECTOR_CODE, .present = 1, .type = 11, .s = 1, .l = 1, .g = 1 };
	struct kvm_regs regs = { .rip = CODE, .rflags = 2, .rsp = 0x9000 };
	struct kvm_sregs sregs;

	if (ioctl(t->cpu, KVM_GET_SREGS, &sregs) < 0)
		return failed(t, "KVM_GET_SREGS");
	sregs.cr0 = 0x80010011;
	sregs.cr3 = 0x1000;
	sregs.cr4 = 0x20;
	sregs.efer = 0x500;
	sregs.cs = s;
	s.type = 3;
	s.selector = SELECTOR_DATA;
	s.l = 0;
	s.db = 1;
	sregs.ds = sregs.es = sregs.ss = s;
	if (ioctl(t->cpu, KVM_SET_SREGS, &sregs) < 0)
		return failed(t, "KVM_SET_SREGS (long mode)");
	return ioctl(t->cpu, KVM_SET_REGS, &regs) < 0 ?
	    failed(t, "KVM_SET_REGS") : 0;
}

static int
set_cpuid(struct trial *t)
{
	const unsigned room = 256;
	struct kvm_cpuid2 *c = calloc(1, sizeof(*c) +
	    room * sizeof(struct kvm_cpuid_entry2));
	int error;

	if (c == NULL)
		return failed(t, "memory");
	c->nent = room;
	error = ioctl(t->kvm, KVM_GET_SUPPORTED_CPUID, c) < 0 ||
	    ioctl(t->cpu, KVM_SET_CPUID2, c) < 0;
	if (error)
		failed(t, "KVM_SET_CPUID2");
	free(c);
	return error ? -1 : 0;
}

static int
run_code(struct trial *t)
{
	const struct kvm_run *r = t->run;

	if (ioctl(t->cpu, KVM_RUN, 0L) < 0)
		return failed(t, "KVM_RUN");
	errno = 0;
	if (r->exit_reason != KVM_EXIT_IO || r->io.port != PORT ||
	    *((const unsigned char *)r + r->io.data_offset) != ANSWER)
		return failed(t, "the vCPU does not run its code");
	return 0;
}

static int
check_capabilities(struct trial *t)
{
	static const struct {
		int number;
		const char *why;
	} wanted[] = {
		{ KVM_CAP_HYPERV_VP_INDEX,
		  "runs code, but has no Hyper-V VP index" },
		{ KVM_CAP_HYPERV_TLBFLUSH,
		  "runs code, but has no Hyper-V flush calls" },
		{ KVM_CAP_HYPERV_SEND_IPI,
		  "runs code, but has no Hyper-V IPI calls" }
	};

	errno = 0;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (ioctl(t->kvm, KVM_CHECK_EXTENSION,
		    (long)wanted[i].number) <= 0)
			return failed(t, wanted[i].why);
	return 0;
}

static void
close_all(struct trial *t)
{
	if (t->run != NULL && t->run != MAP_FAILED)
		munmap(t->run, t->run_size);
	if (t->ram != NULL && t->ram != MAP_FAILED)
		munmap(t->ram, RAM_SIZE);
	if (t->cpu >= 0)
		close(t->cpu);
	if (t->vm >= 0)
		close(t->vm);
	if (t->kvm >= 0)
		close(t->kvm);
}

char *
kvm_missing(const char *path)
{
	struct trial t = { .kvm = -1, .vm = -1, .cpu = -1 };
	char *text = NULL;

	if (open_all(&t, path) == 0 && set_memory(&t) == 0 &&
	    set_cpuid(&t) == 0 && set_registers(&t) == 0 &&
	    run_code(&t) == 0)
		(void)check_capabilities(&t);
	close_all(&t);
	if (t.what != NULL && asprintf(&text, "%s: %s%s%s", path, t.what,
	    t.error != 0 ? ": " : "", t.error != 0 ? strerror(t.error) :
	    "") < 0)
		text = NULL;
	return text;
}
