/* Independent null tasks from a pod to its hosts in turn. Parameters: how many hosts, how many
 * tasks in all; notes the nanoseconds from the first submit to the last completion. */

#include "bench.h"

KERNEL_OF(LINQU_LEVEL_POD, LINQU_ROLE_ORCHESTRATOR)

static void flow(LinquRuntime *rt, const LinquPeerList *hosts, uint64_t width, uint64_t tasks)
{
    uint64_t at = 0;

    for (uint64_t i = 0; i < tasks; i++) {
        linqu_submit_task(rt, hosts->peers[at], "bench_null_l3", NULL, 0);
        at = at + 1 < width ? at + 1 : 0;
    }
    linqu_wait_all(rt);
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    uint64_t width = args[0] < (uint64_t)hosts.count ? args[0] : (uint64_t)hosts.count;
    uint64_t begun, took;

    (void)arg_count;
    flow(rt, &hosts, width, 4 * width); // code and memory are there
    begun = bench_now_ns();
    flow(rt, &hosts, width, args[1]);
    took = bench_now_ns() - begun;
    bench_write(&took, 1);
    free(hosts.peers);
}
