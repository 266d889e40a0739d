#include "core/ring_view.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/memory.h"

static void view_own_layer(struct ring_layer *view, const struct task_graph *graph, unsigned depth,
                           uint32_t rank)
{
    const struct layer *layer = task_graph_layer(graph, depth);
    const struct buffer_ring *ring = task_graph_ring(graph, rank, depth);

    view->task_used = task_ring_used(&layer->ring);
    view->task_peak = layer->ring.peak;
    view->task_head = task_ring_head(&layer->ring);
    view->task_tail = task_ring_tail(&layer->ring);
    view->last_task_alive = layer->ring.oldest;
    view->task_allocs = layer->ring.claims;
    view->task_retires = layer->ring.retired;
    view->task_blocks = layer->counts.task_blocks;
    view->task_block_ns = layer->counts.task_block_ns;
    view->buffer_blocks = layer->counts.buffer_blocks;
    view->buffer_block_ns = layer->counts.buffer_block_ns;
    view->retire_scans = layer->counts.retire_scans;
    view->retired_bytes = layer->counts.retired_bytes;
    view->scope_begins = layer->counts.scope_begins;
    view->scope_ends = layer->counts.scope_ends;
    view->tokens =
        layer->counts.tokens_by_scope + layer->counts.tokens_early + layer->counts.tokens_by_end;
    view->tokens_by_scope = layer->counts.tokens_by_scope;
    view->superseded = layer->counts.superseded;
    view->frees = layer->counts.frees;
    if (!ring)
        return;
    view->buffer_used = ring->used;
    view->buffer_peak = ring->peak;
    view->buffer_head = ring->head;
    view->buffer_tail = ring->tail;
    view->buffer_alloc_bytes = ring->claimed_bytes;
}

/* Of an ancestor's layer only what it placed here is known. */
static void view_held_layer(struct ring_layer *view, const struct held_layer *layer)
{
    view->task_used = layer->tasks;
    view->task_peak = layer->tasks_peak;
    view->task_head = layer->next & (view->task_capacity - 1);
    view->task_tail = layer->oldest & (view->task_capacity - 1);
    view->last_task_alive = layer->oldest;
    view->task_allocs = layer->tasks_claimed;
    view->task_retires = layer->tasks_retired;
    view->buffer_used = layer->bytes;
    view->buffer_peak = layer->bytes_peak;
    view->buffer_head = layer->head;
    view->buffer_tail = layer->tail;
    view->buffer_alloc_bytes = layer->bytes_claimed;
    view->retired_bytes = layer->bytes_retired;
}

static struct ring_layer *add_layer(struct ring_view *view, enum level level, unsigned depth,
                                    const struct ring_capacity *capacity)
{
    struct ring_layer *layer = &view->layers[view->count++];

    *layer = (struct ring_layer){.level = (uint8_t)level,
                                 .depth = (uint8_t)depth,
                                 .task_capacity = capacity[level].slots,
                                 .buffer_capacity = capacity[level].bytes};
    return layer;
}

void ring_view_take(struct ring_view *view, const struct task_graph *graph, const struct held *held,
                    enum level self, uint32_t rank, const struct ring_capacity *capacity)
{
    view->count = 0;
    view->bytes = held ? held_bytes_above(held, self) : 0;
    for (unsigned depth = 0; graph && depth < RING_DEPTHS; depth++) {
        const struct layer *layer = task_graph_layer(graph, depth);

        if (layer->ring.claims || layer->counts.scope_begins)
            view_own_layer(add_layer(view, self, depth, capacity), graph, depth, rank);
    }
    if (graph)
        view->bytes += task_graph_counts(graph).bytes;
    for (unsigned level = self + 1; held && level < LEVEL_COUNT; level++)
        for (unsigned depth = 0; depth < RING_DEPTHS; depth++) {
            const struct held_layer *layer = held_layer(held, (enum level)level, depth);

            if (layer->tasks_claimed)
                view_held_layer(add_layer(view, (enum level)level, depth, capacity), layer);
        }
}

static json_t *snapshot_layer(const struct ring_layer *layer)
{
    return json_pack(
        "{s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", //
        "level", level_name((enum level)layer->level),                                           //
        "depth", (int)layer->depth,                                                              //
        "task_capacity", (json_int_t)layer->task_capacity,                                       //
        "task_used", (json_int_t)layer->task_used,                                               //
        "task_head", (json_int_t)layer->task_head,                                               //
        "task_tail", (json_int_t)layer->task_tail,                                               //
        "buffer_capacity_bytes", (json_int_t)layer->buffer_capacity,                             //
        "buffer_used_bytes", (json_int_t)layer->buffer_used,                                     //
        "buffer_head", (json_int_t)layer->buffer_head,                                           //
        "buffer_tail", (json_int_t)layer->buffer_tail,                                           //
        "last_task_alive", (json_int_t)layer->last_task_alive,                                   //
        "alloc_count", (json_int_t)layer->task_allocs,                                           //
        "retire_count", (json_int_t)layer->task_retires,                                         //
        "block_count", (json_int_t)(layer->task_blocks + layer->buffer_blocks),                  //
        "free_count", (json_int_t)layer->frees,                                                  //
        "tokens_applied", (json_int_t)layer->tokens,                                             //
        "scope_tokens_applied", (json_int_t)layer->tokens_by_scope);
}

char *ring_snapshot_line(const struct ring_view *view, const char *label, uint64_t timestamp_us)
{
    json_t *layers = json_array(), *line;
    size_t size;
    char *text;

    for (size_t i = 0; i < view->count; i++)
        json_array_append_new(layers, snapshot_layer(&view->layers[i]));
    line = json_pack("{s:o, s:I, s:o}", "label", json_text(label), "timestamp_us",
                     (json_int_t)timestamp_us, "layers", layers);
    assert(line);
    size = json_dumpb(line, NULL, 0, JSON_COMPACT);
    text = memory_new(size + 2, 1);
    json_dumpb(line, text, size, JSON_COMPACT);
    text[size] = '\n';
    json_decref(line);
    return text;
}
