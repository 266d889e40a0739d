/* The kernel header in C: each wrapper calls the slot of its name, and the numbers are those of the
 * first interface. That sizes and offsets are, the header itself asserts. */

#include <string.h>

#include "ops/linqu_orchestration_api.h"
#include "suite.h"

static const char *called; // the slot that was called last
static int scopes;         // open now

static void submit_task(LinquRuntime *rt, LinquCoordinate_C target, const char *kernel_so,
                        LinquParam *params, int n)
{
    (void)rt;
    called = target.l3_idx == 3 && kernel_so[0] == 'k' && params[0].handle == 5 && n == 1
                 ? "submit_task"
                 : "wrong";
}
static void scope_begin(LinquRuntime *rt)
{
    (void)rt;
    scopes++;
}
static void scope_end(LinquRuntime *rt)
{
    (void)rt;
    scopes--;
}
static uint64_t alloc_tensor(LinquRuntime *rt, LinquCoordinate_C target, size_t bytes)
{
    (void)rt;
    called = target.l3_idx == 3 ? "alloc_tensor" : "wrong";
    return bytes;
}
static void free_tensor(LinquRuntime *rt, uint64_t handle)
{
    (void)rt;
    called = handle == 5 ? "free_tensor" : "wrong";
}
static void orchestration_done(LinquRuntime *rt)
{
    (void)rt;
    called = "orchestration_done";
}
static uint64_t reg_data(LinquRuntime *rt, LinquCoordinate_C target, const void *data, size_t bytes)
{
    (void)rt;
    called = target.l3_idx == 3 && strcmp(data, "data") == 0 ? "reg_data" : "wrong";
    return bytes;
}
static LinquPeerList query_peers(LinquRuntime *rt, uint8_t level)
{
    (void)rt;
    return (LinquPeerList){.count = level};
}
static LinquCoordinate_C self_coord(LinquRuntime *rt)
{
    (void)rt;
    return (LinquCoordinate_C){.l5_idx = 5};
}
static void wait_all(LinquRuntime *rt)
{
    (void)rt;
    called = "wait_all";
}
static void dump_ring_snapshot(LinquRuntime *rt, const char *label)
{
    (void)rt;
    called = label;
}
static void log_line(LinquRuntime *rt, const char *format, ...)
{
    (void)rt;
    called = format;
}
static void *get_tensor_pool(LinquRuntime *rt)
{
    return rt;
}
static void submit_task_group(LinquRuntime *rt, const char *kernel_so, LinquParam *group, int n,
                              LinquSubTaskSpec *subs, int n_subs)
{
    (void)rt;
    called = kernel_so[0] == 'k' && group[0].scalar_value == 6 && n == 1 &&
                     subs[1].kernel_so == NULL && n_subs == 2
                 ? "submit_task_group"
                 : "wrong";
}
static uint32_t abi_version(LinquRuntime *rt)
{
    (void)rt;
    return 17;
}
static void *tensor_data(LinquRuntime *rt, uint64_t handle, size_t *bytes)
{
    *bytes = handle;
    return rt;
}
static uint32_t spmd_index(LinquRuntime *rt)
{
    (void)rt;
    return 19;
}
static uint32_t spmd_size(LinquRuntime *rt)
{
    (void)rt;
    return 20;
}
static int task_error(LinquRuntime *rt, char *text, size_t cap)
{
    (void)rt;
    (void)cap;
    text[0] = '\0';
    return 21;
}

/* In the order of the interface, by position: a slot that moved would be called in another's place.
 */
static const LinquRuntimeOps ops = {
    submit_task, scope_begin, scope_end,  alloc_tensor,    free_tensor,        orchestration_done,
    reg_data,    query_peers, self_coord, wait_all,        dump_ring_snapshot, log_line,
    log_line,    log_line,    log_line,   get_tensor_pool, submit_task_group,  abi_version,
    tensor_data, spmd_index,  spmd_size,  task_error,
};
static LinquRuntime runtime = {&ops};

