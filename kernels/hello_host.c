/* What a host does for hello.c. Arguments: a number, the tensor for its square. */

#include "linqu_orchestration_api.h"

LinquOrchConfig linqu_orch_config(uint64_t *args, int arg_count)
{
    (void)args;
    (void)arg_count;
    return (LinquOrchConfig){.level = LINQU_LEVEL_HOST, .role = LINQU_ROLE_WORKER};
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    uint64_t *square = arg_count == 2 ? linqu_tensor_data(rt, args[1], NULL) : NULL;

    if (!square)
        return;
    *square = args[0] * args[0];
    LINQU_LOG_INFO(rt, "hello: the square of %llu is %llu", (unsigned long long)args[0],
                   (unsigned long long)*square);
}
