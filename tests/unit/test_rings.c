/* What the scenario ring-stress shows on the tree, shown on the core. */

#include "graph_fixture.h"

enum { KIB = 1024, BLOCK = 4 * KIB };

static uint64_t produced(uint64_t size)
{
    uint64_t handle = alloc(size);

    task(out(handle));
    return handle;
}

START_TEST(eight_tasks_fill_a_ring_and_the_scope_s_end_empties_it)
{
    graph_with(8, 32 * KIB);
    for (int round = 0; round < 2; round++) {
        scope_begin();
        for (int i = 0; i < 8; i++)
            produced(BLOCK);
        ck_assert_uint_eq(used(1), 8);
        ck_assert_uint_eq(bytes_used(1, 1), 32 * KIB);
        run_all();
        ck_assert_uint_eq(used(1), 8); // their scope is open
        scope_end();
        ck_assert_uint_eq(used(1), 0);
        ck_assert_uint_eq(bytes_used(1, 1), 0);
    }
    ck_assert_uint_eq(counts(1)->task_blocks + counts(1)->buffer_blocks, 0);
    ck_assert_uint_eq(task_graph_layer(graph, 1)->ring.peak, 8);
    ck_assert_uint_eq(task_graph_ring(graph, 1, 1)->peak, 32 * KIB);
    leave();
    destroy();
}
END_TEST

START_TEST(an_inner_scope_s_end_leaves_the_outer_ring_alone)
{
    uint64_t inner[8];

    graph_with(8, 32 * KIB);
    scope_begin();
    for (int i = 0; i < 4; i++)
        produced(BLOCK);
    scope_begin();
    for (int i = 0; i < 8; i++)
        inner[i] = produced(BLOCK);
    ck_assert_int_eq(free_tensor(inner[2]), 1);
    ck_assert_int_eq(free_tensor(inner[5]), 1);
    run_all();
    scope_end();
    ck_assert_uint_eq(used(2), 0);
    ck_assert_uint_eq(used(1), 4);
    ck_assert_uint_eq(counts(2)->tokens_by_scope, 6);
    ck_assert_uint_eq(counts(2)->tokens_early, 2);
    ck_assert_uint_eq(counts(2)->frees, 2);
    scope_end();
    ck_assert_uint_eq(used(1), 0);
    ck_assert_uint_eq(bytes_used(1, 1) + bytes_used(1, 2), 0);
    leave();
    destroy();
}
END_TEST

START_TEST(last_task_alive_moves_in_its_own_layer_only)
{
    uint32_t before[RING_DEPTHS];

    graph_with(8, 32 * KIB);
    for (unsigned depth = 1; depth <= DEPTH_MAX; depth++) {
        scope_begin();
        for (int i = 0; i < 3; i++)
            produced(64);
    }
    run_all();
    for (unsigned depth = DEPTH_MAX; depth > 0; depth--) {
        for (unsigned i = 0; i < RING_DEPTHS; i++)
            before[i] = task_graph_layer(graph, i)->ring.oldest;
        scope_end();
        for (unsigned i = 0; i < RING_DEPTHS; i++)
            ck_assert_uint_eq(task_graph_layer(graph, i)->ring.oldest,
                              before[i] + (i == depth ? 3 : 0));
    }
    leave();
    destroy();
}
END_TEST

/* A slow task of the outer scope holds up nobody in the inner one. */
START_TEST(the_inner_ring_drains_while_an_outer_task_is_slow)
{
    struct task_key slow;

    graph_with(4, 32 * KIB);
    scope_begin();
    slow = task(out(alloc(BLOCK)));
    start_all();
    for (int round = 0; round < 10; round++) {
        scope_begin();
        for (int i = 0; i < 4; i++)
            produced(BLOCK);
        run_all();
        scope_end();
        ck_assert_uint_eq(used(2), 0);
        ck_assert_str_eq(state(slow), "running");
    }
    complete(slow);
    scope_end();
    leave();
    destroy();
}
END_TEST

START_TEST(the_same_task_id_in_two_scopes_names_two_tasks)
{
    struct task_key outer, inner;
    uint64_t a = 0, b = 0;

    graph_with(8, 32 * KIB);
    a = alloc(64);
    outer = task(out(a));
    scope_begin();
    b = alloc(64);
    inner = task(out(b));
    ck_assert_uint_eq(outer.id, inner.id);
    ck_assert(!task_key_equal(&outer, &inner));
    start_all();
    complete(inner);
    ck_assert_str_eq(state(outer), "running");
    ck_assert_str_eq(state(inner), "completed");
    complete(outer);
    scope_end();
    ck_assert_str_eq(state(inner), "gone");
    ck_assert_str_eq(state(outer), "completed");
    leave();
    destroy();
}
END_TEST

