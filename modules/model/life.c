#include "model/life.h"

#define TO(LIFE) (1u << NODE_##LIFE)

static const struct {
    const char *name;
    unsigned next;
} lives[NODE_LIFE_COUNT] = {
    [NODE_ABSENT] = {"absent", TO(FORKED)},
    [NODE_FORKED] = {"forked", TO(STARTING) | TO(FAILED)},
    [NODE_STARTING] = {"starting", TO(READY) | TO(DRAINING) | TO(FAILED)},
    [NODE_READY] = {"ready", TO(DRAINING)},
    [NODE_DRAINING] = {"draining", TO(STOPPED)},
    [NODE_STOPPED] = {"stopped", 0},
    [NODE_FAILED] = {"failed", TO(DRAINING)},
};

const char *node_life_name(enum node_life life)
{
    return (unsigned)life < NODE_LIFE_COUNT ? lives[life].name : "unknown";
}

bool node_life_may_become(enum node_life from, enum node_life to)
{
    return (unsigned)from < NODE_LIFE_COUNT && (lives[from].next & (1u << to)) != 0;
}
