/* A few nodes whose bytes of tensors travel: edges and named sockets are queues, an item goes from
 * one end to the other when the world takes a step. What a test wants a node to do it does inside a
 * step of that node. */

#ifndef TESTS_DATA_WORLD_H
#define TESTS_DATA_WORLD_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "node/data.h"
#include "suite.h"
#include "topo/ring_layout.h"
#include "topology_fixture.h"

enum { NODES_MAX = 128, ITEMS_MAX = 8192, CONNECTIONS_MAX = 512, FIRST_VISITOR = 1000 };

struct item {
    uint32_t to;
    uint8_t queue; // order holds within a link and queue
    struct event event;
    uint8_t *bytes; // of the frame
};

/* Made by `a`, to b's socket. */
struct connection {
    bool open;
    uint32_t a, a_peer, b, b_peer;
};

struct world {
    struct topology topology;
    struct node *nodes[NODES_MAX];
    struct node_port ports[NODES_MAX];
    bool dead[NODES_MAX];
    struct item items[ITEMS_MAX];
    size_t item_count;
    struct connection connections[CONNECTIONS_MAX];
    uint32_t connection_count, connections_open, connections_open_most;
    uint32_t lookups;   // TENSOR_LOOKUP sent
    uint32_t landed;    // TENSOR_DATA whose bytes came to where they belong
    uint64_t data_sent; // bytes in TENSOR_DATA frames
    uint64_t trimmed_at, trimmed;
    uint64_t now_ns;
    struct message_reader *reader;
};

static struct world world;

static uint64_t world_clock(void *arg)
{
    (void)arg;
    return world.now_ns;
}

static void world_trim(void *arg, size_t offset, size_t size)
{
    (void)arg;
    world.trimmed_at = offset;
    world.trimmed += size;
}

static inline uint32_t rank_of(const char *path)
{
    return rank_in(&world.topology, path);
}

/* True when the node has that version, written, in a ring or as a copy; then *bytes (NULL is fine). */
static inline bool world_has(const struct node *node, uint64_t handle, uint32_t version,
                             uint8_t **bytes)
{
    const struct held_version *held = held_find(node->runtime->held, handle, version);
    const struct copy *copy = copy_find(node->runtime->copies, handle, version);
    uint8_t *at = NULL;

    if (held && held->state == HELD_HERE)
        at = data_at(node, (enum level)held->level, held->depth, held->place);
    else if (!held && copy && copy->whole)
        at = copy->bytes;
    if (bytes && at)
        *bytes = at;
    return at;
}

