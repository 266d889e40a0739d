/* Connections over the named socket: the first frame is a HEARTBEAT that names our system, and
 * after it only a few types are accepted. Anything else closes the connection and is counted by
 * reason. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/runtime.h"

enum { GREETED_WITHIN_NS = 1000000000 }; // else others may have the place

static struct visitor *visitor_of(const struct node *node, uint32_t peer)
{
    return u64_map_find(&node->visitors, peer);
}

static void put_newest(struct node *node, struct visitor *visitor)
{
    visitor->newer = NULL;
    visitor->older = node->visitor_newest;
    if (visitor->older)
        visitor->older->newer = visitor;
    else
        node->visitor_oldest = visitor;
    node->visitor_newest = visitor;
}

static void take_from_order(struct node *node, struct visitor *visitor)
{
    if (visitor->newer)
        visitor->newer->older = visitor->older;
    else
        node->visitor_newest = visitor->older;
    if (visitor->older)
        visitor->older->newer = visitor->newer;
    else
        node->visitor_oldest = visitor->newer;
}

/* It has had what it asked for, or asks for nothing: it can come again. */
static bool may_go(const struct node *node, const struct visitor *visitor, uint64_t now_ns)
{
    const struct runtime *runtime = node->runtime;

    if (!visitor->greeted)
        return now_ns >= visitor->came_ns + GREETED_WITHIN_NS;
    return serve_is_done(node, visitor->peer) &&
           (!runtime || !runtime->port.is_sent ||
            runtime->port.is_sent(runtime->port.arg, visitor->peer));
}

/* Who may go and has been silent for longest. */
static struct visitor *dispensable(const struct node *node, uint64_t now_ns)
{
    struct visitor *visitor = node->visitor_oldest;

    while (visitor && !may_go(node, visitor, now_ns))
        visitor = visitor->newer;
    return visitor;
}

static bool is_full(const struct node *node)
{
    uint32_t most = node->config.visitors_most ? node->config.visitors_most : VISITORS_USUAL;

    return node->visitors.count >= most;
}

bool node_takes_visitor(const struct node *node, uint64_t now_ns)
{
    return !is_full(node) || dispensable(node, now_ns);
}

static void make_room(struct node *node)
{
    struct visitor *leaver = dispensable(node, node->now_ns);
    uint32_t peer = leaver ? leaver->peer : node->visitor_oldest->peer;

    visitor_closed(node, peer, FRAME_OK);
    want_close(node, peer, "others want to come in");
}

void visitor_opened(struct node *node, uint32_t peer)
{
    struct visitor *visitor = memory_new(1, sizeof *visitor);

    if (is_full(node))
        make_room(node);
    *visitor = (struct visitor){.peer = peer, .came_ns = node->now_ns};
    u64_map_put(&node->visitors, peer, visitor);
    put_newest(node, visitor);
    node->counters.connections++;
}

void visitor_closed(struct node *node, uint32_t peer, enum frame_fault fault)
{
    struct visitor *visitor = u64_map_remove(&node->visitors, peer);

    if (!visitor)
        return;
    take_from_order(node, visitor);
    free(visitor);
    serve_end(node, peer);
    node->counters.connections--;
    if (fault != FRAME_OK)
        refuse(node, fault, "a connection");
}

void visitors_free(struct node *node)
{
    while (node->visitor_oldest) {
        struct visitor *visitor = node->visitor_oldest;

        take_from_order(node, visitor);
        free(visitor);
    }
    u64_map_free(&node->visitors);
}

/* Logged at the first time, and whenever the number has doubled: a flood stays a few lines. */
void refuse(struct node *node, enum frame_fault fault, const char *from)
{
    uint64_t times = ++node->counters.refused_for[fault];
    char fields[64];

    node->counters.refused++;
    if ((times & (times - 1)) != 0)
        return;
    snprintf(fields, sizeof fields, "reason=%s times=%llu", frame_fault_name(fault),
             (unsigned long long)times);
    want_log(node, LOG_WARN, "mailbox", fields, "refused a frame from %s", from);
}

static void turn_away(struct node *node, uint32_t peer, enum frame_fault fault)
{
    visitor_closed(node, peer, fault);
    want_close(node, peer, frame_fault_name(fault));
}

void heartbeat_answer(struct node *node, uint32_t peer, const struct message *question)
{
    struct message message = {.type = MSG_HEARTBEAT, .correlation = question->correlation};

    message.heartbeat.logical_system = wire_str_of(node->config.logical_system);
    message.heartbeat.physical_system = wire_str_of(node->config.physical_system);
    message.heartbeat.sequence = question->heartbeat.sequence;
    message.heartbeat.answer = 1;
    message.heartbeat.state = (uint8_t)node->life;
    want_message_to(node, peer, &question->sender, &message);
}

bool names_our_system(const struct node *node, const struct msg_heartbeat *heartbeat)
{
    size_t size = strlen(node->config.logical_system);

    return heartbeat->logical_system.size == size &&
           memcmp(heartbeat->logical_system.text, node->config.logical_system, size) == 0;
}

static enum frame_fault visitor_greets(struct node *node, struct visitor *visitor,
                                       const struct message *message)
{
    if (message->heartbeat.answer)
        return FRAME_UNEXPECTED;
    if (!names_our_system(node, &message->heartbeat))
        return FRAME_BAD_SYSTEM;
    visitor->greeted = true;
    heartbeat_answer(node, visitor->peer, message);
    return FRAME_OK;
}

static enum frame_fault visitor_message(struct node *node, struct visitor *visitor,
                                        const struct message *message)
{
    if (message->type == MSG_HEARTBEAT)
        return visitor_greets(node, visitor, message);
    if (!visitor->greeted || !coord_equal(&message->target, &node->coord) ||
        (message->type != MSG_TENSOR_LOOKUP && message->type != MSG_TENSOR_DATA) ||
        serve_is_full(node, visitor->peer))
        return FRAME_UNEXPECTED;
    return runtime_message(node, visitor->peer, message) ? FRAME_OK : FRAME_UNEXPECTED;
}

void visitor_frame(struct node *node, const struct event *event)
{
    struct visitor *visitor = visitor_of(node, event->peer);
    struct message message;
    enum frame_fault fault;

    if (!visitor)
        return;
    take_from_order(node, visitor);
    put_newest(node, visitor);
    fault = read_frame(node, event, &message);
    if (fault == FRAME_OK)
        fault = visitor_message(node, visitor, &message);
    if (fault != FRAME_OK)
        turn_away(node, event->peer, fault);
}
