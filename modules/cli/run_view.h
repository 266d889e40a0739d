/* A run as it can be seen from outside: its directory, its state.map, and how each node is. Nobody
 * is asked, so it shows a run whose nodes are stopped or dead as well as one that is well. */

#ifndef CLI_RUN_VIEW_H
#define CLI_RUN_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "rundir/run_dir.h"
#include "rundir/state_map.h"
#include "topo/topology.h"

enum node_state {
    STATE_ABSENT,   // never forked
    STATE_STARTING, // its process is there, its subtree not yet ready
    STATE_READY,
    STATE_SLOW,     // alive and silent for too long, or stopped by a signal
    STATE_DRAINING, // alive and on its way out
    STATE_LEFT,     // ended in order
    STATE_FAILED,   // could not start
    STATE_DEAD,     // its process is gone, not in order
    STATE_COUNT,
};
const char *node_state_name(enum node_state state);

enum run_state {
    RUN_STATE_LIVE,  // its launcher holds the lock
    RUN_STATE_DEAD,  // it ended
    RUN_STATE_STALE, // its launcher is gone without having ended it
};
const char *run_state_name(enum run_state state);

struct run_view {
    struct run_dir dir;
    struct state_map map;
    struct topology topology;
    enum run_state state;
    enum run_phase phase;
    uint64_t now_ns; // CLOCK_MONOTONIC of the last look
    bool launcher_alive;
    uint8_t *nodes; // enum node_state by rank
    bool *stopped;  // by rank: stopped by a signal (SIGSTOP, a debugger)
};

/* Open `name` or, when NULL, the newest own run below the base, and look at it. -1 with "no such
 * run". */
int run_view_open(const char *base, const char *name, struct run_view *view, struct error *err);
/* The same for a command: finds the base, and says on stderr why there is no such run. Returns the
 * exit code. */
struct invocation;
int run_view_of(const struct invocation *invocation, const char *name, struct run_view *view);
/* Look again at the run and its launcher. */
void run_view_look_run(struct run_view *view);
/* Look again at these and at every node. */
void run_view_look(struct run_view *view);
void run_view_close(struct run_view *view);

/* Whether its process is there. */
bool node_state_alive(enum node_state state);

/* Why a node is dead, failed or slow, as a phrase; "" for the others. */
void run_view_reason(const struct run_view *view, uint32_t rank, char *out, size_t size);

/* Whether the socket file of a node is there; false for a chip. */
bool run_view_has_socket(const struct run_view *view, uint32_t rank);

#endif
