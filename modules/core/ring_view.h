/* The rings of a node at one moment, as numbers: those of its own level, which it fills, and those
 * that its ancestors fill. Snapshots and profiles are made from it. */

#ifndef CORE_RING_VIEW_H
#define CORE_RING_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "core/held.h"
#include "core/task_graph.h"
#include "model/level.h"
#include "model/ring_capacity.h"

struct ring_layer {
    uint8_t level;
    uint8_t depth;

    uint32_t task_capacity, task_used, task_peak;
    uint32_t task_head, task_tail; // slots: where the next task goes, where the oldest is
    uint32_t last_task_alive;      // the id of the oldest
    uint64_t task_allocs, task_retires;
    uint64_t task_blocks, task_block_ns;

    uint64_t buffer_capacity, buffer_used, buffer_peak; // of the ring that lies at this node
    uint64_t buffer_head, buffer_tail;
    uint64_t buffer_alloc_bytes;
    uint64_t buffer_blocks, buffer_block_ns; // for bytes at any holder

    uint64_t retire_scans, retired_bytes;
    uint64_t scope_begins, scope_ends;
    uint64_t tokens;          // applied, for whatever reason
    uint64_t tokens_by_scope; // of them, because a scope ended
    uint64_t superseded, frees;
};

enum { RING_LAYERS_MAX = LEVEL_COUNT * RING_DEPTHS };

struct ring_view {
    struct ring_layer layers[RING_LAYERS_MAX]; // those that were ever used, by level from the own
                                               // one up, then depth
    size_t count;
    uint64_t bytes; // held at this node now, all layers together
};

/* `graph` or `held` may be NULL. `self` is the node's level; `capacity` has an entry for each
 * level. */
void ring_view_take(struct ring_view *view, const struct task_graph *graph, const struct held *held,
                    enum level self, uint32_t rank, const struct ring_capacity *capacity);

/* Append one line for ring_snapshots.jsonl, its newline included. */
void ring_snapshot_line(const struct ring_view *view, const char *label, uint64_t timestamp_us,
                        struct buffer *out);

#endif
