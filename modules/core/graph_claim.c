/* Everything a task needs is claimed at submit, all or nothing. */

#include <assert.h>

#include "base/memory.h"
#include "core/graph.h"

void graph_claim_clear(struct task_graph *graph)
{
    graph->claims.count = 0;
}

void graph_claim_add(struct task_graph *graph, struct account *account, uint64_t size)
{
    struct claim_list *list = &graph->claims;

    assert(size);
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 16;
        list->items = memory_resize(list->items, list->capacity, sizeof *list->items);
    }
    list->items[list->count++] = (struct claim_item){.account = account, .size = size};
}

/* The first account of which the claim wants more than a whole ring; NULL when all could be had
 * some day. */
static const struct account *too_small(struct task_graph *graph)
{
    uint64_t stamp = ++graph->stamp;

    for (size_t i = 0; i < graph->claims.count; i++) {
        const struct claim_item *item = &graph->claims.items[i];
        struct account *account = item->account;

        if (account->mark != stamp) {
            account->mark = stamp;
            account->demand = 0;
        }
        if (item->size > graph->accounts.ring_bytes)
            account->demand = UINT64_MAX / 2;
        else
            account->demand += buffer_ring_need(item->size);
        if (account->demand > graph->accounts.ring_bytes)
            return account;
    }
    return NULL;
}

static int say_too_large(const struct task_graph *graph, const struct account *account,
                         struct error *err)
{
    uint64_t bytes = 0;
    char node[128];

    for (size_t i = 0; i < graph->claims.count; i++) {
        const struct claim_item *item = &graph->claims.items[i];

        if (item->account == account && item->size < UINT64_MAX - bytes)
            bytes += item->size;
    }
    graph_node_name(graph, account->rank, node, sizeof node);
    return error_set(err,
                     "%ju bytes of output at %s are more than a whole buffer ring of %ju bytes; "
                     "--ring-capacity L%d:buffer=... makes it larger",
                     (uintmax_t)bytes, node, (uintmax_t)graph->accounts.ring_bytes,
                     graph->config.self.level);
}

/* Claim the bytes of all items; on failure give back what was claimed and return who had no room.
 */
static const struct account *claim_bytes(struct task_graph *graph, unsigned depth)
{
    struct claim_list *list = &graph->claims;

    for (size_t i = 0; i < list->count; i++) {
        struct claim_item *item = &list->items[i];
        struct buffer_ring *ring = account_ring(&graph->accounts, item->account, depth);

        if (buffer_ring_claim(ring, item->size, &item->place))
            continue;
        for (size_t back = i; back-- > 0;) {
            const struct claim_item *undo = &list->items[back];

            buffer_ring_unclaim(undo->account->rings[depth], undo->size, undo->place);
        }
        return item->account;
    }
    return NULL;
}

static void settle_bytes(struct task_graph *graph, unsigned depth)
{
    for (size_t i = 0; i < graph->claims.count; i++) {
        const struct claim_item *item = &graph->claims.items[i];

        buffer_ring_settle(item->account->rings[depth]);
        if (item->account->rank == graph->config.rank)
            graph->counts.bytes += buffer_ring_need(item->size);
    }
    if (graph->counts.bytes > graph->counts.bytes_peak)
        graph->counts.bytes_peak = graph->counts.bytes;
}

void graph_claim_release(struct task_graph *graph, struct account *account, unsigned depth,
                         uint64_t size, uint64_t place)
{
    buffer_ring_release(account->rings[depth], size, place);
    if (account->rank == graph->config.rank)
        graph->counts.bytes -= buffer_ring_need(size);
}

/* The submitter no longer waits for what it waited for. */
static void unblock(struct task_graph *graph)
{
    struct block *block = &graph_top(graph)->blocked;
    struct layer_counts *counts = &graph->layers[block->depth].counts;
    uint64_t waited_ns = graph->now_ns - block->since_ns;

    if (block->on == BLOCK_SLOT)
        counts->task_block_ns += waited_ns;
    if (block->on == BLOCK_BYTES)
        counts->buffer_block_ns += waited_ns;
    block->on = BLOCK_NONE;
}

/* A retry that finds the same ring still full is no new block. */
static void block_on(struct task_graph *graph, unsigned depth, enum block_on on)
{
    struct block *block = &graph_top(graph)->blocked;
    struct layer *layer = &graph->layers[depth];

    if (block->on != on || block->depth != depth) {
        unblock(graph);
        *block =
            (struct block){.on = (uint8_t)on, .depth = (uint8_t)depth, .since_ns = graph->now_ns};
        layer->counts.task_blocks += on == BLOCK_SLOT;
        layer->counts.buffer_blocks += on == BLOCK_BYTES;
    }
    block->retired = layer->ring.retired;
}

static struct task *make_task(struct task_graph *graph, unsigned depth)
{
    struct activation *top = graph_top(graph);
    struct task *task = task_ring_claim(&graph->layers[depth].ring);

    task->exec = top->exec;
    task->depth = (uint8_t)depth;
    task->activation = top;
    task->fanout_count = 1;
    task->submitted_ns = graph->now_ns;
    return task;
}

enum claim_result graph_claim(struct task_graph *graph, unsigned depth, struct task **task,
                              struct error *err)
{
    const struct account *account = too_small(graph);
    bool no_slot = task_ring_full(&graph->layers[depth].ring);

    if (account) {
        say_too_large(graph, account, err);
        return CLAIM_TOO_LARGE;
    }
    if (!no_slot)
        account = claim_bytes(graph, depth);
    if (!no_slot && !account) {
        settle_bytes(graph, depth);
        unblock(graph);
        *task = make_task(graph, depth);
        return CLAIM_DONE;
    }
    block_on(graph, depth, no_slot ? BLOCK_SLOT : BLOCK_BYTES);
    if (!graph_deadlock(graph, depth, account, err))
        return CLAIM_FULL;
    unblock(graph);
    graph_top(graph)->deadlock = true;
    graph->counts.deadlocks++;
    return CLAIM_DEADLOCK;
}
