/* One null task at a time from a pod to its first host and back. Parameter: how often; notes the
 * nanoseconds of each. */

#include "bench.h"

KERNEL_OF(LINQU_LEVEL_POD, LINQU_ROLE_ORCHESTRATOR)

enum { WARM = 16 };

static uint64_t one_way_and_back(LinquRuntime *rt, LinquCoordinate_C host)
{
    uint64_t begun = bench_now_ns();

    linqu_submit_task(rt, host, "bench_null_l3", NULL, 0);
    linqu_wait_all(rt);
    return bench_now_ns() - begun;
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    uint64_t *samples = calloc(args[0], sizeof *samples);

    (void)arg_count;
    for (int i = 0; i < WARM; i++)
        one_way_and_back(rt, hosts.peers[0]);
    for (uint64_t i = 0; i < args[0]; i++)
        samples[i] = one_way_and_back(rt, hosts.peers[0]);
    bench_write(samples, args[0]);
    free(samples);
    free(hosts.peers);
}
