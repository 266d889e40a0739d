#include "sim/world.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/memory.h"
#include "model/beat.h"
#include "sim/world_internal.h"
#include "topo/topology_settings.h"

/* The world begins at a date of its own. */
#define WALL_BEGIN_NS UINT64_C(1700000000000000000)

/* --- chance ----------------------------------------------------------------------------------- */

/* splitmix64 */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint32_t world_roll(struct world *world, uint32_t bound)
{
    return bound ? (uint32_t)(random_next(&world->random) % bound) : 0;
}

bool world_chance(struct world *world, uint32_t of_thousand)
{
    return of_thousand > 0 && world_roll(world, 1000) < of_thousand;
}

/* FNV-1a over words and bytes. */
static void digest_bytes(struct world *world, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++)
        world->digest = (world->digest ^ bytes[i]) * UINT64_C(0x100000001B3);
}

/* --- the agenda ------------------------------------------------------------------------------- */

struct happening *happening_new(enum happening_type type, uint32_t rank)
{
    struct happening *happening = memory_new(1, sizeof *happening);

    happening->type = type;
    happening->rank = rank;
    happening->from = RANK_NONE;
    return happening;
}

void happening_from(struct happening *happening, const struct process *sender)
{
    happening->from = sender->rank;
    happening->sent_ns = sender->clock_ns;
}

static void happening_free(struct happening *happening)
{
    free(happening->frame);
    free(happening->text);
    free(happening);
}

void world_put(struct world *world, uint64_t at_ns, struct happening *happening)
{
    world->timers += happening->type == HAPPEN_TIMER;
    agenda_put(&world->agenda, at_ns, happening);
}

void world_tell_at(struct world *world, uint64_t at_ns, uint32_t rank, struct event event)
{
    struct happening *happening = happening_new(HAPPEN_TELL, rank);

    happening->event = event;
    world_put(world, at_ns, happening);
}

/* --- a node and its process ------------------------------------------------------------------- */

static struct process *here; // whose brain runs now

struct world *world_here(uint32_t *rank)
{
    if (here && rank)
        *rank = here->rank;
    return here ? here->world : NULL;
}

void world_compute(uint64_t ns)
{
    assert(here);
    here->clock_ns += ns;
}

void world_crash(void)
{
    assert(here);
    here->crashed = true;
}

bool world_crashed(void)
{
    return here && here->crashed;
}

static void want_turns(struct world *world, struct process *process)
{
    uint64_t deadline_ns = node_deadline(process->node);

    if (!process->run_due && node_wants_run(process->node)) {
        process->run_due = true;
        world_put(world, process->clock_ns + world_roll(world, 2 * HOP_NS),
                  happening_new(HAPPEN_RUN, process->rank));
    }
    if (deadline_ns < process->timer_ns) {
        process->timer_ns = deadline_ns;
        world_put(world, deadline_ns, happening_new(HAPPEN_TIMER, process->rank));
    }
}

/* The process ends when its kernel is where it crashes, which is after it has computed. */
static void crash(struct world *world, struct process *process)
{
    struct happening *happening = happening_new(HAPPEN_CRASH, process->rank);

    process->left_ns = UINT64_MAX;
    world_put(world, process->clock_ns, happening);
}

static void tell(struct world *world, uint32_t rank, struct event event)
{
    struct process *process = &world->processes[rank];
    struct effects effects;

    if (process->clock_ns < world->now_ns)
        process->clock_ns = world->now_ns;
    process->beat_ns = process->clock_ns;
    process->up_before = process->up;
    event.now_ns = process->clock_ns;
    event.wall_ns = WALL_BEGIN_NS + process->clock_ns;
    world->counts.events++;
    digest_bytes(world, &event.now_ns, sizeof event.now_ns);
    digest_bytes(world, &rank, sizeof rank);
    digest_bytes(world, &event.type, sizeof event.type);
    digest_bytes(world, event.frame, event.size);
    node_land(process->node, &event);
    here = process;
    effects = node_step(process->node, &event);
    here = NULL;
    if (process->crashed)
        crash(world, process);
    else
        effects_apply(world, rank, effects);
    if (process->node && !process->crashed)
        want_turns(world, process);
}

