/* Count the nodes below, level by level, from the tasks that completed there. The outermost one has
 * no parameter and writes what it counted to topology.result; the others have one output, a number
 * of nodes for each level. */

#ifndef KERNELS_TOPOLOGY_H
#define KERNELS_TOPOLOGY_H

#include "tree.h"

KERNEL_OF(LEVEL, LINQU_ROLE_ORCHESTRATOR)

enum { LEVELS = 8, WAVE = 256 };

static void add_counts(LinquRuntime *rt, uint64_t handle, uint64_t counts[LEVELS])
{
    const uint64_t *below = linqu_tensor_data(rt, handle, NULL);

    for (int level = 0; below && level < LEVELS; level++)
        counts[level] += below[level];
}

/* Some children at a time: a node may have more than a ring has slots. */
static void count_wave(LinquRuntime *rt, uint8_t level, const LinquCoordinate_C *at, int count,
                       uint64_t counts[LEVELS])
{
    uint64_t handles[WAVE];

    for (int i = 0; i < count; i++) {
        LinquParam params[1];

        handles[i] = linqu_alloc_tensor(rt, at[i], LEVELS * sizeof(uint64_t));
        params[0] = linqu_make_output(handles[i]);
        linqu_submit_task(rt, at[i], kernel_at("topology", level), params, 1);
    }
    linqu_wait_all(rt);
    for (int i = 0; i < count; i++)
        add_counts(rt, handles[i], counts);
}

static void write_counts(const uint64_t counts[LEVELS])
{
    FILE *file = result_file("topology.result");

    for (int level = LEVELS - 1; file && level >= 0; level--)
        if (counts[level])
            fprintf(file, "L%d %llu\n", level, (unsigned long long)counts[level]);
    if (file)
        fclose(file);
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    struct children children = children_of(rt, LEVEL);
    uint64_t counts[LEVELS] = {0};

    for (int first = 0; first < children.count; first += WAVE) {
        int count = children.count - first < WAVE ? children.count - first : WAVE;

        LINQU_SCOPE(rt)
        {
            count_wave(rt, children.level, children.at + first, count, counts);
        }
    }
    counts[LEVEL]++;
    if (arg_count == 0)
        write_counts(counts);
    else
        memcpy(linqu_tensor_data(rt, args[0], NULL), counts, sizeof counts);
    free(children.at);
}

#endif
