/* A task as its submitter keeps it. Open to read; only the core writes it. It stands in its ring's
 * slot, so a pointer to it is good until the task retires. */

#ifndef CORE_TASK_H
#define CORE_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/task_state.h"

struct account;
struct activation;
struct dependency;
struct failure;
struct task;

enum param_type { PARAM_INPUT, PARAM_OUTPUT, PARAM_INOUT, PARAM_SCALAR };

/* True for what the task reads, and for what it makes. */
static inline bool param_reads(enum param_type type)
{
    return type == PARAM_INPUT || type == PARAM_INOUT;
}

static inline bool param_writes(enum param_type type)
{
    return type == PARAM_OUTPUT || type == PARAM_INOUT;
}

/* One parameter, bound at submit: all that a CALL_TASK has to say of it. */
struct task_param {
    uint64_t value; // the scalar, or the tensor's name on the wire
    uint64_t size;  // bytes of the tensor
    uint64_t place; // written: offset of the claimed bytes in the target's ring of the task's layer
    uint32_t version;       // read: which version
    uint32_t holder;        // read: rank of the node that has it
    uint32_t producer_id;   // read: id of the task of this node that made it, in the layer
                            // `producer_depth`
    uint32_t new_version;   // written: the version it makes
    uint8_t type;           // enum param_type
    uint8_t producer_depth; // PRODUCER_ELSEWHERE when no task of this node made it
};
enum { PRODUCER_ELSEWHERE = 0xFF };

/* What is dispatched as one CALL_TASK: the whole task, or one sub-task of a group. */
struct task_part {
    struct task *task;
    struct task_part *next;    // in a queue of ready parts
    struct account *account;   // of the node that runs it
    struct task_param *params; // its own: of a group those that are private to this sub-task
    const char *kernel;        // borrowed; for people
    uint64_t code;             // the kernel's hash
    uint32_t index;            // number in the group
    uint32_t target;           // rank of the node that runs it
    uint32_t param_count;
    uint8_t state;   // enum part_state
    bool told;       // its target knows of the bytes that are claimed there
    bool registered; // nothing to run: its output is data that its submitter has
};
enum part_state;
enum part_state { PART_WAITING, PART_STARTED, PART_ENDED };

struct task {
    uint64_t exec;
    uint32_t id; // in its layer, counting up
    uint8_t depth; // of its layer
    uint8_t state; // enum task_state
    bool token_applied;
    bool has_bytes; // its outputs' bytes are claimed

    uint32_t fanout_count; // 1 for the scope's token, 1 for each reader
    uint32_t ref_count;    // token applied, readers ended
    uint32_t waits;        // producers that have not completed
    uint32_t output_count; // versions it makes
    uint32_t outputs_open; // of them, neither freed nor superseded

    struct dependency *inputs;  // on its producers
    struct dependency *readers; // of its outputs, those that have not ended, in order
    struct dependency *readers_end;
    struct activation *activation; // that submitted it
    struct failure *failure;       // FAILED: why; owned share
    struct task *next;             // in the list of a walk
    uint64_t mark;                 // stamp of the last walk that met it

    struct task_param *shared; // of a group: the parameters that all its sub-tasks begin with
    struct task_part *parts;   // &one, or of a group `part_count` of them
    struct task_part one;
    uint32_t shared_count;
    uint32_t part_count;
    uint32_t parts_left; // that have not ended
    uint32_t own_left;   // of them, parts for the submitting node itself

    uint64_t submitted_ns;
    uint64_t ended_ns;
    uint64_t tag; // the submitter's own
};

/* Completed or failed, token applied, every reader ended: the slot may go. */
static inline bool task_reclaimable(const struct task *task)
{
    return task_state_ended((enum task_state)task->state) && task->token_applied &&
           task->ref_count == task->fanout_count;
}

/* The parameters of a part as its kernel sees them: the group's own, then the part's. */
static inline uint32_t part_param_count(const struct task_part *part)
{
    return part->task->shared_count + part->param_count;
}

static inline const struct task_param *part_param(const struct task_part *part, uint32_t index)
{
    const struct task *task = part->task;

    return index < task->shared_count ? &task->shared[index]
                                      : &part->params[index - task->shared_count];
}

#endif
