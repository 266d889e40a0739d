// links: users
/* Tasks, tensors and failures in a small world of brains: what a kernel sees. */

#include "../unit/suite.h"

#include <stdlib.h>
#include <string.h>

#include "node/runtime.h"
#include "random_accounts.h"

static struct world *world;
static uint64_t seen[8];

static uint64_t copy_budget; // 0: the usual

static void open_world(const char *topology, const struct world_kernel *kernels, size_t count)
{
    const struct world_config config = {.topology = topology,
                                        .seed = 1,
                                        .ring_capacity = "task=64,buffer=256K",
                                        .copy_budget = copy_budget};
    struct error err;

    memset(seen, 0, sizeof seen);
    world = world_create(&config, &err);
    if (!world)
        ck_abort_msg("%s", err.text);
    for (size_t i = 0; i < count; i++)
        world_add_kernel(world, &kernels[i]);
    ck_assert(world_start(world));
}

static const struct world_exec *run_on(uint32_t rank, const char *kernel, const uint64_t *args,
                                       uint32_t count)
{
    uint64_t exec = world_exec(world, rank, kernel, args, count);

    ck_assert(world_run(world, 1000000));
    ck_assert(world_exec_of(world, exec)->done);
    return world_exec_of(world, exec);
}

static uint64_t *words(LinquRuntime *rt, uint64_t handle)
{
    return linqu_tensor_data(rt, handle, NULL);
}

/* args: out, value */
static void put(LinquRuntime *rt, uint64_t *args, int count)
{
    ck_assert_int_eq(count, 2);
    ck_assert_uint_eq(words(rt, args[0])[0], 0);
    words(rt, args[0])[0] = args[1];
}

/* args: a, b, out */
static void add(LinquRuntime *rt, uint64_t *args, int count)
{
    ck_assert_int_eq(count, 3);
    words(rt, args[2])[0] = words(rt, args[0])[0] + words(rt, args[1])[0];
}

static void bump(LinquRuntime *rt, uint64_t *args, int count)
{
    (void)count;
    words(rt, args[0])[0]++;
}

/* On a pod: a value on each of two hosts, their sum on the first, and one more. */
static void sum_pod(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    uint64_t a = linqu_alloc_tensor(rt, hosts.peers[0], 8),
             b = linqu_alloc_tensor(rt, hosts.peers[0], 8);
    LinquParam put_a[] = {linqu_make_output(a), linqu_make_scalar(40)};
    LinquParam put_b[] = {linqu_make_output(b), linqu_make_scalar(1)};
    LinquParam both[] = {linqu_make_input(a), linqu_make_input(b), linqu_make_output(args[0])};
    LinquParam one[] = {linqu_make_inout(args[0])};

    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(hosts.count, 2);
    linqu_submit_task(rt, hosts.peers[0], "put", put_a, 2);
    linqu_submit_task(rt, hosts.peers[1], "put", put_b, 2);
    linqu_submit_task(rt, hosts.peers[0], "add", both, 3);
    linqu_submit_task(rt, hosts.peers[1], "bump", one, 1);
    free(hosts.peers);
}

static void sum_all(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList pods = linqu_query_peers(rt, LINQU_LEVEL_POD);
    uint64_t sum = linqu_alloc_tensor(rt, pods.peers[0], 8);
    LinquParam out[] = {linqu_make_output(sum)};

    (void)args;
    (void)count;
    for (int i = 0; i < pods.count; i++) {
        linqu_submit_task(rt, pods.peers[i], "sum_pod", out, 1);
        linqu_wait_all(rt);
        seen[i] = words(rt, sum)[0];
    }
    seen[7] = (uint64_t)linqu_task_error(rt, NULL, 0);
    free(pods.peers);
}

static void go_wrong(LinquRuntime *rt, uint64_t *args, int count)
{
    (void)args;
    (void)count;
    linqu_wait_all(rt);
    linqu_scope_begin(rt); // not for a worker: its task fails
}

