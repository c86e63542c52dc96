/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * domain.c: the guest's domain in XML.  Every text that comes from outside is
 * escaped; there is no device but a serial line into a file.
 */
#include "guest/l1.h"
#include "guest/os.h"
#include "guest/runner.h"

#include <stdio.h>
#include <stdlib.h>

static void
escaped(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '\'':
			fputs("&apos;", out);
			break;
		default:
			fputc(*text, out);
		}
}

static void
element(FILE *out, const char *name, const char *text, const char *more)
{
	fprintf(out, "<%s>", name);
	escaped(out, text);
	if (more != NULL)
		escaped(out, more);
	fprintf(out, "</%s>\n", name);
}

static void
put_cpu(FILE *out, enum guest_rung rung)
{
	if (rung == RUNG_KVM)
		fputs("<cpu mode='host-passthrough'/>\n", out);
	else if (rung == RUNG_TCG)
		fputs("<cpu mode='maximum' check='none'/>\n", out);
	else
		fputs("<cpu mode='maximum' check='none'>"
		    "<feature policy='require' name='svm'/>"
		    "<feature policy='require' name='npt'/></cpu>\n", out);
}

static void
put_features(FILE *out, const struct guest_job *job)
{
	fputs("<features><acpi/><apic/>", out);
	if (job->rung == RUNG_KVM)
		fprintf(out, "<hyperv mode='custom'><relaxed state='on'/>"
		    "<vapic state='on'/><vpindex state='on'/>"
		    "<runtime state='on'/><synic state='on'/>"
		    "<stimer state='on'/><tlbflush state='%s'/>"
		    "<ipi state='on'/></hyperv><kvm><hidden state='on'/>"
		    "</kvm>", job->os == NULL || job->os->tlbflush ? "on" :
		    "off");
	fputs("</features>\n", out);
}

static void
put_kernel(FILE *out, const struct guest_job *job, const char *folder)
{
	const bool nested = job->rung == RUNG_NESTED;

	element(out, "kernel", folder, "/kernel");
	if (nested || (job->os == NULL ? job->module != NULL :
	    os_has_initrd(job->os)))
		element(out, "initrd", folder, "/module");
	element(out, "cmdline", nested ? L1_COMMAND_LINE : job->command_line,
	    NULL);
}

/* QEMU takes commas in a file's name twice. */
static void
put_file_name(FILE *out, const char *name)
{
	for (; *name != '\0'; name++) {
		const char c[2] = { *name, '\0' };

		escaped(out, c);
		if (*name == ',')
			escaped(out, c);
	}
}

/*
 * The disk is QEMU's own affair, for libvirt cannot keep what is written to it
 * in a file that is nameless from the start (snapshot=on).
 */
static void
put_disk(FILE *out, const char *disk, const char *folder)
{
	fputs("<qemu:commandline>\n<qemu:arg value='-drive'/>"
	    "<qemu:arg value='if=none,id=disk,snapshot=on,file=", out);
	put_file_name(out, disk);
	fprintf(out, ",format=%s'/>\n", os_disk_format(disk));
	fputs("<qemu:arg value='-device'/><qemu:arg value='virtio-blk-pci,"
	    "drive=disk,bootindex=1'/>\n<qemu:env name='TMPDIR' value='",
	    out);
	escaped(out, folder);
	fputs("'/>\n</qemu:commandline>\n", out);
}

char *
domain_xml(const struct guest_job *job, const char *folder, const char *name)
{
	const bool nested = job->rung == RUNG_NESTED;
	const unsigned memory = job->memory + (!nested ? 0 : L1_MEMORY +
	    (job->os != NULL ? os_files_memory(job->os) : 0));
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	fprintf(out, "<domain type='%s' xmlns:qemu='http://libvirt.org/"
	    "schemas/domain/qemu/1.0'>\n",
	    job->rung == RUNG_KVM ? "kvm" : "qemu");
	element(out, "name", name, NULL);
	fprintf(out, "<memory unit='MiB'>%u</memory>\n<vcpu>%u</vcpu>\n",
	    memory, nested ? L1_CPUS : job->cpus);
	fputs("<os><type arch='x86_64' machine='pc'>hvm</type>\n", out);
	if (nested || job->os == NULL || os_has_kernel(job->os))
		put_kernel(out, job, folder);
	fputs("</os>\n", out);
	put_features(out, job);
	put_cpu(out, job->rung);
	fputs("<on_poweroff>destroy</on_poweroff><on_reboot>destroy"
	    "</on_reboot><on_crash>destroy</on_crash>\n<devices>"
	    "<controller type='usb' model='none'/>"
	    "<memballoon model='none'/>\n<serial type='file'><source path='",
	    out);
	escaped(out, folder);
	fputs("/serial'/><target port='0'/></serial></devices>\n", out);
	if (job->os != NULL && job->os->disk != NULL)
		put_disk(out, job->os->disk, folder);
	fputs("</domain>\n", out);
	fclose(out);
	return text;
}