/* Rings of `ring` bytes at every level. */
static inline void world_open(const char *spec, uint64_t ring)
{
    world = (struct world){
        .now_ns = 1, .reader = message_reader_create(), .topology = topology_of(spec)};
    ck_assert(world.topology.node_count <= NODES_MAX);
    for (unsigned level = 0; level < LEVEL_COUNT; level++)
        world.topology.settings.buffer_ring_bytes[level] = ring;
    for (uint32_t rank = 0; rank < world.topology.node_count; rank++) {
        struct node_port *port = &world.ports[rank];
        const struct node_config config = {.topology = &world.topology,
                                           .rank = rank,
                                           .logical_system = "linqu",
                                           .physical_system = "here",
                                           .run_path = "/run",
                                           .pid = (int)rank + 1,
                                           .beat_interval_ms = 1000,
                                           .stop_ms = 8000,
                                           .port = port};

        *port = (struct node_port){.clock = world_clock, .trim = world_trim};
        port->buffers = mmap(NULL, ring_layout_size(&world.topology, rank), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        ck_assert(port->buffers != MAP_FAILED);
        world.nodes[rank] = node_create(&config);
        runtime_open(world.nodes[rank]);
    }
}

static inline void world_close(void)
{
    for (size_t i = 0; i < world.item_count; i++)
        free(world.items[i].bytes);
    for (uint32_t rank = 0; rank < world.topology.node_count; rank++) {
        node_destroy(world.nodes[rank]);
        munmap(world.ports[rank].buffers, ring_layout_size(&world.topology, rank));
    }
    message_reader_destroy(world.reader);
}

static inline void world_put(uint32_t to, uint8_t queue, struct event event)
{
    struct item *item = &world.items[world.item_count++];

    ck_assert(world.item_count < ITEMS_MAX);
    *item = (struct item){.to = to, .queue = queue, .event = event};
    if (event.size) {
        item->bytes = memory_new(event.size, 1);
        memcpy(item->bytes, event.frame, event.size);
        item->event.frame = item->bytes;
    }
}

/* --- named sockets ---------------------------------------------------------------------------- */

static inline struct connection *connection_of(uint32_t rank, uint32_t peer)
{
    for (uint32_t i = 0; i < world.connection_count; i++) {
        struct connection *c = &world.connections[i];

        if (c->open && ((c->a == rank && c->a_peer == peer) || (c->b == rank && c->b_peer == peer)))
            return c;
    }
    return NULL;
}

static inline void world_connect(uint32_t from, uint32_t peer, uint32_t to)
{
    struct event opened = {.type = EVENT_CONNECTED, .peer = peer};
    struct connection *c = &world.connections[world.connection_count];

    if (world.dead[to]) {
        opened.text = "connection refused";
        world_put(from, 0, opened);
        return;
    }
    ck_assert(world.connection_count < CONNECTIONS_MAX);
    *c = (struct connection){.open = true,
                             .a = from,
                             .a_peer = peer,
                             .b = to,
                             .b_peer = FIRST_VISITOR + world.connection_count++};
    if (++world.connections_open > world.connections_open_most)
        world.connections_open_most = world.connections_open;
    world_put(to, 0, (struct event){.type = EVENT_LINK_OPENED, .peer = c->b_peer});
    world_put(from, 0, opened);
}

static inline bool is_over(const struct item *item, const struct connection *c)
{
    return (item->to == c->a && item->event.peer == c->a_peer) ||
           (item->to == c->b && item->event.peer == c->b_peer);
}

/* What is under way over it is lost; both ends hear of it, unless one has closed it. */
static inline void world_disconnect(struct connection *c, uint32_t closer)
{
    size_t kept = 0;

    c->open = false;
    world.connections_open--;
    for (size_t i = 0; i < world.item_count; i++) {
        if (!is_over(&world.items[i], c))
            world.items[kept++] = world.items[i];
        else
            free(world.items[i].bytes);
    }
    world.item_count = kept;
    if (c->a != closer)
        world_put(c->a, 0, (struct event){.type = EVENT_LINK_CLOSED, .peer = c->a_peer});
    if (c->b != closer)
        world_put(c->b, 0, (struct event){.type = EVENT_LINK_CLOSED, .peer = c->b_peer});
}

/* --- steps ------------------------------------------------------------------------------------ */

static inline void note_frame(const uint8_t *frame, size_t size)
{
    struct message message;

    ck_assert_int_eq(message_read(world.reader, frame, size, &message), FRAME_OK);
    if (message.type == MSG_TENSOR_LOOKUP)
        world.lookups++;
    else if (message.type == MSG_TENSOR_DATA)
        world.data_sent += message.tensor_data.bytes.size;
}

static inline void world_send(uint32_t from, const struct effect *effect)
{
    const struct frame_pieces pieces = effect_frame(effect);
    const size_t size = frame_pieces_size(&pieces);
    static uint8_t frame[LIMIT_FRAME_SOCKET];
    struct event event = {.type = EVENT_FRAME, .frame = frame, .size = size};
    uint32_t count, first = topology_children(&world.topology, from, &count);
    uint32_t to = topology_parent(&world.topology, from);

    frame_pieces_copy(frame, &pieces);
    note_frame(frame, size);
    if (effect->peer > count) {
        const struct connection *c = connection_of(from, effect->peer);

        if (!c)
            return;
        to = c->a == from ? c->b : c->a;
        event.peer = c->a == from ? c->b_peer : c->a_peer;
        claim(size <= LIMIT_FRAME_SOCKET, "a frame too large for a socket");
    } else {
        claim(size <= LIMIT_FRAME_RING, "a frame too large for an edge");
        event.peer = PEER_FIRST_CHILD + topology_child_number(&world.topology, from);
        if (effect->peer != PEER_PARENT) {
            to = first + effect->peer - PEER_FIRST_CHILD;
            event.peer = PEER_PARENT;
        }
    }
    if (to != RANK_NONE && !world.dead[to])
        world_put(to, effect->queue, event);
}

static inline void world_apply(uint32_t rank, struct effects effects)
{
    for (size_t i = 0; i < effects.count; i++) {
        const struct effect *effect = &effects.list[i];

        if (effect->type == EFFECT_SEND)
            world_send(rank, effect);
        else if (effect->type == EFFECT_ROOM)
            world_put(rank, 0, (struct event){.type = EVENT_ROOM, .peer = effect->peer});
        else if (effect->type == EFFECT_CONNECT)
            world_connect(rank, effect->peer, effect->rank);
        else if (effect->type == EFFECT_CLOSE && connection_of(rank, effect->peer))
            world_disconnect(connection_of(rank, effect->peer), rank);
    }
}

/* Around what a test lets a node do. */
static inline struct node *step_begin(uint32_t rank)
{
    struct node *node = world.nodes[rank];

    node->now_ns = world.now_ns;
    effects_open(node);
    return node;
}

static inline void step_end(uint32_t rank)
{
    world_apply(rank, effects_close(world.nodes[rank]));
}

/* Data may be overtaken by control, and nothing else on a link by anything. */
static inline bool may_pass(const struct item *earlier, const struct item *later)
{
    return earlier->to != later->to || earlier->event.peer != later->event.peer ||
           (earlier->event.type == EVENT_FRAME && later->event.type == EVENT_FRAME &&
            earlier->queue == QUEUE_DATA && later->queue == QUEUE_CONTROL);
}

/* The first item that must come before item `at`, or that item. */
static inline size_t first_like(size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (!may_pass(&world.items[i], &world.items[at]))
            return first_like(i);
    return at;
}

static inline void deliver(size_t at)
{
    struct item item = world.items[at];

    memmove(&world.items[at], &world.items[at + 1], (--world.item_count - at) * sizeof item);
    item.event.now_ns = ++world.now_ns;
    if (!world.dead[item.to]) {
        if (world.now_ns % 2) // every second time, as a link does
            world.landed += node_land(world.nodes[item.to], &item.event);
        world_apply(item.to, node_step(world.nodes[item.to], &item.event));
    }
    free(item.bytes);
}

static inline void settle(void)
{
    while (world.item_count)
        deliver(0);
}

/* --- tensors ---------------------------------------------------------------------------------- */

static inline uint8_t pattern(uint64_t handle, uint32_t version, uint64_t at)
{
    return (uint8_t)(handle * 31 + version * 7 + at + at / 251);
}

static inline bool has_pattern(const uint8_t *bytes, uint64_t handle, uint32_t version,
                               uint64_t size)
{
    for (uint64_t i = 0; i < size; i++)
        if (bytes[i] != pattern(handle, version, i))
            return false;
    return true;
}

/* A version in a ring of that node, which the top of the tree owns. */
static inline void hold_version(uint32_t rank, uint64_t handle, uint32_t version, uint64_t place,
                                uint64_t size, enum held_state state)
{
    struct node *node = world.nodes[rank];
    enum level owner = (enum level)world.topology.top;
    const struct held_version held = {.handle = handle,
                                      .size = size,
                                      .place = place,
                                      .version = version,
                                      .depth = 1,
                                      .state = (uint8_t)state};
    uint8_t *bytes = data_at(node, owner, 1, place);

    ck_assert(held_add(node->runtime->held, owner, (uint32_t)handle, &held));
    for (uint64_t i = 0; i < size; i++)
        bytes[i] = pattern(handle, version, i);
}

/* Somebody who wants a version. */
struct reader {
    struct want want;
    unsigned told;
    bool began_whole; // fetch_begin() said so
};

static void reader_done(struct node *node, struct want *want)
{
    struct reader *who = want->arg;

    (void)node;
    claim(!want->coming, "told while it is coming");
    who->told++;
}

static inline void want(struct reader *who, uint32_t rank, uint32_t holder, uint64_t handle,
                        uint32_t version, uint64_t size)
{
    struct node *node = step_begin(rank);

    *who = (struct reader){.want = {.handle = handle,
                                    .version = version,
                                    .size = size,
                                    .holder = holder,
                                    .done = reader_done,
                                    .arg = who}};
    who->began_whole = fetch_begin(node, &who->want);
    claim(who->told == 0, "told from inside fetch_begin()");
    step_end(rank);
}

static inline void give_up(struct reader *who, uint32_t rank)
{
    fetch_end(step_begin(rank), &who->want);
    step_end(rank);
}

static inline bool got(const struct reader *who)
{
    return !who->want.error && !who->want.coming && who->want.bytes &&
           has_pattern(who->want.bytes, who->want.handle, who->want.version, who->want.size);
}

static inline struct copy_counts copies_of(uint32_t rank)
{
    return copy_cache_counts(world.nodes[rank]->runtime->copies);
}

#endif
