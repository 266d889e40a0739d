/* What must be zero in every node that lives, once nothing is under way any more. */

#ifndef TESTS_RANDOM_ACCOUNTS_H
#define TESTS_RANDOM_ACCOUNTS_H

#include <stdio.h>

#include "node/activation.h"
#include "node/data.h"
#include "sim/world.h"
#include "topo/ring_layout.h"

#define zero(value)                                                                                \
    if ((value) != 0)                                                                              \
    return snprintf(out, size, "%s is %llu", #value, (unsigned long long)(value)) > 0

/* True, with what it is, when something is left. */
static inline bool graph_has_left(const struct world *world, const struct task_graph *graph,
                                  char *out, size_t size)
{
    struct task_graph_counts counts = task_graph_counts(graph);

    zero(task_graph_stack_height(graph));
    zero(counts.edges);
    zero(counts.bytes);
    for (unsigned depth = 0; depth < RING_DEPTHS; depth++) {
        zero(task_ring_used(&task_graph_layer(graph, depth)->ring));
        for (uint32_t rank = 0; rank < world_topology(world)->node_count; rank++) {
            const struct buffer_ring *ring = task_graph_ring(graph, rank, depth);

            if (ring)
                zero(ring->used);
        }
    }
    return false;
}

/* Nor may more ever have been held than a ring has. */
static inline bool held_has_left(const struct world *world, const struct held *held, char *out,
                                 size_t size)
{
    for (int level = 0; level < LEVEL_COUNT; level++)
        for (unsigned depth = 0; depth < RING_DEPTHS; depth++) {
            const struct held_layer *layer = held_layer(held, (enum level)level, depth);

            if (layer->tasks || layer->bytes)
                return snprintf(out, size, "L%d depth %u: %u tasks hold %llu bytes, oldest %u",
                                level, depth, layer->tasks, (unsigned long long)layer->bytes,
                                layer->oldest) > 0;
            if (layer->bytes_peak && layer->bytes_peak > ring_bytes(world_topology(world), level))
                return snprintf(out, size, "L%d depth %u: %llu bytes were held at once", level,
                                depth, (unsigned long long)layer->bytes_peak) > 0;
        }
    return false;
}

static inline bool data_has_left(const struct data_state *data, char *out, size_t size)
{
    struct contact *contact;
    size_t at = 0;

    zero(data->fetch_count);
    zero(data->told != NULL);
    zero(data->waiting != NULL);
    zero(data->arrivals.count);
    zero(data->outgoing.by_handle.count);
    zero(data->outgoing.oldest != NULL);
    zero(data->outgoing.waiting != NULL);
    zero(data->outgoing.windows);
    while ((contact = u64_map_next(&data->peers, &at))) {
        zero(contact->fetches);
        zero(contact->frames.size);
    }
    return false;
}

static inline bool node_has_left(const struct world *world, uint32_t rank, char *out, size_t size)
{
    struct node *node = world_node(world, rank);
    struct runtime *runtime = node ? node->runtime : NULL;

    if (!runtime || !runtime_is_open(node))
        return false;
    zero(runtime->top != NULL);
    zero(runtime->queue.first != NULL);
    zero(runtime->queue.count);
    zero(runtime->queue.ready);
    zero(runtime->prepared);
    zero(fiber_pool_census(runtime->fibers).live);
    zero(copy_cache_kept(runtime->copies));
    return graph_has_left(world, runtime->graph, out, size) ||
           held_has_left(world, runtime->held, out, size) ||
           data_has_left(runtime->data, out, size);
}

#endif
