/* A node above the hosts: rings full of tasks for its children, one scope after the other, until
 * each child had at least one. What the rings hold is dumped at every step. A node whose children
 * are hosts then shows that a slow task holds up nobody. Parameters: see ring.h; the outermost one
 * has no output. */

#ifndef KERNELS_RING_STRESS_H
#define KERNELS_RING_STRESS_H

#include <time.h>
#include <unistd.h>

#include "ring.h"

KERNEL_OF(LEVEL, LINQU_ROLE_ORCHESTRATOR)

static void fill_and_drain(LinquRuntime *rt, const struct children *children, int first, int slots,
                           const uint64_t *scalars)
{
    LINQU_SCOPE(rt)
    {
        for (int i = 0; i < slots; i++)
            ring_submit(rt, children->at[(first + i) % children->count],
                        kernel_at("ring_stress", children->level), scalars);
        linqu_dump_ring_snapshot(rt, "R4 full");
        linqu_wait_all(rt);
        linqu_dump_ring_snapshot(rt, "R3 children done");
    }
    linqu_dump_ring_snapshot(rt, "R3 drained");
}

/* A number that nobody else has. */
static uint64_t new_flag(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) << 16 |
           ((uint64_t)getpid() & 0xFFFF);
}

static uint64_t submit_slow(LinquRuntime *rt, const struct children *hosts, const uint64_t *scalars,
                            uint64_t flag)
{
    uint64_t handle = linqu_alloc_tensor(rt, hosts->at[0], scalars[RING_BLOCK]);
    LinquParam params[2 + RING_SCALARS];

    params[0] = linqu_make_output(handle);
    for (int i = 0; i < RING_SCALARS; i++)
        params[1 + i] = linqu_make_scalar(scalars[i]);
    params[1 + RING_SCALARS] = linqu_make_scalar(flag);
    linqu_submit_task(rt, hosts->at[0], "ring_slow", params, 2 + RING_SCALARS);
    return handle;
}

/* R5: a slow task on a host in the outer scope, a ring full of tasks for this node itself in the
 * inner one. The last task looks at the rings while the slow one runs, and lets it end. */
static void overtake(LinquRuntime *rt, const struct children *hosts, int slots,
                     const uint64_t *scalars)
{
    uint64_t flag = new_flag();
    LinquParam params[1] = {linqu_make_scalar(flag)};

    LINQU_SCOPE(rt)
    {
        submit_slow(rt, hosts, scalars, flag);
        LINQU_SCOPE(rt)
        {
            ring_fill(rt, LEVEL, slots, scalars, NULL);
        }
        linqu_submit_task(rt, linqu_self_coord(rt), kernel_at("ring_look", LEVEL), params, 1);
        linqu_wait_all(rt);
        linqu_dump_ring_snapshot(rt, "R5 slow task done");
    }
    linqu_dump_ring_snapshot(rt, "R5 drained");
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    const uint64_t *scalars = args + arg_count - RING_SCALARS;
    struct children children = children_of(rt, LEVEL);
    int slots = ring_slots_of(scalars, LEVEL);

    for (int first = 0; first < children.count; first += slots)
        fill_and_drain(rt, &children, first, slots, scalars);
    if (children.level == LINQU_LEVEL_HOST)
        overtake(rt, &children, slots, scalars);
    if (arg_count > RING_SCALARS)
        memset(linqu_tensor_data(rt, args[0], NULL), LEVEL, scalars[RING_BLOCK]);
    free(children.at);
}

#endif
