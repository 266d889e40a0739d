/* Activations: what they are given, and tasks for oneself, which run nested. */

#include "graph_fixture.h"

/* Begin the next part for oneself, with what it reads and writes as its parameters. */
static struct task_part *begin_own(void)
{
    struct task_part *part = task_graph_take_own(graph);
    struct given_tensor given[8];
    size_t count = 0;

    claim(part, "no part for oneself is ready");
    for (uint32_t i = 0; i < part_param_count(part); i++) {
        const struct task_param *param = part_param(part, i);

        if (param->type != PARAM_SCALAR)
            given[count++] = (struct given_tensor){.type = param->type,
                                                   .handle = param->value,
                                                   .size = param->size,
                                                   .version = param->version,
                                                   .holder = param->holder};
    }
    claim(task_graph_begin(graph, 1, part, given, count, &graph_err) == 0, "%s", graph_err.text);
    return part;
}

static void end_own(struct task_part *part, const char *error)
{
    leave();
    claim(task_graph_end_part(graph, part->task, part->index, error, false), "it does not run");
}

static struct task_key own_task(const struct task_argument *arguments, uint32_t count)
{
    return submit_to(SELF, arguments, count);
}

START_TEST(a_nested_activation_begins_one_below_the_parked_depth)
{
    struct task_part *first, *second;

    graph_with(8, 4096);
    scope_begin();
    scope_begin();
    own_task(NULL, 0);
    first = begin_own();
    ck_assert_uint_eq(top().base, 3);
    ck_assert_uint_eq(null_task().depth, 3);
    scope_begin();
    own_task(NULL, 0);
    second = begin_own();
    ck_assert_uint_eq(top().base, 5);
    ck_assert_uint_eq(task_graph_stack_height(graph), 3);
    end_own(second, NULL);
    run_all();
    end_own(first, NULL);
    ck_assert_uint_eq(top().depth, 2);
    leave();
    destroy();
}
END_TEST

/* It lies in a layer of its own even when its submitter has left the scope in which the task lies.
 */
START_TEST(a_nested_activation_never_shares_a_layer_with_its_own_task)
{
    struct task_part *part;
    struct task_key key;

    graph_with(2, 4096);
    scope_begin();
    scope_begin();
    key = own_task(NULL, 0);
    scope_end();
    scope_end();
    ck_assert_uint_eq(key.depth, 2);
    part = begin_own();
    ck_assert_uint_eq(top().base, 3);
    for (int i = 0; i < 10; i++) {
        while (try_task(1, NULL, NULL, 0) == SUBMIT_FULL)
            run_all();
    }
    ck_assert_uint_eq(task_graph_counts(graph).deadlocks, 0);
    run_all();
    end_own(part, NULL);
    leave();
    destroy();
}
END_TEST

START_TEST(activations_nest_eight_deep_and_no_deeper)
{
    struct task_part *parts[DEPTH_MAX], *part;

    graph_with(8, 4096);
    for (int i = 0; i < DEPTH_MAX; i++) {
        own_task(NULL, 0);
        parts[i] = begin_own();
    }
    own_task(NULL, 0);
    part = task_graph_take_own(graph);
    ck_assert_int_eq(task_graph_begin(graph, 1, part, NULL, 0, &graph_err), -1);
    ck_assert_str_eq(graph_err.text,
                     "activations and scopes nest too deep: k would begin at depth 9, "
                     "at most 8");
    ck_assert(task_graph_end_part(graph, part->task, 0, graph_err.text, false));
    ck_assert_uint_eq(task_graph_take_errors(graph, NULL, 0), 1);
    for (int i = DEPTH_MAX; i-- > 0;)
        end_own(parts[i], NULL);
    leave();
    destroy();
}
END_TEST

START_TEST(only_the_top_activation_s_own_parts_run)
{
    struct task_part *part;

    graph_with(8, 4096);
    own_task(NULL, 0);
    own_task(NULL, 0);
    part = begin_own();
    ck_assert_ptr_null(task_graph_take_own(graph)); // the other is its submitter's
    end_own(part, NULL);
    part = begin_own();
    end_own(part, NULL);
    leave();
    destroy();
}
END_TEST

START_TEST(an_input_of_an_activation_can_be_read_but_not_written_or_freed)
{
    struct task_part *part;
    struct task_key key;
    uint64_t x = 0;

    graph_with(8, 4096);
    x = alloc(64);
    submit_to(4, ARGUMENTS(out(x)));
    run_all();
    own_task(ARGUMENTS(in(x)));
    part = begin_own();
    key = task(in(x));
    ck_assert_uint_eq(find(key)->one.params[0].holder, 4); // it is read where it lies
    ck_assert_uint_eq(find(key)->one.params[0].version, 1);
    ck_assert_uint_eq(find(key)->one.params[0].value, x);
    ck_assert_uint_eq(find(key)->one.params[0].producer_depth, PRODUCER_ELSEWHERE);
    run_all();
    ck_assert_str_eq(state(task(both(x))), "gone");
    ck_assert_msg(strstr(graph_err.text, "which is an INPUT of this activation"), "%s",
                  graph_err.text);
    ck_assert_int_eq(free_tensor(x), -1);
    task_graph_take_errors(graph, NULL, 0);
    end_own(part, NULL);
    leave();
    destroy();
}
END_TEST

