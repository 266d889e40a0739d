/* The brain of one node: told of events, answers with effects. No descriptor, clock, fork or
 * libevent below this line. */

#ifndef NODE_NODE_H
#define NODE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "member/membership.h"
#include "model/life.h"
#include "model/waiting.h"
#include "node/effect.h"
#include "node/event.h"
#include "node/port.h"
#include "topo/topology.h"

/* All borrowed; outlive the node. */
struct node_config {
    const struct topology *topology;
    uint32_t rank;
    const char *logical_system;
    const char *physical_system;
    const char
        *run_path; // directory of the run, for the socket paths in identity.json and discovery.json
    int pid;
    uint64_t beat_interval_ms;
    uint64_t task_timeout_ms;     // how long a kernel may compute in this run, 0: no limit
    uint64_t stop_ms;             // how long a subtree that is told to leave by SIGTERM may take
    uint32_t visitors_most;       // named-socket connections taken at one time; 0: VISITORS_USUAL
    uint64_t copy_budget;         // bytes of copies of others' data that are kept, 0: the usual
    const struct node_port *port; // what running tasks needs; copied
};

enum { VISITORS_USUAL = 1024 };

struct node;

struct node *node_create(const struct node_config *config);
void node_destroy(struct node *node);

/* Tell the node one thing. Its answer, and all that it points to, lives until the next call. */
struct effects node_step(struct node *node, const struct event *event);

/* Where the bytes belong that end a frame from `peer` which begins with these MESSAGE_HEAD_MOST
 * bytes: a tensor's, in a copy that is wanted here. False: nowhere yet. The place is good until the
 * next step. */
bool node_landing(const struct node *node, uint32_t peer, const uint8_t *frame,
                  struct landing *landing);

/* For who has whole frames and no link: do with an EVENT_FRAME as a link does. True when the end of
 * the frame was wanted; it lies there then, and the event says so. */
bool node_land(const struct node *node, struct event *event);

/* True when the node has kernels to run: it wants an EVENT_RUN as soon as what it has said so far
 * is sent. */
bool node_wants_run(const struct node *node);

/* When the node wants its next EVENT_TIMEOUT, on the clock of now_ns; UINT64_MAX for never. */
uint64_t node_deadline(const struct node *node);

/* True when a connection over the named socket can be taken: there is room, or one that may go.
 * Else who knocks had better wait at the door. */
bool node_takes_visitor(const struct node *node, uint64_t now_ns);

enum node_life node_life(const struct node *node);
const struct membership *node_membership(const struct node *node);

/* Counters for state.map. */
struct node_counters {
    uint64_t forwarded;                      // frames passed on by their header
    uint64_t refused;                        // frames and connections refused, all reasons
    uint64_t refused_for[FRAME_FAULT_COUNT]; // by reason
    uint32_t children_dead;                  // died without leaving in order
    uint32_t children_slow;                  // seen as slow now
    uint32_t connections;                    // named-socket connections that are open
    uint64_t tasks_done, tasks_failed;       // that this node ran
    uint32_t tasks_queued;                   // that it is to run
    uint32_t tasks_open;                     // likewise, and those begun and not ended
    uint64_t late; // completions, look-ups and releases of what is not there, or not any more
};
const struct node_counters *node_counters(const struct node *node);

/* What it is waiting for. */
struct node_waiting {
    enum waiting what;
    uint32_t rank; // whom it waits for
    uint32_t id;   // the task's, for WAITS_FOR_TASK and WAITS_FOR_ROOM
    uint16_t depth;
};
struct node_waiting node_waiting(const struct node *node);

#endif
