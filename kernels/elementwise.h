/* A worker: z[i] = ELEMENT(x[i], y[i]), or ELEMENT(x[i], s) where SECOND_IS_SCALAR. Parameters: x,
 * y or s, z. */

#ifndef KERNELS_ELEMENTWISE_H
#define KERNELS_ELEMENTWISE_H

#include "tree.h"

KERNEL_OF(LEVEL, LINQU_ROLE_WORKER)

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    size_t bytes = 0;
    const int64_t *x = linqu_tensor_data(rt, args[0], NULL);
#ifdef SECOND_IS_SCALAR
    const int64_t s = (int64_t)args[1];
#else
    const int64_t *y = linqu_tensor_data(rt, args[1], NULL);
#endif
    int64_t *z = linqu_tensor_data(rt, args[2], &bytes);

    (void)arg_count;
    for (size_t i = 0; i < bytes / sizeof *z; i++)
#ifdef SECOND_IS_SCALAR
        z[i] = ELEMENT(x[i], s);
#else
        z[i] = ELEMENT(x[i], y[i]);
#endif
}

#endif
