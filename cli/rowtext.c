/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rowtext: see rowtext.h.  Printing then parsing gives the same row.
 */
#include "cli/rowtext.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/cpu.h"
#include "cli/numbers.h"

static void
set(char *dst, size_t size, const char *src)
{
	snprintf(dst, size, "%s", src);
}

#define SET(field, text) set((field), sizeof(field), (text))

void
machine_full(struct machine_config *ret, unsigned cpus)
{
	memset(ret, 0, sizeof(*ret));
	ret->cpus = cpus;
	ret->tso = true;
	ret->speculative_fills = true;
	ret->upper_caches = true;
	ret->invpcid_drains = true;
}

static int
dials_parse(const char *text, struct machine_config *ret)
{
	ret->speculative_fills = ret->upper_caches = true;
	if (strcmp(text, "full") == 0)
		return 0;
	if (strcmp(text, "nospec") == 0)
		ret->speculative_fills = false;
	else if (strcmp(text, "nopsc") == 0)
		ret->upper_caches = false;
	else if (strcmp(text, "nospec+nopsc") == 0)
		ret->speculative_fills = ret->upper_caches = false;
	else
		return -1;
	return 0;
}

int
machine_parse(const char *text, struct machine_config *ret)
{
	char *copy = cli_copy(text), *knobs = copy, *why = NULL;
	int result = dials_parse(strsep(&knobs, ","), ret);

	if (result == 0 && knobs != NULL)
		result = cpu_parse_knobs(knobs, ret, &why);
	free(why);
	free(copy);
	return result;
}

static const char *
dials_name(const struct machine_config *c)
{
	if (c->speculative_fills)
		return c->upper_caches ? "full" : "nopsc";
	return c->upper_caches ? "nospec" : "nospec+nopsc";
}

static void
machine_print(const struct machine_config *c, char *buf, size_t size)
{
	struct machine_config base;
	char knobs[224];

	machine_full(&base, c->cpus);
	cpu_print(c, &base, knobs, sizeof(knobs));
	snprintf(buf, size, "%s%s%s", dials_name(c),
	         knobs[0] != '\0' ? "," : "", knobs);
}

int
memory_parse(const char *text, struct machine_config *ret)
{
	if (strcmp(text, "tso") != 0 && strcmp(text, "sc") != 0)
		return -1;
	ret->tso = strcmp(text, "tso") == 0;
	return 0;
}

void
host_print(const struct hv_profile *p, char *buf, size_t size)
{
	struct hv_profile base;
	char value[64];
	size_t used;

	snprintf(buf, size, "%s", p->name);
	if (hv_profile_find(p->name, &base) != 0)
		return;
	for (int k = 0; k < HV_KNOB_COUNT; k++) {
		if (p->knob[k] == base.knob[k])
			continue;
		used = strlen(buf);
		snprintf(buf + used, size - used, ",%s=%s",
		         hv_knob_name((enum hv_knob)k),
		         hv_knob_value(p, (enum hv_knob)k, value,
		                       sizeof(value)));
	}
}

/* One "knob=value" of a host. */
static int
host_knob(struct hv_profile *p, char *word, char **ret_why)
{
	char *value = strchr(word, '=');
	int knob;

	if (value == NULL) {
		*ret_why = cli_format("host: '%s' is not knob=value", word);
		return -1;
	}
	*value++ = '\0';
	knob = hv_knob_find(word);
	if (knob < 0) {
		*ret_why = cli_format("host: no knob '%s'; see shootdown hosts "
		                      "%s", word, p->name);
		return -1;
	}
	if (hv_knob_set(p, (enum hv_knob)knob, value) != 0) {
		*ret_why = cli_format("host: knob '%s' has no value '%s'; see "
		                      "shootdown hosts %s", word, value, p->name);
		return -1;
	}
	return 0;
}

