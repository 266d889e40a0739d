/* Nothing, at level LEVEL. */

#ifndef KERNELS_BENCH_NULL_H
#define KERNELS_BENCH_NULL_H

#include "tree.h"

KERNEL_OF(LEVEL, LINQU_ROLE_WORKER)

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    (void)rt;
    (void)args;
    (void)arg_count;
}

#endif
