/* One point of a pattern: it computes for a while. Parameters: how long, its output, its inputs. */

#include "bench.h"

KERNEL_OF(LINQU_LEVEL_HOST, LINQU_ROLE_WORKER)

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    uint64_t *out = linqu_tensor_data(rt, args[1], NULL);

    (void)arg_count;
    *out = bench_compute(args[0]);
}
