/* Tree edges: frames for others go on by their header alone, frames for us are read and handled. */

#include "node/node_internal.h"
#include "node/runtime.h"

uint32_t route(const struct node *node, const struct coord *target)
{
    const struct topology *topology = node->topology;
    uint32_t rank, up;

    if (target->level == LEVEL_LAUNCHER)
        return PEER_PARENT;
    if (!topology_has(topology, target))
        return PEER_NONE;
    rank = topology_rank(topology, target);
    if (rank == node->config.rank)
        return ROUTE_SELF;
    if (!topology_within(topology, rank, node->config.rank))
        return PEER_PARENT;
    while ((up = topology_parent(topology, rank)) != node->config.rank)
        rank = up;
    return PEER_FIRST_CHILD + topology_child_number(topology, rank);
}

/* Back to where it came from would be a circle; to a child that is gone it is lost, and the death
 * is known. */
static bool can_pass(const struct node *node, uint32_t from, uint32_t to)
{
    if (to == PEER_NONE || to == from)
        return false;
    return to == PEER_PARENT || node->children[to - PEER_FIRST_CHILD].state != CHILD_GONE;
}

static void pass_frame(struct node *node, const struct event *event, uint32_t to)
{
    if (!can_pass(node, event->peer, to)) {
        refuse(node, FRAME_UNEXPECTED, "an edge: no way to its target");
        return;
    }
    node->counters.forwarded++;
    want_frame(node, to, event->frame, event->size);
}

static void from_parent(struct node *node, const struct message *message)
{
    switch (message->type) {
    case MSG_SHUTDOWN:
        stop_begin(node, message->shutdown.graceful, message->shutdown.deadline_ms,
                   "asked by the parent");
        break;
    case MSG_GATHER:
        on_gather(node, message);
        break;
    default:
        refuse(node, FRAME_UNEXPECTED, message_name(message->type));
    }
}

static void from_child(struct node *node, uint32_t child, const struct message *message)
{
    switch (message->type) {
    case MSG_READY:
        on_ready(node, child, &message->ready);
        break;
    case MSG_FAILED:
        on_failed(node, &message->failed);
        break;
    case MSG_GATHERED:
        on_gathered(node, child, &message->gathered);
        break;
    default:
        refuse(node, FRAME_UNEXPECTED, message_name(message->type));
    }
}

/* The answer to a question that came from far goes back to whoever asked, by the way it came. */
static void edge_heartbeat(struct node *node, uint32_t peer, const struct message *message)
{
    if (!message->heartbeat.answer)
        heartbeat_answer(node, peer, message);
}

static void edge_message(struct node *node, uint32_t peer, const struct message *message)
{
    if (runtime_message(node, peer, message))
        return;
    if (message->type == MSG_HEARTBEAT)
        edge_heartbeat(node, peer, message);
    else if (message->type == MSG_MEMBERS)
        on_members(node, peer, &message->members);
    else if (peer == PEER_PARENT)
        from_parent(node, message);
    else
        from_child(node, peer, message);
}

/* The edge to a child that breaks the rules ends that child; the edge to the parent that breaks
 * them leaves nobody to obey. */
void edge_fault(struct node *node, uint32_t peer, enum frame_fault fault)
{
    refuse(node, fault, peer == PEER_PARENT ? "the parent" : child_path(node, peer));
    if (peer == PEER_PARENT)
        stop_broken(node, fault);
    else
        watch_end_child(node, peer, frame_fault_name(fault));
}

void edge_frame(struct node *node, const struct event *event)
{
    struct frame_header header;
    struct message message;
    enum frame_fault fault = frame_header_read(&header, event->frame);
    uint32_t to;

    if (fault == FRAME_OK && (to = route(node, &header.target)) != ROUTE_SELF) {
        pass_frame(node, event, to);
        return;
    }
    if (fault == FRAME_OK)
        fault = read_frame(node, event, &message);
    if (fault == FRAME_OK)
        edge_message(node, event->peer, &message);
    else
        edge_fault(node, event->peer, fault);
}
