/* A node as a runner of tasks: made whole when the first task, registered data or look-up comes, so
 * that a node that runs nothing stays small. */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "node/activation.h"
#include "topo/ring_layout.h"

enum { TASKS_IN_FLIGHT = 128 }; // at one target, without an answer

uint64_t runtime_clock(struct node *node)
{
    uint64_t now_ns = node->runtime->port.clock(node->runtime->port.arg);

    if (now_ns > node->now_ns)
        node->now_ns = now_ns;
    task_graph_set_now(node->runtime->graph, node->now_ns);
    return node->now_ns;
}

void runtime_speak(struct node *node)
{
    const struct node_port *port = &node->runtime->port;

    if (!port->carry_out || !node->effects.urgent)
        return;
    port->carry_out(port->arg, effects_close(node));
    effects_open(node);
}

static void name_of_rank(const void *names, uint32_t rank, char *out, size_t size)
{
    const struct node *node = names;
    char path[LIMIT_NODE_PATH];

    topology_path(node->topology, rank, path, sizeof path);
    snprintf(out, size, "%s", path);
}

bool runtime_is_open(const struct node *node)
{
    return node->runtime->graph;
}

void runtime_open(struct node *node)
{
    struct runtime *runtime = node->runtime;
    const struct task_graph_config config = {
        .self = node->coord,
        .rank = node->config.rank,
        .task_slots = ring_window(node, (enum level)node->coord.level).slots,
        .buffer_bytes = ring_window(node, (enum level)node->coord.level).bytes,
        .window = TASKS_IN_FLIGHT,
        .system = node->config.logical_system,
        .node_name = name_of_rank,
        .names = node,
    };

    if (runtime->graph)
        return;
    runtime->graph = task_graph_create(&config);
    runtime->held = held_create();
    runtime->copies =
        copy_cache_create(node->config.copy_budget ? node->config.copy_budget : COPY_BUDGET_USUAL);
    runtime->fibers = fiber_pool_create(FIBER_STACK_USUAL, FIBER_CACHE_USUAL);
    runtime->data = data_state_create();
    runtime->trace = trace_create();
}

void runtime_create(struct node *node)
{
    node->runtime = memory_new(1, sizeof *node->runtime);
    node->runtime->port = *node->config.port;
    node->runtime->code = code_state_create();
}

void runtime_destroy(struct node *node)
{
    struct runtime *runtime = node->runtime;

    if (!runtime)
        return;
    if (runtime->graph) {
        activations_drop(node);
        call_queue_drop(node, &runtime->queue);
        data_state_destroy(runtime->data);
        trace_destroy(runtime->trace);
        fiber_pool_destroy(runtime->fibers);
        copy_cache_destroy(runtime->copies);
        held_destroy(runtime->held);
        task_graph_destroy(runtime->graph);
    }
    free(runtime->spare_call);
    code_state_destroy(runtime->code);
    free(runtime);
}

void runtime_sum_up(struct node *node)
{
    const struct node_counters *counters = &node->counters;
    struct fiber_census stacks;
    struct copy_counts copies;
    char fields[256];

    if (!node->runtime || !runtime_is_open(node))
        return;
    stacks = fiber_pool_census(node->runtime->fibers);
    copies = copy_cache_counts(node->runtime->copies);
    snprintf(fields, sizeof fields,
             "done=%ju failed=%ju late=%ju strange=%ju deepest_stack=%zu of=%zu copies_peak=%ju "
             "evicted=%ju over_budget=%ju",
             (uintmax_t)counters->tasks_done, (uintmax_t)counters->tasks_failed,
             (uintmax_t)counters->late, (uintmax_t)held_strange(node->runtime->held),
             stacks.deepest, stacks.stack_size, (uintmax_t)copies.bytes_peak,
             (uintmax_t)copies.evicted, (uintmax_t)copies.over_budget);
    want_log(node, LOG_INFO, "task", fields, "tasks that this node ran, and what they took");
}

static void (*const hears[])(struct node *, uint32_t, const struct message *) = {
    [MSG_CALL_TASK] = on_call_task,
    [MSG_TASK_COMPLETE] = on_task_complete,
    [MSG_SCOPE_EXIT] = on_scope_exit,
    [MSG_REG_DATA] = on_reg_data,
    [MSG_TENSOR_LOOKUP] = on_tensor_lookup,
    [MSG_TENSOR_DATA] = on_tensor_data,
    [MSG_RESOLVE] = on_resolve,
    [MSG_RESOLVED] = on_resolved,
    [MSG_RETRY_WITH_CODE] = on_retry_with_code,
    [MSG_REG_CODE] = on_reg_code,
};

bool runtime_message(struct node *node, uint32_t peer, const struct message *message)
{
    if (!node->runtime || message->type >= sizeof hears / sizeof *hears || !hears[message->type])
        return false;
    runtime_open(node);
    runtime_clock(node);
    hears[message->type](node, peer, message);
    return true;
}
