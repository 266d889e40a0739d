/* `linqu status`: how the nodes of a run are, from what they wrote down about themselves. */

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/json_text.h"
#include "base/number_text.h"
#include "base/printable.h"
#include "base/timestamp.h"
#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/invocation.h"
#include "cli/node_memory.h"
#include "cli/run_sums.h"
#include "cli/run_view.h"
#include "report/why.h"
#include "rundir/clock.h"

enum {
    SAMPLE_MOST = 24, // nodes a level whose memory is measured
    WORST_MOST = 10,  // nodes shown with their reason
    WORST_JSON = 1000,
};

/* --- the worst nodes -------------------------------------------------------------------------- */

/* Not worth a line of its own: it died because its parent did, or it is as it should be. */
static bool node_is_worst(const struct run_view *view, uint32_t rank)
{
    uint32_t parent = topology_parent(&view->topology, rank);
    enum node_state state = view->nodes[rank];

    if (state != STATE_DEAD && state != STATE_FAILED && state != STATE_SLOW)
        return false;
    return state == STATE_SLOW || parent == RANK_NONE || view->nodes[parent] != STATE_DEAD;
}

/* The next worst node of `state` at or after `rank`; RANK_NONE. */
static uint32_t worst_next(const struct run_view *view, enum node_state state, uint32_t rank)
{
    for (; rank < view->topology.node_count; rank++)
        if (view->nodes[rank] == state && node_is_worst(view, rank))
            return rank;
    return RANK_NONE;
}

static uint32_t worst_count(const struct run_view *view)
{
    uint32_t count = 0;

    for (uint32_t rank = 0; rank < view->topology.node_count; rank++)
        count += node_is_worst(view, rank);
    return count;
}

/* Of the nodes below a dead one: how many died with it. */
static uint32_t dead_below(const struct run_view *view, uint32_t rank)
{
    struct run_sums sums = run_sums_of_subtree(view, rank);

    return sums.of[STATE_DEAD] - (view->nodes[rank] == STATE_DEAD);
}

static const enum node_state worst_order[] = {STATE_DEAD, STATE_FAILED, STATE_SLOW};

static void worst_print_one(const struct run_view *view, uint32_t rank)
{
    char path[LIMIT_NODE_PATH], reason[128];
    uint32_t below = view->nodes[rank] == STATE_DEAD ? dead_below(view, rank) : 0;
    enum paint paint = view->nodes[rank] == STATE_SLOW ? PAINT_WARN : PAINT_BAD;

    topology_path(&view->topology, rank, path, sizeof path);
    run_view_reason(view, rank, reason, sizeof reason);
    printf("  %s%-6s%s %s (process %d): %s", paint_on(paint), node_state_name(view->nodes[rank]),
           paint_off(paint), path, view->map.records[rank].pid, reason);
    if (below)
        printf("; %s nodes below it died too", with_commas(below));
    putchar('\n');
}

static void worst_print(const struct run_view *view)
{
    uint32_t count = worst_count(view), shown = 0;

    if (count)
        puts("\nworst nodes");
    for (size_t i = 0; i < sizeof worst_order / sizeof *worst_order; i++)
        for (uint32_t rank = worst_next(view, worst_order[i], 0);
             rank != RANK_NONE && shown < WORST_MOST;
             rank = worst_next(view, worst_order[i], rank + 1), shown++)
            worst_print_one(view, rank);
    if (count > shown)
        printf("  and %s more\n", with_commas(count - shown));
}

static json_t *worst_json_one(const struct run_view *view, uint32_t rank)
{
    const struct state_record *record = &view->map.records[rank];
    char path[LIMIT_NODE_PATH], reason[128];
    uint64_t beat_ns = record->beat_ns;

    topology_path(&view->topology, rank, path, sizeof path);
    run_view_reason(view, rank, reason, sizeof reason);
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:I, s:I}", "node", path, "state", node_state_name(view->nodes[rank]),
        "reason", reason, "pid", record->pid, "silent_ms",
        (json_int_t)(view->now_ns > beat_ns ? (view->now_ns - beat_ns) / 1000000 : 0), "dead_below",
        (json_int_t)(view->nodes[rank] == STATE_DEAD ? dead_below(view, rank) : 0));
}

