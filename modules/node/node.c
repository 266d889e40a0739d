#include "node/node.h"

#include <assert.h>
#include <stdlib.h>

#include "base/exit_code.h"
#include "base/memory.h"
#include "node/node_internal.h"
#include "node/runtime.h"

static void count_children(struct node *node)
{
    topology_children(node->topology, node->config.rank, &node->child_count);
    node->children = memory_new(node->child_count, sizeof *node->children);
    node->children_left = node->child_count;
    node->children_starting = node->child_count;
}

struct node *node_create(const struct node_config *config)
{
    struct node *node = memory_new(1, sizeof *node);

    node->config = *config;
    node->topology = config->topology;
    node->coord = topology_coord(config->topology, config->rank);
    topology_path(config->topology, config->rank, node->path, sizeof node->path);
    node->life = NODE_FORKED;
    count_children(node);
    node->members = membership_create(config->topology);
    node->reader = message_reader_create();
    node->beat_due_ns = UINT64_MAX;
    node->stop_due_ns = UINT64_MAX;
    node->discovery_due_ns = UINT64_MAX;
    node->work_due_ns = UINT64_MAX;
    if (config->port)
        runtime_create(node);
    return node;
}

void node_destroy(struct node *node)
{
    if (!node)
        return;
    runtime_destroy(node);
    message_reader_destroy(node->reader);
    membership_destroy(node->members);
    buffer_free(&node->effects.bytes);
    free(node->effects.items);
    free(node->windows);
    visitors_free(node);
    free(node->children);
    free(node);
}

void life_move(struct node *node, enum node_life to)
{
    assert(node_life_may_become(node->life, to));
    node->life = to;
}

uint32_t child_rank(const struct node *node, uint32_t child)
{
    uint32_t count;
    uint32_t first = topology_children(node->topology, node->config.rank, &count);

    assert(child >= PEER_FIRST_CHILD && child <= count);
    return first + child - PEER_FIRST_CHILD;
}

const char *child_path(const struct node *node, uint32_t child)
{
    static char path[LIMIT_NODE_PATH];

    topology_path(node->topology, child_rank(node, child), path, sizeof path);
    return path;
}

enum frame_fault read_frame(struct node *node, const struct event *event, struct message *message)
{
    if (!event->tail)
        return message_read(node->reader, event->frame, event->size, message);
    if (!message_read_head(event->frame, message) ||
        message->tensor_data.bytes.size != event->tail_size)
        return FRAME_BAD_BODY;
    message->tensor_data.bytes.data = event->tail;
    return FRAME_OK;
}

static bool is_visitor(const struct node *node, uint32_t peer)
{
    return peer > node->child_count;
}

static void on_frame(struct node *node, const struct event *event)
{
    if (is_contact(event->peer))
        contact_frame(node, event);
    else if (is_visitor(node, event->peer))
        visitor_frame(node, event);
    else
        edge_frame(node, event);
}

static void on_link_closed(struct node *node, uint32_t peer, enum frame_fault fault)
{
    if (is_contact(peer)) {
        contact_closed(node, peer);
        return;
    }
    if (is_visitor(node, peer)) {
        visitor_closed(node, peer, fault);
        return;
    }
    if (fault == FRAME_OK)
        return;
    edge_fault(node, peer, fault);
}

static void on_timeout(struct node *node, const struct event *event)
{
    if (node->now_ns >= node->beat_due_ns)
        watch_beats(node, event);
    if (node->now_ns >= node->work_due_ns)
        watch_work(node, event->work);
    if (node->now_ns >= node->stop_due_ns)
        stop_timeout(node);
    if (node->now_ns >= node->discovery_due_ns)
        discovery_timeout(node);
}

static void count_tasks(struct node *node)
{
    const struct runtime *runtime = node->runtime;

    node->counters.tasks_queued = runtime ? runtime->queue.count : 0;
    node->counters.tasks_open = node->counters.tasks_queued + (runtime && runtime->top);
}

struct effects node_step(struct node *node, const struct event *event)
{
    if (event->now_ns > node->now_ns)
        node->now_ns = event->now_ns;
    node->wall_ns = event->wall_ns;
    effects_open(node);
    switch (event->type) {
    case EVENT_START:
        start_begin(node);
        break;
    case EVENT_START_FAILED:
        start_fail(node, node->config.rank, event->text);
        break;
    case EVENT_FRAME:
        on_frame(node, event);
        break;
    case EVENT_LINK_OPENED:
        visitor_opened(node, event->peer);
        break;
    case EVENT_LINK_CLOSED:
        on_link_closed(node, event->peer, event->fault);
        break;
    case EVENT_CHILD_GONE:
        on_child_gone(node, event);
        break;
    case EVENT_PARENT_GONE:
        want_log(node, LOG_ERROR, "life", NULL,
                 "the parent's process has ended; this node ends with it");
        want_exit(node, EXIT_ORPHANED);
        break;
    case EVENT_TIMEOUT:
        on_timeout(node, event);
        break;
    case EVENT_FILE_WRITTEN:
        gather_file_written(node, event->text);
        break;
    case EVENT_CONNECTED:
        contact_opened(node, event->peer, event->text);
        break;
    case EVENT_ROOM:
        serve_room(node, event->peer);
        break;
    case EVENT_RUN:
        calls_run(node);
        break;
    case EVENT_TERMINATE:
        stop_begin(node, node->life != NODE_DRAINING, node->config.stop_ms, "asked by SIGTERM");
        break;
    }
    dispatch_turn(node);
    stop_turn(node);
    count_tasks(node);
    return effects_close(node);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t node_deadline(const struct node *node)
{
    return earlier(earlier(node->beat_due_ns, node->work_due_ns),
                   earlier(node->stop_due_ns, node->discovery_due_ns));
}

enum node_life node_life(const struct node *node)
{
    return node->life;
}

const struct membership *node_membership(const struct node *node)
{
    return node->members;
}

const struct node_counters *node_counters(const struct node *node)
{
    return &node->counters;
}
