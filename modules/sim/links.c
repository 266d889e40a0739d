/* Edges and connections: when what is sent arrives, and what is lost on the way. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/world_internal.h"

static uint64_t latest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint64_t on_the_way_ns(struct world *world)
{
    return HOP_NS + (uint64_t)world_roll(world, world->config.faults.spread) * 1000;
}

uint64_t channel_arrival(struct world *world, struct channel *channel, uint64_t now_ns,
                         enum message_queue queue)
{
    uint64_t at_ns = now_ns + on_the_way_ns(world);

    at_ns = latest(at_ns, channel->last_ns[QUEUE_CONTROL]);
    if (queue == QUEUE_DATA)
        at_ns = latest(at_ns, channel->last_ns[QUEUE_DATA]);
    channel->last_ns[queue] = at_ns;
    return at_ns;
}

uint64_t channel_end(const struct channel *channel, uint64_t now_ns)
{
    return latest(now_ns, latest(channel->last_ns[QUEUE_CONTROL], channel->last_ns[QUEUE_DATA]));
}

static struct connection_end *other_end(const struct connection_end *end)
{
    struct connection *connection = end->connection;

    return end == &connection->ends[0] ? &connection->ends[1] : &connection->ends[0];
}

static struct connection_end *end_of(struct world *world, uint32_t rank, uint32_t peer)
{
    struct connection_end *end = world->processes[rank].ends;

    while (end && end->peer != peer)
        end = end->next;
    return end;
}

static void send_once(struct world *world, struct channel *channel, struct happening *happening,
                      const struct effect *effect, uint64_t now_ns)
{
    const struct frame_pieces frame = effect_frame(effect);

    happening->size = frame_pieces_size(&frame);
    happening->frame = memory_new(happening->size, 1);
    frame_pieces_copy(happening->frame, &frame);
    world->counts.frames++;
    world->counts.bytes += happening->size;
    world_put(world, channel_arrival(world, channel, now_ns, (enum message_queue)effect->queue),
              happening);
}

static struct happening *frame_for(const struct process *sender, uint32_t rank, uint32_t peer)
{
    struct happening *happening =
        happening_new(rank == RANK_NONE ? HAPPEN_HEAR : HAPPEN_TELL, rank);

    happening->event = (struct event){.type = EVENT_FRAME, .peer = peer};
    happening_from(happening, sender);
    return happening;
}

/* Over an edge. A TASK_COMPLETE may come twice. */
static void send_edge(struct world *world, uint32_t rank, const struct effect *effect)
{
    struct process *process = &world->processes[rank];
    uint32_t count, first = topology_children(&world->topology, rank, &count);
    struct channel *channel = &process->up;
    uint32_t to, peer = PEER_PARENT, times = 1;

    if (effect->peer == PEER_PARENT) {
        to = topology_parent(&world->topology, rank);
        peer = PEER_FIRST_CHILD + topology_child_number(&world->topology, rank);
    } else {
        to = first + effect->peer - PEER_FIRST_CHILD;
        channel = &world->processes[to].down;
    }
    if (effect->data[5] == MSG_TASK_COMPLETE && world_chance(world, world->config.faults.repeat)) {
        world->counts.repeats++;
        times = 2;
    }
    while (times-- > 0)
        send_once(world, channel, frame_for(process, to, peer), effect, process->clock_ns);
}

static void send_contact(struct world *world, uint32_t rank, const struct effect *effect)
{
    struct connection_end *end = end_of(world, rank, effect->peer), *to;
    struct happening *happening;

    if (!end || !end->open || !other_end(end)->open) {
        world->counts.lost++;
        return;
    }
    if (world_chance(world, world->config.faults.cut)) {
        world->counts.cuts++;
        link_lost(world, end->connection);
        return;
    }
    to = other_end(end);
    happening = frame_for(&world->processes[rank], to->rank, to->peer);
    happening->end = to;
    send_once(world, &to->in, happening, effect, world->processes[rank].clock_ns);
}

void link_send(struct world *world, uint32_t rank, const struct effect *effect)
{
    uint32_t count;

    topology_children(&world->topology, rank, &count);
    if (effect->peer < PEER_FIRST_CHILD + count)
        send_edge(world, rank, effect);
    else
        send_contact(world, rank, effect);
}

static void end_add(struct world *world, struct connection_end *end)
{
    struct process *process = &world->processes[end->rank];

    end->next = process->ends;
    process->ends = end;
    end->open = true;
}

static void end_remove(struct world *world, struct connection_end *end)
{
    struct connection_end **at = &world->processes[end->rank].ends;

    while (*at && *at != end)
        at = &(*at)->next;
    if (*at)
        *at = end->next;
}

bool link_ended(struct world *world, struct connection_end *end)
{
    bool open = end->open;

    end->open = false;
    end_remove(world, end);
    return open;
}

