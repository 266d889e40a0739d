/* A world: a whole tree of brains in one process, on one clock and from one seed. What a node wants
 * to send arrives at another a while later; kernels are C functions; nothing else is different from
 * a real run, as far as a brain can tell. The same configuration and the same calls give the same
 * run, byte for byte.
 *
 * Order holds where it holds in reality: within an edge, control frames stay in order, data frames
 * stay in order, and data never overtakes control that was sent before it. Everything else is the
 * seed's choice. */

#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"
#include "node/node.h"
#include "ops/linqu_orchestration_api.h"
#include "topo/topology.h"
#include "wire/message.h"

struct world;

/* What goes wrong; chances are of 1000. All zero is a world without a fault. */
struct world_faults {
    uint32_t cut;    // of a frame over a named socket: its connection is lost instead
    uint32_t closed; // of a connection: it is refused
    uint32_t repeat; // of a TASK_COMPLETE on an edge: it comes twice
    uint32_t spread; // a frame takes up to so many microseconds longer than the usual one
};

struct world_config {
    const char *topology;      // as topology_parse() reads it
    const char *ring_capacity; // as --ring-capacity says it; NULL: the usual
    uint64_t seed;
    uint64_t copy_budget;     // bytes of copies that a node keeps; 0: the usual
    uint64_t task_timeout_ms; // how long a kernel may compute; 0: no limit
    struct world_faults faults;
    bool story; // keep the trace
};

/* NULL and a sentence when the topology or the capacity is wrong. */
struct world *world_create(const struct world_config *config, struct error *err);
void world_destroy(struct world *world);

/* --- kernels ---------------------------------------------------------------------------------- */

/* A kernel as the launcher's kernel path would hold it. Borrowed, outlives the world. */
struct world_kernel {
    const char *name;
    uint8_t level;
    uint8_t role;       // LinquRole
    bool broken;        // its code comes to a node and cannot be loaded there
    bool lost;          // its name is known, its code is not to be had
    uint32_t code_size; // bytes of its code on the way; 0: a few
    void (*entry)(LinquRuntime *rt, uint64_t *args, int arg_count);
};
void world_add_kernel(struct world *world, const struct world_kernel *kernel);

/* Inside a kernel: the world it runs in and the rank of its node; NULL outside. */
struct world *world_here(uint32_t *rank);
/* Inside a kernel: compute so long. Time passes for this node alone; it reads nothing meanwhile. */
void world_compute(uint64_t ns);
/* Inside a kernel: its node's process ends now by signal 11, and with it all that it has not sent.
 * The kernel should return. */
void world_crash(void);
/* Inside a kernel: its process has crashed in this very step. What is still called then never
 * happened. */
bool world_crashed(void);

/* --- what happens ----------------------------------------------------------------------------- */

/* Start all nodes and run until the launcher has heard READY or FAILED; true for READY. */
bool world_start(struct world *world);

/* Until nothing is under way but timers. False when that does not come to an end within `events`
 * happenings. */
bool world_run(struct world *world, uint64_t events);
/* All that happens up to that moment, timers included. */
void world_run_until(struct world *world, uint64_t ns);
/* Nanoseconds since the world began. */
uint64_t world_now(const struct world *world);

/* The launcher sends a task to that node: `kernel` with these scalars. Returns the exec's number,
 * from 1. */
uint64_t world_exec(struct world *world, uint32_t rank, const char *kernel, const uint64_t *args,
                    uint32_t count);
struct world_exec {
    bool done, failed;
    char error[LIMIT_CAUSE];
    uint64_t run_time_ns;
    uint32_t answers; // how often its TASK_COMPLETE came
};
/* NULL for a number that was never given. */
const struct world_exec *world_exec_of(const struct world *world, uint64_t number);

/* The launcher asks for a round with that purpose, or for the end. */
void world_gather(struct world *world, enum gather_purpose purpose);
void world_shutdown(struct world *world, bool graceful, uint64_t deadline_ms);

/* The process of that node is killed, and with it, a moment later, all below. */
void world_kill(struct world *world, uint32_t rank);
/* The connections of that node over named sockets are lost. Returns how many. */
uint32_t world_cut(struct world *world, uint32_t rank);

/* --- for reading ------------------------------------------------------------------------------ */

const struct topology *world_topology(const struct world *world);
struct node *world_node(const struct world *world, uint32_t rank); // NULL: it has ended

/* What the launcher has heard. */
struct world_heard {
    bool ready, failed;
    char cause[LIMIT_CAUSE]; // of FAILED
    uint32_t gathered;       // rounds that were answered
    uint32_t gathered_nodes; // of the last one
    uint32_t gathered_missing;
    char gathered_error[LIMIT_CAUSE];
    uint32_t resolved;  // RESOLVE that it answered
    uint32_t code_sent; // kernels whose code it gave
};
const struct world_heard *world_heard(const struct world *world);

/* Sums over all that ever happened. */
struct world_counts {
    uint64_t events;   // told to nodes
    uint64_t frames;   // sent
    uint64_t bytes;    // of them
    uint64_t lost;     // frames that nobody was left to read
    uint64_t contacts; // connections over named sockets
    uint64_t cuts;     // of them, lost by a fault
    uint64_t repeats;
    uint64_t logs[4]; // lines, by level
    char last_error[LIMIT_CAUSE];
};
const struct world_counts *world_counts(const struct world *world);

/* How a node's process ended: -1 while it runs; its exit status; 128 + 9 when it was killed. */
int world_exit_of(const struct world *world, uint32_t rank);

/* The bytes of a node's file in logs/; NULL when it has none. */
const struct buffer *world_file(const struct world *world, uint32_t rank, const char *name);

/* A hash of all that every node was told, in order. */
uint64_t world_digest(const struct world *world);
/* The trace, if it is kept: a line for each message that reached whom it was for, and for each
 * thing that befell a node. */
const struct buffer *world_story(const struct world *world);

#endif
