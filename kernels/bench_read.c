/* A reader that only has its input come. Parameter: an input. */

#include "bench.h"

KERNEL_OF(LINQU_LEVEL_HOST, LINQU_ROLE_WORKER)

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    size_t bytes = 0;
    const volatile unsigned char *data = linqu_tensor_data(rt, args[0], &bytes);

    (void)arg_count;
    if (data && bytes)
        (void)data[bytes - 1];
}