/* args: 0 leave the failure, 1 read it */
static void suffer(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    uint64_t a = linqu_alloc_tensor(rt, hosts.peers[0], 8),
             b = linqu_alloc_tensor(rt, hosts.peers[0], 8);
    LinquParam bad[] = {linqu_make_output(a)};
    LinquParam dependent[] = {linqu_make_input(a), linqu_make_input(a), linqu_make_output(b)};
    char text[512];

    ck_assert_int_eq(count, 1);
    linqu_submit_task(rt, hosts.peers[0], "fail", bad, 1);
    linqu_submit_task(rt, hosts.peers[1], "add", dependent, 3);
    free(hosts.peers);
    linqu_wait_all(rt);
    ck_assert_ptr_null(linqu_tensor_data(rt, b, NULL));
    if (!args[0])
        return;
    ck_assert_int_eq(linqu_task_error(rt, text, sizeof text), 2);
    ck_assert_ptr_nonnull(strstr(text, "kernel fail"));
    ck_assert_int_eq(linqu_task_error(rt, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
}

/* Recursion on the node itself: args: out, n. out = n + (n - 1) + ... */
static void down(LinquRuntime *rt, uint64_t *args, int count)
{
    uint64_t rest = linqu_alloc_tensor(rt, linqu_self_coord(rt), 8);
    LinquParam less[] = {linqu_make_output(rest), linqu_make_scalar(args[1] - 1)};

    (void)count;
    words(rt, args[0])[0] = args[1];
    if (args[1] == 0)
        return;
    linqu_submit_task(rt, linqu_self_coord(rt), "down", less, 2);
    linqu_wait_all(rt);
    words(rt, args[0])[0] += words(rt, rest) ? words(rt, rest)[0] : 0;
}

static void go_down(LinquRuntime *rt, uint64_t *args, int count)
{
    uint64_t sum = linqu_alloc_tensor(rt, linqu_self_coord(rt), 8);
    LinquParam first[] = {linqu_make_output(sum), linqu_make_scalar(args[0])};

    (void)count;
    linqu_submit_task(rt, linqu_self_coord(rt), "down", first, 2);
    linqu_wait_all(rt);
    seen[0] = words(rt, sum) ? words(rt, sum)[0] : 0;
}

/* args: table, out: the index in the group, and what lies there in the table */
static void pick(LinquRuntime *rt, uint64_t *args, int count)
{
    (void)count;
    ck_assert_uint_eq(linqu_spmd_size(rt), 4);
    words(rt, args[1])[0] = words(rt, args[0])[linqu_spmd_index(rt)];
}

static void group(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    uint64_t table[4] = {7, 70, 700, 7000}, out[4];
    uint64_t data = linqu_reg_data(rt, hosts.peers[3], table, sizeof table);
    LinquParam shared[] = {linqu_make_input(data)}, own[4];
    LinquSubTaskSpec subs[4];

    (void)args;
    (void)count;
    for (int i = 0; i < 4; i++) {
        out[i] = linqu_alloc_tensor(rt, hosts.peers[0], 8);
        own[i] = linqu_make_output(out[i]);
        subs[i] = (LinquSubTaskSpec){
            .target = hosts.peers[i], .private_params = &own[i], .num_private_params = 1};
    }
    memset(table, 0, sizeof table);
    linqu_submit_task_group(rt, "pick", shared, 1, subs, 4);
    linqu_wait_all(rt);
    for (int i = 0; i < 4; i++)
        seen[i] = words(rt, out[i])[0];
    linqu_submit_task_group(rt, "pick", shared, 1, NULL, 0);
    free(hosts.peers);
}

/* Fill a ring with what this scope keeps, and one more. */
static void stuff(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);

    (void)count;
    for (uint64_t i = 0; i < args[0]; i++) {
        LinquParam out[] = {linqu_make_output(linqu_alloc_tensor(rt, hosts.peers[0], 8)),
                            linqu_make_scalar(i)};

        linqu_submit_task(rt, hosts.peers[i % 2], "put", out, 2);
        if (args[1])
            linqu_free_tensor(rt, out[0].handle);
    }
    free(hosts.peers);
}

enum { LOST_BESIDE, LOST_OUTSIDE, LOST_NAME, LOST_WAYS };

/* args: the way in which its task goes wrong */
static void lost(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquCoordinate_C target = linqu_self_coord(rt);

    ck_assert_int_eq(count, 1);
    if (args[0] == LOST_BESIDE)
        target.l4_idx++;
    if (args[0] == LOST_OUTSIDE)
        target.l4_idx = 9;
    linqu_submit_task(rt, target, args[0] == LOST_NAME ? "no_such" : "put", NULL, 0);
}

static void nothing(LinquRuntime *rt, uint64_t *args, int count)
{
    (void)rt;
    (void)args;
    (void)count;
}

/* On a pod: whole rings of it, one after the other, each freed before the next: of its own and of
 * its first host; then what a task makes here. */
static void whole_rings(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    LinquCoordinate_C here = linqu_self_coord(rt);
    static uint8_t ring[256 * 1024];

    (void)args;
    (void)count;
    for (int i = 0; i < 3; i++) {
        linqu_free_tensor(rt, linqu_reg_data(rt, here, ring, sizeof ring));
        linqu_free_tensor(rt, linqu_reg_data(rt, hosts.peers[0], ring, sizeof ring));
    }
    for (int i = 0; i < 3; i++) {
        LinquParam out[] = {linqu_make_output(linqu_alloc_tensor(rt, here, sizeof ring))};

        linqu_submit_task(rt, here, "nothing", out, 1);
        linqu_wait_all(rt);
        linqu_free_tensor(rt, out[0].handle);
    }
    free(hosts.peers);
}

/* args: nanoseconds that it computes, whether it crashes */
static void say(LinquRuntime *rt, uint64_t *args, int count)
{
    ck_assert_int_eq(count, 2);
    LINQU_LOG_WARN(rt, "said");
    world_compute(args[0]);
    if (args[1])
        world_crash();
}

/* While a host computes, two more tasks come to it, which it then runs in one go. */
static void endanger(LinquRuntime *rt, uint64_t *args, int count)
{
    static const uint64_t tasks[3][2] = {{1000000, 0}, {10, 0}, {10, 1}};
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);

    (void)args;
    (void)count;
    for (int i = 0; i < 3; i++) {
        LinquParam params[] = {linqu_make_scalar(tasks[i][0]), linqu_make_scalar(tasks[i][1])};

        linqu_submit_task(rt, hosts.peers[0], "say", params, 2);
    }
    linqu_wait_all(rt);
    seen[0] = (uint64_t)linqu_task_error(rt, NULL, 0);
    free(hosts.peers);
}