int
host_parse(const char *text, struct hv_profile *ret, char **ret_why)
{
	char *copy = cli_copy(text), *rest = copy, *word;
	int result = 0;

	word = strsep(&rest, ",");
	if (hv_profile_find(word, ret) != 0) {
		*ret_why = cli_format("host: no profile '%s'; see shootdown "
		                      "hosts", word);
		result = -1;
	}
	while (result == 0 && (word = strsep(&rest, ",")) != NULL)
		result = host_knob(ret, word, ret_why);
	free(copy);
	return result;
}

static void
print_vp_index(const struct row *r, char *buf, size_t size)
{
	bool plain = true;

	buf[0] = '\0';
	for (unsigned i = 0; i < r->vcpus; i++)
		if (r->vp_index[i] != i)
			plain = false;
	if (!plain)
		numbers_print(r->vp_index, r->vcpus, buf, size);
}

/* The first vCPU behind c of which something else is left out. */
static unsigned
same_without(const struct row *r, unsigned c)
{
	const uint32_t bits = r->left_out[c];

	while (c < r->vcpus && r->left_out[c] == bits)
		c++;
	return c;
}

/* So few vCPUs are named one by one. */
#define FEW 8u

static void
print_without(const struct row *r, char *buf, size_t size)
{
	size_t used = 0;
	unsigned next;

	buf[0] = '\0';
	for (unsigned i = 0; i < r->vcpus && used < size; i = next) {
		next = i + 1;
		if (r->left_out[i] == 0)
			continue;
		used += (size_t)snprintf(buf + used, size - used, "%s%u",
		    used != 0 ? "," : "", i);
		if (r->vcpus > FEW) {
			next = same_without(r, i);
			if (next > i + 1)
				used += (size_t)snprintf(buf + used,
				    size - used, "-%u", next - 1);
		}
		used += (size_t)snprintf(buf + used, size - used, ":%x",
		    (unsigned)r->left_out[i]);
	}
}

static const char *
mutant_name(const struct row *r)
{
	for (unsigned i = 0; r->mutant != 0 && i < r->kernel->nmutants; i++)
		if (r->kernel->mutants[i].number == r->mutant)
			return r->kernel->mutants[i].name;
	return "";
}

void
rowtext_from_row(struct rowtext *t, const struct row *r)
{
	char mode[32];

	memset(t, 0, sizeof(*t));
	SET(t->kernel, r->object->name);
	SET(t->path, r->hypercall ? "hypercall" : "native");
	SET(t->scenario, r->scenario->name);
	SET(t->mode, kernel_mode_name(r->mode, mode));
	t->vcpus = r->vcpus;
	numbers_print(r->place, r->programs, t->place, sizeof(t->place));
	print_vp_index(r, t->vp_index, sizeof(t->vp_index));
	host_print(&r->host, t->host, sizeof(t->host));
	SET(t->memory, r->machine.tso ? "tso" : "sc");
	machine_print(&r->machine, t->machine, sizeof(t->machine));
	SET(t->mutant, mutant_name(r));
	t->strict = r->machine.strict;
	print_without(r, t->without, sizeof(t->without));
}

/* No set can name one above 4095, but a guest has to live with it. */
#define MAX_INDEX 0xffffu

int
vp_index_parse(const char *text, struct row *r)
{
	const unsigned room = r->vcpus != 0 ? r->vcpus : RUNNER_MAX_CPUS;
	unsigned n;

	for (unsigned i = 0; i < r->vcpus; i++)
		r->vp_index[i] = i;
	if (*text == '\0')
		return 0;
	n = numbers_parse(text, MAX_INDEX, room, r->vp_index);
	if (n == 0 || (r->vcpus != 0 && n != r->vcpus))
		return -1;
	r->vcpus = n;
	return 0;
}

