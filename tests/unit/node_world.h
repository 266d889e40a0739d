/* A whole tree of brains in one process: what one wants to send, another is told, in order. The
 * launcher's place above the top only keeps what comes up. */

#ifndef TESTS_NODE_WORLD_H
#define TESTS_NODE_WORLD_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "node/node.h"
#include "wire/message.h"

struct world_frame {
    uint32_t to;   // rank
    uint32_t peer; // the link it comes over, as the receiver numbers it
    uint8_t *data;
    size_t size;
    struct world_frame *next;
};

struct world {
    struct topology topology;
    struct node **nodes; // NULL: dead
    struct world_frame *first, **last;
    uint64_t now_ns;
    struct buffer up;       // frames that reached the launcher, one after the other
    uint32_t logs[4];       // by level
    char last_error[512];   // text of the last error line
    uint32_t kills;         // EFFECT_KILL
    uint32_t closes;        // EFFECT_CLOSE
    uint32_t files;         // EFFECT_WRITE_FILE
    int *exits;             // by rank; -1: has not left
    const char *file_error; // what EVENT_FILE_WRITTEN says, NULL: written
    struct buffer visitor;  // frames sent to peers beyond the children
};

static void world_tell(struct world *world, uint32_t rank, struct event event);

static inline void world_queue(struct world *world, uint32_t to, uint32_t peer, const void *data,
                               size_t size)
{
    struct world_frame *frame = memory_new(1, sizeof *frame);

    *frame = (struct world_frame){.to = to, .peer = peer, .size = size};
    frame->data = memory_new(size, 1);
    memcpy(frame->data, data, size);
    *world->last = frame;
    world->last = &frame->next;
}

static inline void world_send(struct world *world, uint32_t from, const struct effect *effect)
{
    uint32_t count, first = topology_children(&world->topology, from, &count);
    uint32_t parent = topology_parent(&world->topology, from);

    if (effect->peer > count)
        buffer_append(&world->visitor, effect->data, effect->size);
    else if (effect->peer != PEER_PARENT)
        world_queue(world, first + effect->peer - PEER_FIRST_CHILD, PEER_PARENT, effect->data,
                    effect->size);
    else if (parent == RANK_NONE)
        buffer_append(&world->up, effect->data, effect->size);
    else
        world_queue(world, parent, PEER_FIRST_CHILD + topology_child_number(&world->topology, from),
                    effect->data, effect->size);
}

static inline void world_apply(struct world *world, uint32_t rank, struct effects effects)
{
    uint32_t written = 0;

    for (size_t i = 0; i < effects.count; i++) {
        const struct effect *effect = &effects.list[i];

        if (effect->type == EFFECT_SEND)
            world_send(world, rank, effect);
        else if (effect->type == EFFECT_LOG) {
            world->logs[effect->level]++;
            if (effect->level == LOG_ERROR)
                snprintf(world->last_error, sizeof world->last_error, "%s", effect->text);
        } else if (effect->type == EFFECT_EXIT)
            world->exits[rank] = effect->status;
        else if (effect->type == EFFECT_KILL)
            world->kills++;
        else if (effect->type == EFFECT_CLOSE)
            world->closes++;
        else if (effect->type == EFFECT_WRITE_FILE)
            written++;
    }
    world->files += written;
    while (written-- > 0)
        world_tell(world, rank,
                   (struct event){.type = EVENT_FILE_WRITTEN, .text = world->file_error});
}

static void world_tell(struct world *world, uint32_t rank, struct event event)
{
    event.now_ns = world->now_ns;
    if (world->nodes[rank] && world->exits[rank] < 0)
        world_apply(world, rank, node_step(world->nodes[rank], &event));
}

/* Deliver until nothing is under way. */
static inline void world_settle(struct world *world)
{
    while (world->first) {
        struct world_frame *frame = world->first;

        world->first = frame->next;
        if (!world->first)
            world->last = &world->first;
        world_tell(world, frame->to,
                   (struct event){.type = EVENT_FRAME,
                                  .peer = frame->peer,
                                  .frame = frame->data,
                                  .size = frame->size});
        free(frame->data);
        free(frame);
    }
}

/* The process of `rank` ends: its parent reaps it with this wait status. */
static inline void world_end(struct world *world, uint32_t rank, int wait_status)
{
    uint32_t parent = topology_parent(&world->topology, rank);

    node_destroy(world->nodes[rank]);
    world->nodes[rank] = NULL;
    if (parent != RANK_NONE)
        world_tell(
            world, parent,
            (struct event){.type = EVENT_CHILD_GONE,
                           .peer = PEER_FIRST_CHILD + topology_child_number(&world->topology, rank),
                           .wait_status = wait_status});
}

/* From the launcher to `target`. */
static inline void world_ask(struct world *world, uint32_t target, struct message *message)
{
    struct buffer frame = {0};

    message->sender = coord_launcher();
    message->target = topology_coord(&world->topology, target);
    message_pack(&frame, message);
    world_queue(world, 0, PEER_PARENT, frame.data, frame.size);
    buffer_free(&frame);
    world_settle(world);
}

static inline void world_open(struct world *world, const char *spec)
{
    struct error err;

    *world = (struct world){.now_ns = 1};
    world->last = &world->first;
    if (topology_parse(spec, &world->topology, &err) < 0)
        abort();
    world->nodes = memory_new(world->topology.node_count, sizeof *world->nodes);
    world->exits = memory_new(world->topology.node_count, sizeof *world->exits);
    for (uint32_t rank = 0; rank < world->topology.node_count; rank++) {
        const struct node_config config = {.topology = &world->topology,
                                           .rank = rank,
                                           .logical_system = "linqu",
                                           .physical_system = "here",
                                           .run_path = "/run",
                                           .pid = (int)rank + 1,
                                           .beat_interval_ms = 1000,
                                           .stop_ms = 8000};

        world->nodes[rank] = node_create(&config);
        world->exits[rank] = -1;
    }
}

static inline void world_start(struct world *world)
{
    for (uint32_t rank = 0; rank < world->topology.node_count; rank++)
        world_tell(world, rank, (struct event){.type = EVENT_START});
    world_settle(world);
}

static inline void world_close(struct world *world)
{
    world_settle(world);
    for (uint32_t rank = 0; rank < world->topology.node_count; rank++)
        node_destroy(world->nodes[rank]);
    free(world->nodes);
    free(world->exits);
    buffer_free(&world->up);
    buffer_free(&world->visitor);
}

/* The next frame of a run of them: false at the end. */
static inline bool world_next(const struct buffer *frames, size_t *at,
                              struct message_reader *reader, struct message *message)
{
    size_t size;

    if (*at >= frames->size ||
        frame_size(frames->data + *at, frames->size - *at, LIMIT_FRAME_SOCKET, &size) != FRAME_OK ||
        message_read(reader, frames->data + *at, size, message) != FRAME_OK)
        return false;
    *at += size;
    return true;
}

#endif
