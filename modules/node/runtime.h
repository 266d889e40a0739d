// clang-format off
/* A node as a runner of tasks: what the files of this folder that run kernels, fetch data and code
 * and keep records share. Nobody outside includes it.
 *
 *   runtime.c     all of it: made when the first task comes
 *   call.c        tasks that came: queue, inputs, completion            CALL_TASK in, TASK_COMPLETE out
 *   activation.c  orchestrations on fibers, one after the other, nested for tasks of one's own
 *   kernel_ops.c  what a kernel can call
 *   dispatch.c    tasks that go: from the graph to their targets        CALL_TASK out, TASK_COMPLETE in,
 *                                                                       SCOPE_EXIT out
 *   fetch.c       versions that lie elsewhere                           TENSOR_LOOKUP out, TENSOR_DATA in
 *   serve.c       versions that lie here, for others                    TENSOR_LOOKUP in, TENSOR_DATA out,
 *                                                                       SCOPE_EXIT in
 *   registered.c  data registered elsewhere, and by others here         REG_DATA, TENSOR_LOOKUP
 *   contact.c     connections to the named sockets of others
 *   code.c        names and code of kernels                             RESOLVE, RESOLVED, RETRY_WITH_CODE,
 *                                                                       REG_CODE
 *   trace.c       task_trace.json, ring_snapshots.jsonl, ring_profile.json
 */
// clang-format on

#ifndef NODE_RUNTIME_H
#define NODE_RUNTIME_H

#include "cache/copy_cache.h"
#include "core/held.h"
#include "core/task_graph.h"
#include "fiber/fiber.h"
#include "node/node_internal.h"
#include "node/port.h"

/* --- fetch.c, serve.c, registered.c, contact.c: the bytes of tensor versions ------------------- */

/* Somebody here wants a version. Part of a larger struct; zero but for what the wanter fills in. */
struct want {
    uint64_t handle; // its name on the wire
    uint64_t size;
    uint32_t version;
    uint32_t holder; // rank of a node that has it
    /* It is here, or will never be: `error` says why then. Called once, never from inside
     * fetch_begin(). */
    void (*done)(struct node *node, struct want *want);
    void *arg;

    uint8_t *bytes;    // where it lies at this node, good until fetch_end()
    char *error;       // why it is not here; NULL when it is. Freed by fetch_end()
    uint64_t took_ns;  // from fetch_begin() to here; 0 when it was here
    bool remote;       // it came from another node, now or earlier (then it was a copy)
    bool coming;       // done() will be called
    struct copy *copy; // fetch.c's own: the copy it uses; NULL when it lies in a ring here
    struct want *next; // fetch.c's own
};

/* True when the bytes are here already (want->bytes) or it failed at once (want->error); else
 * done() comes later. Bytes of a tensor of size 0 are a pointer that must not be read. */
bool fetch_begin(struct node *node, struct want *want);
/* The wanter needs it no longer: begun wants are given up, copies may be evicted from now on. */
void fetch_end(struct node *node, struct want *want);
/* True when it is here until its owner retires it: in a ring, or as a pinned copy. */
bool data_stays(const struct node *node, uint64_t handle, uint32_t version);
/* Where (owner's level, depth, place) lies in this node's memory. */
uint8_t *data_at(const struct node *node, enum level owner, unsigned depth, uint64_t place);
/* These bytes are written from now on; with `zeros` they are made zero, as far as they are not. */
void data_write(struct node *node, enum level owner, unsigned depth, uint64_t place, uint64_t size,
                bool zeros);
/* Keep these bytes, which this node has registered at another one, as a pinned copy for readers
 * that ask here, and send them to the holder; the task ends when they are there. They are forgotten
 * by data_released(). */
void data_register(struct node *node, uint32_t holder, const struct task *task, const void *bytes);
/* A node is gone: whoever waits for it fails, connections to it end. */
void data_lost(struct node *node, uint32_t rank, const char *cause);
/* Its owner has retired this version: what lies here of it, in a ring or as a copy, is forgotten.
 */