int
place_parse(const char *text, struct row *r)
{
	const unsigned last = (r->vcpus != 0 ? r->vcpus : RUNNER_MAX_CPUS) - 1;

	r->programs = 0;
	if (*text == '\0')
		return 0;
	r->programs = numbers_parse(text, last, RUNNER_MAX_CPUS, r->place);
	return r->programs != 0 ? 0 : -1;
}

/* "0:1c" or "0-5:1c" from *text on. */
static int
parse_without_one(const char **text, struct row *r)
{
	unsigned long first, last, bits;
	char *end;

	first = last = strtoul(*text, &end, 10);
	if (**text < '0' || **text > '9')
		return -1;
	if (*end == '-') {
		*text = end + 1;
		last = strtoul(*text, &end, 10);
		if (**text < '0' || **text > '9')
			return -1;
	}
	if (*end != ':' || first > last || last >= r->vcpus)
		return -1;
	*text = end + 1;
	bits = strtoul(*text, &end, 16);
	if (strspn(*text, "0123456789abcdef") != (size_t)(end - *text) ||
	    end == *text || bits == 0 || bits > UINT32_MAX)
		return -1;
	for (; first <= last; first++) {
		if (r->left_out[first] != 0)
			return -1;
		r->left_out[first] = (uint32_t)bits;
	}
	*text = end;
	return 0;
}

static int
parse_without(const char *text, struct row *r)
{
	memset(r->left_out, 0, sizeof(r->left_out));
	while (*text != '\0') {
		if (parse_without_one(&text, r) != 0)
			return -1;
		if (*text == '\0')
			return 0;
		if (*text++ != ',' || *text == '\0')
			return -1;
	}
	return 0;
}

static int
parse_mutant(const char *name, struct row *r)
{
	r->mutant = 0;
	if (*name == '\0')
		return 0;
	for (unsigned i = 0; i < r->kernel->nmutants; i++)
		if (strcmp(r->kernel->mutants[i].name, name) == 0) {
			r->mutant = r->kernel->mutants[i].number;
			return 0;
		}
	return -1;
}

static int
wrong(char **ret_why, const char *field, const char *value)
{
	*ret_why = cli_format("%s: '%s' is not known here", field, value);
	return -1;
}

int
rowtext_to_row(const struct rowtext *t, const struct kernel_object *object,
               const struct kernel_ops *kernel, struct row *ret,
               char **ret_why)
{
	char number[24];

	memset(ret, 0, sizeof(*ret));
	ret->object = object;
	ret->kernel = kernel;
	ret->scenario = scenario_find(t->scenario);
	if (ret->scenario == NULL)
		return wrong(ret_why, "scenario", t->scenario);
	if (strcmp(t->path, "native") != 0 && strcmp(t->path, "hypercall") != 0)
		return wrong(ret_why, "path", t->path);
	ret->hypercall = strcmp(t->path, "hypercall") == 0;
	if (kernel_mode_parse(t->mode, &ret->mode) != 0)
		return wrong(ret_why, "mode", t->mode);
	snprintf(number, sizeof(number), "%u", t->vcpus);
	if (t->vcpus == 0 || t->vcpus > RUNNER_MAX_CPUS)
		return wrong(ret_why, "vcpus", number);
	ret->vcpus = t->vcpus;
	if (place_parse(t->place, ret) != 0)
		return wrong(ret_why, "place", t->place);
	if (row_programs(ret) < ret->scenario->min_vcpus ||
	    row_programs(ret) > ret->scenario->max_vcpus)
		return wrong(ret_why, "vcpus", number);
	if (vp_index_parse(t->vp_index, ret) != 0)
		return wrong(ret_why, "vp_index", t->vp_index);
	if (host_parse(t->host, &ret->host, ret_why) != 0)
		return -1;
	machine_full(&ret->machine, t->vcpus);
	if (machine_parse(t->machine, &ret->machine) != 0)
		return wrong(ret_why, "machine", t->machine);
	if (memory_parse(t->memory, &ret->machine) != 0)
		return wrong(ret_why, "memory", t->memory);
	if (parse_mutant(t->mutant, ret) != 0)
		return wrong(ret_why, "mutant", t->mutant);
	if (parse_without(t->without, ret) != 0)
		return wrong(ret_why, "without", t->without);
	ret->machine.strict = t->strict;
	return 0;
}

