/* The life of a task at its submitter.
 *
 *   PENDING ──▶ READY ──▶ RUNNING ──▶ COMPLETED ──▶ CONSUMED
 *      │          │          │
 *      └──────────┴──────────┴─────▶ FAILED
 *
 * The slot of a consumed or failed task goes when the ring's head is there.
 *
 * PENDING: a producer of an input has not completed. READY: it may be dispatched; a task enters it
 * once. RUNNING: at least one part was dispatched. CONSUMED: completed, its token is applied and
 * every reader has ended. FAILED: it ran and failed, or one of its producers did, or it could not
 * be submitted as asked. */

#ifndef CORE_TASK_STATE_H
#define CORE_TASK_STATE_H

#include <stdbool.h>

enum task_state {
    TASK_PENDING,
    TASK_READY,
    TASK_RUNNING,
    TASK_COMPLETED,
    TASK_CONSUMED,
    TASK_FAILED,
    TASK_STATE_COUNT,
};

/* "pending", "ready" ... */
const char *task_state_name(enum task_state state);

/* True when a task may go from one state to the other. */
bool task_state_may(enum task_state from, enum task_state to);

/* Completed, consumed or failed: nothing of the task runs any more. */
bool task_state_ended(enum task_state state);

#endif
