/* A worker that fills its output. */

#ifndef KERNELS_RING_FILL_H
#define KERNELS_RING_FILL_H

#include "tree.h"

KERNEL_OF(LEVEL, LINQU_ROLE_WORKER)

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    size_t bytes = 0;
    unsigned char *data = linqu_tensor_data(rt, args[0], &bytes);

    (void)arg_count;
    memset(data, LEVEL, bytes);
}

#endif
