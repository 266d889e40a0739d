/* One task more than a ring has slots, in one scope: the first can never retire while the submitter
 * waits. Parameters: block, slots. */

#include "ring.h"

KERNEL_OF(LINQU_LEVEL_HOST, LINQU_ROLE_ORCHESTRATOR)

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    (void)arg_count;
    LINQU_SCOPE(rt)
    {
        ring_fill(rt, LINQU_LEVEL_HOST, ring_slots_of(args, LINQU_LEVEL_HOST) + 1, args, NULL);
        linqu_wait_all(rt);
    }
}
