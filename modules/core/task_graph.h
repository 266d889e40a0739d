/* All that a node knows of the tasks it submits: activations and their scopes, tensors, the graph
 * of tasks, and the account of the rings they lie in. Told of what happens, it says what may be
 * done next. It has no clock and sends nothing.
 *
 * Activations stand in a stack: only the top one may act (submit, open scopes ...), through the
 * functions that take no activation. Everything else is told from outside: parts that started,
 * parts that ended, nodes that are lost. */

#ifndef CORE_TASK_GRAPH_H
#define CORE_TASK_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "core/buffer_ring.h"
#include "core/depth.h"
#include "core/layer.h"
#include "core/task.h"
#include "model/coord.h"
#include "model/task_key.h"

struct task_graph;

struct task_graph_config {
    struct coord self;
    uint32_t rank;         // of this node
    uint32_t task_slots;   // of each task ring; a power of two
    uint64_t buffer_bytes; // of each buffer ring
    uint32_t window;       // parts in flight at one target
    const char *system;    // the run's name in task keys; borrowed
    /* Write a node's name for sentences, at most `size` bytes; NULL: its rank will do. */
    void (*node_name)(const void *names, uint32_t rank, char *out, size_t size);
    const void *names; // borrowed
};

struct task_graph *task_graph_create(const struct task_graph_config *config);
void task_graph_destroy(struct task_graph *graph);

/* From the next activation on each task ring has so many slots, a power of two, and each buffer ring
 * so many bytes. No activation may be open, so all rings are empty. */
void task_graph_set_capacity(struct task_graph *graph, uint32_t task_slots, uint64_t buffer_bytes);

/* The time of what is told next; it never goes back. */
void task_graph_set_now(struct task_graph *graph, uint64_t now_ns);

/* --- activations ------------------------------------------------------------------------------ */

/* A tensor among an activation's parameters. One that is written lies here. */
struct given_tensor {
    uint8_t type; // PARAM_INPUT, PARAM_OUTPUT or PARAM_INOUT
    uint64_t handle;
    uint64_t size;
    uint32_t version; // INPUT: which one
    uint32_t holder;  // INPUT: where it lies
};

/* Start an activation: of another node's task (`own` is NULL, the stack must be empty), or of a
 * part for oneself that task_graph_take_own() gave. -1 when scopes would nest too deep; the part
 * then fails with that sentence. */
int task_graph_begin(struct task_graph *graph, uint64_t exec, struct task_part *own,
                     const struct given_tensor *given, size_t count, struct error *err);

/* The top activation will submit nothing more. */
void task_graph_close(struct task_graph *graph);
/* Its function has returned: scopes it left open end now. */
void task_graph_return(struct task_graph *graph);
/* End of the top activation, all of whose tasks have ended: its depth 0 is released, its tensors
 * are forgotten. */
void task_graph_end(struct task_graph *graph);

/* What the node must know of the top activation; NULL when there is none. */
struct activation_view {
    uint64_t exec;
    uint32_t depth;      // where it stands now, counted from the outermost activation
    uint32_t base;       // its own depth 0, counted likewise
    uint32_t unfinished; // tasks that have not ended
    uint64_t submitted;
    bool closed, returned;
    bool deadlock;           // one of its submits was refused for a proven deadlock
    bool failed_by_deadlock; // the first of its failures that nobody has read is one
    bool blocked;            // its last submit found a ring full
    bool may_retry;          // and something has retired in that layer since
};
bool task_graph_top(const struct task_graph *graph, struct activation_view *view);
uint32_t task_graph_stack_height(const struct task_graph *graph);

/* How many tasks of the top activation have failed since the last call, with the first one's
 * sentence; reading clears it. */
uint32_t task_graph_take_errors(struct task_graph *graph, char *text, size_t size);
/* That first one as it was said where the task ran, with node, task and kernel in front and, of a
 * group, the sub-task's number before them. False when there is none, or the graph itself has said
 * it. */
bool task_graph_told_failure(const struct task_graph *graph, char *text, size_t size);

/* --- what the top activation does ------------------------------------------------------------- */

/* -1 when it would be deeper than 8, or when the activation has no open scope. */
int task_graph_scope_begin(struct task_graph *graph, struct error *err);
int task_graph_scope_end(struct task_graph *graph, struct error *err);

/* A handle has the rank of the node that gave it out in front, and a serial number of that node. */
enum { TENSOR_SERIAL_BITS = 40 };
static inline uint32_t tensor_maker(uint64_t handle)
{
    return (uint32_t)(handle >> TENSOR_SERIAL_BITS);
}

/* A new handle for `size` bytes in the current scope. Takes nothing; never fails. */
uint64_t task_graph_alloc(struct task_graph *graph, uint64_t size);

/* End a handle with all its versions. 1 when it did, 0 when it had ended before, -1 when it is none
 * of this activation's own. */
int task_graph_free(struct task_graph *graph, uint64_t handle, struct error *err);

