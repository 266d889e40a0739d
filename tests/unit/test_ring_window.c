/* For a while owners may be told to use less of the rings than the run has. */

#include <string.h>

#include "node/runtime.h"
#include "suite.h"
#include "topology_fixture.h"
#include "topo/ring_layout.h"

static struct topology topology;
static struct node *node;
static struct error err;

static void open_node(void)
{
    const struct node_config config = {.topology = &topology,
                                       .rank = 1,
                                       .logical_system = "linqu",
                                       .physical_system = "here",
                                       .run_path = "/r"};

    topology = topology_of("1x1x2");
    topology.settings.task_ring_slots[LEVEL_CLOS1] = 64;
    node = node_create(&config);
}

static int set(uint8_t level, uint32_t slots, uint64_t bytes)
{
    struct wire_ring_window window = {.level = level, .slots = slots, .bytes = bytes};
    struct msg_gather gather = {.windows = {.items = &window, .count = 1}};

    return ring_windows_set(node, &gather, &err);
}

START_TEST(a_window_is_never_more_than_the_run_has)
{
    open_node();
    ck_assert_int_eq(set(LEVEL_CLOS1, 128, 4096), 0);
    ck_assert_uint_eq(ring_window(node, LEVEL_CLOS1).slots, 64);
    ck_assert_uint_eq(ring_window(node, LEVEL_CLOS1).bytes, 4096);
    ck_assert_uint_eq(ring_window(node, LEVEL_HOST).slots, RING_SLOTS_USUAL);
    node_destroy(node);
}
END_TEST

START_TEST(without_windows_the_rings_are_as_the_run_has_them_again)
{
    const struct msg_gather none = {0};

    open_node();
    ck_assert_int_eq(set(LEVEL_CLOS1, 2, 8192), 0);
    ck_assert_uint_eq(ring_window(node, LEVEL_CLOS1).slots, 2);
    ck_assert_int_eq(ring_windows_set(node, &none, &err), 0);
    ck_assert_uint_eq(ring_window(node, LEVEL_CLOS1).slots, 64);
    ck_assert_uint_eq(ring_window(node, LEVEL_CLOS1).bytes, RING_BYTES_USUAL);
    node_destroy(node);
}
END_TEST

START_TEST(a_window_that_cannot_be_is_refused_and_changes_nothing)
{
    open_node();
    ck_assert_int_eq(set(LEVEL_CLOS1, 3, 8192), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "3 slots"));
    ck_assert_int_eq(set(9, 4, 8192), -1);
    ck_assert_int_eq(set(LEVEL_CLOS1, 4, 63), -1);
    ck_assert_int_eq(set(LEVEL_CLOS1, 0, 8192), -1);
    ck_assert_uint_eq(ring_window(node, LEVEL_CLOS1).slots, 64);
    node_destroy(node);
}
END_TEST

/* A graph with an activation open has tasks in its rings. */
START_TEST(a_node_that_computes_keeps_its_rings)
{
    struct task_graph_config config = {
        .task_slots = 64, .buffer_bytes = 65536, .window = 1, .system = "linqu"};
    struct runtime runtime = {.graph = task_graph_create(&config)}, *before;

    open_node();
    before = node->runtime;
    node->runtime = &runtime;
    ck_assert_int_eq(task_graph_begin(runtime.graph, 1, NULL, NULL, 0, &err), 0);
    ck_assert_int_eq(set(LEVEL_CLOS1, 2, 8192), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "L6_0/L5_0 computes"));
    task_graph_return(runtime.graph);
    task_graph_end(runtime.graph);
    ck_assert_int_eq(set(LEVEL_CLOS1, 2, 8192), 0);
    ck_assert_uint_eq(task_graph_layer(runtime.graph, 3)->ring.capacity, 2);
    node->runtime = before;
    task_graph_destroy(runtime.graph);
    node_destroy(node);
}
END_TEST

SUITE_MAIN("ring window", a_window_is_never_more_than_the_run_has,
           without_windows_the_rings_are_as_the_run_has_them_again,
           a_window_that_cannot_be_is_refused_and_changes_nothing,
           a_node_that_computes_keeps_its_rings)