/* An output of the outer scope makes its task lie there, wherever it is submitted. */
START_TEST(a_task_lies_in_the_outermost_scope_of_its_outputs)
{
    uint64_t outer, inner;

    graph_with(8, 32 * KIB);
    scope_begin();
    outer = alloc(64);
    scope_begin();
    inner = alloc(64);
    ck_assert_uint_eq(task(out(inner)).depth, 2);
    ck_assert_uint_eq(task(in(inner), out(outer)).depth, 1);
    ck_assert_uint_eq(task(both(inner), both(outer)).depth, 1);
    ck_assert_uint_eq(null_task().depth, 2);
    ck_assert_uint_eq(task(in(outer)).depth, 2);
    run_all();
    scope_end();
    ck_assert_uint_eq(used(2), 0);
    ck_assert_uint_eq(used(1), 1); // the first task's version was superseded
    scope_end();
    leave();
    destroy();
}
END_TEST

START_TEST(a_ninth_task_blocks_once_and_goes_on_when_a_slot_retires)
{
    struct task_key keys[8];
    uint64_t handles[8], ninth;

    graph_with(8, 32 * KIB);
    task_graph_set_now(graph, 1000);
    for (int i = 0; i < 8; i++) {
        handles[i] = alloc(64);
        keys[i] = task(out(handles[i]));
    }
    ck_assert_uint_eq(counts(0)->task_blocks, 0);
    start_all();
    ninth = alloc(64);
    ck_assert_int_eq(free_tensor(handles[0]), 1);
    ck_assert_int_eq(try(out(ninth)), SUBMIT_FULL);
    ck_assert(top().blocked && !top().may_retry);
    ck_assert_int_eq(try(out(ninth)), SUBMIT_FULL); // a retry is no new block
    task_graph_set_now(graph, 51000);
    complete(keys[1]);
    ck_assert(!top().may_retry); // it is not at the head
    complete(keys[0]);
    ck_assert(top().may_retry);
    ck_assert_int_eq(try(out(ninth)), SUBMIT_DONE);
    ck_assert(!top().blocked);
    ck_assert_uint_eq(counts(0)->task_blocks, 1);
    ck_assert_uint_eq(counts(0)->task_block_ns, 50000);
    destroy();
}
END_TEST

START_TEST(bytes_may_be_short_at_one_holder_only)
{
    struct task_key first, second;
    uint64_t a = 0, b = 0, c = 0;

    graph_with(8, 8 * KIB);
    a = alloc(BLOCK), b = alloc(BLOCK), c = alloc(BLOCK);
    first = task(out(a));
    second = task(out(b));
    start_all();
    free_tensor(a);
    ck_assert_int_eq(try(out(c)), SUBMIT_FULL);
    ck_assert_uint_eq(counts(0)->buffer_blocks, 1);
    submit_to(2, ARGUMENTS(out(c))); // the same task goes elsewhere at once
    ck_assert_uint_eq(bytes_used(2, 0), BLOCK);
    complete(second);
    complete(first);
    ck_assert_int_eq(try(out(alloc(BLOCK))), SUBMIT_DONE);
    destroy();
}
END_TEST

/* Everything or nothing: a group whose last sub-task finds no room leaves no trace at the other
 * holders. */
START_TEST(a_claim_that_fails_at_one_holder_takes_nothing_at_the_others)
{
    struct part_spec parts[3];
    struct task_argument arguments[3];
    struct task_spec spec = {.parts = parts, .part_count = 3};
    struct task_key filler;
    uint64_t full;

    graph_with(8, 8 * KIB);
    full = alloc(8 * KIB);
    filler = submit_to(3, ARGUMENTS(out(full)));
    free_tensor(full);
    start_all();
    for (uint32_t i = 0; i < 3; i++) {
        arguments[i] = out(alloc(BLOCK));
        parts[i] = (struct part_spec){
            .target = i + 1, .kernel = "k", .arguments = &arguments[i], .count = 1};
    }
    ck_assert_int_eq(task_graph_submit(graph, &spec, NULL, &graph_err), SUBMIT_FULL);
    ck_assert_uint_eq(bytes_used(1, 0) + bytes_used(2, 0), 0);
    ck_assert_uint_eq(task_graph_ring(graph, 1, 0)->peak, 0);
    ck_assert_uint_eq(used(0), 1);
    complete(filler);
    ck_assert_int_eq(task_graph_submit(graph, &spec, NULL, &graph_err), SUBMIT_DONE);
    ck_assert_uint_eq(bytes_used(1, 0) + bytes_used(2, 0) + bytes_used(3, 0), 3 * BLOCK);
    destroy();
}
END_TEST

