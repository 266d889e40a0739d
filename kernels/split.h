/* What elementwise.h does, by CHIP_KERNEL on the chips of a host: each gets a part of the elements,
 * and the parts are put together. Parameters: x, y or s, z. */

#ifndef KERNELS_SPLIT_H
#define KERNELS_SPLIT_H

#include "tree.h"

KERNEL_OF(LINQU_LEVEL_HOST, LINQU_ROLE_ORCHESTRATOR)

/* Where the part of chip `i` begins, of `count` chips and `size` elements. */
static size_t part_begin(size_t size, int i, int count)
{
    return size * (size_t)i / (size_t)count;
}

static LinquParam part_of(LinquRuntime *rt, uint64_t handle, size_t first, size_t end)
{
    const int64_t *all = linqu_tensor_data(rt, handle, NULL);

    return linqu_make_input(
        linqu_reg_data(rt, linqu_self_coord(rt), all + first, (end - first) * sizeof *all));
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    LinquPeerList chips = linqu_query_peers(rt, LINQU_LEVEL_CHIP);
    uint64_t *parts = calloc((size_t)chips.count, sizeof *parts);
    size_t bytes, size;
    int64_t *z = linqu_tensor_data(rt, args[2], &bytes);

    (void)arg_count;
    size = bytes / sizeof *z;
    for (int i = 0; i < chips.count; i++) {
        size_t first = part_begin(size, i, chips.count), end = part_begin(size, i + 1, chips.count);
        LinquParam params[3];

        parts[i] = linqu_alloc_tensor(rt, chips.peers[i], (end - first) * sizeof *z);
        params[0] = part_of(rt, args[0], first, end);
#ifdef SECOND_IS_SCALAR
        params[1] = linqu_make_scalar(args[1]);
#else
        params[1] = part_of(rt, args[1], first, end);
#endif
        params[2] = linqu_make_output(parts[i]);
        linqu_submit_task(rt, chips.peers[i], CHIP_KERNEL, params, 3);
    }
    linqu_wait_all(rt);
    for (int i = 0; i < chips.count; i++) {
        const int64_t *part = linqu_tensor_data(rt, parts[i], &bytes);

        if (part)
            memcpy(z + part_begin(size, i, chips.count), part, bytes);
    }
    free(parts);
    free(chips.peers);
}

#endif
