/* What this node waits for: for `linqu status --why`, and for the launcher when nothing goes on. */

#include "node/activation.h"

static struct node_waiting for_task(const struct node *node, enum waiting what)
{
    struct node_waiting waiting = {.what = WAITS_FOR_NOTHING};
    struct awaited awaited;

    if (task_graph_awaited(node->runtime->graph, &awaited))
        waiting = (struct node_waiting){
            .what = what, .rank = awaited.target, .id = awaited.key.id, .depth = awaited.key.depth};
    return waiting;
}

static struct node_waiting for_parent(const struct node *node, enum waiting what)
{
    uint32_t parent = topology_parent(node->topology, node->config.rank);

    return (struct node_waiting){.what = what,
                                 .rank = parent == RANK_NONE ? RANK_LAUNCHER : parent};
}

/* It can only be the newest look of its scope. */
static struct node_waiting for_look(const struct activation_run *run)
{
    for (unsigned depth = 0; depth < RING_DEPTHS; depth++) {
        const struct look *look = run->scope_looks[depth];

        if (look && look->want.coming)
            return (struct node_waiting){.what = WAITS_FOR_DATA, .rank = look->want.holder};
    }
    return (struct node_waiting){.what = WAITS_FOR_NOTHING};
}

static struct node_waiting for_output(const struct activation_run *run)
{
    for (uint32_t i = 0; run->pulls && i < run->call->param_count; i++)
        if (run->pulls[i].coming)
            return (struct node_waiting){.what = WAITS_FOR_DATA, .rank = run->pulls[i].holder};
    return (struct node_waiting){.what = WAITS_FOR_NOTHING};
}

static struct node_waiting of_activation(const struct node *node, const struct activation_run *run)
{
    if (run->finishing)
        return for_output(run);
    if (!run->fiber)
        return for_task(node, WAITS_FOR_TASK);
    switch ((enum activation_wait)run->wait) {
    case WAIT_TASKS:
        return for_task(node, WAITS_FOR_TASK);
    case WAIT_ROOM:
        return for_task(node, WAITS_FOR_ROOM);
    case WAIT_NAME:
        return for_parent(node, WAITS_FOR_NAME);
    case WAIT_DATA:
        return for_look(run);
    case WAIT_NOTHING:
        break;
    }
    return (struct node_waiting){.what = WAITS_FOR_NOTHING};
}

static struct node_waiting of_call(const struct node *node, const struct call *call)
{
    if (call->code_missing)
        return for_parent(node, WAITS_FOR_CODE);
    for (uint32_t i = 0; i < call->param_count; i++)
        if (call->params[i].want && call->params[i].want->coming)
            return (struct node_waiting){.what = WAITS_FOR_INPUT,
                                         .rank = call->params[i].want->holder};
    return (struct node_waiting){.what = WAITS_FOR_NOTHING};
}

struct node_waiting node_waiting(const struct node *node)
{
    const struct runtime *runtime = node->runtime;

    if (!runtime || !runtime_is_open(node))
        return (struct node_waiting){.what = WAITS_FOR_NOTHING};
    if (runtime->top)
        return of_activation(node, runtime->top);
    if (runtime->queue.first)
        return of_call(node, runtime->queue.first);
    return (struct node_waiting){.what = WAITS_FOR_NOTHING};
}
