/* The kernels that stories can run. */

#ifndef TESTS_STORY_KERNELS_H
#define TESTS_STORY_KERNELS_H

#include <string.h>

#include "sim/world.h"

enum { STORY_WORK_NS = 5000 };

/* Sum of all inputs, plus all scalars, in every output. */
static void story_add(LinquRuntime *rt, uint64_t *args, int count)
{
    uint64_t sum = 0, *bytes;
    size_t size;

    world_compute(STORY_WORK_NS);
    for (int i = 0; i < count - 1; i++) {
        bytes = linqu_tensor_data(rt, args[i], &size);
        sum += bytes && size >= sizeof sum ? *bytes : 0;
    }
    bytes = linqu_tensor_data(rt, args[count - 1], &size);
    if (bytes)
        *bytes = sum + 1;
}

/* It may not submit: so it fails. */
static void story_fail(LinquRuntime *rt, uint64_t *args, int count)
{
    (void)args;
    (void)count;
    linqu_submit_task(rt, linqu_self_coord(rt), "add", NULL, 0);
}

/* A pod: each of its hosts makes a value, the first one adds them up. */
static void story_pod(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    LinquParam params[9];
    int used = 0;

    for (; used < hosts.count && used < 8; used++) {
        LinquParam made =
            linqu_make_output(linqu_alloc_tensor(rt, hosts.peers[used], sizeof(uint64_t)));

        linqu_submit_task(rt, hosts.peers[used], "add", &made, 1);
        params[used] = linqu_make_input(made.handle);
    }
    if (used > 0) {
        params[used] = linqu_make_output(
            count > 0 ? args[0] : linqu_alloc_tensor(rt, hosts.peers[0], sizeof(uint64_t)));
        linqu_submit_task(rt, hosts.peers[0], "add", params, used + 1);
    }
    free(hosts.peers);
}

/* A top: each pod below makes a value. */
static void story_top(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList pods = linqu_query_peers(rt, LINQU_LEVEL_POD);

    (void)args;
    (void)count;
    for (int i = 0; i < pods.count; i++) {
        LinquParam made =
            linqu_make_output(linqu_alloc_tensor(rt, pods.peers[i], sizeof(uint64_t)));

        linqu_submit_task(rt, pods.peers[i], "pod", &made, 1);
    }
    linqu_wait_all(rt);
    free(pods.peers);
}

/* A pod whose first host fails; it says so and goes on, or, told 1, does not look. */
static void story_hope(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    char text[256];

    linqu_submit_task(rt, hosts.peers[0], "fail", NULL, 0);
    linqu_wait_all(rt);
    if (count == 0 || args[0] == 0)
        linqu_task_error(rt, text, sizeof text);
    free(hosts.peers);
}

/* A pod that makes as many results as it is told and lets none go: more than its ring holds can
 * never be had. */
static void story_greedy(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);

    for (uint64_t i = 0; count > 0 && i < args[0]; i++) {
        LinquParam made = linqu_make_output(linqu_alloc_tensor(rt, hosts.peers[0], 64));

        linqu_submit_task(rt, hosts.peers[0], "add", &made, 1);
    }
    free(hosts.peers);
}

/* A pod that puts data on its second host and forgets it at once. */
static void story_forget(LinquRuntime *rt, uint64_t *args, int count)
{
    static const uint64_t data[64];
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);

    (void)args;
    (void)count;
    LINQU_SCOPE(rt)
    {
        linqu_reg_data(rt, hosts.peers[1], data, sizeof data);
    }
    free(hosts.peers);
}

/* A pod that gives its first host what cannot be loaded, and another what depends on it. */
static void story_chain(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    LinquParam made = linqu_make_output(linqu_alloc_tensor(rt, hosts.peers[0], 8));
    LinquParam params[2] = {linqu_make_input(made.handle),
                            linqu_make_output(linqu_alloc_tensor(rt, hosts.peers[0], 8))};

    (void)args;
    (void)count;
    linqu_submit_task(rt, hosts.peers[0], "broken", &made, 1);
    linqu_submit_task(rt, hosts.peers[1], "add", params, 2);
    free(hosts.peers);
}

/* A worker that computes so many milliseconds. */
static void story_long(LinquRuntime *rt, uint64_t *args, int count)
{
    (void)rt;
    world_compute(count > 0 ? args[0] * 1000000 : 0);
}

static void story_crash(LinquRuntime *rt, uint64_t *args, int count)
{
    (void)rt;
    (void)args;
    (void)count;
    world_compute(STORY_WORK_NS);
    world_crash();
}

/* A pod whose first host computes so long while the second does a little. */
static void story_patient(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    LinquParam ms = linqu_make_scalar(count > 0 ? args[0] : 0);
    LinquParam made = linqu_make_output(linqu_alloc_tensor(rt, hosts.peers[1], 8));

    linqu_submit_task(rt, hosts.peers[0], "long", &ms, 1);
    linqu_submit_task(rt, hosts.peers[1], "add", &made, 1);
    free(hosts.peers);
}

static void story_fragile(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);

    (void)args;
    (void)count;
    linqu_submit_task(rt, hosts.peers[0], "crash", NULL, 0);
    free(hosts.peers);
}

static const struct world_kernel story_kernels[] = {
    {.name = "long", .level = LINQU_LEVEL_HOST, .role = LINQU_ROLE_WORKER, .entry = story_long},
    {.name = "crash", .level = LINQU_LEVEL_HOST, .role = LINQU_ROLE_WORKER, .entry = story_crash},
    {.name = "patient", .level = LINQU_LEVEL_POD, .entry = story_patient},
    {.name = "fragile", .level = LINQU_LEVEL_POD, .entry = story_fragile},
    {.name = "add", .level = LINQU_LEVEL_HOST, .role = LINQU_ROLE_WORKER, .entry = story_add},
    {.name = "fail", .level = LINQU_LEVEL_HOST, .role = LINQU_ROLE_WORKER, .entry = story_fail},
    {.name = "broken", .level = LINQU_LEVEL_HOST, .role = LINQU_ROLE_WORKER, .broken = true},
    {.name = "pod", .level = LINQU_LEVEL_POD, .entry = story_pod},
    {.name = "greedy", .level = LINQU_LEVEL_POD, .entry = story_greedy},
    {.name = "forget", .level = LINQU_LEVEL_POD, .entry = story_forget},
    {.name = "chain", .level = LINQU_LEVEL_POD, .entry = story_chain},
    {.name = "hope", .level = LINQU_LEVEL_POD, .entry = story_hope},
    {.name = "top", .level = LINQU_LEVEL_CLOS2, .entry = story_top},
};

#endif