enum submit_result {
    SUBMIT_DONE,     // it is in the graph, perhaps as FAILED
    SUBMIT_FULL,     // nothing changed: a ring is full; try again when may_retry
    SUBMIT_DEADLOCK, // refused: the ring can never drain while the submitter waits; `err` says why
    SUBMIT_REFUSED, // refused, and `err` says why: nothing more was to be submitted, or data larger
                    // than a ring
};

/* Data of this activation that is a version from the start, held by node `holder`: at this node a
 * task that has completed already, at another one that runs until task_graph_end_part() says that
 * the data is there (FAILED at once when that node is lost). With SUBMIT_DONE the handle, and the
 * task, whose only parameter says where the bytes belong. */
enum submit_result task_graph_register(struct task_graph *graph, uint32_t holder, uint64_t size,
                                       uint64_t *handle, const struct task **task,
                                       struct error *err);

struct task_argument {
    uint8_t type;   // enum param_type
    uint64_t value; // the tensor's handle, or the scalar
};

struct part_spec {
    uint32_t target; // rank
    const char *kernel;
    uint64_t code;
    const struct task_argument *arguments; // of a group: the private ones
    uint32_t count;
};

struct task_spec {
    const struct part_spec *parts;
    uint32_t part_count;                // 1, or of a group the number of its sub-tasks
    const struct task_argument *shared; // of a group: what every sub-task begins with
    uint32_t shared_count;
    const char *refusal; // NULL, or why it cannot run at all: it is submitted as FAILED
    uint64_t tag;
};

/* Submit a task. Everything is copied but the kernel's name, which is borrowed until the task has
 * retired. A task that is wrong in itself is submitted as FAILED. `key` (NULL is fine) receives its
 * name with SUBMIT_DONE; `err` is empty then, or says why it was wrong. */
enum submit_result task_graph_submit(struct task_graph *graph, const struct task_spec *spec,
                                     struct task_key *key, struct error *err);

/* The latest version of a tensor as the top activation sees it. */
enum tensor_state { TENSOR_NONE, TENSOR_COMING, TENSOR_HERE, TENSOR_FAILED };
struct tensor_view {
    uint64_t wire; // its name on the wire
    uint64_t size;
    uint32_t version;
    uint32_t holder;
    bool given; // the version came with the activation's parameters
    bool writable;
    uint64_t place; // else: where it lies in the holder's ring of depth `depth`
    uint8_t depth;
    uint8_t scope; // depth of the scope with which it ends
    enum tensor_state state;
};
/* False when the handle is none of the activation's. */
bool task_graph_tensor(const struct task_graph *graph, uint64_t handle, struct tensor_view *view);

/* --- what the node does ----------------------------------------------------------------------- */

/* The next part that may be dispatched: all inputs are there, its target has credit. It is RUNNING
 * from now on. */
struct task_part *task_graph_take(struct task_graph *graph);
/* The next part for oneself; only when the top activation has parked or returned. */
struct task_part *task_graph_take_own(struct task_graph *graph);

struct task_key task_graph_key(const struct task_graph *graph, const struct task *task);
/* NULL when the task has retired or never was: a late or strange message; counted. */
struct task *task_graph_find(struct task_graph *graph, const struct task_key *key);

/* A part has ended, well (`error` NULL) or not: `error` is what the node that ran it says, with
 * itself, task and kernel in front, and `deadlock` that it is a proven deadlock. False, and counted,
 * when it was not running. */
bool task_graph_end_part(struct task_graph *graph, struct task *task, uint32_t part,
                         const char *error, bool deadlock);

/* All nodes for which lost() is true are gone with what they held: parts there fail, and so do
 * readers of what they held that have not started. */
void task_graph_lose(struct task_graph *graph, bool (*lost)(const void *arg, uint32_t rank),
                     const void *arg, const char *cause);

/* A version that its holder may forget, in the order of retirement. */
struct released {
    uint32_t holder;
    uint8_t depth;
    uint32_t version;
    uint64_t handle;
    uint64_t place;
    uint64_t size;
};
/* All since the last call; good until the next call of anything. */
const struct released *task_graph_take_released(struct task_graph *graph, size_t *count);

/* What the top activation waits for: the oldest of its tasks that has not ended, rather one that
 * runs. False when there is none among the oldest few. */
struct awaited {
    struct task_key key;
    uint32_t target;    // of its first part that has not ended
    const char *kernel; // borrowed from the task
    bool started;       // that part was dispatched
};
bool task_graph_awaited(const struct task_graph *graph, struct awaited *awaited);

/* --- for reading ------------------------------------------------------------------------------ */

struct task_graph_counts {
    uint64_t completed, failed; // tasks
    uint64_t late;              // completions of what was not running
    uint64_t edges, edges_made; // dependency records in use, and ever made
    uint64_t deadlocks;
    uint32_t deepest;           // scope depth
    uint64_t bytes, bytes_peak; // claimed in this node's own rings, all depths together
};
struct task_graph_counts task_graph_counts(const struct task_graph *graph);
const struct layer *task_graph_layer(const struct task_graph *graph, unsigned depth);
/* The account of a node's buffer ring; NULL when nothing was ever claimed there. */
const struct buffer_ring *task_graph_ring(const struct task_graph *graph, uint32_t holder,
                                          unsigned depth);

#endif
