/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings: see findings.h.
 */
#include "cli/findings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/permissions.h"
#include "cli/saved.h"
#include "cli/shrink.h"
#include "cli/story.h"
#include "cli/where.h"

static json_t *
permission_list(unsigned set)
{
	json_t *list = json_array();

	for (unsigned p = 0; p < PERMISSION_COUNT; p++)
		if (set >> p & 1)
			json_array_append_new(list, json_string(
			    permission_name((enum permission)p)));
	return list;
}

void
finding_place(const struct kernel_object *k, const struct trace *t,
              const struct run_result *r, struct where *w)
{
	const struct trace_event *places[TRACE_PLACES];
	unsigned n;

	memset(w, 0, sizeof(*w));
	if (r->file != NULL) {
		snprintf(w->file, sizeof(w->file), "%s", r->file);
		w->line = r->line;
		return;
	}
	n = trace_places(t, r, places);
	for (unsigned i = 0; i < n && w->file[0] == '\0'; i++)
		where_find(k, places[i]->pc, places[i]->npc, w);
}

static void
add_where(json_t *out, const struct finding_context *ctx,
          const struct where *w)
{
	json_t *where = json_object();

	json_object_set_new(where, "file", w->file[0] == '\0' ? json_null() :
	                    json_string(where_shorten(ctx->row->object,
	                                              w->file)));
	json_object_set_new(where, "line", w->line > 0 ?
	                    json_integer(w->line) : json_null());
	if (w->function[0] != '\0')
		json_object_set_new(where, "function",
		                    json_string(w->function));
	json_object_set_new(out, "where", where);
}

/* The steps of the story for programs: who, what, and where in the tree. */
static json_t *
step_list(const struct finding_context *ctx, const struct story *story)
{
	json_t *list = json_array(), *one;

	for (unsigned i = 0; i < story->nsteps; i++) {
		const struct story_step *s = &story->steps[i];

		one = s->actor < 0 ? json_pack("{s:b}", "host", 1) :
		    json_pack("{s:i}", "vcpu", s->actor);
		json_object_set_new(one, "step",
		                    json_integer((json_int_t)s->number));
		json_object_set_new(one, "text", json_string(s->words));
		if (s->where.file[0] != '\0' && s->where.line > 0) {
			json_object_set_new(one, "file", json_string(
			    where_shorten(ctx->row->object, s->where.file)));
			json_object_set_new(one, "line",
			                    json_integer(s->where.line));
		}
		json_array_append_new(list, one);
	}
	return list;
}

static void
add_story(json_t *out, const struct finding_context *ctx,
          const struct trace *t, const struct run_result *r)
{
	struct story story;
	json_t *lines = json_array();

	memset(&story, 0, sizeof(story));
	story_tell(&story, t, r, ctx->row);
	for (unsigned i = 0; i < story.count; i++)
		json_array_append_new(lines, json_string(story.lines[i]));
	json_object_set_new(out, "story", lines);
	json_object_set_new(out, "steps", step_list(ctx, &story));
	json_object_set_new(out, "steps_left_out",
	                    json_integer(story.left_out));
	story_clear(&story);
}

/*
 * A trace has the stores to page tables only.  When another one has to wait in
 * a store buffer, the story at least says so.
 */
static void
mention_buffer(json_t *out)
{
	json_t *story = json_object_get(out, "story"), *one;
	bool needed = false;
	size_t i;

	json_array_foreach(json_object_get(out, "needs"), i, one)
		if (strcmp(json_string_value(one), permission_name(
		    PERMISSION_STORE_BUFFER)) == 0)
			needed = true;
	json_array_foreach(story, i, one)
		if (strstr(json_string_value(one), "store buffer") != NULL)
			needed = false;
	if (needed)
		json_array_append_new(story, json_string("        also: a store "
		    "to the kernel's own data waits in a store buffer; steps do "
		    "not show these"));
}

static void
add_permissions(json_t *out, const struct finding_context *ctx,
                const struct candidate *c, const struct schedule *s)
{
	struct permission_result p;
	const struct permission_search search = {
		.row = ctx->row, .key = &c->key, .schedule = s,
		.search = ctx->search, .after = c->after,
		.length = ctx->length
	};

	permission_search(&search, &p);
	json_object_set_new(out, "class",
	                    json_string(permission_class(c->key.kind, &p)));
	json_object_set_new(out, "needs", permission_list(p.needs));
	if (p.several)
		json_object_set_new(out, "needs_or", permission_list(p.other));
	json_object_set_new(out, "minimal", json_boolean(!p.cut));
}