enum { ROUNDS = 50, LOOK_SIZE = 4096, LOOK_BUDGET = 4 * LOOK_SIZE };
enum look_end { BY_FREE, BY_SCOPE, BY_WRITING };

/* Make a tensor on a host, look into it, be done with it, again and again. args: how it ends */
static void look_and_go(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    uint64_t kept = linqu_alloc_tensor(rt, hosts.peers[0], LOOK_SIZE), handle;

    ck_assert_int_eq(count, 1);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        LinquParam params[2] = {{.type = LINQU_PARAM_OUTPUT}, linqu_make_scalar(i)};

        if (args[0] == BY_SCOPE)
            linqu_scope_begin(rt);
        handle = args[0] == BY_WRITING ? kept : linqu_alloc_tensor(rt, hosts.peers[0], LOOK_SIZE);
        params[0].handle = handle;
        linqu_submit_task(rt, hosts.peers[0], "put", params, 2);
        linqu_wait_all(rt);
        seen[0] += words(rt, handle)[0];
        ck_assert_ptr_eq(words(rt, handle), words(rt, handle));
        if (args[0] == BY_SCOPE)
            linqu_scope_end(rt);
        else if (args[0] == BY_FREE)
            linqu_free_tensor(rt, handle);
    }
    free(hosts.peers);
}