static json_t *worst_json(const struct run_view *view)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof worst_order / sizeof *worst_order; i++)
        for (uint32_t rank = worst_next(view, worst_order[i], 0);
             rank != RANK_NONE && json_array_size(list) < WORST_JSON;
             rank = worst_next(view, worst_order[i], rank + 1))
            json_array_append_new(list, worst_json_one(view, rank));
    return list;
}

/* --- the table by level ----------------------------------------------------------------------- */

static void print_count(uint32_t count, int width, enum paint paint)
{
    if (!count)
        paint = PAINT_PLAIN;
    printf("%s%*s%s", paint_on(paint), width, with_commas(count), paint_off(paint));
}

static void print_states(const struct run_sums *sums)
{
    print_count(sums->total, 8, PAINT_PLAIN);
    print_count(sums->of[STATE_READY], 8, PAINT_GOOD);
    print_count(sums->of[STATE_SLOW], 6, PAINT_WARN);
    print_count(sums->of[STATE_DEAD] + sums->of[STATE_FAILED], 6, PAINT_BAD);
    print_count(sums->of[STATE_LEFT], 6, PAINT_PLAIN);
}

static void level_print(const struct run_view *view, enum level level,
                        const struct memory_sample *sample)
{
    struct run_sums sums = run_sums_of_level(view, level);

    printf("L%d %-8s", (int)level, level_name(level));
    print_states(&sums);
    print_count((uint32_t)sums.restarts, 10, PAINT_WARN);
    printf("%11s%11s\n", with_commas(sums.frames_in),
           sample->sampled ? with_unit(memory_estimate(sample)) : "-");
}

static void levels_print(const struct run_view *view)
{
    uint32_t sampled = 0, alive = 0;
    uint64_t bytes = 0;

    printf("%-11s%8s%8s%6s%6s%6s%10s%11s%11s\n", "level", "nodes", "ready", "slow", "dead", "left",
           "restarts", "messages", "memory");
    for (int level = LEVEL_COUNT - 1; level >= 0; level--) {
        struct memory_sample sample;

        if (!view->topology.present[level])
            continue;
        sample = memory_sample_level(view, (enum level)level, SAMPLE_MOST);
        level_print(view, (enum level)level, &sample);
        sampled += sample.sampled;
        alive += sample.alive;
        bytes += memory_estimate(&sample);
    }
    putchar('\n');
    if (sampled)
        printf("memory  %s a node, as %s of %s live nodes have it (proportional set size)\n",
               with_unit(bytes / alive), with_commas(sampled), with_commas(alive));
}

static json_t *level_json(const struct run_view *view, enum level level)
{
    struct run_sums sums = run_sums_of_level(view, level);
    struct memory_sample sample = memory_sample_level(view, level, SAMPLE_MOST);
    json_t *object = json_pack("{s:o, s:s}", "level", json_sprintf("L%d", (int)level), "name",
                               level_name(level));

    json_object_update_new(object, run_sums_json(&sums));
    json_object_set_new(object, "memory",
                        json_pack("{s:I, s:I, s:I}", "sampled", (json_int_t)sample.sampled,
                                  "sampled_pss_bytes", (json_int_t)sample.pss_bytes,
                                  "estimated_bytes", (json_int_t)memory_estimate(&sample)));
    return object;
}

/* --- the table by node of a level ------------------------------------------------------------- */

static int widest_path(const struct run_view *view, enum level by)
{
    char path[LIMIT_NODE_PATH];
    int widest = 0;

    for (uint32_t i = 0; i < view->topology.count[by]; i++) {
        int length =
            topology_path(&view->topology, view->topology.first_rank[by] + i, path, sizeof path);

        widest = length > widest ? length : widest;
    }
    return widest;
}

static void by_print_one(const struct run_view *view, uint32_t rank, int width)
{
    struct run_sums sums = run_sums_of_subtree(view, rank);
    struct reach_sums reach = reach_sums_of_subtree(view, rank);
    char path[LIMIT_NODE_PATH], hosts[32], sockets[32];

    topology_path(&view->topology, rank, path, sizeof path);
    snprintf(hosts, sizeof hosts, "%u/%u", reach.hosts_alive, reach.hosts);
    snprintf(sockets, sizeof sockets, "%u/%u", reach.sockets_alive, reach.sockets);
    printf("%-*s", width, path);
    print_states(&sums);
    printf("%12s%11s%11s\n", hosts, sockets, with_commas(sums.frames_in));
}

