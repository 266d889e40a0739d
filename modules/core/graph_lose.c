/* Nodes that are gone with what they held. */

#include <assert.h>

#include "core/graph.h"

struct failure *graph_lost(const struct task_graph *graph, uint32_t rank)
{
    const struct account *account = u64_map_find(&graph->accounts.by_rank, rank);

    return account ? account->lost : NULL;
}

static bool part_touches_lost(const struct task_graph *graph, const struct task_part *part)
{
    if (part->account->lost)
        return true;
    if (part->state == PART_STARTED)
        return false; // it may have its inputs; if not, it will say so
    for (uint32_t i = 0; i < part_param_count(part); i++) {
        const struct task_param *param = part_param(part, i);

        if (param_reads((enum param_type)param->type) && graph_lost(graph, param->holder))
            return true;
    }
    return false;
}

/* End the parts that ran on a lost node, and those that have not started and need what is lost. The
 * last part that ends ends the task, which then may have retired: false. */
static bool end_lost_parts(struct task_graph *graph, struct task *task, const char *cause)
{
    for (uint32_t i = 0; i < task->part_count; i++) {
        struct task_part *part = &task->parts[i];
        const struct part_error error = {.text = cause};
        bool last = task->parts_left == 1;

        if (part->state == PART_ENDED || !part_touches_lost(graph, part))
            continue;
        graph_part_end(graph, part, &error);
        if (last)
            return false;
    }
    return true;
}

static void lose_of_task(struct task_graph *graph, struct task *task, const char *cause)
{
    bool pending = task->state == TASK_PENDING;

    if (task_state_ended((enum task_state)task->state))
        return;
    if (!pending) {
        end_lost_parts(graph, task, cause);
        return;
    }
    for (uint32_t i = 0; i < task->part_count; i++) {
        if (part_touches_lost(graph, &task->parts[i])) {
            struct task_key key = task_graph_key(graph, task);

            graph_task_end(graph, task, failure_create(&key, cause));
            return;
        }
    }
}

void task_graph_lose(struct task_graph *graph, bool (*lost)(const void *arg, uint32_t rank),
                     const void *arg, const char *cause)
{
    struct failure *failure = failure_create(NULL, cause);
    struct account *account;
    size_t at = 0;

    while ((account = u64_map_next(&graph->accounts.by_rank, &at))) {
        if (!account->lost && lost(arg, account->rank))
            account->lost = failure_share(failure);
    }
    failure_drop(failure);
    for (unsigned depth = 0; depth < RING_DEPTHS; depth++) {
        struct task_ring *ring = &graph->layers[depth].ring;

        for (uint32_t id = ring->oldest, end = ring->next; id != end; id++) {
            struct task *task = task_ring_find(ring, id);

            if (task)
                lose_of_task(graph, task, cause);
        }
    }
}