START_TEST(each_wrapper_calls_its_slot)
{
    LinquRuntime *rt = &runtime;
    LinquCoordinate_C target = {.l3_idx = 3};
    LinquParam input = linqu_make_input(5), scalar = linqu_make_scalar(6);
    LinquSubTaskSpec subs[2] = {{.target = target}, {.target = target}};
    char text[8] = "text";
    size_t bytes = 0;

    linqu_submit_task(rt, target, "k", &input, 1);
    ck_assert_str_eq(called, "submit_task");
    ck_assert_uint_eq(linqu_alloc_tensor(rt, target, 77), 77);
    ck_assert_str_eq(called, "alloc_tensor");
    linqu_free_tensor(rt, 5);
    ck_assert_str_eq(called, "free_tensor");
    linqu_orchestration_done(rt);
    ck_assert_str_eq(called, "orchestration_done");
    ck_assert_uint_eq(linqu_reg_data(rt, target, "data", 4), 4);
    ck_assert_str_eq(called, "reg_data");
    ck_assert_int_eq(linqu_query_peers(rt, 4).count, 4);
    ck_assert_uint_eq(linqu_self_coord(rt).l5_idx, 5);
    linqu_wait_all(rt);
    ck_assert_str_eq(called, "wait_all");
    linqu_dump_ring_snapshot(rt, "label");
    ck_assert_str_eq(called, "label");
    linqu_submit_task_group(rt, "k", &scalar, 1, subs, 2);
    ck_assert_str_eq(called, "submit_task_group");
    ck_assert_uint_eq(linqu_abi_version(rt), 17);
    ck_assert_ptr_eq(linqu_tensor_data(rt, 9, &bytes), rt);
    ck_assert_uint_eq(bytes, 9);
    ck_assert_uint_eq(linqu_spmd_index(rt), 19);
    ck_assert_uint_eq(linqu_spmd_size(rt), 20);
    ck_assert_int_eq(linqu_task_error(rt, text, sizeof text), 21);
    LINQU_LOG_WARN(rt, "%d", 1);
    ck_assert_str_eq(called, "%d");
}
END_TEST

START_TEST(a_scope_is_open_within_its_block_and_nowhere_else)
{
    LinquRuntime *rt = &runtime;
    int inside = 0;

    LINQU_SCOPE(rt)
    {
        ck_assert_int_eq(scopes, 1);
        LINQU_SCOPE(rt)
        {
            ck_assert_int_eq(scopes, 2);
            inside++;
        }
        ck_assert_int_eq(scopes, 1);
    }
    ck_assert_int_eq(scopes, 0);
    ck_assert_int_eq(inside, 1);
}
END_TEST

START_TEST(the_numbers_are_those_of_the_first_interface)
{
    ck_assert_int_eq(LINQU_PARAM_INPUT, 0);
    ck_assert_int_eq(LINQU_PARAM_OUTPUT, 1);
    ck_assert_int_eq(LINQU_PARAM_INOUT, 2);
    ck_assert_int_eq(LINQU_PARAM_SCALAR, 3);
    ck_assert_int_eq(LINQU_ROLE_ORCHESTRATOR, 0);
    ck_assert_int_eq(LINQU_ROLE_WORKER, 1);
    ck_assert_int_eq(LINQU_LEVEL_AIV + LINQU_LEVEL_AIC + LINQU_LEVEL_CORE_GROUP,
                     3 * LINQU_LEVEL_CORE);
    ck_assert_int_eq(LINQU_LEVEL_L2CACHE, LINQU_LEVEL_CHIP_DIE);
    ck_assert_int_eq(LINQU_LEVEL_CHIP_DIE, 1);
    ck_assert_int_eq(LINQU_LEVEL_PROCESSOR, LINQU_LEVEL_CHIP);
    ck_assert_int_eq(LINQU_LEVEL_UMA, 2);
    ck_assert_int_eq(LINQU_LEVEL_NODE, LINQU_LEVEL_HOST);
    ck_assert_int_eq(LINQU_LEVEL_HOST, 3);
    ck_assert_int_eq(LINQU_LEVEL_CLUSTER_0, LINQU_LEVEL_POD);
    ck_assert_int_eq(LINQU_LEVEL_POD, 4);
    ck_assert_int_eq(LINQU_LEVEL_CLUSTER_1, LINQU_LEVEL_CLOS1);
    ck_assert_int_eq(LINQU_LEVEL_CLOS1, 5);
    ck_assert_int_eq(LINQU_LEVEL_CLUSTER_2, LINQU_LEVEL_CLOS2);
    ck_assert_int_eq(LINQU_LEVEL_CLOS2, 6);
    ck_assert_int_eq(LINQU_LEVEL_GLOBAL, 7);
}
END_TEST

SUITE_MAIN("ops", each_wrapper_calls_its_slot, a_scope_is_open_within_its_block_and_nowhere_else,
           the_numbers_are_those_of_the_first_interface)