/* A row for each node of a level, with its whole subtree. */
static void by_print(const struct run_view *view, enum level by)
{
    int width = widest_path(view, by);

    printf("\n%-*s%8s%8s%6s%6s%6s%12s%11s%11s\n", width, level_name(by), "nodes", "ready", "slow",
           "dead", "left", "hosts alive", "sockets", "messages");
    for (uint32_t i = 0; i < view->topology.count[by]; i++)
        by_print_one(view, view->topology.first_rank[by] + i, width);
}

static json_t *by_json(const struct run_view *view, enum level by)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < view->topology.count[by]; i++) {
        uint32_t rank = view->topology.first_rank[by] + i;
        struct run_sums sums = run_sums_of_subtree(view, rank);
        struct reach_sums reach = reach_sums_of_subtree(view, rank);
        char path[LIMIT_NODE_PATH];
        json_t *row;

        topology_path(&view->topology, rank, path, sizeof path);
        row =
            json_pack("{s:s, s:I, s:I, s:I, s:I}", "node", path, "hosts", (json_int_t)reach.hosts,
                      "hosts_alive", (json_int_t)reach.hosts_alive, "sockets",
                      (json_int_t)reach.sockets, "sockets_alive", (json_int_t)reach.sockets_alive);
        json_object_update_new(row, run_sums_json(&sums));
        json_array_append_new(rows, row);
    }
    return rows;
}

/* --- all of it -------------------------------------------------------------------------------- */

static double age_s(const struct run_view *view)
{
    uint64_t created = view->map.header->created_wall_ns, now = wall_clock_ns();

    return now > created ? (double)(now - created) / 1e9 : 0;
}

static void head_print(const struct run_view *view)
{
    const struct state_header *header = view->map.header;
    enum paint paint = view->state == RUN_STATE_LIVE ? PAINT_GOOD : PAINT_WARN;

    printf("%s%s%s  %s%s%s, ", paint_on(PAINT_BOLD), view->dir.name, paint_off(PAINT_BOLD),
           paint_on(paint), run_state_name(view->state), paint_off(paint));
    if (view->state == RUN_STATE_LIVE)
        printf("%s", run_phase_name(view->phase));
    else if (view->state == RUN_STATE_DEAD)
        printf("ended with %u", header->exit_code);
    else
        printf("its launcher was killed while it was %s", run_phase_name(view->phase));
    printf("; %s, %s nodes; begun %.0f s ago", header->topology,
           with_commas(view->topology.node_count), age_s(view));
    if (view->state == RUN_STATE_LIVE)
        printf("; launcher %d", header->launcher_pid);
    printf("\n%s\n\n", view->dir.path);
}

static void disk_print(const struct run_view *view)
{
    struct disk_use use = disk_use_of(view->dir.fd);

    printf("disk    %s%s in %s files%s\n", use.whole ? "" : "at least ", with_unit(use.bytes),
           with_commas(use.files), use.whole ? "" : ", as far as could be counted in 2 s");
}

/* Who waits for whom; of a run that is over, how it stood then. */
static void why_print(const struct run_view *view)
{
    struct buffer chain = {0};

    why_chain(&view->map, &view->topology, view->now_ns, &chain);
    printf("\nwhy\n");
    if (chain.size == 0)
        puts("  no node has a task");
    for (size_t at = 0; at < chain.size;) {
        const char *line = (const char *)chain.data + at;
        size_t length = (size_t)((const char *)memchr(line, '\n', chain.size - at) - line);

        printf("  %.*s\n", (int)length, line);
        at += length + 1;
    }
    buffer_free(&chain);
}

static json_t *why_json(const struct run_view *view)
{
    struct buffer chain = {0};
    json_t *lines = json_array();

    why_chain(&view->map, &view->topology, view->now_ns, &chain);
    for (size_t at = 0; at < chain.size;) {
        const char *line = (const char *)chain.data + at;
        size_t length = (size_t)((const char *)memchr(line, '\n', chain.size - at) - line);

        json_array_append_new(lines, json_stringn(line, length));
        at += length + 1;
    }
    buffer_free(&chain);
    return lines;
}