void data_released(struct node *node, uint64_t handle, uint32_t version);
/* These were all that were retired together. */
void data_released_all(struct node *node);

/* There is room on the link over which somebody reads what lies here; the link has ended; nobody who
 * reads over it waits for more; so many questions wait that no more are taken. */
void serve_room(struct node *node, uint32_t peer);
void serve_end(struct node *node, uint32_t peer);
bool serve_is_done(const struct node *node, uint32_t peer);
bool serve_is_full(const struct node *node, uint32_t peer);

void on_tensor_lookup(struct node *node, uint32_t peer, const struct message *message);
void on_tensor_data(struct node *node, uint32_t peer, const struct message *message);
void on_reg_data(struct node *node, uint32_t peer, const struct message *message);
void on_scope_exit(struct node *node, uint32_t peer, const struct message *message);

/* How a node is called in a message; RANK_NONE for a coordinate that is not in the topology. */
struct coord coord_of_rank(const struct node *node, uint32_t rank);
uint32_t rank_of_coord(const struct node *node, const struct coord *coord);
void contact_opened(struct node *node, uint32_t peer, const char *error); // EVENT_CONNECTED
void contact_closed(struct node *node, uint32_t peer);
void contact_frame(struct node *node, const struct event *event);
bool is_contact(uint32_t peer);

/* --- code.c: names and code of kernels -------------------------------------------------------- */

/* What a kernel's name means in one exec. */
struct resolved {
    uint64_t hash;
    uint8_t level, role;
    char *name;  // owned by the table, as long as the exec lasts
    char *error; // why there is none; NULL when there is
};

/* The answer when it is known; else NULL, the question is under way, and activation_resolved() is
 * called when it is. */
const struct resolved *code_resolve(struct node *node, uint64_t exec, const char *name);
/* CODE_LOADED: here it is. CODE_MISSING: it was asked for, call_code_came() is called when it is
 * here or not to be had. CODE_BROKEN: `err` says why. */
enum code_result code_want(struct node *node, uint64_t hash, const struct kernel **kernel,
                           struct error *err);

void on_resolve(struct node *node, uint32_t peer, const struct message *message);
void on_resolved(struct node *node, uint32_t peer, const struct message *message);
void on_retry_with_code(struct node *node, uint32_t peer, const struct message *message);
void on_reg_code(struct node *node, uint32_t peer, const struct message *message);

/* --- call.c, activation.c, dispatch.c: tasks -------------------------------------------------- */

struct activation_run;

/* A parameter as the runner of a task sees it. */
struct call_param {
    uint8_t type;         // enum param_type
    uint64_t value;       // the scalar, or the tensor's handle
    uint64_t size;        // bytes
    uint32_t version;     // INPUT, INOUT: the one read
    uint32_t new_version; // OUTPUT, INOUT: the one made
    uint32_t holder;      // INPUT, INOUT: who has it
    uint64_t place;       // OUTPUT, INOUT: in the ring of (owner's level, depth)
    uint32_t producer_id;
    uint16_t producer_depth;
    uint16_t depth;    // OUTPUT, INOUT
    uint64_t own_name; // OUTPUT, INOUT of an orchestration: the tensor's name for its tasks
    uint8_t *bytes;    // INPUT: once it is here. OUTPUT, INOUT: where it is written; NULL before
    struct want *want; // INPUT, INOUT: with the call; its done() is NULL before it was begun
};

enum call_state { CALL_WAITING, CALL_READY, CALL_RUNNING, CALL_ENDED };