void link_connect(struct world *world, uint32_t rank, const struct effect *effect)
{
    struct connection *connection = memory_new(1, sizeof *connection);
    struct happening *happening = happening_new(HAPPEN_CONNECT, effect->rank);

    connection->next = world->connections;
    world->connections = connection;
    connection->ends[0] =
        (struct connection_end){.connection = connection, .rank = rank, .peer = effect->peer};
    connection->ends[1].connection = connection;
    connection->ends[1].rank = effect->rank;
    end_add(world, &connection->ends[0]);
    happening->end = &connection->ends[1];
    happening_from(happening, &world->processes[rank]);
    world_put(world, world->processes[rank].clock_ns + CONNECT_NS + on_the_way_ns(world),
              happening);
}

static bool answers(struct world *world, uint32_t rank)
{
    return topology_level_of_rank(&world->topology, rank) != LEVEL_CHIP &&
           world->processes[rank].node && !world_chance(world, world->config.faults.closed);
}

static void tell_end(struct world *world, struct connection_end *end, uint64_t at_ns,
                     enum event_type type)
{
    struct happening *happening = happening_new(HAPPEN_TELL, end->rank);

    happening->event = (struct event){.type = type, .peer = end->peer};
    happening->end = end;
    world_put(world, at_ns, happening);
}

void link_made(struct world *world, struct happening *happening)
{
    struct connection_end *asker = &happening->end->connection->ends[0];
    struct connection_end *asked = happening->end;
    struct happening *answer = happening_new(HAPPEN_TELL, asker->rank);
    char path[LIMIT_NODE_PATH];

    answer->event = (struct event){.type = EVENT_CONNECTED, .peer = asker->peer};
    answer->end = asker;
    if (!asker->open) { // it has thought better of it, or is dead
        free(answer);
        return;
    }
    topology_path(&world->topology, asked->rank, path, sizeof path);
    if (answers(world, asked->rank)) {
        world->counts.contacts++;
        asked->peer = world->processes[asked->rank].next_visitor++;
        end_add(world, asked);
        tell_end(world, asked, channel_arrival(world, &asked->in, world->now_ns, QUEUE_CONTROL),
                 EVENT_LINK_OPENED);
        story_line(world, world->now_ns, asker->rank, "connected with %s", path);
    } else {
        asker->open = false;
        end_remove(world, asker);
        answer->text = memory_new(2 * LIMIT_NODE_PATH, 1);
        snprintf(answer->text, 2 * (size_t)LIMIT_NODE_PATH, "%s: connection refused", path);
        story_line(world, world->now_ns, asker->rank, "not connected with %s", path);
    }
    world_put(world, channel_arrival(world, &asker->in, world->now_ns, QUEUE_CONTROL), answer);
}

/* The other end hears of it after what was sent before. */
static void tell_other(struct world *world, struct connection_end *end, uint64_t now_ns)
{
    struct connection_end *other = other_end(end);
    struct happening *happening;

    if (!other->open)
        return;
    happening = happening_new(HAPPEN_CLOSE, other->rank);
    happening->end = other;
    world_put(world, channel_end(&other->in, now_ns + on_the_way_ns(world)), happening);
}

void link_close(struct world *world, uint32_t rank, uint32_t peer)
{
    struct connection_end *end = end_of(world, rank, peer);

    if (!end)
        return;
    end->open = false;
    end->left = true;
    end_remove(world, end);
    tell_other(world, end, world->processes[rank].clock_ns);
}

/* What was under way is lost. Both ends hear of it. */
void link_lost(struct world *world, struct connection *connection)
{
    char path[LIMIT_NODE_PATH];

    topology_path(&world->topology, connection->ends[1].rank, path, sizeof path);
    story_line(world, world->now_ns, connection->ends[0].rank, "connection with %s is lost", path);
    for (int i = 0; i < 2; i++) {
        struct connection_end *end = &connection->ends[i];

        if (!end->open)
            continue;
        end->open = false;
        end_remove(world, end);
        tell_end(world, end, channel_end(&end->in, world->now_ns + on_the_way_ns(world)),
                 EVENT_LINK_CLOSED);
    }
}

void links_end(struct world *world, uint32_t rank)
{
    struct process *process = &world->processes[rank];

    while (process->ends) {
        struct connection_end *end = process->ends;

        process->ends = end->next;
        end->open = false;
        tell_other(world, end, world->now_ns);
    }
}

uint32_t world_cut(struct world *world, uint32_t rank)
{
    struct process *process = &world->processes[rank];
    uint32_t cut = 0;

    while (process->ends) {
        struct connection *connection = process->ends->connection;

        world->counts.cuts++;
        cut++;
        if (!connection->ends[1].open) { // under way still
            link_close(world, rank, process->ends->peer);
            continue;
        }
        link_lost(world, connection);
    }
    return cut;
}

void links_free(struct world *world)
{
    while (world->connections) {
        struct connection *connection = world->connections;

        world->connections = connection->next;
        free(connection);
    }
}
