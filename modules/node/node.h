/* The brain of one node: told of events, answers with effects. No descriptor, clock, fork or
 * libevent below this line. */

#ifndef NODE_NODE_H
#define NODE_NODE_H

#include <stdint.h>

#include "base/limits.h"
#include "member/membership.h"
#include "model/life.h"
#include "node/effect.h"
#include "node/event.h"
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
    uint64_t stop_ms; // how long a subtree that is told to leave by SIGTERM may take
};

struct node;

struct node *node_create(const struct node_config *config);
void node_destroy(struct node *node);

/* Tell the node one thing. Its answer, and all that it points to, lives until the next call. */
struct effects node_step(struct node *node, const struct event *event);

/* When the node wants its next EVENT_TIMEOUT, on the clock of now_ns; UINT64_MAX for never. */
uint64_t node_deadline(const struct node *node);

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
};
const struct node_counters *node_counters(const struct node *node);

#endif
