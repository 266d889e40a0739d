/* Figures of tasks, on one pod and its hosts. */

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "bench/bench_internal.h"

enum { PINGPONGS = 2000, TASKS = 100 * 1000, CHAINED = 2000 };

int pingpong_turn(struct bench *bench, struct error *err)
{
    const uint64_t args[] = {PINGPONGS};
    const struct bare_pingpong_order order = {.count = PINGPONGS};
    struct bare_pingpong_answer *bare = memory_new(1, sizeof *bare);
    uint64_t *samples = NULL;
    size_t count = 0;
    int result = subject_exec(&bench->pod, "bench_pingpong", args, 1, &samples, &count, err);

    if (result == 0)
        result = bare_call(bare_pingpong, &order, bare, sizeof *bare, err);
    if (result == 0) {
        figures_add(bench->figures, "pingpong", "us", BETTER_LOWER,
                    numbers_quantile(samples, count, 0.5) / 1e3,
                    numbers_quantile(bare->ns, PINGPONGS, 0.5) / 1e3);
        figures_add(bench->figures, "pingpong.p99", "us", BETTER_LOWER,
                    numbers_quantile(samples, count, 0.99) / 1e3,
                    numbers_quantile(bare->ns, PINGPONGS, 0.99) / 1e3);
    }
    free(samples);
    free(bare);
    return result;
}

static int flow_of_width(struct bench *bench, uint32_t width, struct error *err)
{
    const uint64_t args[] = {width, TASKS};
    const struct bare_flow_order order = {.width = width, .frames = TASKS};
    struct bare_flow_answer bare;
    uint64_t ns;
    char name[32];

    if (subject_exec_one(&bench->pod, "bench_tasks", args, 2, &ns, err) < 0 ||
        bare_call(bare_flow, &order, &bare, sizeof bare, err) < 0)
        return -1;
    snprintf(name, sizeof name, "tasks.%u", width);
    figures_add(bench->figures, name, "1/s", BETTER_HIGHER, TASKS * 1e9 / (double)ns,
                TASKS * 1e9 / (double)bare.ns);
    return 0;
}

int tasks_turn(struct bench *bench, struct error *err)
{
    static const uint32_t widths[] = {1, 4, POD_HOSTS};

    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (flow_of_width(bench, widths[i], err) < 0)
            return -1;
    return 0;
}

/* Each task of the chain waits for the one before, as each frame of a ping-pong does. */
int chain_turn(struct bench *bench, struct error *err)
{
    const uint64_t args[] = {CHAINED};
    const struct bare_pingpong_order order = {.count = CHAINED};
    struct bare_pingpong_answer *bare = memory_new(1, sizeof *bare);
    uint64_t ns, bare_ns = 0;
    int result = subject_exec_one(&bench->pod, "bench_chain", args, 1, &ns, err);

    if (result == 0)
        result = bare_call(bare_pingpong, &order, bare, sizeof *bare, err);
    if (result == 0) {
        for (uint32_t i = 0; i < CHAINED; i++)
            bare_ns += bare->ns[i];
        figures_add(bench->figures, "chain", "1/s", BETTER_HIGHER, CHAINED * 1e9 / (double)ns,
                    CHAINED * 1e9 / (double)bare_ns);
    }
    free(bare);
    return result;
}
