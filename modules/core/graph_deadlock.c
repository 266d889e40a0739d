/* Full, and can it ever drain? The submitter stands still, and so does every activation that it is
 * nested in. What they alone can give, nobody gives:
 *
 *   - the token of a task with outputs: by scope exit, free or a later version,
 *   - the end of a task that one of them runs,
 *   - the start of a part for this node that an outer one submitted: it runs only when that one is
 * on top again,
 *
 * and whatever waits for such an end. All else goes on by itself: what runs elsewhere ends, what is
 * ready is dispatched, parts that the submitter itself has for this node run while it is parked. So
 * the layer drains up to the first task that is stuck in this sense, and no further. If the claim
 * does not fit then, it never will. */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "core/graph.h"

/* Mark a task that cannot end, and with it all that wait for it. */
static void mark_unending(struct task *task, uint64_t stamp)
{
    struct task *list = task;

    if (task->mark == stamp)
        return;
    task->mark = stamp;
    task->next = NULL;
    while (list) {
        struct task *first = list;

        list = first->next;
        for (struct dependency *edge = first->readers; edge; edge = edge->next_reader) {
            if (edge->reader->mark == stamp ||
                task_state_ended((enum task_state)edge->reader->state))
                continue;
            edge->reader->mark = stamp;
            edge->reader->next = list;
            list = edge->reader;
        }
    }
}

/* A task of an outer activation that needs this node to run or go on with a part of it. */
static bool needs_outer(const struct task *task, const struct activation *top)
{
    return task->activation != top && task->own_left &&
           !task_state_ended((enum task_state)task->state);
}

/* Returns true when anything is marked. */
static bool mark_all_unending(struct task_graph *graph, uint64_t stamp)
{
    const struct activation *top = graph_top(graph);
    bool any = false;

    for (unsigned depth = 0; depth < RING_DEPTHS && graph->height > 1; depth++) {
        const struct task_ring *ring = &graph->layers[depth].ring;

        for (uint32_t id = ring->oldest; id != ring->next; id++) {
            struct task *task = task_ring_find(ring, id);

            if (needs_outer(task, top)) {
                mark_unending(task, stamp);
                any = true;
            }
        }
    }
    return any;
}

enum stuck_by { NOT_STUCK, STUCK_END, STUCK_TOKEN, STUCK_READER };

static enum stuck_by stuck(const struct task *task, bool any_marked, uint64_t stamp)
{
    if (task->mark == stamp)
        return STUCK_END;
    if (!task->token_applied && task->output_count)
        return STUCK_TOKEN;
    if (!any_marked)
        return NOT_STUCK;
    for (const struct dependency *edge = task->readers; edge; edge = edge->next_reader) {
        if (edge->reader->mark == stamp)
            return STUCK_READER;
    }
    return NOT_STUCK;
}

static bool first_place(const struct task *task, const struct task_param *params, uint32_t count,
                        uint64_t *place)
{
    if (!task->has_bytes)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (param_writes((enum param_type)params[i].type) && params[i].size) {
            *place = params[i].place;
            return true;
        }
    }
    return false;
}

/* Where the oldest block begins that a task from `id` on has at that account; false when they have
 * none. */
static bool oldest_place(const struct task_ring *ring, uint32_t id, const struct account *account,
                         uint64_t *place)
{
    for (; id != ring->next; id++) {
        const struct task *task = task_ring_find(ring, id);

        for (uint32_t i = 0; i < task->part_count; i++) {
            const struct task_part *part = &task->parts[i];

            if (part->account == account &&
                first_place(task, part->params, part->param_count, place))
                return true;
        }
    }
    return false;
}

/* Would all that the claim wants at that account fit if everything before task `id` had retired? */
static bool fits_there(struct task_graph *graph, unsigned depth, uint32_t id,
                       const struct account *account)
{
    struct buffer_ring ring;
    uint64_t place;

    if (!account->rings[depth] || !oldest_place(&graph->layers[depth].ring, id, account, &place))
        return true; // it will be empty, and the claim is no larger than a ring
    ring = *account->rings[depth];
    buffer_ring_skip_to(&ring, place);
    for (size_t i = 0; i < graph->claims.count; i++) {
        const struct claim_item *item = &graph->claims.items[i];

        if (item->account == account && !buffer_ring_claim(&ring, item->size, &place))
            return false;
    }
    return true;
}

/* The first account at which the claim will never fit; NULL when there is none. */
static const struct account *never_fits(struct task_graph *graph, unsigned depth, uint32_t id)
{
    uint64_t stamp = ++graph->stamp;

    for (size_t i = 0; i < graph->claims.count; i++) {
        struct account *account = graph->claims.items[i].account;

        if (account->mark == stamp)
            continue;
        account->mark = stamp;
        if (!fits_there(graph, depth, id, account))
            return account;
    }
    return NULL;
}

static void describe_ring(struct task_graph *graph, unsigned depth, const struct account *account,
                          char *out, size_t size)
{
    const struct task_ring *slots = &graph->layers[depth].ring;
    const struct buffer_ring *bytes;
    char node[128];

    if (!account) {
        snprintf(out, size, "task ring L%d depth %u has none of its %u slots free (%u used)",
                 graph->config.self.level, depth, slots->capacity, task_ring_used(slots));
        return;
    }
    bytes = account->rings[depth];
    graph_node_name(graph, account->rank, node, sizeof node);
    snprintf(out, size,
             "buffer ring L%d depth %u at %s has no room (%ju of %ju bytes used, largest free run "
             "%ju)",
             graph->config.self.level, depth, node, (uintmax_t)bytes->used,
             (uintmax_t)bytes->capacity, (uintmax_t)buffer_ring_largest_run(bytes));
}

static const char *const because[] = {
    [STUCK_END] = "cannot end before the activation that waits here does",
    [STUCK_TOKEN] = "waits for its scope to end or its tensors to be freed, which only the "
                    "activation that waits here, or one around it, can do",
    [STUCK_READER] = "has a reader that cannot end before the activation that waits here does",
};

static int say(struct task_graph *graph, unsigned depth, const struct account *account,
               const struct task *head, enum stuck_by by, struct error *err)
{
    char ring[384], name[128];

    describe_ring(graph, depth, account, ring, sizeof ring);
    graph_task_name(graph, head, name, sizeof name);
    return error_set(
        err,
        "deadlock: %s and can never drain: %s (%s) holds the head and %s; end the scope "
        "or free tensors earlier, or give more with --ring-capacity L%d:%s",
        ring, name, head->part_count ? head->parts[0].kernel : "empty group", because[by],
        graph->config.self.level, account ? "buffer=..." : "task=...");
}

bool graph_deadlock(struct task_graph *graph, unsigned depth, const struct account *account,
                    struct error *err)
{
    struct task_ring *ring = &graph->layers[depth].ring;
    uint64_t stamp = ++graph->stamp;
    bool any_marked = mark_all_unending(graph, stamp);
    enum stuck_by by = NOT_STUCK;
    uint32_t id = ring->oldest;

    for (; id != ring->next; id++) {
        by = stuck(task_ring_find(ring, id), any_marked, stamp);
        if (by != NOT_STUCK)
            break;
    }
    if (by == NOT_STUCK)
        return false;
    if (id != ring->oldest || !task_ring_full(ring)) {
        account = never_fits(graph, depth, id);
        if (!account)
            return false;
    }
    say(graph, depth, account, task_ring_find(ring, id), by, err);
    return true;
}
