/* What the kernels of ring-stress share. */

#ifndef KERNELS_RING_H
#define KERNELS_RING_H

#include "tree.h"

/* Their scalars, in this order; those below the top have an output of `RING_BLOCK` bytes before
 * them. */
enum {
    RING_BLOCK,   // bytes of an output
    RING_SLOTS_3, // slots of a task ring of a host, then of the levels above; as many blocks fill a
                  // ring of bytes
    RING_SLOTS_4,
    RING_SLOTS_5,
    RING_SLOTS_6,
    RING_SLOTS_7,
    RING_SCALARS,
};

static inline int ring_slots_of(const uint64_t *scalars, uint8_t level)
{
    return (int)scalars[RING_SLOTS_3 + level - LINQU_LEVEL_HOST];
}

/* A task of that name at `target` with an output of its own. */
static inline uint64_t ring_submit(LinquRuntime *rt, LinquCoordinate_C target, const char *kernel,
                                   const uint64_t *scalars)
{
    uint64_t handle = linqu_alloc_tensor(rt, target, scalars[RING_BLOCK]);
    LinquParam params[1 + RING_SCALARS];

    params[0] = linqu_make_output(handle);
    for (int i = 0; i < RING_SCALARS; i++)
        params[1 + i] = linqu_make_scalar(scalars[i]);
    linqu_submit_task(rt, target, kernel, params, 1 + RING_SCALARS);
    return handle;
}

/* `count` of them on this node itself. */
static inline void ring_fill(LinquRuntime *rt, uint8_t level, int count, const uint64_t *scalars,
                             uint64_t *handles)
{
    for (int i = 0; i < count; i++) {
        uint64_t handle =
            ring_submit(rt, linqu_self_coord(rt), kernel_at("ring_fill", level), scalars);

        if (handles)
            handles[i] = handle;
    }
}

/* The file by which one kernel tells another, on another node, to go on. */
static inline void ring_flag_path(char *path, size_t size, uint64_t flag)
{
    const char *run = getenv("LINQU_RUN");

    snprintf(path, size, "%s/ring-stress.%llu.go", run ? run : ".", (unsigned long long)flag);
}

#endif