/* What a process does, as its parent sees it. */
static struct child_work work_of(const struct process *process, uint64_t now_ns)
{
    struct child_work work = {.open =
                                  process->node && node_counters(process->node)->tasks_open > 0};

    if (process->work.started_ns <= now_ns && now_ns < process->left_ns)
        work = process->work;
    work.open |= work.started_ns > 0;
    return work;
}

static void tell_timeout(struct world *world, struct process *process)
{
    uint32_t count, first = topology_children(&world->topology, process->rank, &count);
    uint64_t *beats_ns = memory_new(count + 1, sizeof *beats_ns);
    struct child_work *works = memory_new(count + 1, sizeof *works);

    for (uint32_t i = 0; i < count; i++) {
        const struct process *child = &world->processes[first + i];
        bool computes = child->clock_ns > world->now_ns;

        beats_ns[i] = computes || !child->node ? child->beat_ns : world->now_ns;
        works[i] = work_of(child, world->now_ns);
    }
    tell(world, process->rank,
         (struct event){.type = EVENT_TIMEOUT, .beats_ns = beats_ns, .work = works});
    free(beats_ns);
    free(works);
}

static void timer_due(struct world *world, struct process *process, uint64_t at_ns)
{
    if (at_ns != process->timer_ns) // an earlier one came before it
        return;
    process->timer_ns = UINT64_MAX;
    if (node_deadline(process->node) <= world->now_ns)
        tell_timeout(world, process);
    else
        want_turns(world, process);
}

static void tell_parent(struct world *world, struct process *process, bool unasked, int wait_status)
{
    uint32_t parent = topology_parent(&world->topology, process->rank);
    bool cut_short = process->clock_ns > process->end_ns;
    const struct channel *up = cut_short ? &process->up_before : &process->up;

    if (parent != RANK_NONE)
        world_tell_at(world, channel_end(up, process->end_ns + DEATH_NS), parent,
                      (struct event){.type = EVENT_CHILD_GONE,
                                     .peer = PEER_FIRST_CHILD +
                                             topology_child_number(&world->topology, process->rank),
                                     .unasked = unasked,
                                     .work = &process->last,
                                     .wait_status = wait_status});
}

/* A process has ended: its parent reaps it after its last words, its children are orphans. */
static void end_at(struct world *world, struct process *process, uint64_t end_ns, int status,
                   int wait_status)
{
    uint32_t count, first = topology_children(&world->topology, process->rank, &count);
    bool unasked = node_life(process->node) != NODE_STOPPED;

    story_line(world, end_ns, process->rank, "ends with %d", status);
    process->end_ns = end_ns;
    process->last = work_of(process, end_ns);
    node_destroy(process->node);
    process->node = NULL;
    process->exit = status;
    port_free(process);
    links_end(world, process->rank);
    tell_parent(world, process, unasked, wait_status);
    for (uint32_t i = 0; i < count; i++)
        world_tell_at(world, end_ns + DEATH_NS + world_roll(world, DEATH_NS), first + i,
                      (struct event){.type = EVENT_PARENT_GONE});
}

void process_end(struct world *world, uint32_t rank, int status, int wait_status)
{
    struct process *process = &world->processes[rank];

    if (process->node)
        end_at(world, process, process->clock_ns, status, wait_status);
}

/* In the middle of what it computes. */
static void killed(struct world *world, uint32_t rank, int signal)
{
    struct process *process = &world->processes[rank];

    if (process->node)
        end_at(world, process, world->now_ns, 128 + signal, signal);
}

