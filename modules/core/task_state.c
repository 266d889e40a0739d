#include "core/task_state.h"

#include <assert.h>

#define TO(state) (1u << TASK_##state)

static const struct {
    const char *name;
    unsigned moves;
} table[TASK_STATE_COUNT] = {
    [TASK_PENDING] = {"pending", TO(READY) | TO(FAILED)},
    [TASK_READY] = {"ready", TO(RUNNING) | TO(FAILED)},
    [TASK_RUNNING] = {"running", TO(COMPLETED) | TO(FAILED)},
    [TASK_COMPLETED] = {"completed", TO(CONSUMED)},
    [TASK_CONSUMED] = {"consumed", 0},
    [TASK_FAILED] = {"failed", 0},
};

const char *task_state_name(enum task_state state)
{
    assert(state < TASK_STATE_COUNT);
    return table[state].name;
}

bool task_state_may(enum task_state from, enum task_state to)
{
    assert(from < TASK_STATE_COUNT && to < TASK_STATE_COUNT);
    return table[from].moves & 1u << to;
}

bool task_state_ended(enum task_state state)
{
    return state >= TASK_COMPLETED;
}
