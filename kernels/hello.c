/* Every host squares a number: linqu run --topology 2x2x2 ./hello.so */

#include <stdlib.h>

#include "linqu_orchestration_api.h"

LinquOrchConfig linqu_orch_config(uint64_t *args, int arg_count)
{
    (void)args;
    (void)arg_count;
    return (LinquOrchConfig){.level = LINQU_LEVEL_CLOS2, .role = LINQU_ROLE_ORCHESTRATOR};
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    uint64_t *squares = calloc((size_t)hosts.count, sizeof *squares);
    unsigned long long sum = 0;

    (void)args;
    (void)arg_count;
    for (int i = 0; i < hosts.count; i++) {
        LinquParam params[2];

        squares[i] = linqu_alloc_tensor(rt, hosts.peers[i], sizeof(uint64_t));
        params[0] = linqu_make_scalar((uint64_t)i + 1);
        params[1] = linqu_make_output(squares[i]);
        linqu_submit_task(rt, hosts.peers[i], "hello_host", params, 2);
    }
    linqu_wait_all(rt);
    for (int i = 0; i < hosts.count; i++) {
        const uint64_t *square = linqu_tensor_data(rt, squares[i], NULL);

        if (square)
            sum += *square;
    }
    LINQU_LOG_INFO(rt, "hello from %d hosts: their squares add up to %llu", hosts.count, sum);
    free(squares);
    free(hosts.peers);
}
