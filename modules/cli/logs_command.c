/* `linqu logs`: the logs of all nodes as one. */

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/exit_code.h"
#include "base/json_text.h"
#include "base/memory.h"
#include "base/number_text.h"
#include "base/timestamp.h"
#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/log_follow.h"
#include "cli/log_selection.h"
#include "report/log_groups.h"
#include "report/log_merge.h"

enum {
    MERGE_BYTES = 64 * 1024 * 1024,
    DESCRIPTORS_MOST = 4096,
    DESCRIPTORS_SPARE = 32, // for everything else
    FOLLOW_LINES = 10,
    NODES_SHOWN = 160, // characters of a set of nodes in the table of errors
};

struct logs {
    const struct invocation *invocation;
    struct run_view view;
    struct log_selection selection;
    struct log_merge *merge;
    char **last; // ring of the last lines, when only those are wanted
    size_t last_size, last_next;
};

/* --- lines ------------------------------------------------------------------------------------ */

static enum paint paint_of(const struct log_line *line)
{
    static const enum paint paints[] = {[LOG_ERROR] = PAINT_BAD,
                                        [LOG_WARN] = PAINT_WARN,
                                        [LOG_INFO] = PAINT_PLAIN,
                                        [LOG_DEBUG] = PAINT_DIM};

    return line ? paints[line->level] : PAINT_PLAIN;
}

static void line_print(const struct logs *logs, const char *text, size_t size)
{
    struct log_line line;
    enum paint paint;

    if (logs->invocation->given[OPTION_JSON]) {
        json_t *object = log_line_json(text, size);

        json_object_set_new(object, "schema", json_string("linqu.log/1"));
        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(object);
        return;
    }
    paint = paint_of(log_line_read(text, size, &line) ? &line : NULL);
    printf("%s%.*s%s\n", paint_on(paint), (int)size, text, paint_off(paint));
}

static void last_keep(struct logs *logs, const char *text, size_t size)
{
    char **place = &logs->last[logs->last_next++ % logs->last_size];

    free(*place);
    *place = memory_new(size + 1, 1);
    memcpy(*place, text, size);
}

static void last_print(struct logs *logs)
{
    size_t kept = logs->last_next < logs->last_size ? logs->last_next : logs->last_size;

    for (size_t i = logs->last_next - kept; i < logs->last_next; i++) {
        char **place = &logs->last[i % logs->last_size];

        line_print(logs, *place, strlen(*place));
        free(*place);
        *place = NULL;
    }
    free(logs->last);
    logs->last = NULL;
    logs->last_size = 0;
}

/* The next line that is selected. */
static bool selected_next(struct logs *logs, struct merged_line *merged, struct log_line *line)
{
    while (log_merge_next(logs->merge, merged)) {
        bool ours = log_line_read(merged->text, merged->size, line);

        if (log_selection_has(&logs->selection, ours ? line : NULL, merged->wall_ns, merged->text,
                              merged->size))
            return true;
    }
    return false;
}

static void lines_show(struct logs *logs)
{
    struct merged_line merged;
    struct log_line line;

    while (!ferror(stdout) && selected_next(logs, &merged, &line)) {
        if (logs->last)
            last_keep(logs, merged.text, merged.size);
        else
            line_print(logs, merged.text, merged.size);
    }
}

static void lines_prepare(struct logs *logs)
{
    const struct invocation *invocation = logs->invocation;

    if (!invocation->given[OPTION_LINES] && !invocation->given[OPTION_FOLLOW])
        return;
    logs->last_size = invocation->given[OPTION_LINES]   ? invocation->number[OPTION_LINES]
                      : invocation->given[OPTION_SINCE] ? 0
                                                        : FOLLOW_LINES;
    if (!invocation->given[OPTION_LINES] && logs->last_size == 0)
        return; // --since says where to begin
    if (logs->last_size == 0)
        logs->selection.since_ns = UINT64_MAX; // -n 0: nothing of what is there
    else
        logs->last = memory_new(logs->last_size, sizeof *logs->last);
}

static void again(struct logs *logs, struct log_follow *follow)
{
    for (size_t i = 0; i < logs->selection.count; i++)
        if (!follow || log_follow_take(follow, i))
            log_merge_again(logs->merge, i);
}

/* Go on with what is written, until the run has ended or nobody reads any more. */
static void lines_follow(struct logs *logs, uint64_t since_ns)
{
    struct log_follow *follow =
        log_follow_create(logs->view.dir.fd, logs->selection.paths, logs->selection.count);
    bool live;

    logs->selection.since_ns = since_ns;
    do {
        live = run_dir_live(&logs->view.dir);
        if (!live)
            log_merge_take_partial(logs->merge);
        again(logs, live ? follow : NULL);
        lines_show(logs);
    } while (live && fflush(stdout) == 0 && log_follow_wait(follow));
    log_follow_destroy(follow);
}

static int lines_command(struct logs *logs)
{
    uint64_t since_ns = logs->selection.since_ns;

    if (!logs->invocation->given[OPTION_FOLLOW])
        log_merge_take_partial(logs->merge);
    lines_prepare(logs);
    lines_show(logs);
    if (logs->last)
        last_print(logs);
    if (logs->invocation->given[OPTION_FOLLOW])
        lines_follow(logs, since_ns);
    return cli_finish(EXIT_DONE);
}

/* --- errors ----------------------------------------------------------------------------------- */

