/* Going down: leaves first. A node that is asked to leave gracefully finishes the tasks it has, for
 * at most half of its time, since they may need its children. Then it asks those, waits for their
 * end and leaves; who does not leave in time gets SIGTERM, then SIGKILL. The deadline shrinks by an
 * eighth a level, so that the parent of whoever hangs acts before its own parent does. */

#include <signal.h>
#include <stdio.h>

#include "base/exit_code.h"
#include "node/runtime.h"

enum { STOP_MS_LEAST = 200 };

static void ask_children(struct node *node, bool graceful, uint64_t deadline_ms)
{
    for (uint32_t child = PEER_FIRST_CHILD; child <= node->child_count; child++) {
        struct message message = {.type = MSG_SHUTDOWN};

        if (node->children[child - PEER_FIRST_CHILD].state == CHILD_GONE)
            continue;
        message.shutdown.graceful = graceful;
        message.shutdown.deadline_ms = deadline_ms - deadline_ms / 8;
        want_message(node, child, &message);
    }
}

static bool has_tasks(const struct node *node)
{
    const struct runtime *runtime = node->runtime;

    return runtime && (runtime->top || runtime->queue.count);
}

static void go_down(struct node *node, bool graceful)
{
    uint64_t left_ns = node->stop_end_ns > node->now_ns ? node->stop_end_ns - node->now_ns : 0;

    node->finishing = false;
    node->stop_due_ns = node->stop_end_ns;
    ask_children(node, graceful, left_ns / 1000000);
    stop_check(node);
}

void stop_begin(struct node *node, bool graceful, uint64_t deadline_ms, const char *why)
{
    if (node->finishing && !graceful)
        go_down(node, false);
    if (deadline_ms < STOP_MS_LEAST)
        deadline_ms = STOP_MS_LEAST;
    if (node->life == NODE_DRAINING || node->life == NODE_STOPPED || node->life == NODE_FORKED)
        return;
    want_log(node, LOG_INFO, "life", NULL, "stopping: %s", why);
    life_move(node, NODE_DRAINING);
    node->stop_end_ns = node->now_ns + deadline_ms * 1000000;
    node->stop_step_ns = deadline_ms * 1000000 / 16;
    node->finishing = graceful && has_tasks(node);
    if (node->finishing)
        node->stop_due_ns = node->now_ns + deadline_ms * 1000000 / 2;
    else
        go_down(node, graceful);
}

void stop_turn(struct node *node)
{
    if (node->finishing && !has_tasks(node))
        go_down(node, true);
}

/* Whoever waits for its end must not take it for one in order. */
void stop_broken(struct node *node, enum frame_fault fault)
{
    char why[96];

    node->edge_broken = true;
    snprintf(why, sizeof why, "the edge to the parent is broken (%s)", frame_fault_name(fault));
    stop_begin(node, false, 0, why);
}

static int exit_status(const struct node *node)
{
    if (node->failure_told)
        return EXIT_START;
    return node->edge_broken ? EXIT_INTERNAL : EXIT_DONE;
}

void stop_check(struct node *node)
{
    if (node->life != NODE_DRAINING || node->finishing || node->children_left > 0)
        return;
    life_move(node, NODE_STOPPED);
    node->stop_due_ns = UINT64_MAX;
    trace_write(node);
    runtime_sum_up(node);
    want_log(node, LOG_INFO, "life", NULL, "stopped");
    want_exit(node, exit_status(node));
}

/* SIGTERM to who has not had it, else SIGKILL. */
static void press(struct node *node, uint32_t number)
{
    struct child *child = &node->children[number - PEER_FIRST_CHILD];
    int next = child->stop_signal == 0 ? SIGTERM : SIGKILL;

    want_log(node, LOG_WARN, "life", NULL, "child %s has not left in time: sending %s",
             child_path(node, number), next == SIGTERM ? "SIGTERM" : "SIGKILL");
    child->stop_signal = (uint8_t)next;
    want_kill(node, number, next);
}

void stop_timeout(struct node *node)
{
    if (node->finishing) {
        want_log(node, LOG_WARN, "life", NULL, "its tasks have not ended in time: leaving them");
        go_down(node, false);
        return;
    }
    node->stop_due_ns = node->now_ns + node->stop_step_ns;
    for (uint32_t child = PEER_FIRST_CHILD; child <= node->child_count; child++)
        if (node->children[child - PEER_FIRST_CHILD].state != CHILD_GONE)
            press(node, child);
}
