/* Null tasks for every leaf, through all levels: each node has its children do the same, and those
 * above the leaves submit the null tasks themselves. Parameters: tasks for each leaf; at the top
 * also how many rounds, of each of which it notes the nanoseconds. */

#ifndef KERNELS_BENCH_TREE_H
#define KERNELS_BENCH_TREE_H

#include "bench.h"

KERNEL_OF(LEVEL, LINQU_ROLE_ORCHESTRATOR)

enum { ROUNDS_MOST = 4096 };

static int is_leaf_level(LinquRuntime *rt, uint8_t level)
{
    int deeper = 0;

    while (level-- > LINQU_LEVEL_CHIP && !deeper) {
        LinquPeerList peers = linqu_query_peers(rt, level);

        deeper = peers.count;
        free(peers.peers);
    }
    return !deeper;
}

static void round_below(LinquRuntime *rt, const struct children *children, int leaves,
                        uint64_t tasks)
{
    LinquParam params[1] = {linqu_make_scalar(tasks)};

    if (!leaves) {
        for (int i = 0; i < children->count; i++)
            linqu_submit_task(rt, children->at[i], kernel_at("bench_tree", children->level), params,
                              1);
    } else {
        const char *name = kernel_at("bench_null", children->level);

        for (uint64_t n = 0; n < tasks; n++)
            for (int i = 0; i < children->count; i++)
                linqu_submit_task(rt, children->at[i], name, NULL, 0);
    }
    linqu_wait_all(rt);
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    uint64_t *samples = calloc(ROUNDS_MOST, sizeof *samples);
    struct children children = children_of(rt, LEVEL);
    int leaves = is_leaf_level(rt, children.level);
    uint64_t rounds = arg_count > 1 ? args[1] : 1;

    for (uint64_t i = 0; i < rounds && i < ROUNDS_MOST; i++) {
        uint64_t begun = bench_now_ns();

        round_below(rt, &children, leaves, args[0]);
        samples[i] = bench_now_ns() - begun;
    }
    if (arg_count > 1)
        bench_write(samples, rounds < ROUNDS_MOST ? rounds : ROUNDS_MOST);
    free(samples);
    free(children.at);
}

#endif
