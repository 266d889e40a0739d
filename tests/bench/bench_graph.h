/* A task graph whose tasks, as soon as they are ready, are dispatched and complete. */

#ifndef BENCH_BENCH_GRAPH_H
#define BENCH_BENCH_GRAPH_H

#include <stdlib.h>

#include "core/task_graph.h"

enum { TARGET = 7 };

static inline struct task_graph *make_graph(uint32_t slots)
{
    const struct task_graph_config config = {.self = {.level = LEVEL_POD},
                                             .rank = 1,
                                             .task_slots = slots,
                                             .buffer_bytes = 128 * 1024 * 1024,
                                             .window = 64,
                                             .system = "linqu"};
    struct task_graph *graph = task_graph_create(&config);
    struct error err;

    if (task_graph_begin(graph, 1, NULL, NULL, 0, &err) < 0)
        abort();
    return graph;
}

/* Whatever is ready completes at once; what was released meanwhile is forgotten. */
static inline void drain(struct task_graph *graph)
{
    struct task_part *part;
    size_t count;

    while ((part = task_graph_take(graph))) {
        struct task_key key = task_graph_key(graph, part->task);

        task_graph_end_part(graph, task_graph_find(graph, &key), part->index, NULL, false);
    }
    task_graph_take_released(graph, &count);
}

static inline void submit(struct task_graph *graph, const struct task_argument *arguments,
                          uint32_t count)
{
    const struct part_spec part = {
        .target = TARGET, .kernel = "k", .arguments = arguments, .count = count};
    const struct task_spec spec = {.parts = &part, .part_count = 1};
    struct error err;

    while (task_graph_submit(graph, &spec, NULL, &err) == SUBMIT_FULL)
        drain(graph);
}

#endif
