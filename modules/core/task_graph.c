#include "core/task_graph.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/graph.h"

struct task_graph *task_graph_create(const struct task_graph_config *config)
{
    struct task_graph *graph = memory_new(1, sizeof *graph);

    graph->config = *config;
    for (unsigned depth = 0; depth < RING_DEPTHS; depth++)
        task_ring_init(&graph->layers[depth].ring, config->task_slots);
    accounts_init(&graph->accounts, config->buffer_bytes, config->window);
    return graph;
}

void task_graph_destroy(struct task_graph *graph)
{
    if (!graph)
        return;
    for (unsigned depth = 0; depth < RING_DEPTHS; depth++) {
        struct task_ring *ring = &graph->layers[depth].ring;

        for (uint32_t id = ring->oldest; id != ring->next; id++)
            graph_task_free(graph, task_ring_find(ring, id));
        task_ring_free(ring);
        tensor_map_free(&graph->stack[depth].tensors);
        failure_drop(graph->stack[depth].first_error);
    }
    accounts_free(&graph->accounts);
    dependency_pool_free(&graph->dependencies);
    param_pool_free(&graph->params);
    free(graph->claims.items);
    free(graph->tensors);
    buffer_free(&graph->released);
    buffer_free(&graph->released_out);
    free(graph);
}

void task_graph_set_capacity(struct task_graph *graph, uint32_t task_slots, uint64_t buffer_bytes)
{
    assert(graph->height == 0);
    graph->config.task_slots = task_slots;
    graph->config.buffer_bytes = buffer_bytes;
    for (unsigned depth = 0; depth < RING_DEPTHS; depth++)
        task_ring_resize(&graph->layers[depth].ring, task_slots);
    accounts_resize(&graph->accounts, buffer_bytes);
}

void task_graph_set_now(struct task_graph *graph, uint64_t now_ns)
{
    assert(now_ns >= graph->now_ns);
    graph->now_ns = now_ns;
}

struct task_key task_graph_key(const struct task_graph *graph, const struct task *task)
{
    return (struct task_key){.exec = task->exec,
                             .creator = graph->config.self,
                             .depth = task->depth,
                             .id = task->id}; // generation 0: nothing is executed again
}

struct task *task_graph_find(struct task_graph *graph, const struct task_key *key)
{
    struct task *task = NULL;

    if (key->depth < RING_DEPTHS && coord_equal(&key->creator, &graph->config.self))
        task = task_ring_find(&graph->layers[key->depth].ring, key->id);
    if (task && task->exec == key->exec && key->generation == 0)
        return task;
    graph->counts.late++;
    return NULL;
}

void graph_node_name(const struct task_graph *graph, uint32_t rank, char *out, size_t size)
{
    if (graph->config.node_name)
        graph->config.node_name(graph->config.names, rank, out, size);
    else
        snprintf(out, size, "node %u", rank);
}

void graph_task_name(const struct task_graph *graph, const struct task *task, char *out,
                     size_t size)
{
    struct task_key key = task_graph_key(graph, task);

    task_key_to_text(&key, graph->config.system, key.exec != 1, out, size);
}

const struct released *task_graph_take_released(struct task_graph *graph, size_t *count)
{
    struct buffer handed_out = graph->released;

    graph->released = graph->released_out;
    graph->released_out = handed_out;
    buffer_clear(&graph->released);
    *count = handed_out.size / sizeof(struct released);
    return (const struct released *)(const void *)handed_out.data;
}

struct task_graph_counts task_graph_counts(const struct task_graph *graph)
{
    struct task_graph_counts counts = graph->counts;

    counts.edges = graph->dependencies.in_use;
    counts.edges_made = graph->dependencies.made;
    return counts;
}

const struct layer *task_graph_layer(const struct task_graph *graph, unsigned depth)
{
    assert(depth < RING_DEPTHS);
    return &graph->layers[depth];
}

const struct buffer_ring *task_graph_ring(const struct task_graph *graph, uint32_t holder,
                                          unsigned depth)
{
    const struct account *account = u64_map_find(&graph->accounts.by_rank, holder);

    assert(depth < RING_DEPTHS);
    return account ? account->rings[depth] : NULL;
}
