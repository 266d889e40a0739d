/* A chain of tasks that each change what the one before has left, on a pod's first host. Parameter:
 * how many; notes the nanoseconds of all together. */

#include "bench.h"

KERNEL_OF(LINQU_LEVEL_POD, LINQU_ROLE_ORCHESTRATOR)

static void chain(LinquRuntime *rt, LinquCoordinate_C host, uint64_t tasks)
{
    uint64_t handle = linqu_alloc_tensor(rt, host, sizeof(uint64_t));
    LinquParam params[1] = {linqu_make_output(handle)};

    for (uint64_t i = 0; i < tasks; i++) {
        linqu_submit_task(rt, host, "bench_null_l3", params, 1);
        params[0] = linqu_make_inout(handle);
    }
    linqu_wait_all(rt);
    linqu_free_tensor(rt, handle);
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    uint64_t begun, took;

    (void)arg_count;
    chain(rt, hosts.peers[0], 16);
    begun = bench_now_ns();
    chain(rt, hosts.peers[0], args[0]);
    took = bench_now_ns() - begun;
    bench_write(&took, 1);
    free(hosts.peers);
}