/* One part of a task that this node runs: for another node, or for itself. */
struct call {
    struct call *next; // in the queue
    struct task_key key;
    uint32_t creator; // rank of the submitter, or RANK_LAUNCHER
    uint32_t part, parts;
    uint64_t code;
    uint64_t time_limit_ms;
    char kernel_name[LIMIT_KERNEL_NAME + 1];
    struct call_param *params;
    uint64_t *args;
    uint32_t param_count;
    uint32_t inputs;  // parameters that are read
    uint32_t missing; // inputs that are under way
    uint8_t state;    // enum call_state
    bool code_missing;
    bool refused;                // its outputs could not be taken: it only fails
    bool deadlock;               // it failed because of a proven deadlock
    const struct kernel *kernel; // NULL until it is loaded
    struct task_part *own;       // a part of this node's own graph; NULL for another node's
    struct call_queue *queue;    // in which it waits, or waited, for its turn
    char *error;                 // owned: why it failed; NULL while it has not
    uint64_t started_ns, ended_ns;
    uint64_t run_ns; // time it computed
    size_t room;     // bytes of its piece of memory
};

/* Calls in the order in which they came. All zero is the empty one. */
struct call_queue {
    struct call *first, *last;
    uint32_t count, ready; // in it; and of them, those that may run
};

void call_code_came(struct node *node, uint64_t hash);
void activation_resolved(struct node *node);
void on_call_task(struct node *node, uint32_t peer, const struct message *message);
void on_task_complete(struct node *node, uint32_t peer, const struct message *message);
/* Nodes below are gone. */
void calls_lost(struct node *node, uint32_t rank, const char *cause);
/* At the end of each step: what is ready goes out, what was retired is told. */
void dispatch_turn(struct node *node);
/* Tell the holders what was retired: before anything is put in its place. */
void released_tell(struct node *node);
/* EVENT_RUN: run what is ready, for a while. */
void calls_run(struct node *node);
/* What a node that may run tasks has from the beginning: little. */
void runtime_create(struct node *node);
void runtime_destroy(struct node *node);
/* The port's clock, which event.now_ns is of, and from now on the node's time. */
uint64_t runtime_clock(struct node *node);
/* What the node has said so far goes out before a kernel goes on, whatever becomes of it. */
void runtime_speak(struct node *node);
/* Memory for what tasks need is made when the first one comes. */
bool runtime_is_open(const struct node *node);
void runtime_open(struct node *node);
/* A line in the log about all the tasks so far, the deepest stack and the copies; nothing of a node
 * that had to do with none. */
void runtime_sum_up(struct node *node);
/* A message for the runner of tasks; false when it is none. */
bool runtime_message(struct node *node, uint32_t peer, const struct message *message);

/* --- trace.c ---------------------------------------------------------------------------------- */

void trace_call(struct node *node, const struct call *call);               // it has ended
void trace_release(struct node *node, const struct held_version *version); // forgotten here
void trace_scope_exit(struct node *node, unsigned depth);  // of those, the last of a batch
/* A line of ring_snapshots.jsonl; one that a kernel asks for is in the file `at_once`. */
void trace_snapshot(struct node *node, const char *label, bool at_once);
/* The files, if there is anything to tell: so many EVENT_FILE_WRITTEN will come. */
unsigned trace_write(struct node *node);
bool trace_due(const struct node *node); // something to tell that was not written

/* All of a node that runs tasks. */
struct runtime {
    struct node_port port;
    struct task_graph *graph;
    struct held *held;
    struct copy_cache *copies;
    struct fiber_pool *fibers;
    struct data_state *data;    // fetch.c, serve.c, contact.c
    struct code_state *code;    // code.c
    struct trace *trace;        // trace.c
    struct call_queue queue;    // from other nodes, waiting for their turn
    struct call *unprepared;    // the first of them whose inputs were not asked for
    uint32_t prepared;          // calls with inputs that were asked for and that have not ended
    struct call *spare_call;    // memory for the next one; NULL: none
    struct activation_run *top; // the innermost activation
    uint64_t exec;              // the newest this node has heard of
};

struct data_state *data_state_create(void);
void data_state_destroy(struct data_state *state);
struct code_state *code_state_create(void);
void code_state_destroy(struct code_state *state);
struct trace *trace_create(void);
void trace_destroy(struct trace *trace);

#endif
