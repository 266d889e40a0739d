/* How long a tensor's bytes travel. Parameters: the way (0: from the first host of a pod to the
 * second; 1: from the pod down to a host; 2: from a host up to the pod), bytes, how often; notes
 * the nanoseconds of each time. */

#include "bench.h"

KERNEL_OF(LINQU_LEVEL_POD, LINQU_ROLE_ORCHESTRATOR)

enum { SIBLING, DOWN, UP };

static void submit(LinquRuntime *rt, LinquCoordinate_C host, const char *kernel, LinquParam param)
{
    linqu_submit_task(rt, host, kernel, &param, 1);
    linqu_wait_all(rt);
}

static uint64_t travel(LinquRuntime *rt, const LinquCoordinate_C *hosts, uint64_t way,
                       const void *bytes, size_t size)
{
    uint64_t handle, begun, took;

    if (way == DOWN) {
        handle = linqu_reg_data(rt, linqu_self_coord(rt), bytes, size);
    } else {
        handle = linqu_alloc_tensor(rt, hosts[0], size);
        submit(rt, hosts[0], "bench_fill", linqu_make_output(handle));
    }
    begun = bench_now_ns();
    if (way == UP)
        linqu_tensor_data(rt, handle, NULL);
    else
        submit(rt, hosts[way == SIBLING], "bench_read", linqu_make_input(handle));
    took = bench_now_ns() - begun;
    linqu_free_tensor(rt, handle);
    return took;
}

void linqu_orch_entry(LinquRuntime *rt, uint64_t *args, int arg_count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    uint64_t *samples = calloc(args[2], sizeof *samples);
    void *bytes = calloc(1, args[1]);

    (void)arg_count;
    travel(rt, hosts.peers, args[0], bytes,
           args[1]); // the first finds no connection and cold memory
    for (uint64_t i = 0; i < args[2]; i++)
        samples[i] = travel(rt, hosts.peers, args[0], bytes, args[1]);
    bench_write(samples, args[2]);
    free(bytes);
    free(samples);
    free(hosts.peers);
}