static void group_print(const struct log_group *group)
{
    enum paint paint = group->level == LOG_ERROR ? PAINT_BAD : PAINT_WARN;
    uint32_t nodes = node_set_count(&group->nodes);
    char first[TIMESTAMP_SIZE], last[TIMESTAMP_SIZE];
    struct buffer names = {0};

    timestamp_format(group->first_ns, first);
    timestamp_format(group->last_ns, last);
    node_set_format(&group->nodes, &names);
    printf("%s%8s  %s%s  %s: %s\n", paint_on(paint), with_commas(group->count),
           log_level_name(group->level), paint_off(paint), group->component, group->message);
    printf("%8s  %.*s%s (%s node%s)\n", "",
           names.size < NODES_SHOWN ? (int)names.size : NODES_SHOWN, (const char *)names.data,
           names.size > NODES_SHOWN ? "..." : "", with_commas(nodes), nodes == 1 ? "" : "s");
    printf("%8s  %s%s%s%s%s\n", "", paint_on(PAINT_DIM), first, group->count > 1 ? " to " : "",
           group->count > 1 ? last : "", paint_off(PAINT_DIM));
    buffer_free(&names);
}

static json_t *group_json(const struct log_group *group)
{
    char first[TIMESTAMP_SIZE], last[TIMESTAMP_SIZE];
    struct buffer names = {0};
    json_t *object;

    timestamp_format(group->first_ns, first);
    timestamp_format(group->last_ns, last);
    node_set_format(&group->nodes, &names);
    buffer_append(&names, "", 1);
    object =
        json_pack("{s:s, s:o, s:o, s:o, s:I, s:I, s:s, s:s, s:s}", "lvl",
                  log_level_name(group->level), "comp", json_text(group->component), "msg",
                  json_text(group->message), "pattern", json_text(group->pattern), "count",
                  (json_int_t)group->count, "node_count", (json_int_t)node_set_count(&group->nodes),
                  "nodes", (char *)names.data, "first", first, "last", last);
    buffer_free(&names);
    return object;
}

static int groups_show(const struct logs *logs, struct log_groups *groups)
{
    uint64_t beyond;
    size_t count;
    const struct log_group *list = log_groups_sorted(groups, &count, &beyond);

    if (logs->invocation->given[OPTION_JSON]) {
        json_t *rows = json_array();

        for (size_t i = 0; i < count; i++)
            json_array_append_new(rows, group_json(&list[i]));
        return cli_finish_json(json_pack("{s:s, s:s, s:o, s:I}", "schema", "linqu.errors/1", "run",
                                         logs->view.dir.name, "groups", rows, "beyond",
                                         (json_int_t)beyond),
                               EXIT_DONE);
    }
    for (size_t i = 0; i < count; i++)
        group_print(&list[i]);
    if (beyond)
        printf("%8s  lines with other messages\n", with_commas(beyond));
    if (count == 0)
        cli_note("no such lines in %s logs", with_commas(logs->selection.count));
    return cli_finish(EXIT_DONE);
}

static int errors_command(struct logs *logs)
{
    struct log_groups *groups = log_groups_create(&logs->view.topology);
    struct merged_line merged;
    struct log_line line;
    int result;

    log_merge_take_partial(logs->merge);
    while (selected_next(logs, &merged, &line))
        if (line.message.start)
            log_groups_add(groups, &line, logs->selection.ranks[merged.source]);
    result = groups_show(logs, groups);
    log_groups_destroy(groups);
    return result;
}

/* --- the command ------------------------------------------------------------------------------ */

static struct log_merge_limits merge_limits(void)
{
    struct rlimit nofile = {.rlim_cur = 256};

    getrlimit(RLIMIT_NOFILE, &nofile);
    if (nofile.rlim_cur > DESCRIPTORS_MOST)
        nofile.rlim_cur = DESCRIPTORS_MOST;
    return (struct log_merge_limits){.descriptors =
                                         nofile.rlim_cur > 2 * DESCRIPTORS_SPARE
                                             ? (unsigned)nofile.rlim_cur - DESCRIPTORS_SPARE
                                             : DESCRIPTORS_SPARE,
                                     .bytes = MERGE_BYTES};
}

static int check_options(const struct invocation *invocation)
{
    if (invocation->given[OPTION_ERRORS] && invocation->given[OPTION_FOLLOW])
        return cli_usage(invocation, "either --errors or --follow");
    if (invocation->given[OPTION_ERRORS] && invocation->given[OPTION_LINES])
        return cli_usage(invocation, "either --errors or --lines");
    return 0;
}

static int logs_of_run(struct logs *logs)
{
    const struct log_merge_limits limits = merge_limits();
    int result = log_selection_nodes(logs->invocation, &logs->view, &logs->selection);

    if (result != 0)
        return result;
    logs->merge = log_merge_create(logs->view.dir.fd, (const char *const *)logs->selection.paths,
                                   logs->selection.count, &limits);
    result = logs->invocation->given[OPTION_ERRORS] ? errors_command(logs) : lines_command(logs);
    log_merge_destroy(logs->merge);
    return result;
}

int logs_command(const struct invocation *invocation)
{
    const char *name = invocation->argument_count ? invocation->arguments[0] : NULL;
    struct logs logs = {.invocation = invocation};
    int result = check_options(invocation);

    if (result == 0)
        result = log_selection_lines(invocation, &logs.selection);
    if (result == 0)
        result = run_view_of(invocation, name, &logs.view);
    if (result == 0) {
        result = logs_of_run(&logs);
        run_view_close(&logs.view);
    }
    log_selection_free(&logs.selection);
    return result;
}
