/* A chip counts itself. */

#include "tree.h"

KERNEL_OF(LINQU_LEVEL_CHIP, LINQU_ROLE_WORKER)

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    uint64_t *counts = linqu_tensor_data(rt, args[0], NULL);

    (void)arg_count;
    counts[LINQU_LEVEL_CHIP] = 1;
}
