/* A reader that looks at its node's rings while it reads. Parameter: an input. */

#include "ring.h"

KERNEL_OF(LINQU_LEVEL_HOST, LINQU_ROLE_ORCHESTRATOR)

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    (void)arg_count;
    if (linqu_tensor_data(rt, args[0], NULL))
        linqu_dump_ring_snapshot(rt, "I1 freed, being read");
}