void
rowtext_to_json(const struct rowtext *t, json_t *object)
{
	json_object_set_new(object, "kernel", json_string(t->kernel));
	json_object_set_new(object, "path", json_string(t->path));
	json_object_set_new(object, "scenario", json_string(t->scenario));
	json_object_set_new(object, "mode", json_string(t->mode));
	json_object_set_new(object, "vcpus", json_integer(t->vcpus));
	if (t->place[0] != '\0')
		json_object_set_new(object, "place", json_string(t->place));
	if (t->vp_index[0] != '\0')
		json_object_set_new(object, "vp_index",
		                    json_string(t->vp_index));
	json_object_set_new(object, "host", json_string(t->host));
	json_object_set_new(object, "memory", json_string(t->memory));
	json_object_set_new(object, "machine", json_string(t->machine));
	if (t->mutant[0] != '\0')
		json_object_set_new(object, "mutant", json_string(t->mutant));
	if (t->without[0] != '\0')
		json_object_set_new(object, "without", json_string(t->without));
	if (t->strict)
		json_object_set_new(object, "strict", json_true());
}

static int
take(const json_t *object, const char *key, bool optional, char *dst,
     size_t size, char **ret_why)
{
	const json_t *value = json_object_get(object, key);

	dst[0] = '\0';
	if (value == NULL && optional)
		return 0;
	if (!json_is_string(value) || json_string_length(value) >= size) {
		*ret_why = cli_format("field '%s' is missing or not a short "
		                      "string", key);
		return -1;
	}
	set(dst, size, json_string_value(value));
	return 0;
}

#define TAKE(field, optional) \
	take(object, #field, (optional), t->field, sizeof(t->field), ret_why)

int
rowtext_from_json(struct rowtext *t, const json_t *object, char **ret_why)
{
	const json_t *vcpus = json_object_get(object, "vcpus");

	memset(t, 0, sizeof(*t));
	if (TAKE(kernel, false) != 0 || TAKE(path, false) != 0 ||
	    TAKE(scenario, false) != 0 || TAKE(mode, false) != 0 ||
	    TAKE(place, true) != 0 || TAKE(vp_index, true) != 0 ||
	    TAKE(host, false) != 0 || TAKE(memory, false) != 0 ||
	    TAKE(machine, false) != 0 ||
	    TAKE(mutant, true) != 0 || TAKE(without, true) != 0)
		return -1;
	if (!json_is_integer(vcpus) || json_integer_value(vcpus) < 1 ||
	    json_integer_value(vcpus) > RUNNER_MAX_CPUS) {
		*ret_why = cli_copy("field 'vcpus' is missing or not a small "
		                    "number");
		return -1;
	}
	t->vcpus = (unsigned)json_integer_value(vcpus);
	t->strict = json_is_true(json_object_get(object, "strict"));
	return 0;
}

char *
rowtext_line(const struct rowtext *t)
{
	const char *knobs = strchr(t->machine, ',');

	return cli_format("%s%s%s %s %s %s %u%s%s%s%s %s%s%s%s%s",
	                  t->kernel,
	                  t->mutant[0] != '\0' ? ":" : "", t->mutant, t->path,
	                  t->scenario, t->mode, t->vcpus,
	                  t->place[0] != '\0' ? ":" : "", t->place,
	                  t->vp_index[0] != '\0' ? "@" : "", t->vp_index,
	                  t->host, knobs != NULL ? " cpu:" : "",
	                  knobs != NULL ? knobs + 1 : "",
	                  t->without[0] != '\0' ? " without " : "",
	                  t->without);
}
