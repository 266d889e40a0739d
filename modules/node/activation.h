/* What call.c, activation.c, kernel_ops.c and dispatch.c share. */

#ifndef NODE_ACTIVATION_H
#define NODE_ACTIVATION_H

#include <stdarg.h>

#include "base/u64_map.h"
#include "node/runtime.h"

/* What a kernel's LinquRuntime really is. */
struct kernel_runtime {
    LinquRuntime rt; // first, so that a kernel's pointer leads here
    struct node *node;
    struct call *call;
    struct activation_run *run; // NULL for a worker
};

enum activation_wait {
    WAIT_NOTHING, // it can go on
    WAIT_TASKS,   // for all it has submitted
    WAIT_ROOM,    // in a ring
    WAIT_NAME,    // for what a kernel's name means
    WAIT_DATA,    // for the bytes of a tensor
};

/* A version that an activation looked into. It stays here until the tensor has a newer one or ends:
 * with its scope, by free_tensor, with the activation. */
struct look {
    struct want want;
    uint64_t handle;            // as the activation calls it
    uint8_t scope;              // depth of the scope with which it ends
    struct look *older, *newer; // of the same scope
};

/* An orchestration that runs. */
struct activation_run {
    struct kernel_runtime kernel;
    struct call *call;
    struct activation_run *outer; // in which it is nested; NULL
    struct fiber *fiber;          // NULL once its function has returned
    uint8_t wait;                 // enum activation_wait
    bool woken;                   // what it waits for has come
    bool finishing;               // its outputs are being pulled
    struct u64_map looks;                  // by handle
    struct look *scope_looks[RING_DEPTHS]; // the newest of each scope
    struct call_queue own; // parts for this node, waiting for inputs or their turn
    struct want *pulls;    // one a parameter, while finishing
    uint32_t pulls_left;
    uint32_t refusals;                   // submits that were refused
    void *draft_parts, *draft_arguments; // of the submit in which it waits; owned
};

/* call.c */
void call_start(struct node *node, struct call *call);
void call_end(struct node *node, struct call *call);
/* Why it failed, with node, task and kernel in front; the first cause stays. */
void call_fail(struct call *call, const struct node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* This very sentence says why; the first cause stays. */
void call_fail_as(struct call *call, const char *sentence);
/* A part for this node itself waits for its inputs and its turn from now on. */
void call_begin_own(struct node *node, struct activation_run *submitter, struct task_part *part);
void call_queue_add(struct call_queue *queue, struct call *call);
/* The first that has all it needs; NULL when there is none. */
struct call *call_queue_take(struct call_queue *queue);
/* Calls that have not ended, with all that they have begun. */
void call_queue_drop(struct node *node, struct call_queue *queue);
void call_drop(struct node *node, struct call *call);
/* Around every time that a kernel's function runs. */
void kernel_enter(struct node *node, const struct call *call);
void kernel_leave(struct node *node);

/* activation.c */
void activation_start(struct node *node, struct call *call);
/* One step of the innermost activation; false when there is none to be made. */
bool activation_turn(struct node *node);
bool activation_can_turn(const struct node *node);
/* Inside a fiber: wait until it comes. */
void activation_wait(struct activation_run *run, enum activation_wait what);
/* Parts for this node itself are taken while their submitter waits. */
void activation_take_own(struct node *node);
/* The bytes that the activation was given to write and that it reads as version 0 under a name of
 * its own. */
bool activation_bytes(const struct node *node, uint64_t handle, uint32_t version, uint8_t **bytes,
                      uint64_t *size);
/* What was looked into of that handle, or of all that end with that scope, is needed no longer. */
void activation_forget_look(struct activation_run *run, uint64_t handle);
void activation_forget_scope(struct activation_run *run, unsigned depth);
void activation_drop_draft(struct activation_run *run);
void activations_drop(struct node *node);

/* kernel_ops.c */
void kernel_runtime_init(struct kernel_runtime *runtime);

#endif
