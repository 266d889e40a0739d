/* A task graph with an open activation, and short words for what tests do to it. Node 0 is the
 * submitter. */

#ifndef UNIT_GRAPH_FIXTURE_H
#define UNIT_GRAPH_FIXTURE_H

#include <stdarg.h>
#include <string.h>

#include "core/task_graph.h"
#include "suite.h"

enum { SELF = 0 };

static struct task_graph *graph;
static struct error graph_err;

static inline struct task_graph *graph_with(uint32_t slots, uint64_t bytes)
{
    struct task_graph_config config = {.self = {.level = LEVEL_HOST},
                                       .rank = SELF,
                                       .task_slots = slots,
                                       .buffer_bytes = bytes,
                                       .window = 1000000,
                                       .system = "linqu"};

    graph = task_graph_create(&config);
    ck_assert_int_eq(task_graph_begin(graph, 1, NULL, NULL, 0, &graph_err), 0);
    return graph;
}

/* Arguments of a task: in(h), out(h), both(h). */
static inline struct task_argument in(uint64_t handle)
{
    return (struct task_argument){PARAM_INPUT, handle};
}

static inline struct task_argument out(uint64_t handle)
{
    return (struct task_argument){PARAM_OUTPUT, handle};
}

static inline struct task_argument both(uint64_t handle)
{
    return (struct task_argument){PARAM_INOUT, handle};
}

static inline enum submit_result try_task(uint32_t target, struct task_key *key,
                                          const struct task_argument *arguments, uint32_t count)
{
    struct part_spec part = {
        .target = target, .kernel = "k", .arguments = arguments, .count = count};
    struct task_spec spec = {.parts = &part, .part_count = 1};

    return task_graph_submit(graph, &spec, key, &graph_err);
}

static inline struct task_key submit_to(uint32_t target, const struct task_argument *arguments,
                                        uint32_t count)
{
    struct task_key key;

    claim(try_task(target, &key, arguments, count) == SUBMIT_DONE, "not submitted: %s",
          graph_err.text);
    return key;
}

#define ARGUMENTS(...)                                                                             \
    (const struct task_argument[]){__VA_ARGS__},                                                   \
        sizeof((const struct task_argument[]){__VA_ARGS__}) / sizeof(struct task_argument)

/* Submit a task to node 1. */
#define task(...) submit_to(1, ARGUMENTS(__VA_ARGS__))
#define try(...) try_task(1, NULL, ARGUMENTS(__VA_ARGS__))
#define null_task() submit_to(1, NULL, 0)

static inline uint64_t alloc(uint64_t size)
{
    return task_graph_alloc(graph, size);
}

static inline const struct task *find(struct task_key key)
{
    return task_ring_find(&task_graph_layer(graph, key.depth)->ring, key.id);
}

/* "pending" ... or "gone". */
static inline const char *state(struct task_key key)
{
    const struct task *found = find(key);

    return found ? task_state_name((enum task_state)found->state) : "gone";
}

/* Dispatch all that is ready; returns how many parts that were. */
static inline unsigned start_all(void)
{
    unsigned count = 0;

    while (task_graph_take(graph))
        count++;
    return count;
}

static inline void end_task(struct task_key key, const char *error)
{
    claim(task_graph_end_part(graph, task_graph_find(graph, &key), 0, error, false),
          "%s does not run", state(key));
}

static inline void complete(struct task_key key)
{
    end_task(key, NULL);
}

/* Dispatch and complete until nothing is left. */
static inline void run_all(void)
{
    struct task_part *part;

    while ((part = task_graph_take(graph)))
        claim(task_graph_end_part(graph, part->task, part->index, NULL, false),
              "a part does not run");
}

static inline void scope_begin(void)
{
    claim(task_graph_scope_begin(graph, &graph_err) == 0, "%s", graph_err.text);
}

static inline void scope_end(void)
{
    claim(task_graph_scope_end(graph, &graph_err) == 0, "%s", graph_err.text);
}

static inline int free_tensor(uint64_t handle)
{
    return task_graph_free(graph, handle, &graph_err);
}

static inline uint32_t used(unsigned depth)
{
    return task_ring_used(&task_graph_layer(graph, depth)->ring);
}

static inline uint64_t bytes_used(uint32_t node, unsigned depth)
{
    const struct buffer_ring *ring = task_graph_ring(graph, node, depth);

    return ring ? ring->used : 0;
}

static inline const struct layer_counts *counts(unsigned depth)
{
    return &task_graph_layer(graph, depth)->counts;
}

static inline struct activation_view top(void)
{
    struct activation_view view;

    claim(task_graph_top(graph, &view), "no activation");
    return view;
}

/* The activation returns, and ends. */
static inline void leave(void)
{
    task_graph_return(graph);
    claim(top().unfinished == 0, "%u tasks have not ended", top().unfinished);
    task_graph_end(graph);
}

static inline void destroy(void)
{
    task_graph_destroy(graph);
    graph = NULL;
}

#endif