void world_kill(struct world *world, uint32_t rank)
{
    killed(world, rank, SIGKILL);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void deliver(struct world *world, struct happening *happening)
{
    happening->event.text = happening->text;
    if (happening->frame) {
        happening->event.frame = happening->frame;
        happening->event.size = happening->size;
        story_frame(world, happening->rank, happening->frame, happening->size);
    }
    tell(world, happening->rank, happening->event);
}

/* Who would have sent it was dead by then. */
static bool never_sent(const struct world *world, const struct happening *happening)
{
    const struct process *sender;

    if (happening->from == RANK_NONE)
        return false;
    sender = &world->processes[happening->from];
    return !sender->node && happening->sent_ns > sender->end_ns;
}

static bool is_lost(const struct world *world, const struct happening *happening)
{
    const struct connection_end *end = happening->end;

    if (!world->processes[happening->rank].node || world->processes[happening->rank].crashed)
        return true;
    return end && (happening->event.type == EVENT_FRAME ? !end->open : end->left);
}

static void happen_to_node(struct world *world, struct agenda_entry entry,
                           struct happening *happening)
{
    struct process *process = &world->processes[happening->rank];

    if (happening->type == HAPPEN_TIMER)
        timer_due(world, process, entry.at_ns);
    else if (happening->type == HAPPEN_RUN) {
        process->run_due = false;
        if (node_wants_run(process->node))
            tell(world, process->rank, (struct event){.type = EVENT_RUN});
    } else if (happening->type == HAPPEN_CLOSE) {
        if (link_ended(world, happening->end))
            tell(world, process->rank,
                 (struct event){.type = EVENT_LINK_CLOSED, .peer = happening->end->peer});
    } else
        deliver(world, happening);
}

static void happen(struct world *world, struct happening *happening, struct agenda_entry entry)
{
    if (never_sent(world, happening))
        return;
    switch (happening->type) {
    case HAPPEN_HEAR:
        launcher_hear(world, happening->frame, happening->size);
        break;
    case HAPPEN_CONNECT:
        link_made(world, happening);
        break;
    case HAPPEN_KILL:
        killed(world, happening->rank, SIGKILL);
        break;
    case HAPPEN_CRASH:
        killed(world, happening->rank, SIGSEGV);
        break;
    default:
        if (!is_lost(world, happening))
            happen_to_node(world, entry, happening);
        else
            world->counts.lost += happening->frame != NULL;
    }
}

static bool is_told(const struct happening *happening)
{
    return happening->type != HAPPEN_HEAR && happening->type != HAPPEN_CONNECT &&
           happening->type != HAPPEN_KILL && happening->type != HAPPEN_CRASH;
}

/* One thing happens. A node that computes learns of it when it is done. */
static void world_step(struct world *world)
{
    struct agenda_entry entry = agenda_take(&world->agenda);
    struct happening *happening = entry.what;
    const struct process *process;

    assert(entry.at_ns >= world->now_ns);
    world->now_ns = entry.at_ns;
    if (is_told(happening)) {
        process = &world->processes[happening->rank];
        if (process->node && process->clock_ns > entry.at_ns) {
            bool timer_now = entry.at_ns == process->timer_ns && happening->type == HAPPEN_TIMER;

            if (timer_now)
                world->processes[happening->rank].timer_ns = process->clock_ns;
            agenda_put_back(&world->agenda, entry, process->clock_ns);
            return;
        }
    }
    world->timers -= happening->type == HAPPEN_TIMER;
    happen(world, happening, entry);
    happening_free(happening);
}

bool world_run(struct world *world, uint64_t events)
{
    uint64_t end = world->counts.events + events;

    while (world->agenda.count > world->timers) {
        if (world->counts.events >= end)
            return false;
        world_step(world);
    }
    return true;
}

void world_run_until(struct world *world, uint64_t ns)
{
    const struct agenda_entry *first;

    while ((first = agenda_first(&world->agenda)) && first->at_ns <= ns)
        world_step(world);
    if (world->now_ns < ns)
        world->now_ns = ns;
}

bool world_start(struct world *world)
{
    for (uint32_t rank = 0; rank < world->topology.node_count; rank++)
        world_tell_at(world, world->now_ns + world_roll(world, HOP_NS), rank,
                      (struct event){.type = EVENT_START});
    while (!world->heard.ready && !world->heard.failed && world->agenda.count > 0)
        world_step(world);
    return world->heard.ready;
}

/* --- from the beginning to the end ------------------------------------------------------------ */

static void process_init(struct world *world, uint32_t rank)
{
    struct process *process = &world->processes[rank];
    struct node_port port = {0};
    struct node_config config = {.topology = &world->topology,
                                 .rank = rank,
                                 .logical_system = "linqu",
                                 .physical_system = "world",
                                 .run_path = "/run",
                                 .pid = (int)rank + 1,
                                 .beat_interval_ms = beat_interval_ms(world->topology.node_count),
                                 .stop_ms = 8000,
                                 .task_timeout_ms = world->config.task_timeout_ms,
                                 .copy_budget = world->config.copy_budget,
                                 .port = &port};
    uint32_t count;

    topology_children(&world->topology, rank, &count);
    *process = (struct process){.world = world,
                                .rank = rank,
                                .exit = -1,
                                .timer_ns = UINT64_MAX,
                                .next_visitor = PEER_FIRST_CHILD + count};
    port_init(process, &port);
    process->node = node_create(&config);
}

struct world *world_create(const struct world_config *config, struct error *err)
{
    struct world *world = memory_new(1, sizeof *world);

    world->config = *config;
    world->random = config->seed;
    world->digest = UINT64_C(0xCBF29CE484222325);
    if (topology_parse(config->topology, &world->topology, err) < 0 ||
        (config->ring_capacity &&
         topology_ring_capacity_parse(&world->topology.settings, config->ring_capacity, err) < 0)) {
        free(world);
        return NULL;
    }
    world->reader = message_reader_create();
    world->processes = memory_new(world->topology.node_count, sizeof *world->processes);
    for (uint32_t rank = 0; rank < world->topology.node_count; rank++)
        process_init(world, rank);
    return world;
}

static void process_free(struct process *process)
{
    node_destroy(process->node);
    port_free(process);
    while (process->files) {
        struct world_file *file = process->files;

        process->files = file->next;
        buffer_free(&file->content);
        free(file->name);
        free(file);
    }
}

void world_destroy(struct world *world)
{
    if (!world)
        return;
    while (world->agenda.count > 0)
        happening_free(agenda_take(&world->agenda).what);
    for (uint32_t rank = 0; rank < world->topology.node_count; rank++)
        process_free(&world->processes[rank]);
    for (uint64_t i = 0; i < world->exec_count; i++)
        free(world->execs[i]);
    links_free(world);
    codes_free(world);
    message_reader_destroy(world->reader);
    agenda_free(&world->agenda);
    buffer_free(&world->packed);
    buffer_free(&world->story);
    free(world->execs);
    free(world->processes);
    free(world);
}

/* --- for reading ------------------------------------------------------------------------------ */

uint64_t world_now(const struct world *world)
{
    return world->now_ns;
}

const struct topology *world_topology(const struct world *world)
{
    return &world->topology;
}

struct node *world_node(const struct world *world, uint32_t rank)
{
    return world->processes[rank].node;
}

const struct world_heard *world_heard(const struct world *world)
{
    return &world->heard;
}

const struct world_counts *world_counts(const struct world *world)
{
    return &world->counts;
}

int world_exit_of(const struct world *world, uint32_t rank)
{
    return world->processes[rank].exit;
}

const struct buffer *world_file(const struct world *world, uint32_t rank, const char *name)
{
    for (const struct world_file *file = world->processes[rank].files; file; file = file->next)
        if (strcmp(file->name, name) == 0)
            return &file->content;
    return NULL;
}

uint64_t world_digest(const struct world *world)
{
    return world->digest;
}

const struct buffer *world_story(const struct world *world)
{
    return &world->story;
}
