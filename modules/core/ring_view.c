#include "core/ring_view.h"

#include <string.h>

#include "base/json_text.h"

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

/* Orchestration functions that wait for a task at a time write a line for each: put together here,
 * it takes a tenth of what it takes by way of JSON values. */
static void put_text(struct buffer *out, const char *text)
{
    buffer_append(out, text, strlen(text));
}

static void put(struct buffer *out, const char *name_and_colon, uint64_t number)
{
    put_text(out, name_and_colon);
    buffer_append_number(out, number);
}

static void snapshot_layer(struct buffer *out, const struct ring_layer *layer)
{
    put_text(out, "{\"level\":\"");
    put_text(out, level_name((enum level)layer->level));
    put(out, "\",\"depth\":", layer->depth);
    put(out, ",\"task_capacity\":", layer->task_capacity);
    put(out, ",\"task_used\":", layer->task_used);
    put(out, ",\"task_head\":", layer->task_head);
    put(out, ",\"task_tail\":", layer->task_tail);
    put(out, ",\"buffer_capacity_bytes\":", layer->buffer_capacity);
    put(out, ",\"buffer_used_bytes\":", layer->buffer_used);
    put(out, ",\"buffer_head\":", layer->buffer_head);
    put(out, ",\"buffer_tail\":", layer->buffer_tail);
    put(out, ",\"last_task_alive\":", layer->last_task_alive);
    put(out, ",\"alloc_count\":", layer->task_allocs);
    put(out, ",\"retire_count\":", layer->task_retires);
    put(out, ",\"block_count\":", layer->task_blocks + layer->buffer_blocks);
    put(out, ",\"free_count\":", layer->frees);
    put(out, ",\"tokens_applied\":", layer->tokens);
    put(out, ",\"scope_tokens_applied\":", layer->tokens_by_scope);
    put_text(out, "}");
}

void ring_snapshot_line(const struct ring_view *view, const char *label, uint64_t timestamp_us,
                        struct buffer *out)
{
    put_text(out, "{\"label\":");
    json_append_line(out, json_text(label));
    put(out, ",\"timestamp_us\":", timestamp_us);
    put_text(out, ",\"layers\":[");
    for (size_t i = 0; i < view->count; i++) {
        if (i)
            put_text(out, ",");
        snapshot_layer(out, &view->layers[i]);
    }
    put_text(out, "]}\n");
}
