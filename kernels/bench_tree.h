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

static void measure_rounds(LinquRuntime *rt, const struct children *children, int leaves,
                           uint64_t tasks, uint64_t rounds)
{
    static uint64_t samples[ROUNDS_MOST];
    uint64_t done = 0;

    for (; done < rounds && done < ROUNDS_MOST; done++) {
        uint64_t begun = bench_now_ns();

        round_below(rt, children, leaves, tasks);
        samples[done] = bench_now_ns() - begun;
    }
    bench_write(samples, done);
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    struct children children = children_of(rt, LEVEL);
    int leaves = is_leaf_level(rt, children.level);

    if (arg_count > 1)
        measure_rounds(rt, &children, leaves, args[0], args[1]);
    else
        round_below(rt, &children, leaves, args[0]);
    free(children.at);
}

#endif