/* The second of three sub-tasks fails. */
static void fail_if_second(LinquRuntime *rt, uint64_t *args, int count)
{
    (void)args;
    (void)count;
    if (linqu_spmd_index(rt) == 1)
        linqu_scope_begin(rt); // not for a worker
}

static void bad_group(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    LinquSubTaskSpec subs[3];

    (void)args;
    (void)count;
    for (int i = 0; i < 3; i++)
        subs[i] = (LinquSubTaskSpec){.target = hosts.peers[i % 2]};
    linqu_submit_task_group(rt, "fail_if_second", NULL, 0, subs, 3);
    free(hosts.peers);
}

static void call_bad_group(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList pods = linqu_query_peers(rt, LINQU_LEVEL_POD);

    (void)args;
    (void)count;
    linqu_submit_task(rt, pods.peers[0], "bad_group", NULL, 0);
    free(pods.peers);
}

/* One task after the other, each of 10 ms. args: how many */
static void one_by_one(LinquRuntime *rt, uint64_t *args, int count)
{
    LinquPeerList hosts = linqu_query_peers(rt, LINQU_LEVEL_HOST);
    LinquCoordinate_C host = hosts.peers[0];

    (void)count;
    free(hosts.peers); // now, since it may not come to its end
    for (uint64_t i = 0; i < args[0]; i++) {
        LinquParam params[] = {linqu_make_scalar(10000000), linqu_make_scalar(0)};

        linqu_submit_task(rt, host, "say", params, 2);
        linqu_wait_all(rt);
        seen[0] = i + 1;
    }
}

static const struct world_kernel kernels[] = {
    {.name = "one_by_one", .level = 4, .entry = one_by_one},
    {.name = "fail_if_second",
     .level = 3,
     .role = LINQU_ROLE_WORKER,
     .entry = fail_if_second},
    {.name = "bad_group", .level = 4, .entry = bad_group},
    {.name = "call_bad_group", .level = 6, .entry = call_bad_group},
    {.name = "look_and_go", .level = 4, .entry = look_and_go},
    {.name = "put", .level = 3, .role = LINQU_ROLE_WORKER, .entry = put},
    {.name = "add", .level = 3, .role = LINQU_ROLE_WORKER, .entry = add},
    {.name = "bump", .level = 3, .role = LINQU_ROLE_WORKER, .entry = bump},
    {.name = "fail", .level = 3, .role = LINQU_ROLE_WORKER, .entry = go_wrong},
    {.name = "pick", .level = 3, .role = LINQU_ROLE_WORKER, .entry = pick},
    {.name = "say", .level = 3, .role = LINQU_ROLE_WORKER, .entry = say},
    {.name = "endanger", .level = 4, .entry = endanger},
    {.name = "suffer", .level = 4, .entry = suffer},
    {.name = "down", .level = 4, .entry = down},
    {.name = "go_down", .level = 4, .entry = go_down},
    {.name = "group", .level = 4, .entry = group},
    {.name = "stuff", .level = 4, .entry = stuff},
    {.name = "lost", .level = 4, .entry = lost},
    {.name = "nothing", .level = 4, .role = LINQU_ROLE_WORKER, .entry = nothing},
    {.name = "whole_rings", .level = 4, .entry = whole_rings},
    {.name = "sum_pod", .level = 4, .entry = sum_pod},
    {.name = "sum_all", .level = 6, .entry = sum_all},
};

START_TEST(sums_come_up_through_the_levels)
{
    const struct world_exec *exec;

    open_world("2x2x2", kernels, sizeof kernels / sizeof *kernels);
    exec = run_on(0, "sum_all", NULL, 0);
    ck_assert_str_eq(exec->error, "");
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(seen[i], 42);
    ck_assert_uint_eq(seen[7], 0);
    world_destroy(world);
}
END_TEST

static uint32_t first_pod(void)
{
    uint32_t count;

    return topology_subtree(world_topology(world), 0, LEVEL_POD, &count);
}