/* `replay --quiet FILE` in a fresh process; its exit status, or -1. */
static int
replay_elsewhere(const char *file)
{
	pid_t pid;
	int status, null;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		execl(cli_self, "shootdown", "replay", "--quiet", file,
		      (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A name that the row, as it was checked, and the signature determine. */
static char *
file_name(const struct finding_context *ctx, const struct saved *s)
{
	struct rowtext row;
	char *line, *name;
	uint64_t h;

	rowtext_from_row(&row, ctx->row);
	line = rowtext_line(&row);
	h = cli_hash(0, line, strlen(line));
	h = cli_hash(h, s->signature, strlen(s->signature));
	h = cli_hash(h, row.memory, strlen(row.memory));
	h = cli_hash(h, row.machine, strlen(row.machine));
	/* a program's name is its text, in signs that shells take for theirs */
	name = cli_format("%s/%s-%s-%.*s-%08llx.json", ctx->folder,
	                  row.kernel, row.path,
	                  strncmp(row.scenario, "program:", 8) == 0 ? 7 :
	                  (int)strlen(row.scenario), row.scenario,
	                  (unsigned long long)(h & 0xffffffff));
	free(line);
	return name;
}

/* Writes the schedule under another name; it gets its own once confirmed. */
static int
save_and_confirm(const struct finding_context *ctx, const struct saved *s,
                 json_t *out, char **ret_why)
{
	char *path = file_name(ctx, s);
	char *trial = cli_format("%s.%ld.trial", path, (long)getpid());
	json_t *root = saved_to_json(s);
	int error = files_make_folder(ctx->folder), status = -1;

	if (error == 0)
		error = files_write_json(trial, root);
	if (error != 0)
		*ret_why = cli_format("%s: %s; give another --schedules-dir",
		                      ctx->folder, strerror(-error));
	else
		status = replay_elsewhere(trial);
	if (error == 0 && status != CLI_FOUND) {
		*ret_why = cli_format("internal error: the replay of %s in a "
		                      "fresh process ended with %d, not %d",
		                      s->signature, status, CLI_FOUND);
		error = -EIO;
	}
	if (error == 0 && rename(trial, path) != 0) {
		*ret_why = cli_format("%s: %s", path, strerror(errno));
		error = -errno;
	}
	if (error != 0)
		unlink(trial);
	else
		json_object_set_new(out, "schedule", json_string(path));
	json_decref(root);
	free(trial);
	free(path);
	return error;
}

static json_t *
pair(unsigned before, unsigned after)
{
	return json_pack("[i,i]", (int)before, (int)after);
}

static void
add_shrunk(json_t *out, const struct shrunk *s)
{
	const struct shrink_figures *b = &s->before, *a = &s->after;

	json_object_set_new(out, "shrunk", json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:b}",
	    "vcpus", pair(b->vcpus, a->vcpus),
	    "operations", pair(b->operations, a->operations),
	    "choices", pair(b->choices, a->choices),
	    "switches", pair(b->switches, a->switches),
	    "drains", pair(b->drains, a->drains),
	    "interrupts", pair(b->interrupts, a->interrupts),
	    "host_choices", pair(b->host_choices, a->host_choices),
	    "runs", (int)s->runs, "minimal", s->minimal));
}

/* The shrunk row is open. */
static json_t *
describe(json_t *out, const struct finding_context *ctx,
         const struct candidate *c, const struct shrunk *s, char **ret_why)
{
	const struct finding_context shrunk = {
		&s->row, ctx->search, ctx->folder, ctx->length
	};
	struct trace trace = { NULL, 0, 0 };
	struct run_result r;
	struct where where;
	struct saved saved;
	char *signature, *message, *string;

	trace_record(&trace, &s->schedule, &r);
	finding_place(ctx->row->object, &trace, &r, &where);
	signature = signature_print(&c->key, where.file);
	message = story_message(&r);
	json_object_set_new(out, "signature", json_string(signature));
	json_object_set_new(out, "message", json_string(message));
	json_object_set_new(out, "vcpu", json_integer(r.finding.cpu));
	add_where(out, ctx, &where);
	add_story(out, &shrunk, &trace, &r);
	mention_buffer(out);
	json_object_set_new(out, "after", json_integer((json_int_t)c->after));
	json_object_set_new(out, "choices",
	                    json_integer((json_int_t)s->schedule.count));
	add_shrunk(out, s);
	json_object_set_new(out, "known", json_false());
	saved_make(&saved, &s->row, signature, &s->schedule,
	           finding_outcome(&r));
	string = saved_to_string(&saved);
	json_object_set_new(out, "string", json_string(string));
	if (save_and_confirm(ctx, &saved, out, ret_why) != 0) {
		json_decref(out);
		out = NULL;
	}
	saved_clear(&saved);
	free(string);
	free(message);
	free(signature);
	trace_clear(&trace);
	return out;
}

static char *
went_another_way(const char *what, const struct candidate *c)
{
	return cli_format("internal error: %s the %s after %llu schedules "
	                  "went another way", what,
	                  finding_kind_name(c->key.kind),
	                  (unsigned long long)c->after);
}

json_t *
finding_examine(const struct finding_context *ctx, const struct candidate *c,
                char **ret_why)
{
	const struct shrink_context shrink = {
		ctx->row, ctx->search, &c->key, c->after, ctx->length
	};
	struct shrunk s = { .minimal = true };
	struct run_result r;
	json_t *out;

	shrink_replay(&c->schedule, NULL, &r);
	if (finding_outcome(&r) != c->outcome) {
		*ret_why = went_another_way("a replay of", c);
		return NULL;
	}
	schedule_copy(&s.schedule, &c->schedule);
	if (!shrink_schedule(&shrink, &s)) {
		*ret_why = went_another_way("the shrunk schedule of", c);
		schedule_clear(&s.schedule);
		return NULL;
	}
	out = json_object();
	json_object_set_new(out, "kind",
	                    json_string(finding_kind_name(c->key.kind)));
	/* Of the row as it is checked: what is left of it may need more. */
	add_permissions(out, ctx, c, &s.schedule);
	shrink_row(&shrink, &s);
	out = describe(out, ctx, c, &s, ret_why);
	if (shrink_restore(&shrink, &s, ret_why) != 0 && out != NULL) {
		json_decref(out);
		out = NULL;
	}
	schedule_clear(&s.schedule);
	return out;
}