/* What is made of an output inside has versions of its own, under a name of its own on the wire. */
START_TEST(an_output_of_an_activation_may_be_made_by_its_tasks)
{
    struct tensor_view view;
    struct task_part *part;
    struct task_key key;
    uint64_t x = 0;

    graph_with(8, 4096);
    x = alloc(64);
    own_task(ARGUMENTS(out(x)));
    part = begin_own();
    ck_assert(task_graph_tensor(graph, x, &view) && view.given && view.state == TENSOR_HERE);
    ck_assert_uint_eq(view.holder, SELF);
    ck_assert_uint_eq(view.version, 0);
    ck_assert_uint_ne(view.wire, x);
    scope_begin();
    key = submit_to(5, ARGUMENTS(out(x)));
    ck_assert_uint_eq(key.depth, 1); // the layer of the activation, not of the scope
    ck_assert_uint_eq(find(key)->one.params[0].value, view.wire);
    ck_assert_uint_eq(find(key)->one.params[0].new_version, 1);
    task_graph_return(graph);
    ck_assert(task_graph_tensor(graph, x, &view) && view.state == TENSOR_COMING);
    run_all();
    ck_assert(task_graph_tensor(graph, x, &view) && view.state == TENSOR_HERE && !view.given);
    ck_assert_uint_eq(view.holder, 5);
    ck_assert_uint_eq(view.depth, 1);
    ck_assert_uint_eq(used(1), 1); // it is released when it has been pulled up
    task_graph_end(graph);
    ck_assert_uint_eq(used(1), 0);
    ck_assert(task_graph_end_part(graph, part->task, 0, NULL, false));
    ck_assert(task_graph_tensor(graph, x, &view) && view.state == TENSOR_HERE);
    ck_assert_uint_eq(view.holder, SELF);
    ck_assert_uint_eq(view.version, 1);
    leave();
    destroy();
}
END_TEST

START_TEST(a_handle_means_nothing_to_an_activation_it_was_not_given_to)
{
    struct task_part *part;
    uint64_t x = 0;

    graph_with(8, 4096);
    x = alloc(64);
    task(out(x));
    own_task(NULL, 0);
    part = begin_own();
    ck_assert_str_eq(state(task(in(x))), "gone");
    ck_assert_msg(strstr(graph_err.text, "which this activation does not have"), "%s",
                  graph_err.text);
    task_graph_take_errors(graph, NULL, 0);
    run_all();
    end_own(part, NULL);
    leave();
    destroy();
}
END_TEST

/* --- deadlocks that nesting makes ------------------------------------------------------------- */

/* The nested activation waits for a slot whose task is an outer activation's that runs only after
 * it. */
START_TEST(waiting_for_an_outer_activation_s_own_task_is_a_deadlock)
{
    struct task_part *part;
    struct task_key late;

    graph_with(2, 4096);
    own_task(NULL, 0);
    scope_begin();
    late = own_task(NULL, 0); // in layer 1, behind the other in the queue
    scope_end();
    part = begin_own(); // its own layer is 1 too
    ck_assert_uint_eq(top().base, 1);
    null_task();
    run_all();
    ck_assert_int_eq(try_task(1, NULL, NULL, 0), SUBMIT_DEADLOCK);
    ck_assert_msg(strstr(graph_err.text, "linqu:(0,0,0,0):d1:t0 (k) holds the head and cannot end "
                                         "before the activation that waits here does"),
                  "%s", graph_err.text);
    ck_assert_str_eq(state(late), "ready");
    end_own(part, graph_err.text);
    part = begin_own();
    end_own(part, NULL);
    leave();
    ck_assert_uint_eq(used(0) + used(1), 0);
    destroy();
}
END_TEST

/* Its own parts for this node run while it is parked: that is none. */
START_TEST(waiting_for_a_task_for_oneself_is_no_deadlock)
{
    graph_with(2, 4096);
    own_task(NULL, 0);
    own_task(NULL, 0);
    ck_assert_int_eq(try_task(1, NULL, NULL, 0), SUBMIT_FULL);
    end_own(begin_own(), NULL);
    ck_assert(top().may_retry);
    ck_assert_int_eq(try_task(1, NULL, NULL, 0), SUBMIT_DONE);
    end_own(begin_own(), NULL);
    run_all();
    leave();
    destroy();
}
END_TEST

/* A task whose reader cannot end cannot retire either. */
START_TEST(a_reader_that_waits_for_the_submitter_is_a_deadlock)
{
    struct task_part *part;
    uint64_t x = 0;

    graph_with(2, 4096);
    own_task(NULL, 0);
    scope_begin();
    x = alloc(64);
    task(out(x));
    own_task(ARGUMENTS(in(x)));
    scope_end();
    run_all();
    part = begin_own();
    ck_assert_int_eq(try_task(1, NULL, NULL, 0), SUBMIT_DEADLOCK);
    ck_assert_msg(strstr(graph_err.text, "has a reader that cannot end"), "%s", graph_err.text);
    end_own(part, NULL);
    end_own(begin_own(), NULL);
    leave();
    destroy();
}
END_TEST

SUITE_MAIN("nested", a_nested_activation_begins_one_below_the_parked_depth,
           a_nested_activation_never_shares_a_layer_with_its_own_task,
           activations_nest_eight_deep_and_no_deeper, only_the_top_activation_s_own_parts_run,
           an_input_of_an_activation_can_be_read_but_not_written_or_freed,
           an_output_of_an_activation_may_be_made_by_its_tasks,
           a_handle_means_nothing_to_an_activation_it_was_not_given_to,
           waiting_for_an_outer_activation_s_own_task_is_a_deadlock,
           waiting_for_a_task_for_oneself_is_no_deadlock,
           a_reader_that_waits_for_the_submitter_is_a_deadlock)