START_TEST(a_failure_fails_who_depends_on_it_and_says_who_and_where)
{
    const struct world_exec *exec;

    open_world("1x1x2", kernels, sizeof kernels / sizeof *kernels);
    exec = run_on(first_pod(), "suffer", (uint64_t[]){0}, 1);
    ck_assert(exec->failed);
    ck_assert_ptr_nonnull(
        strstr(exec->error, "L6_0/L5_0/L4_0/L3_0: task linqu:(0,0,0,0):d0:t0: kernel fail: "));
    exec = run_on(first_pod(), "suffer", (uint64_t[]){1}, 1);
    ck_assert_str_eq(exec->error, "");
    world_destroy(world);
}
END_TEST

START_TEST(the_sub_task_that_failed_is_named_all_the_way_up)
{
    static const char said[] =
        "sub-task 1: L6_0/L5_0/L4_0/L3_1: task linqu:(0,0,0,0):d0:t0: kernel fail_if_second: ";

    open_world("1x1x2", kernels, sizeof kernels / sizeof *kernels);
    ck_assert_int_eq(strncmp(run_on(0, "call_bad_group", NULL, 0)->error, said, sizeof said - 1),
                     0);
    world_destroy(world);
}
END_TEST

/* The world is told to stop while a pod has done one of so many tasks; all nodes leave in order. */
static const struct world_exec *stopped_at_work(uint64_t tasks, bool graceful)
{
    uint64_t exec;

    open_world("1x1x2", kernels, sizeof kernels / sizeof *kernels);
    exec = world_exec(world, first_pod(), "one_by_one", &tasks, 1);
    while (seen[0] < 1)
        world_run_until(world, world_now(world) + 1000000);
    world_shutdown(world, graceful, 1000);
    world_run_until(world, world_now(world) + UINT64_C(3000000000));
    for (uint32_t rank = 0; rank < world_topology(world)->node_count; rank++)
        ck_assert_int_eq(world_exit_of(world, rank), 0);
    return world_exec_of(world, exec);
}

START_TEST(who_leaves_gracefully_ends_its_tasks_first)
{
    ck_assert_str_eq(stopped_at_work(5, true)->error, "");
    ck_assert_uint_eq(seen[0], 5);
    world_destroy(world);
}
END_TEST

START_TEST(who_leaves_at_once_does_not)
{
    ck_assert(!stopped_at_work(5, false)->done);
    ck_assert_uint_lt(seen[0], 5);
    world_destroy(world);
}
END_TEST

/* A thousand tasks of 10 ms would take ten times as long as there is. */
START_TEST(who_leaves_gracefully_does_it_in_time_all_the_same)
{
    ck_assert(!stopped_at_work(1000, true)->done);
    ck_assert_uint_gt(seen[0], 20);
    ck_assert_uint_lt(seen[0], 60);
    world_destroy(world);
}
END_TEST

START_TEST(tasks_for_oneself_run_nested_and_not_too_deep)
{
    const struct world_exec *exec;

    open_world("1x1x2", kernels, sizeof kernels / sizeof *kernels);
    exec = run_on(first_pod(), "go_down", (uint64_t[]){5}, 1);
    ck_assert_str_eq(exec->error, "");
    ck_assert_uint_eq(seen[0], 15);
    exec = run_on(first_pod(), "go_down", (uint64_t[]){9}, 1);
    ck_assert_ptr_nonnull(strstr(exec->error, "too deep"));
    world_destroy(world);
}
END_TEST

START_TEST(a_group_gets_its_index_and_registered_data)
{
    const struct world_exec *exec;

    open_world("1x1x4", kernels, sizeof kernels / sizeof *kernels);
    exec = run_on(first_pod(), "group", NULL, 0);
    ck_assert_str_eq(exec->error, "");
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(seen[i], i == 0 ? 7 : i == 1 ? 70 : i == 2 ? 700 : 7000);
    world_destroy(world);
}
END_TEST

