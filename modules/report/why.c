#include "report/why.h"

#include <string.h>

#include "model/beat.h"
#include "rundir/process_stat.h"

enum { HOPS_MOST = 64 };

#define SEE(field) atomic_load_explicit(&(field), memory_order_relaxed)

static const char *path_of(const struct topology *topology, uint32_t rank,
                           char out[LIMIT_NODE_PATH])
{
    if (rank < topology->node_count)
        topology_path(topology, rank, out, LIMIT_NODE_PATH);
    else
        strcpy(out, "the launcher");
    return out;
}

static double seconds(uint64_t since_ns, uint64_t now_ns)
{
    return now_ns > since_ns ? (double)(now_ns - since_ns) / 1e9 : 0;
}

static void say_state(const struct state_record *record, struct buffer *out)
{
    struct process_stat stat;

    if (!state_record_process(record, &stat))
        buffer_printf(out, "; its process is gone");
    else if (stat.state == 'T' || stat.state == 't')
        buffer_printf(out, "; its process %d is stopped by a signal", SEE(record->pid));
}

static void say_computing(const struct state_record *record, uint64_t now_ns, struct buffer *out)
{
    uint64_t limit_ms = SEE(record->task_limit_ms), words[4];
    char kernel[33];

    for (int i = 0; i < 4; i++)
        words[i] = SEE(record->task_kernel[i]);
    memcpy(kernel, words, 32);
    kernel[32] = '\0';
    buffer_printf(out, " computes kernel %s (task d%u:t%u) for %.1f s", kernel,
                  SEE(record->task_depth), SEE(record->task_id),
                  seconds(SEE(record->task_started_ns), now_ns));
    if (limit_ms)
        buffer_printf(out, ", of %.1f s that it may", (double)limit_ms / 1000);
}

static const char *const waiting_text[WAITING_COUNT] = {
    [WAITS_FOR_NOTHING] = "",
    [WAITS_FOR_TASK] = "for its task",
    [WAITS_FOR_ROOM] = "for room in a ring, behind its task",
    [WAITS_FOR_NAME] = "for what a kernel's name means, asked of",
    [WAITS_FOR_DATA] = "for data of",
    [WAITS_FOR_INPUT] = "for an input of a task, from",
    [WAITS_FOR_CODE] = "for a kernel's code from",
};

static void say_waiting(const struct state_record *record, const struct topology *topology,
                        uint64_t now_ns, struct buffer *out)
{
    uint32_t what = SEE(record->waits_for);
    char path[LIMIT_NODE_PATH];

    buffer_printf(out, " waits %.1f s %s", seconds(SEE(record->waits_since_ns), now_ns),
                  waiting_text[what]);
    if (what == WAITS_FOR_TASK || what == WAITS_FOR_ROOM)
        buffer_printf(out, " d%u:t%u on", SEE(record->waits_depth), SEE(record->waits_id));
    buffer_printf(out, " %s", path_of(topology, SEE(record->waits_rank), path));
}

/* A line about one node; true when it waits for another, whose rank is then in `*next`. */
static bool say_node(const struct state_map *map, const struct topology *topology, uint64_t now_ns,
                     uint32_t rank, uint32_t *next, struct buffer *out)
{
    const struct state_record *record = &map->records[rank];
    uint32_t what = SEE(record->waits_for);
    bool computes = SEE(record->task_started_ns) != 0,
         waits = !computes && what && what < WAITING_COUNT;
    char path[LIMIT_NODE_PATH];

    buffer_printf(out, "%s", path_of(topology, rank, path));
    if (computes)
        say_computing(record, now_ns, out);
    else if (waits)
        say_waiting(record, topology, now_ns, out);
    else if (SEE(record->tasks_open))
        buffer_printf(out, " has %u task%s to run", SEE(record->tasks_open),
                      SEE(record->tasks_open) == 1 ? "" : "s");
    else
        buffer_printf(out, " has nothing to do");
    say_state(record, out);
    buffer_printf(out, "\n");
    *next = SEE(record->waits_rank);
    return waits && *next < topology->node_count;
}

static uint32_t first_with_task(const struct state_map *map, const struct topology *topology)
{
    uint32_t rank = 0;

    while (rank < topology->node_count && !SEE(map->records[rank].tasks_open))
        rank++;
    return rank;
}

void why_chain(const struct state_map *map, const struct topology *topology, uint64_t now_ns,
               struct buffer *out)
{
    uint32_t rank = first_with_task(map, topology);

    if (rank == topology->node_count)
        return;
    for (int hops = 0; hops < HOPS_MOST && say_node(map, topology, now_ns, rank, &rank, out);
         hops++)
        ;
}

static bool is_silent(const struct state_map *map, const struct state_record *record,
                      uint64_t now_ns)
{
    uint64_t beat_ns = SEE(record->beat_ns);

    return beat_ns && now_ns > beat_ns && !SEE(record->task_started_ns) &&
           beat_is_slow(now_ns - beat_ns, map->header->beat_interval_ms);
}

/* False when it is well. */
static bool say_silent(const struct state_map *map, const struct topology *topology,
                       uint64_t now_ns, uint32_t rank, struct buffer *out)
{
    const struct state_record *record = &map->records[rank];
    struct process_stat stat;
    char path[LIMIT_NODE_PATH];
    int pid = SEE(record->pid);
    bool stopped;

    if (SEE(record->life) != NODE_READY || !state_record_process(record, &stat))
        return false;
    stopped = stat.state == 'T' || stat.state == 't';
    if (!stopped && !is_silent(map, record, now_ns))
        return false;
    buffer_printf(out, "%s has been silent for %.1f s; its process %d ",
                  path_of(topology, rank, path), seconds(SEE(record->beat_ns), now_ns), pid);
    if (stopped)
        buffer_printf(out, "is stopped by a signal: kill -CONT %d lets it go on\n", pid);
    else
        buffer_printf(out, "does not come to run\n");
    return true;
}

void why_silent(const struct state_map *map, const struct topology *topology, uint64_t now_ns,
                struct buffer *out)
{
    uint32_t rank = 0;

    while (rank < topology->node_count && !say_silent(map, topology, now_ns, rank, out))
        rank++;
}

uint64_t why_progress(const struct state_map *map)
{
    uint64_t sum = 0;

    for (uint32_t rank = 0; rank < map->header->node_count; rank++) {
        const struct state_record *record = &map->records[rank];

        sum += SEE(record->tasks_done) + SEE(record->tasks_failed) + SEE(record->tasks_open) +
               SEE(record->task_started_ns) + SEE(record->bytes_in);
    }
    return sum;
}

bool why_computes(const struct state_map *map, uint64_t now_ns)
{
    for (uint32_t rank = 0; rank < map->header->node_count; rank++) {
        const struct state_record *record = &map->records[rank];
        uint64_t started_ns = SEE(record->task_started_ns), limit_ms = SEE(record->task_limit_ms);

        if (started_ns && (!limit_ms || now_ns < started_ns + limit_ms * 1000000))
            return true;
    }
    return false;
}
