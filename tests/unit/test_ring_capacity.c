/* Rings may be made smaller and larger between activations. */

#include "graph_fixture.h"

static void fill(unsigned slots, uint64_t bytes)
{
    for (unsigned i = 0; i < slots; i++)
        task(out(alloc(bytes)));
}

static void end_all(void)
{
    run_all();
    leave();
}

static void begin(void)
{
    ck_assert_int_eq(task_graph_begin(graph, 2, NULL, NULL, 0, &graph_err), 0);
}

START_TEST(a_smaller_window_is_full_sooner_and_a_larger_one_later)
{
    uint64_t handle;

    graph_with(16, 65536);
    fill(11, 4096);
    end_all();
    task_graph_set_capacity(graph, 4, 16384);
    begin();
    fill(4, 4096);
    handle = alloc(4096);
    ck_assert_int_eq(try(out(handle)), SUBMIT_DEADLOCK);
    ck_assert_uint_eq(used(0), 4);
    end_all();
    task_graph_set_capacity(graph, 32, 131072);
    begin();
    fill(32, 4096);
    ck_assert_uint_eq(bytes_used(1, 0), 131072);
    end_all();
    ck_assert_uint_eq(bytes_used(1, 0), 0);
    destroy();
}
END_TEST

/* A completion that comes late must never meet a younger task of the same name. */
START_TEST(ids_go_on)
{
    struct task_key before, after;

    graph_with(8, 4096);
    null_task();
    before = null_task();
    end_all();
    task_graph_set_capacity(graph, 2, 4096);
    begin();
    after = null_task();
    ck_assert_uint_eq(after.id, before.id + 1);
    ck_assert_ptr_nonnull(find(after));
    end_all();
    destroy();
}
END_TEST

START_TEST(data_larger_than_the_new_window_is_refused)
{
    graph_with(8, 65536);
    end_all();
    task_graph_set_capacity(graph, 8, 4096);
    begin();
    ck_assert_int_eq(try(out(alloc(8192))), SUBMIT_DONE);
    ck_assert_ptr_nonnull(strstr(graph_err.text, "8192"));
    end_all();
    destroy();
}
END_TEST

SUITE_MAIN("ring capacity", a_smaller_window_is_full_sooner_and_a_larger_one_later, ids_go_on,
           data_larger_than_the_new_window_is_refused)