START_TEST(a_full_ring_waits_or_is_a_proven_deadlock)
{
    const struct world_exec *exec;

    open_world("1x1x2", kernels, sizeof kernels / sizeof *kernels);
    exec = run_on(first_pod(), "stuff", (uint64_t[]){1000, 1}, 2);
    ck_assert_str_eq(exec->error, "");
    exec = run_on(first_pod(), "stuff", (uint64_t[]){64, 0}, 2);
    ck_assert_str_eq(exec->error, "");
    exec = run_on(first_pod(), "stuff", (uint64_t[]){65, 0}, 2);
    ck_assert_ptr_nonnull(strstr(exec->error, "kernel stuff: "));
    ck_assert_ptr_nonnull(strstr(exec->error, "deadlock"));
    world_destroy(world);
}
END_TEST

START_TEST(what_lay_in_a_ring_is_released_before_it_is_filled_again)
{
    const struct world_exec *exec;
    char left[160];

    open_world("1x1x2", kernels, sizeof kernels / sizeof *kernels);
    exec = run_on(first_pod(), "whole_rings", NULL, 0);
    ck_assert_str_eq(exec->error, "");
    for (uint32_t rank = 0; rank < world_topology(world)->node_count; rank++)
        ck_assert_msg(!node_has_left(world, rank, left, sizeof left), "node %u: %s", rank, left);
    world_destroy(world);
}
END_TEST

START_TEST(wrong_targets_and_names_are_failures_that_name_them)
{
    static const char *const says[LOST_WAYS] = {
        [LOST_BESIDE] = "L6_0/L5_0/L4_1/L3_0 is not below L4_0",
        [LOST_OUTSIDE] = "not in this topology",
        [LOST_NAME] = "no_such",
    };

    open_world("1x2x2", kernels, sizeof kernels / sizeof *kernels);
    for (uint64_t way = 0; way < LOST_WAYS; way++) {
        const struct world_exec *exec = run_on(first_pod(), "lost", &way, 1);

        ck_assert(exec->failed);
        ck_assert_msg(strstr(exec->error, says[way]) != NULL, "%s", exec->error);
    }
    world_destroy(world);
}
END_TEST

/* What a node has said is out before the next kernel runs, and each log line at once. */
START_TEST(a_crash_takes_along_only_its_own_task_and_no_log_line)
{
    open_world("1x1x2", kernels, sizeof kernels / sizeof *kernels);
    ck_assert_str_eq(run_on(first_pod(), "endanger", NULL, 0)->error, "");
    ck_assert_uint_eq(seen[0], 1);
    ck_assert_uint_eq(world_counts(world)->logs[LOG_WARN], 3);
    world_destroy(world);
}
END_TEST

START_TEST(what_was_looked_into_stays_no_longer_than_its_version)
{
    const struct node *pod;

    copy_budget = LOOK_BUDGET;
    for (uint64_t how = BY_FREE; how <= BY_WRITING; how++) {
        open_world("1x1x2", kernels, sizeof kernels / sizeof *kernels);
        ck_assert_str_eq(run_on(first_pod(), "look_and_go", &how, 1)->error, "");
        ck_assert_uint_eq(seen[0], ROUNDS * (ROUNDS - 1) / 2);
        pod = world_node(world, first_pod());
        ck_assert_uint_le(copy_cache_counts(pod->runtime->copies).bytes_peak, LOOK_BUDGET);
        world_destroy(world);
    }
    copy_budget = 0;
}
END_TEST

SUITE_MAIN("tasks", sums_come_up_through_the_levels,
           a_failure_fails_who_depends_on_it_and_says_who_and_where,
           a_crash_takes_along_only_its_own_task_and_no_log_line,
           what_was_looked_into_stays_no_longer_than_its_version,
           the_sub_task_that_failed_is_named_all_the_way_up,
           who_leaves_gracefully_ends_its_tasks_first, who_leaves_at_once_does_not,
           who_leaves_gracefully_does_it_in_time_all_the_same,
           tasks_for_oneself_run_nested_and_not_too_deep,
           a_group_gets_its_index_and_registered_data, a_full_ring_waits_or_is_a_proven_deadlock,
           what_lay_in_a_ring_is_released_before_it_is_filled_again,
           wrong_targets_and_names_are_failures_that_name_them)
