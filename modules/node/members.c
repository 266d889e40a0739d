/* Word of who died, left, or is slow. A death or a leave goes over the whole tree: from where it is
 * heard to every other edge, once, because a table that knows it already passes nothing on.
 * Slowness only goes up: it changes often and nobody below acts on it. */

#include <stdlib.h>

#include "node/node_internal.h"
#include "node/runtime.h"

enum { CHANGES_AT_ONCE = 64 };

static bool travels_down(const struct wire_member *change)
{
    return change->status == MEMBER_DEAD || change->status == MEMBER_LEFT;
}

static void send_changes(struct node *node, uint32_t peer, const struct wire_member *changes,
                         uint32_t count)
{
    struct message message = {.type = MSG_MEMBERS};

    if (count == 0)
        return;
    message.members.changes.items = changes;
    message.members.changes.count = count;
    want_message(node, peer, &message);
}

static void send_down(struct node *node, uint32_t from, const struct wire_member *changes,
                      uint32_t count)
{
    struct wire_member down[CHANGES_AT_ONCE];
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++)
        if (travels_down(&changes[i]))
            down[kept++] = changes[i];
    for (uint32_t child = PEER_FIRST_CHILD; child <= node->child_count; child++)
        if (child != from && node->children[child - PEER_FIRST_CHILD].state != CHILD_GONE)
            send_changes(node, child, down, kept);
}

static void pass_on(struct node *node, uint32_t from, const struct wire_member *changes,
                    uint32_t count)
{
    if (from != PEER_PARENT)
        send_changes(node, PEER_PARENT, changes, count);
    send_down(node, from, changes, count);
    if (count > 0)
        discovery_changed(node);
}

void members_tell(struct node *node, uint32_t rank, enum member_status status, uint32_t generation,
                  const char *cause)
{
    struct wire_member change = {
        .rank = rank,
        .status = (uint8_t)status,
        .generation = generation,
        .cause = wire_str_of(cause),
    };

    if (!membership_set(node->members, rank, status, generation))
        return;
    if (travels_down(&change))
        calls_lost(node, rank, cause);
    pass_on(node, PEER_NONE, &change, 1);
}

/* A child speaks of its own subtree, the parent of all that is not ours. */
static bool may_speak_of(const struct node *node, uint32_t peer, uint32_t rank)
{
    if (rank >= node->topology->node_count)
        return false;
    if (peer == PEER_PARENT)
        return !topology_within(node->topology, rank, node->config.rank);
    return topology_within(node->topology, rank, child_rank(node, peer));
}

static void lose_changed(struct node *node, const struct wire_member *change)
{
    char cause[LIMIT_CAUSE];

    if (travels_down(change))
        calls_lost(node, change->rank, wire_str_copy(change->cause, cause, sizeof cause));
}

void on_members(struct node *node, uint32_t peer, const struct msg_members *members)
{
    struct wire_member news[CHANGES_AT_ONCE];
    uint32_t count = 0;

    for (uint32_t i = 0; i < members->changes.count; i++) {
        const struct wire_member *change = &members->changes.items[i];

        if (change->status >= MEMBER_STATUS_COUNT || !may_speak_of(node, peer, change->rank)) {
            refuse(node, FRAME_UNEXPECTED, "MEMBERS");
            continue;
        }
        if (!membership_set(node->members, change->rank, (enum member_status)change->status,
                            change->generation))
            continue;
        lose_changed(node, change);
        news[count++] = *change;
        if (count == CHANGES_AT_ONCE) {
            pass_on(node, peer, news, count);
            count = 0;
        }
    }
    pass_on(node, peer, news, count);
}
