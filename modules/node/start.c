/* Coming up: a node is READY when its whole subtree is, and the first failure below goes up at
 * once. */

#include <stdio.h>

#include "node/node_internal.h"

static uint32_t subtree_counts(const struct node *node, struct wire_level_count counts[LEVEL_COUNT])
{
    uint32_t used = 0;

    for (int level = LEVEL_COUNT - 1; level >= 0; level--) {
        uint32_t count;

        topology_subtree(node->topology, node->config.rank, (enum level)level, &count);
        if (count)
            counts[used++] = (struct wire_level_count){.level = (uint8_t)level, .count = count};
    }
    return used;
}

static void become_ready(struct node *node)
{
    struct wire_level_count counts[LEVEL_COUNT];
    struct message message = {.type = MSG_READY};

    life_move(node, NODE_READY);
    message.ready.counts.count = subtree_counts(node, counts);
    message.ready.counts.items = counts;
    want_message(node, PEER_PARENT, &message);
    want_log(node, LOG_INFO, "life", NULL, "ready");
    watch_begin(node);
}

static void check_ready(struct node *node)
{
    if (node->life == NODE_STARTING && node->children_starting == 0 && !node->failure_told)
        become_ready(node);
}

void start_begin(struct node *node)
{
    life_move(node, NODE_STARTING);
    check_ready(node);
}

static bool counts_are_whole(const struct node *node, uint32_t child, const struct msg_ready *ready)
{
    uint32_t rank = child_rank(node, child);

    for (uint32_t i = 0; i < ready->counts.count; i++) {
        const struct wire_level_count *entry = &ready->counts.items[i];
        uint32_t count = 0;

        if (entry->level < LEVEL_COUNT)
            topology_subtree(node->topology, rank, (enum level)entry->level, &count);
        if (count == 0 || count != entry->count)
            return false;
    }
    return ready->counts.count > 0;
}

void on_ready(struct node *node, uint32_t number, const struct msg_ready *ready)
{
    struct child *child = &node->children[number - PEER_FIRST_CHILD];

    if (child->state != CHILD_STARTING)
        return;
    if (!counts_are_whole(node, number, ready)) {
        start_fail(node, child_rank(node, number),
                   "it calls itself ready with a part of its subtree");
        return;
    }
    child->state = CHILD_READY;
    node->children_starting--;
    check_ready(node);
}

void start_fail(struct node *node, uint32_t rank, const char *cause)
{
    struct message message = {.type = MSG_FAILED};
    char path[LIMIT_NODE_PATH];

    if (node->failure_told)
        return;
    node->failure_told = true;
    if (node->life == NODE_FORKED || node->life == NODE_STARTING)
        life_move(node, NODE_FAILED);
    topology_path(node->topology, rank, path, sizeof path);
    want_log(node, LOG_ERROR, "life", NULL, "start failed: %s: %s", path, cause);
    message.failed.rank = rank;
    message.failed.cause = wire_str_of(cause);
    want_message(node, PEER_PARENT, &message);
}

void on_failed(struct node *node, const struct msg_failed *failed)
{
    char cause[LIMIT_CAUSE];

    if (failed->rank < node->topology->node_count)
        start_fail(node, failed->rank, wire_str_copy(failed->cause, cause, sizeof cause));
}