START_TEST(a_freed_tensor_freed_again_counts_once)
{
    struct task_key key;
    uint64_t handle;

    graph_with(8, 32 * KIB);
    handle = alloc(64);
    key = task(out(handle));
    ck_assert_int_eq(free_tensor(handle), 1);
    ck_assert_int_eq(free_tensor(handle), 0);
    ck_assert_uint_eq(counts(0)->frees, 1);
    ck_assert_uint_eq(counts(0)->tokens_early, 1);
    ck_assert_uint_eq(find(key)->ref_count, 1);
    start_all();
    complete(key);
    ck_assert_str_eq(state(key), "gone");
    ck_assert_int_eq(free_tensor(handle), 0);
    leave();
    ck_assert_uint_eq(counts(0)->tokens_by_scope, 0);
    destroy();
}
END_TEST

START_TEST(a_handle_that_nobody_produced_can_be_freed)
{
    uint64_t handle;

    graph_with(8, 32 * KIB);
    handle = alloc(64);
    ck_assert_int_eq(free_tensor(handle), 1);
    ck_assert_int_eq(free_tensor(handle), 0);
    ck_assert_int_eq(free_tensor(handle + 1), -1); // never given out
    ck_assert_int_eq(free_tensor(0), -1);
    ck_assert_uint_eq(counts(0)->frees, 1);
    destroy();
}
END_TEST

START_TEST(a_freed_tensor_waits_for_its_readers)
{
    struct task_key producer, readers[3];
    uint64_t handle;

    graph_with(8, 32 * KIB);
    handle = alloc(64);
    producer = task(out(handle));
    for (int i = 0; i < 3; i++)
        readers[i] = task(in(handle));
    free_tensor(handle);
    start_all();
    complete(producer);
    start_all();
    for (int i = 2; i >= 0; i--) {
        ck_assert_str_eq(state(producer), "completed");
        ck_assert_uint_eq(bytes_used(1, 0), 64);
        complete(readers[i]);
    }
    ck_assert_str_eq(state(producer), "gone");
    ck_assert_uint_eq(used(0), 0);
    destroy();
}
END_TEST

/* The token of a task with several outputs comes with the last of them. */
START_TEST(every_output_must_be_freed_before_the_token_is_applied)
{
    struct task_key key;
    uint64_t a = 0, b = 0;

    graph_with(8, 32 * KIB);
    a = alloc(64), b = alloc(64);
    key = task(out(a), out(b));
    run_all();
    free_tensor(a);
    ck_assert_str_eq(state(key), "completed");
    task(both(b)); // supersedes the other
    ck_assert(find(key)->token_applied);
    run_all();
    ck_assert_str_eq(state(key), "gone");
    ck_assert_uint_eq(counts(0)->superseded, 1);
    destroy();
}
END_TEST

/* An endless chain, and tasks without outputs, pass through one scope and a small ring. */
START_TEST(superseded_versions_and_null_tasks_do_not_fill_a_ring)
{
    uint64_t handle;

    graph_with(4, KIB);
    handle = alloc(64);
    task(out(handle));
    for (int i = 0; i <= 100000; i++) {
        while (try(both(handle)) == SUBMIT_FULL)
            run_all();
        if (i % 3 == 0)
            while (try_task(1, NULL, NULL, 0) == SUBMIT_FULL)
                run_all();
    }
    ck_assert_uint_eq(task_graph_counts(graph).deadlocks, 0);
    run_all();
    ck_assert_uint_eq(used(0), 1);
    leave();
    ck_assert_uint_eq(used(0), 0);
    destroy();
}
END_TEST

/* The peak of bytes over both layers when the inner tensors lie in a ring of their own, and when
 * all lie in one. */
static uint64_t peak_of(bool stack_of_rings)
{
    uint64_t peak = 0;

    graph_with(1024, 1024 * KIB);
    scope_begin();
    for (int i = 0; i < 10; i++) {
        uint64_t kept = produced(BLOCK);

        (void)kept;
        if (stack_of_rings)
            scope_begin();
        for (int k = 0; k < 8; k++) {
            uint64_t handle = produced(BLOCK);

            if (!stack_of_rings)
                free_tensor(handle);
        }
        run_all();
        if (peak < bytes_used(1, 1) + bytes_used(1, 2))
            peak = bytes_used(1, 1) + bytes_used(1, 2);
        if (stack_of_rings)
            scope_end();
    }
    scope_end();
    leave();
    destroy();
    return peak;
}

START_TEST(a_stack_of_rings_needs_less_memory_than_one_ring)
{
    ck_assert_uint_eq(peak_of(true), 18 * BLOCK);  // ten kept, eight of the last inner scope
    ck_assert_uint_eq(peak_of(false), 90 * BLOCK); // the kept ones hold up all that come after them
}
END_TEST

