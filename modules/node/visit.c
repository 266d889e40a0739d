/* Connections over the named socket: the first frame is a HEARTBEAT that names our system, and
 * after it only a few types are accepted. Anything else closes the connection and is counted by
 * reason. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/runtime.h"

static struct visitor *visitor_of(struct node *node, uint32_t peer)
{
    for (uint32_t i = 0; i < node->visitor_count; i++)
        if (node->visitors[i].peer == peer)
            return &node->visitors[i];
    return NULL;
}

/* Who has been silent for longest can come again. */
static void make_room(struct node *node)
{
    struct visitor *silent = &node->visitors[0];
    uint32_t peer;

    for (uint32_t i = 1; i < node->visitor_count; i++)
        if (node->visitors[i].used < silent->used)
            silent = &node->visitors[i];
    peer = silent->peer;
    visitor_closed(node, peer, FRAME_OK);
    want_close(node, peer, "others want to come in");
}

void visitor_opened(struct node *node, uint32_t peer)
{
    uint32_t most = node->config.visitors_most ? node->config.visitors_most : VISITORS_USUAL;

    if (node->visitor_count >= most)
        make_room(node);
    if (node->visitor_count == node->visitor_capacity) {
        node->visitor_capacity = node->visitor_capacity ? 2 * node->visitor_capacity : 4;
        node->visitors =
            memory_resize(node->visitors, node->visitor_capacity, sizeof *node->visitors);
    }
    node->visitors[node->visitor_count++] =
        (struct visitor){.peer = peer, .used = ++node->visitor_uses};
    node->counters.connections++;
}

void visitor_closed(struct node *node, uint32_t peer, enum frame_fault fault)
{
    struct visitor *visitor = visitor_of(node, peer);

    if (!visitor)
        return;
    *visitor = node->visitors[--node->visitor_count];
    node->counters.connections--;
    if (fault != FRAME_OK)
        refuse(node, fault, "a connection");
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
        (message->type != MSG_TENSOR_LOOKUP && message->type != MSG_TENSOR_DATA))
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
    visitor->used = ++node->visitor_uses;
    fault = message_read(node->reader, event->frame, event->size, &message);
    if (fault == FRAME_OK)
        fault = visitor_message(node, visitor, &message);
    if (fault != FRAME_OK)
        turn_away(node, event->peer, fault);
}
