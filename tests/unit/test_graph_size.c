/* The core at sizes that a program may reach: memory stays flat, and nothing is done once for each
 * pair. */

#include "graph_fixture.h"
#include "resident_pages.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

enum { MILLION = 1000 * 1000 };
#if defined(__SANITIZE_ADDRESS__)
enum { FEWER = 20 };
#else
enum { FEWER = 1 };
#endif

/* Two inputs, one output; each handle is freed two tasks later. */
static void submit_many(unsigned count)
{
    uint64_t before[2] = {alloc(512), alloc(512)};
    size_t released;

    task(out(before[0]));
    task(out(before[1]));
    for (unsigned i = 0; i < count; i++) {
        uint64_t next = alloc(512);
        enum submit_result got;

        while ((got = try(in(before[0]), in(before[1]), out(next))) == SUBMIT_FULL)
            run_all();
        claim(got == SUBMIT_DONE, "%s", graph_err.text);
        free_tensor(before[0]);
        before[0] = before[1];
        before[1] = next;
        if (i % 64 == 0)
            task_graph_take_released(graph, &released);
    }
    run_all();
    free_tensor(before[0]);
    free_tensor(before[1]);
}

START_TEST(ten_million_tasks_pass_through_64_slots_in_flat_memory)
{
    size_t before;

    graph_with(64, 1024 * 1024);
    submit_many(MILLION / 10);
    before = resident_pages();
    submit_many(10 * MILLION / FEWER);
    ck_assert_uint_le(resident_pages(), before + 64);
    ck_assert_uint_le(task_graph_counts(graph).edges_made, 256);
    ck_assert_uint_eq(used(0), 0);
    ck_assert_uint_eq(task_graph_counts(graph).failed + task_graph_counts(graph).deadlocks, 0);
    leave();
    destroy();
}
END_TEST

enum { CHAIN = 1 << 20 };

/* All of them wait at once: the first one's end must not recurse through the rest. */
static void make_chain(uint64_t handle)
{
    graph_with(CHAIN, 128 * CHAIN);
    handle = alloc(64);
    task(out(handle));
    for (int i = 1; i < MILLION / FEWER; i++)
        task(both(handle));
    ck_assert_uint_eq(top().unfinished, MILLION / FEWER);
}

START_TEST(a_chain_of_a_million_completes_link_by_link)
{
    make_chain(0);
    for (int i = 0; i < MILLION / FEWER; i++)
        claim(start_all() == 1 &&
                  task_graph_end_part(
                      graph, task_ring_find(&task_graph_layer(graph, 0)->ring, (uint32_t)i), 0,
                      NULL, false),
              "link %d is not the only one that is ready", i);
    ck_assert_uint_eq(top().unfinished, 0);
    ck_assert_uint_eq(used(0), 1);
    leave();
    destroy();
}
END_TEST

START_TEST(a_chain_of_a_million_fails_from_its_first_link)
{
    make_chain(0);
    start_all();
    end_task((struct task_key){.exec = 1, .creator.level = LEVEL_HOST}, "broken");
    ck_assert_uint_eq(top().unfinished, 0);
    ck_assert_uint_eq(task_graph_take_errors(graph, NULL, 0), MILLION / FEWER);
    leave();
    ck_assert_uint_eq(used(0), 0);
    destroy();
}
END_TEST

START_TEST(a_hundred_thousand_tasks_read_one_tensor)
{
    enum { READERS = 100 * 1000 };
    struct task_key producer;
    uint64_t x = 0;

    graph_with(1 << 17, 4096);
    x = alloc(64);
    producer = task(out(x));
    for (int i = 0; i < READERS; i++)
        task(in(x));
    ck_assert_uint_eq(find(producer)->fanout_count, READERS + 1);
    start_all();
    complete(producer);
    ck_assert_uint_eq(start_all(), READERS);
    for (uint32_t i = READERS; i > 0; i--) // the last one first
        complete((struct task_key){.exec = 1, .creator.level = LEVEL_HOST, .id = i});
    ck_assert_uint_eq(find(producer)->ref_count, READERS);
    ck_assert_uint_eq(used(0), READERS + 1);
    free_tensor(x);
    ck_assert_uint_eq(used(0), 0);
    leave();
    destroy();
}
END_TEST

/* One task, a thousand that read it, one that reads those; ten times, one after the other. */
START_TEST(diamonds_open_and_close)
{
    enum { WIDTH = 1000 };
    struct task_argument arguments[WIDTH + 1];
    uint64_t tip;

    graph_with(2048, 1024 * 1024);
    tip = alloc(64);
    task(out(tip));
    for (int diamond = 0; diamond < 10; diamond++) {
        struct task_key last;

        scope_begin();
        for (int i = 0; i < WIDTH; i++) {
            arguments[i] = in(alloc(64));
            task(in(tip), out(arguments[i].value));
        }
        arguments[WIDTH] = both(tip);
        last = submit_to(1, arguments, WIDTH + 1);
        ck_assert_str_eq(state(last), "pending");
        scope_end();
        run_all();
        ck_assert_uint_eq(used(1), 0);
        ck_assert_uint_eq(used(0), 1);
    }
    leave();
    destroy();
}
END_TEST

START_TEST(a_group_of_4096_has_one_slot_and_one_completion)
{
    enum { SIZE = 4096 };
    static struct part_spec parts[SIZE];
    static struct task_argument private[SIZE][2];
    struct task_argument shared;
    struct task_spec spec = {
        .parts = parts, .part_count = SIZE, .shared = &shared, .shared_count = 1};

    graph_with(8, 1024 * 1024);
    shared = in(alloc(64));
    submit_to(1, ARGUMENTS(out(shared.value)));
    for (uint32_t i = 0; i < SIZE; i++) {
        private[i][0] = out(alloc(100));
        private[i][1] = (struct task_argument){PARAM_SCALAR, i};
        parts[i] = (struct part_spec){
            .target = 1 + i % 16, .kernel = "g", .arguments = private[i], .count = 2};
    }
    ck_assert_int_eq(task_graph_submit(graph, &spec, NULL, &graph_err), SUBMIT_DONE);
    ck_assert_uint_eq(used(0), 2);
    ck_assert_uint_eq(bytes_used(7, 0), 128 * SIZE / 16);
    run_all();
    ck_assert_uint_eq(task_graph_counts(graph).completed, 2);
    leave();
    ck_assert_uint_eq(bytes_used(7, 0), 0);
    destroy();
}
END_TEST

/* A hundred thousand tensors in one scope, each of which lives until its end. */
START_TEST(a_scope_may_have_many_tensors)
{
    enum { COUNT = 100 * 1000 };
    struct tensor_view view;
    uint64_t first = 0;

    graph_with(8, 4096);
    for (int round = 0; round < 3; round++) {
        scope_begin();
        first = alloc(64);
        for (int i = 1; i < COUNT; i++)
            alloc(64);
        for (uint64_t i = 0; i < COUNT; i++)
            claim(task_graph_tensor(graph, first + i, &view), "a tensor is gone");
        scope_end();
        ck_assert(!task_graph_tensor(graph, first, &view));
    }
    leave();
    destroy();
}
END_TEST

SUITE_MAIN("graph size", ten_million_tasks_pass_through_64_slots_in_flat_memory,
           a_chain_of_a_million_completes_link_by_link,
           a_chain_of_a_million_fails_from_its_first_link, a_hundred_thousand_tasks_read_one_tensor,
           diamonds_open_and_close, a_group_of_4096_has_one_slot_and_one_completion,
           a_scope_may_have_many_tensors)