static json_t *status_json(const struct run_view *view, int by, bool why)
{
    const struct state_header *header = view->map.header;
    struct disk_use use = disk_use_of(view->dir.fd);
    json_t *levels = json_array(), *object;
    char started[TIMESTAMP_SIZE];

    timestamp_format(header->created_wall_ns, started);
    for (int level = LEVEL_COUNT - 1; level >= 0; level--)
        if (view->topology.present[level])
            json_array_append_new(levels, level_json(view, (enum level)level));
    object = json_pack(
        "{s:s, s:s, s:o, s:s, s:s, s:o, s:s, s:I, s:s, s:s, s:s, s:I, s:{s:i, s:b}, s:o, s:{s:I, "
        "s:I, s:b}, s:I, s:o}",
        "schema", "linqu.status/1", "run", view->dir.name, "path", json_text(view->dir.path),
        "state", run_state_name(view->state), "phase", run_phase_name(view->phase), "exit_code",
        view->state == RUN_STATE_DEAD ? json_integer(header->exit_code) : json_null(), "topology",
        header->topology, "nodes", (json_int_t)view->topology.node_count, "started", started,
        "logical_system", header->logical_system, "physical_system", header->physical_system,
        "beat_interval_ms", (json_int_t)header->beat_interval_ms, "launcher", "pid",
        header->launcher_pid, "alive", view->launcher_alive, "levels", levels, "disk", "bytes",
        (json_int_t)use.bytes, "files", (json_int_t)use.files, "whole", use.whole, "worst_count",
        (json_int_t)worst_count(view), "worst", worst_json(view));
    if (by >= 0)
        json_object_set_new(object, "by", by_json(view, (enum level)by));
    if (why)
        json_object_set_new(object, "why", why_json(view));
    return object;
}

static int status_show(const struct invocation *invocation, const struct run_view *view, int by)
{
    if (invocation->given[OPTION_JSON])
        return cli_finish_json(status_json(view, by, invocation->given[OPTION_WHY]), EXIT_DONE);
    head_print(view);
    levels_print(view);
    disk_print(view);
    if (by >= 0)
        by_print(view, (enum level)by);
    worst_print(view);
    if (invocation->given[OPTION_WHY])
        why_print(view);
    return cli_finish(EXIT_DONE);
}

static int status_watch(const struct invocation *invocation, struct run_view *view, int by)
{
    const struct timespec second = {.tv_sec = 1};
    bool screen = isatty(STDOUT_FILENO) && !invocation->given[OPTION_JSON];
    int result;

    for (;;) {
        if (screen)
            fputs("\033[H\033[2J", stdout);
        result = status_show(invocation, view, by);
        if (result != EXIT_DONE || view->state != RUN_STATE_LIVE)
            return result;
        nanosleep(&second, NULL);
        if (!screen && !invocation->given[OPTION_JSON])
            putchar('\n');
        run_view_look(view);
    }
}

/* The level of --by, -1 without one. 0, or the exit code. */
static int by_parse(const struct invocation *invocation, int *by)
{
    const char *text = invocation->text[OPTION_BY];
    char shown[PRINTABLE_SIZE];
    enum level level;

    *by = -1;
    if (!text)
        return 0;
    if (level_parse(text, &level) < 0)
        return cli_usage(invocation, "--by needs a level like L5, not %s",
                         printable(text, strlen(text), shown));
    *by = (int)level;
    return 0;
}

static int status_of_run(const struct invocation *invocation, struct run_view *view, int by)
{
    if (by >= 0 && !view->topology.present[by])
        return cli_usage(invocation, "--by L%d: the topology %s has no such level", by,
                         view->map.header->topology);
    if (invocation->given[OPTION_WATCH])
        return status_watch(invocation, view, by);
    return status_show(invocation, view, by);
}

int status_command(const struct invocation *invocation)
{
    const char *name = invocation->argument_count ? invocation->arguments[0] : NULL;
    struct run_view view;
    int by, result = by_parse(invocation, &by);

    if (result == 0)
        result = run_view_of(invocation, name, &view);
    if (result != 0)
        return result;
    result = status_of_run(invocation, &view, by);
    run_view_close(&view);
    return result;
}