START_TEST(a_scope_that_can_never_retire_is_a_deadlock_at_once)
{
    uint64_t refused;

    graph_with(8, 32 * KIB);
    scope_begin();
    for (int i = 0; i < 8; i++)
        produced(BLOCK);
    refused = alloc(64);
    ck_assert_int_eq(try(out(refused)), SUBMIT_DEADLOCK);
    ck_assert_str_eq(
        graph_err.text,
        "deadlock: task ring L3 depth 1 has none of its 8 slots free (8 used) and can "
        "never drain: linqu:(0,0,0,0):d1:t0 (k) holds the head and waits for its scope "
        "to end or its tensors to be freed, which only the activation that waits here, "
        "or one around it, can do; end the scope or free tensors earlier, or give more "
        "with --ring-capacity L3:task=...");
    ck_assert(top().deadlock);
    ck_assert_uint_eq(task_graph_counts(graph).deadlocks, 1);
    run_all();
    ck_assert_int_eq(try(in(refused)), SUBMIT_DEADLOCK); // nor is there a slot for its reader
    scope_end();
    ck_assert_str_eq(state(task(in(refused))), "gone"); // it failed: the scope's tensors are over
    ck_assert_uint_eq(task_graph_take_errors(graph, NULL, 0), 3);
    destroy();
}
END_TEST

START_TEST(a_deadlock_over_bytes_names_the_holder)
{
    graph_with(8, 8 * KIB);
    produced(BLOCK);
    produced(2 * KIB);
    ck_assert_int_eq(try(out(alloc(BLOCK))), SUBMIT_DEADLOCK);
    ck_assert_msg(strstr(graph_err.text,
                         "buffer ring L3 depth 0 at node 1 has no room (6144 of 8192 "
                         "bytes used, largest free run 2048)"),
                  "%s", graph_err.text);
    ck_assert_msg(strstr(graph_err.text, "--ring-capacity L3:buffer=..."), "%s", graph_err.text);
    destroy();
}
END_TEST

/* The head can go, but what stands behind it cannot, and that is too much. */
START_TEST(a_deadlock_behind_a_head_that_retires_is_seen)
{
    uint64_t a = 0;

    graph_with(8, 8 * KIB);
    a = produced(2 * KIB);
    produced(BLOCK);
    free_tensor(a);
    start_all();
    ck_assert_int_eq(try(out(alloc(BLOCK))), SUBMIT_DEADLOCK);
    ck_assert_msg(strstr(graph_err.text, "d0:t1 (k) holds the head"), "%s", graph_err.text);
    ck_assert_int_eq(try(out(alloc(2 * KIB))), SUBMIT_DONE);
    ck_assert_int_eq(try(out(alloc(KIB))), SUBMIT_FULL); // this much will come back
    destroy();
}
END_TEST

START_TEST(more_than_a_ring_is_an_error_at_once)
{
    struct task_key key;
    char text[512];

    graph_with(8, 8 * KIB);
    key = task(out(alloc(8 * KIB + 1)));
    ck_assert_str_eq(state(key), "failed");
    ck_assert_str_eq(state(task(out(alloc(BLOCK)), out(alloc(BLOCK + 1)))), "failed");
    ck_assert_str_eq(state(task(out(alloc(UINT64_MAX)), out(alloc(1)))), "failed");
    ck_assert_uint_eq(bytes_used(1, 0), 0);
    ck_assert_uint_eq(task_graph_take_errors(graph, text, sizeof text), 3);
    ck_assert_str_eq(text,
                     "linqu:(0,0,0,0):d0:t0: k: 8193 bytes of output at node 1 are more than a "
                     "whole buffer ring of 8192 bytes; --ring-capacity L3:buffer=... makes it "
                     "larger");
    ck_assert_str_eq(state(task(out(alloc(8 * KIB)))), "ready");
    destroy();
}
END_TEST

SUITE_MAIN(
    "rings", eight_tasks_fill_a_ring_and_the_scope_s_end_empties_it,
    an_inner_scope_s_end_leaves_the_outer_ring_alone, last_task_alive_moves_in_its_own_layer_only,
    the_inner_ring_drains_while_an_outer_task_is_slow,
    the_same_task_id_in_two_scopes_names_two_tasks,
    a_task_lies_in_the_outermost_scope_of_its_outputs,
    a_ninth_task_blocks_once_and_goes_on_when_a_slot_retires, bytes_may_be_short_at_one_holder_only,
    a_claim_that_fails_at_one_holder_takes_nothing_at_the_others,
    a_freed_tensor_freed_again_counts_once, a_handle_that_nobody_produced_can_be_freed,
    a_freed_tensor_waits_for_its_readers, every_output_must_be_freed_before_the_token_is_applied,
    superseded_versions_and_null_tasks_do_not_fill_a_ring,
    a_stack_of_rings_needs_less_memory_than_one_ring,
    a_scope_that_can_never_retire_is_a_deadlock_at_once, a_deadlock_over_bytes_names_the_holder,
    a_deadlock_behind_a_head_that_retires_is_seen, more_than_a_ring_is_an_error_at_once)
