/* What this node shows of itself: its record in state.map and its title in ps. */

#include <string.h>
#include <unistd.h>

#include "actor/actor_internal.h"
#include "model/beat.h"
#include "rundir/clock.h"
#include "super/title.h"

#define SHOW(field, value) atomic_store_explicit(&(field), (value), memory_order_relaxed)

static void add(struct link_counters *sum, const struct link_counters *one)
{
    sum->frames_in += one->frames_in;
    sum->frames_out += one->frames_out;
    sum->bytes_in += one->bytes_in;
    sum->bytes_out += one->bytes_out;
}

void actor_keep_counters(struct actor *actor, const struct link *link)
{
    add(&actor->past, &link->counters);
}

static struct link_counters all_links(const struct actor *actor)
{
    struct link_counters sum = actor->past;

    for (uint32_t i = 0; i < actor->edge_count; i++)
        if (actor->edges[i].link)
            add(&sum, &actor->edges[i].link->counters);
    for (const struct guest *guest = actor->guests; guest; guest = guest->next)
        if (guest->link)
            add(&sum, &guest->link->counters);
    return sum;
}

static void show_title(struct actor *actor, enum node_life life)
{
    const struct inherit_run *run = actor->run;

    title_set("linqu: %s %s %s", run->state.header->run, actor->path, node_life_name(life));
}

void record_begin(struct actor *actor)
{
    SHOW(actor->record->pid, getpid());
    SHOW(actor->record->start_ticks, actor->self.start_ticks);
    SHOW(actor->record->exit_status, -1);
    SHOW(actor->record->life, NODE_FORKED);
    actor->shown_life = NODE_FORKED;
    show_title(actor, NODE_FORKED);
}

static void show_life(struct actor *actor, uint64_t now_ns)
{
    enum node_life life = node_life(actor->node);

    if (life == actor->shown_life)
        return;
    if (life == NODE_READY)
        SHOW(actor->record->ready_ns, now_ns);
    SHOW(actor->record->life, life);
    actor->shown_life = life;
    if (life != NODE_STARTING) // lasts too short to be worth the write
        show_title(actor, life);
}

struct record_range siblings_of(const struct topology *topology, uint32_t rank)
{
    uint32_t parent = topology_parent(topology, rank);
    struct record_range range = {.first = rank, .count = 1};

    if (parent != RANK_NONE)
        range.first = topology_children(topology, parent, &range.count);
    return range;
}

bool sibling_is_slow(void *arg, uint32_t rank)
{
    const struct actor *actor = arg;
    struct record_range siblings = siblings_of(actor->run->topology, actor->self.rank);
    const struct state_record *record = &actor->run->state.records[rank];
    uint64_t now_ns = monotonic_clock_ns(), beat_ns;

    if (rank < siblings.first || rank >= siblings.first + siblings.count ||
        atomic_load_explicit(&record->task_started_ns, memory_order_relaxed))
        return false;
    beat_ns = atomic_load_explicit(&record->beat_ns, memory_order_relaxed);
    return now_ns > beat_ns && beat_is_slow(now_ns - beat_ns, actor->run->beat_interval_ms);
}

struct child_work child_work_of(const struct state_record *record)
{
    struct state_task task;
    struct child_work work = {
        .open = atomic_load_explicit(&record->tasks_open, memory_order_relaxed) != 0};

    if (!state_record_task(record, &task))
        return work;
    work.started_ns = task.started_ns;
    work.limit_ms = task.limit_ms;
    memcpy(work.kernel, task.kernel, sizeof work.kernel);
    return work;
}

static void show_waiting(struct state_record *record, struct node_waiting waiting, uint64_t now_ns)
{
    if (waiting.what == record->waits_for && waiting.rank == record->waits_rank &&
        waiting.id == record->waits_id && waiting.depth == record->waits_depth)
        return;
    SHOW(record->waits_rank, waiting.rank);
    SHOW(record->waits_id, waiting.id);
    SHOW(record->waits_depth, waiting.depth);
    SHOW(record->waits_since_ns, now_ns);
    SHOW(record->waits_for, waiting.what);
}

void record_publish(struct actor *actor)
{
    struct state_record *record = actor->record;
    const struct node_counters *counters = node_counters(actor->node);
    struct link_counters links = all_links(actor);
    uint64_t now_ns = monotonic_clock_ns();

    SHOW(record->beat_ns, now_ns);
    SHOW(record->frames_in, links.frames_in);
    SHOW(record->frames_out, links.frames_out);
    SHOW(record->bytes_in, links.bytes_in);
    SHOW(record->bytes_out, links.bytes_out);
    SHOW(record->forwarded, counters->forwarded);
    SHOW(record->refused, counters->refused + actor->strangers);
    SHOW(record->connections, counters->connections);
    SHOW(record->tasks_done, counters->tasks_done);
    SHOW(record->tasks_failed, counters->tasks_failed);
    SHOW(record->tasks_queued, counters->tasks_queued);
    SHOW(record->tasks_open, counters->tasks_open);
    SHOW(record->children_dead, counters->children_dead);
    SHOW(record->children_slow, counters->children_slow);
    SHOW(record->log_lines, actor->log.lines);
    SHOW(record->log_dropped, actor->log.dropped);
    show_waiting(record, node_waiting(actor->node), now_ns);
    show_life(actor, now_ns);
}
