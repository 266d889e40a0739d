#include "base/limits.h"
#include "graph_fixture.h"

START_TEST(a_task_is_ready_when_its_last_producer_has_completed)
{
    struct task_key a, b, c;
    uint64_t x = 0, y = 0;

    graph_with(8, 4096);
    x = alloc(64), y = alloc(64);
    a = task(out(x));
    b = task(out(y));
    c = task(in(x), in(y));
    ck_assert_str_eq(state(c), "pending");
    ck_assert_uint_eq(start_all(), 2);
    complete(b);
    ck_assert_str_eq(state(c), "pending");
    complete(a);
    ck_assert_str_eq(state(c), "ready");
    ck_assert_uint_eq(start_all(), 1); // once
    ck_assert_uint_eq(start_all(), 0);
    complete(c);
    leave();
    destroy();
}
END_TEST

START_TEST(a_reader_of_two_outputs_of_one_task_counts_once)
{
    struct task_key producer;
    uint64_t x = 0, y = 0;

    graph_with(8, 4096);
    x = alloc(64), y = alloc(64);
    producer = task(out(x), out(y));
    task(in(x), in(y), in(x));
    ck_assert_uint_eq(find(producer)->fanout_count, 2);
    ck_assert_uint_eq(task_graph_counts(graph).edges, 1);
    run_all();
    ck_assert_uint_eq(task_graph_counts(graph).edges, 0);
    leave();
    destroy();
}
END_TEST

/* An INPUT is the version that was the latest at submit; whoever writes later makes another one. */
START_TEST(a_reader_never_sees_a_later_write)
{
    struct task_key writer, reader, second;
    const struct task_param *param;
    uint64_t x = 0;

    graph_with(8, 4096);
    x = alloc(64);
    writer = task(out(x));
    reader = task(in(x));
    second = task(both(x));
    task(in(x));
    ck_assert_uint_eq(find(reader)->one.params[0].version, 1);
    param = &find(second)->one.params[0];
    ck_assert_uint_eq(param->version, 1);
    ck_assert_uint_eq(param->new_version, 2);
    ck_assert_uint_ne(param->place, find(writer)->one.params[0].place);
    ck_assert_uint_eq(param->producer_id, writer.id);
    start_all();
    complete(writer);
    ck_assert_uint_eq(start_all(), 2); // the reader and the next writer go side by side
    complete(second);
    ck_assert_str_eq(state(reader), "running");
    destroy();
}
END_TEST

START_TEST(parts_say_where_their_inputs_are_and_their_outputs_go)
{
    struct task_part *part;
    uint64_t x = 0, y = 0;

    graph_with(8, 4096);
    x = alloc(64), y = alloc(100);
    submit_to(5, ARGUMENTS(out(x)));
    run_all();
    submit_to(6, ARGUMENTS(in(x), {PARAM_SCALAR, 42}, out(y)));
    part = task_graph_take(graph);
    ck_assert_uint_eq(part->target, 6);
    ck_assert_uint_eq(part->param_count, 3);
    ck_assert_uint_eq(part->params[0].holder, 5);
    ck_assert_uint_eq(part->params[0].value, x);
    ck_assert_uint_eq(part->params[0].size, 64);
    ck_assert_uint_eq(part->params[1].value, 42);
    ck_assert_uint_eq(part->params[2].value, y);
    ck_assert_uint_eq(part->params[2].size, 100);
    ck_assert_uint_eq(part->params[2].new_version, 1);
    destroy();
}
END_TEST

/* --- failures --------------------------------------------------------------------------------- */

/* What the activation would end with: a deadlock that it has read is not why it fails later. */
START_TEST(the_first_failure_that_nobody_has_read_says_whether_it_is_a_deadlock)
{
    struct task_key stuck, broken;
    char text[256];

    graph_with(8, 4096);
    stuck = null_task(), broken = null_task();
    start_all();
    ck_assert(task_graph_end_part(graph, task_graph_find(graph, &stuck), 0, "deadlock", true));
    ck_assert(top().failed_by_deadlock);
    ck_assert_uint_eq(task_graph_take_errors(graph, text, sizeof text), 1);
    ck_assert(!top().failed_by_deadlock);
    ck_assert(task_graph_end_part(graph, task_graph_find(graph, &broken), 0, "broken", false));
    ck_assert(!top().failed_by_deadlock);
    destroy();
}
END_TEST

START_TEST(a_failure_fails_all_that_depend_on_it_with_its_cause)
{
    struct task_key first, second, third, other;
    uint64_t x = 0, y = 0;
    char text[256];

    graph_with(8, 4096);
    x = alloc(64), y = alloc(64);
    first = task(out(x));
    second = task(in(x), out(y));
    third = task(both(y));
    other = null_task();
    start_all();
    end_task(first, "L3_1: kernel k: it is broken");
    ck_assert_str_eq(state(second), "failed");
    ck_assert_str_eq(state(third), "failed");
    ck_assert_str_eq(state(other), "running");
    ck_assert_str_eq(state(task(in(y))), "failed"); // a later reader too
    ck_assert_uint_eq(task_graph_take_errors(graph, text, sizeof text), 4);
    ck_assert_str_eq(text, "linqu:(0,0,0,0):d0:t0: L3_1: kernel k: it is broken");
    ck_assert_uint_eq(task_graph_take_errors(graph, text, sizeof text), 0);
    ck_assert_str_eq(text, "");
    complete(other);
    ck_assert_str_eq(state(task(out(y))), "ready"); // a good version may replace the failed one
    run_all();
    ck_assert_str_eq(state(task(in(y))), "ready");
    destroy();
}
END_TEST

START_TEST(a_long_cause_is_cut_and_says_so)
{
    char cause[2000], text[1024];
    struct task_key key;

    memset(cause, 'x', sizeof cause - 1);
    cause[sizeof cause - 1] = '\0';
    graph_with(8, 4096);
    key = null_task();
    start_all();
    end_task(key, cause);
    task_graph_take_errors(graph, text, sizeof text);
    ck_assert_str_eq(text + strlen(text) - 6, "xxx...");
    ck_assert_uint_lt(strlen(text), 600);
    destroy();
}
END_TEST

START_TEST(a_failed_reader_lets_go_of_its_other_producer)
{
    struct task_key bad, slow;
    uint64_t x = 0, y = 0;

    graph_with(8, 4096);
    x = alloc(64), y = alloc(64);
    bad = task(out(x));
    slow = task(out(y));
    task(in(x), in(y));
    free_tensor(y);
    start_all();
    end_task(bad, "broken");
    ck_assert_uint_eq(find(slow)->ref_count, 2);
    ck_assert_uint_eq(task_graph_counts(graph).edges, 0);
    complete(slow);
    destroy();
}
END_TEST

START_TEST(what_is_wrong_in_a_submit_is_said_in_one_sentence)
{
    static const struct {
        uint8_t first, second;
        bool same;
        const char *says;
    } cases[] = {
        {PARAM_INPUT, PARAM_INPUT, true,
         "k: parameter 0 reads tensor 0x1, which nothing has produced"},
        {PARAM_OUTPUT, PARAM_OUTPUT, true,
         "k: parameter 1 is tensor 0x1 once more, and not every use of it is INPUT"},
        {PARAM_OUTPUT, PARAM_INPUT, true,
         "k: parameter 1 is tensor 0x1 once more, and not every use of it is INPUT"},
        {PARAM_SCALAR, 7, false, "k: parameter 1 has the type 7, which does not exist"},
        {PARAM_OUTPUT, PARAM_INPUT, false, "k: parameter 1 is handle 0, which is no tensor"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct task_argument arguments[2];
        struct task_key key;
        char text[256];

        graph_with(8, 4096);
        arguments[0] = (struct task_argument){cases[i].first, alloc(64)};
        arguments[1] =
            (struct task_argument){cases[i].second, cases[i].same ? arguments[0].value : 0};
        ck_assert_int_eq(try_task(1, &key, arguments, 2), SUBMIT_DONE);
        ck_assert_uint_eq(start_all(), 0);
        ck_assert_uint_eq(task_graph_take_errors(graph, text, sizeof text), 1);
        ck_assert_str_eq(text + strlen("linqu:(0,0,0,0):d0:t0: "), cases[i].says);
        ck_assert_str_eq(graph_err.text, cases[i].says + strlen("k: "));
        leave();
        destroy();
    }
}
END_TEST

/* A CALL_TASK is one frame; what stays at home is none. */
START_TEST(a_task_for_another_node_has_not_too_many_parameters)
{
    static struct task_argument many[LIMIT_TASK_PARAMS + 1];
    struct part_spec parts[2] = {{.target = 1, .kernel = "k"}, {.target = 1, .kernel = "k"}};
    struct task_spec spec = {.parts = parts, .part_count = 2, .shared = many, .shared_count = 1};

    for (unsigned i = 0; i <= LIMIT_TASK_PARAMS; i++)
        many[i].type = PARAM_SCALAR;
    graph_with(8, 4096);
    submit_to(1, many, LIMIT_TASK_PARAMS);
    ck_assert_str_eq(graph_err.text, "");
    submit_to(SELF, many, LIMIT_TASK_PARAMS + 1);
    ck_assert_str_eq(graph_err.text, "");
    submit_to(1, many, LIMIT_TASK_PARAMS + 1);
    ck_assert_str_eq(graph_err.text,
                     "the task has 1025 parameters, and one for another node at most 1024: gather "
                     "scalars in a tensor (reg_data), or submit several tasks");
    parts[1].arguments = many;
    parts[1].count = LIMIT_TASK_PARAMS;
    ck_assert_int_eq(task_graph_submit(graph, &spec, NULL, &graph_err), SUBMIT_DONE);
    ck_assert_int_eq(strncmp(graph_err.text, "sub-task 1 has 1025 parameters", 30), 0);
    ck_assert_uint_eq(task_graph_take_errors(graph, NULL, 0), 2);
    destroy();
}
END_TEST

START_TEST(a_refusal_of_the_node_fails_the_task_and_its_readers)
{
    struct task_argument argument;
    struct part_spec part = {.target = 9, .kernel = "k", .arguments = &argument, .count = 1};
    struct task_spec spec = {.parts = &part, .part_count = 1, .refusal = "not below L4_2"};
    char text[256];

    graph_with(8, 4096);
    argument = out(alloc(64));
    ck_assert_int_eq(task_graph_submit(graph, &spec, NULL, &graph_err), SUBMIT_DONE);
    ck_assert_uint_eq(bytes_used(9, 0), 0);
    ck_assert_str_eq(state(task(in(argument.value))), "failed");
    ck_assert_uint_eq(task_graph_take_errors(graph, text, sizeof text), 2);
    ck_assert_str_eq(text, "linqu:(0,0,0,0):d0:t0: k: not below L4_2");
    destroy();
}
END_TEST

START_TEST(a_late_or_repeated_completion_is_ignored_and_counted)
{
    struct task_key key, other;

    graph_with(8, 4096);
    key = null_task();
    ck_assert(
        !task_graph_end_part(graph, task_graph_find(graph, &key), 0, NULL, false)); // not started
    start_all();
    ck_assert(
        !task_graph_end_part(graph, task_graph_find(graph, &key), 1, NULL, false)); // no such part
    complete(key);
    ck_assert_ptr_null(task_graph_find(graph, &key));
    other = key;
    other.depth = 99;
    ck_assert_ptr_null(task_graph_find(graph, &other));
    other = null_task();
    other.generation = 1;
    ck_assert_ptr_null(task_graph_find(graph, &other));
    other.generation = 0;
    other.exec = 2;
    ck_assert_ptr_null(task_graph_find(graph, &other));
    other.exec = 1;
    other.creator.index[LEVEL_HOST] = 1;
    ck_assert_ptr_null(task_graph_find(graph, &other));
    ck_assert_uint_eq(task_graph_counts(graph).late, 7);
    destroy();
}
END_TEST

START_TEST(nothing_is_submitted_after_orchestration_done)
{
    uint64_t x = 0;

    graph_with(8, 4096);
    x = alloc(64);
    null_task();
    task_graph_close(graph);
    ck_assert_int_eq(try(out(x)), SUBMIT_REFUSED);
    ck_assert_str_eq(graph_err.text, "k is submitted after orchestration_done");
    ck_assert_uint_eq(task_graph_take_errors(graph, NULL, 0), 1);
    run_all();
    leave();
    destroy();
}
END_TEST

/* --- scopes ----------------------------------------------------------------------------------- */

START_TEST(scopes_nest_eight_deep_and_no_deeper)
{
    graph_with(8, 4096);
    ck_assert_int_eq(task_graph_scope_end(graph, &graph_err), -1);
    ck_assert_str_eq(graph_err.text, "a scope ends that did not begin");
    for (int i = 0; i < DEPTH_MAX; i++)
        scope_begin();
    ck_assert_int_eq(task_graph_scope_begin(graph, &graph_err), -1);
    ck_assert_str_eq(graph_err.text,
                     "scopes nest too deep: at most 8, this activation began at depth 0");
    ck_assert_uint_eq(null_task().depth, DEPTH_MAX);
    run_all();
    leave(); // ends all of them
    ck_assert_uint_eq(task_graph_counts(graph).deepest, DEPTH_MAX);
    destroy();
}
END_TEST

START_TEST(a_tensor_ends_with_its_scope)
{
    struct tensor_view view;
    uint64_t x = 0;

    graph_with(8, 4096);
    scope_begin();
    x = alloc(64);
    task(out(x));
    ck_assert(task_graph_tensor(graph, x, &view) && view.state == TENSOR_COMING);
    run_all();
    ck_assert(task_graph_tensor(graph, x, &view) && view.state == TENSOR_HERE);
    scope_end();
    ck_assert(!task_graph_tensor(graph, x, &view));
    ck_assert_str_eq(state(task(in(x))), "gone"); // failed
    ck_assert_int_eq(free_tensor(x), 0);
    scope_begin(); // another scope at that depth does not bring it back
    ck_assert(!task_graph_tensor(graph, x, &view));
    leave();
    destroy();
}
END_TEST

/* scope_end never waits: what still runs retires when it has ended. */
START_TEST(a_scope_may_end_before_its_tasks)
{
    struct task_key key;

    graph_with(8, 4096);
    scope_begin();
    key = task(out(alloc(64)));
    start_all();
    scope_end();
    ck_assert_str_eq(state(key), "running");
    complete(key);
    ck_assert_str_eq(state(key), "gone");
    leave();
    destroy();
}
END_TEST

START_TEST(holders_are_told_in_the_order_of_retirement)
{
    const struct released *released;
    uint64_t handles[3];
    size_t count;

    graph_with(8, 4096);
    for (uint32_t i = 0; i < 3; i++) {
        handles[i] = alloc(64);
        submit_to(1 + i % 2, ARGUMENTS(out(handles[i])));
    }
    run_all();
    task_graph_take_released(graph, &count);
    ck_assert_uint_eq(count, 0);
    leave();
    released = task_graph_take_released(graph, &count);
    ck_assert_uint_eq(count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(released[i].handle, handles[i]);
        ck_assert_uint_eq(released[i].holder, 1 + i % 2);
        ck_assert_uint_eq(released[i].version, 1);
        ck_assert_uint_eq(released[i].size, 64);
    }
    task_graph_take_released(graph, &count);
    ck_assert_uint_eq(count, 0);
    destroy();
}
END_TEST

/* --- data ------------------------------------------------------------------------------------- */

static const struct task *register_at(uint32_t holder, uint64_t size, uint64_t *handle)
{
    const struct task *registered = NULL;

    ck_assert_int_eq(task_graph_register(graph, holder, size, handle, &registered, &graph_err),
                     SUBMIT_DONE);
    return registered;
}

static void come(const struct task *registered)
{
    complete(task_graph_key(graph, registered));
}

START_TEST(registered_data_can_be_read_at_once)
{
    struct tensor_view view;
    uint64_t handle = 0;

    graph_with(8, 4096);
    ck_assert_uint_eq(register_at(SELF, 100, &handle)->state, TASK_COMPLETED);
    ck_assert(task_graph_tensor(graph, handle, &view) && view.state == TENSOR_HERE);
    ck_assert_uint_eq(view.holder, SELF);
    ck_assert_uint_eq(view.version, 1);
    ck_assert_uint_eq(bytes_used(SELF, 0), 128);
    ck_assert_str_eq(state(task(in(handle))), "ready");
    run_all();
    leave();
    ck_assert_uint_eq(bytes_used(SELF, 0), 0);
    destroy();
}
END_TEST

START_TEST(data_registered_elsewhere_is_read_here_at_once_and_by_tasks_when_it_is_there)
{
    struct activation_view top;
    struct tensor_view view;
    const struct task *registered;
    struct task_key reader;
    uint64_t handle = 0;

    graph_with(8, 4096);
    registered = register_at(3, 100, &handle);
    ck_assert_uint_eq(registered->state, TASK_RUNNING);
    ck_assert(task_graph_tensor(graph, handle, &view) && view.state == TENSOR_HERE);
    ck_assert(task_graph_top(graph, &top) && top.unfinished == 1);
    reader = task(in(handle));
    ck_assert_str_eq(state(reader), "pending");
    free_tensor(handle);
    ck_assert_uint_eq(bytes_used(3, 0), 128);
    come(registered);
    ck_assert_str_eq(state(reader), "ready");
    run_all();
    ck_assert_uint_eq(bytes_used(3, 0), 0);
    ck_assert(task_graph_top(graph, &top) && top.unfinished == 0);
    leave();
    destroy();
}
END_TEST

START_TEST(data_on_its_way_takes_no_credit_of_tasks)
{
    enum { WINDOW = 2 };
    const struct task_graph_config config = {.self = {.level = LEVEL_HOST},
                                             .rank = SELF,
                                             .task_slots = 16,
                                             .buffer_bytes = 4096,
                                             .window = WINDOW,
                                             .system = "linqu"};
    const struct task *registered[2 * WINDOW];
    uint64_t handle = 0;

    graph = task_graph_create(&config);
    ck_assert_int_eq(task_graph_begin(graph, 1, NULL, NULL, 0, &graph_err), 0);
    for (unsigned i = 0; i < 2 * WINDOW; i++)
        registered[i] = register_at(1, 64, &handle);
    for (unsigned i = 0; i < 2 * WINDOW; i++)
        null_task();
    ck_assert_uint_eq(start_all(), WINDOW);
    for (unsigned i = 0; i < 2 * WINDOW; i++)
        come(registered[i]);
    ck_assert_uint_eq(start_all(), 0);
    task_graph_destroy(graph);
}
END_TEST

static bool is_three(const void *arg, uint32_t rank)
{
    (void)arg;
    return rank == 3;
}

START_TEST(data_on_its_way_to_a_node_that_dies_fails_and_with_it_its_readers)
{
    const struct task *registered;
    struct task_key reader;
    char text[256];
    uint64_t before = 0, after = 0;

    graph_with(8, 4096);
    registered = register_at(3, 100, &before);
    reader = task(in(before));
    task_graph_lose(graph, is_three, NULL, "it died");
    ck_assert_uint_eq(registered->state, TASK_FAILED);
    ck_assert_str_eq(state(reader), "failed");
    ck_assert_uint_eq(register_at(3, 100, &after)->state, TASK_FAILED);
    ck_assert_uint_eq(task_graph_take_errors(graph, text, sizeof text), 3);
    ck_assert_ptr_nonnull(strstr(text, "it died"));
    leave();
    ck_assert_uint_eq(bytes_used(3, 0), 0);
    destroy();
}
END_TEST

START_TEST(registered_data_may_wait_for_room_and_may_be_too_large)
{
    const struct task *registered;
    uint64_t handle = 0, x = 0;

    graph_with(8, 4096);
    ck_assert_int_eq(task_graph_register(graph, 1, 4097, &handle, &registered, &graph_err),
                     SUBMIT_REFUSED);
    x = alloc(4096);
    task(out(x));
    free_tensor(x);
    ck_assert_int_eq(task_graph_register(graph, 1, 64, &handle, &registered, &graph_err),
                     SUBMIT_FULL);
    run_all();
    ck_assert_int_eq(task_graph_register(graph, 1, 64, &handle, &registered, &graph_err),
                     SUBMIT_DONE);
    ck_assert_int_eq(task_graph_register(graph, 1, 4096, &handle, &registered, &graph_err),
                     SUBMIT_DEADLOCK);
    ck_assert_uint_eq(counts(0)->buffer_blocks, 2);
    destroy();
}
END_TEST

START_TEST(tensors_of_no_bytes_take_none)
{
    uint64_t x = 0;

    graph_with(8, 4096);
    x = alloc(0);
    task(out(x));
    task(both(x));
    ck_assert_uint_eq(bytes_used(1, 0), 0);
    run_all();
    leave();
    ck_assert_uint_eq(used(0), 0);
    destroy();
}
END_TEST

/* --- credit ----------------------------------------------------------------------------------- */

START_TEST(without_credit_a_task_stays_ready_at_home)
{
    struct task_graph_config config = {.self = {.level = LEVEL_POD},
                                       .task_slots = 64,
                                       .buffer_bytes = 4096,
                                       .window = 2,
                                       .system = "linqu"};
    struct task_key keys[6];
    struct task_part *part;

    graph = task_graph_create(&config);
    ck_assert_int_eq(task_graph_begin(graph, 1, NULL, NULL, 0, &graph_err), 0);
    for (uint32_t i = 0; i < 6; i++)
        keys[i] = submit_to(1 + i % 2, NULL, 0);
    for (uint32_t i = 0; i < 4; i++) { // the targets take turns
        part = task_graph_take(graph);
        ck_assert_uint_eq(part->target, 1 + i % 2);
        ck_assert_uint_eq(part->task->id, keys[i].id);
    }
    ck_assert_ptr_null(task_graph_take(graph));
    ck_assert_str_eq(state(keys[5]), "ready");
    complete(keys[1]);
    part = task_graph_take(graph);
    ck_assert_uint_eq(part->task->id, keys[5].id);
    ck_assert_ptr_null(task_graph_take(graph));
    destroy();
}
END_TEST

/* --- nodes that are lost ---------------------------------------------------------------------- */

static bool is_node_2(const void *arg, uint32_t rank)
{
    (void)arg;
    return rank == 2;
}

START_TEST(what_a_lost_node_held_or_ran_fails)
{
    struct task_key ran, running, reader, pending, started, unharmed;
    uint64_t x = 0, y = 0, z = 0;

    graph_with(16, 4096);
    x = alloc(64), y = alloc(64), z = alloc(64);
    ran = submit_to(2, ARGUMENTS(out(x)));
    unharmed = submit_to(1, ARGUMENTS(out(z)));
    start_all();
    complete(ran);
    started = task(in(x)); // it may have fetched its input already
    start_all();
    running = submit_to(2, ARGUMENTS(out(y)));
    start_all();
    pending = task(in(z), in(x));
    reader = task(in(x));
    ck_assert_str_eq(state(reader), "ready");
    task_graph_lose(graph, is_node_2, NULL, "L3_2 died: signal 9");
    ck_assert_str_eq(state(running), "failed");
    ck_assert_str_eq(state(reader), "failed");
    ck_assert_str_eq(state(pending), "failed");
    ck_assert_str_eq(state(started), "running");
    ck_assert_str_eq(state(unharmed), "running");
    ck_assert_str_eq(state(task(in(x))), "failed"); // and so does a later reader
    submit_to(2, NULL, 0);
    ck_assert_str_eq(graph_err.text, "node 2 is gone: L3_2 died: signal 9");
    ck_assert_uint_eq(task_graph_take_errors(graph, NULL, 0), 5);
    ck_assert_uint_eq(start_all(), 0);
    complete(started);
    complete(unharmed);
    leave();
    ck_assert_uint_eq(used(0), 0);
    destroy();
}
END_TEST

/* --- groups ----------------------------------------------------------------------------------- */

struct group {
    struct part_spec parts[8];
    struct task_argument private[8];
    struct task_argument shared[2];
    struct task_spec spec;
};

/* A group of `count` sub-tasks on nodes 1 .. count, each with one private parameter. */
static struct group *group_of(struct group *group, uint32_t count)
{
    group->spec =
        (struct task_spec){.parts = group->parts, .part_count = count, .shared = group->shared};
    for (uint32_t i = 0; i < count; i++)
        group->parts[i] = (struct part_spec){
            .target = i + 1, .kernel = "g", .arguments = &group->private[i], .count = 1};
    return group;
}

static struct task_key submit_group(struct group *group)
{
    struct task_key key;

    claim(task_graph_submit(graph, &group->spec, &key, &graph_err) == SUBMIT_DONE, "%s",
          graph_err.text);
    return key;
}

START_TEST(a_group_is_one_task_and_completes_once)
{
    struct group group;
    struct task_key key, reader;
    uint64_t x = 0;

    graph_with(8, 4096);
    x = alloc(64);
    task(out(x));
    group_of(&group, 4);
    group.shared[0] = in(x);
    group.spec.shared_count = 1;
    for (int i = 0; i < 4; i++)
        group.private[i] = out(alloc(64));
    key = submit_group(&group);
    ck_assert_uint_eq(used(0), 2);
    reader = task(in(group.private[2].value));
    ck_assert_str_eq(state(key), "pending");
    run_all();
    ck_assert_str_eq(state(reader), "consumed");
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(bytes_used(i + 1, 0), i ? 64 : 128);
    ck_assert_uint_eq(task_graph_counts(graph).completed, 3);
    leave();
    destroy();
}
END_TEST

START_TEST(a_sub_task_begins_with_the_group_s_parameters)
{
    struct group group;
    struct task_part *part;

    graph_with(8, 4096);
    group_of(&group, 2);
    group.shared[0] = (struct task_argument){PARAM_SCALAR, 11};
    group.shared[1] = (struct task_argument){PARAM_SCALAR, 12};
    group.spec.shared_count = 2;
    group.private[0] = (struct task_argument){PARAM_SCALAR, 20};
    group.private[1] = (struct task_argument){PARAM_SCALAR, 21};
    submit_group(&group);
    memset(&group, 0, sizeof group); // all is copied
    task_graph_take(graph);
    part = task_graph_take(graph);
    ck_assert_uint_eq(part->index, 1);
    ck_assert_uint_eq(part_param_count(part), 3);
    ck_assert_uint_eq(part_param(part, 0)->value, 11);
    ck_assert_uint_eq(part_param(part, 1)->value, 12);
    ck_assert_uint_eq(part_param(part, 2)->value, 21);
    destroy();
}
END_TEST

START_TEST(any_failure_fails_the_group_with_the_sub_task_s_index)
{
    struct group group;
    struct task_key key;
    struct task *task;
    char text[128];

    graph_with(8, 4096);
    group_of(&group, 3);
    for (int i = 0; i < 3; i++)
        group.private[i] = out(alloc(64));
    key = submit_group(&group);
    start_all();
    task = task_graph_find(graph, &key);
    ck_assert(task_graph_end_part(graph, task, 1, "broken", false));
    ck_assert(task_graph_end_part(graph, task, 2, "broken too", false));
    ck_assert_str_eq(state(key), "running"); // one still runs, and writes
    ck_assert(task_graph_end_part(graph, task, 0, NULL, false));
    ck_assert_str_eq(state(key), "failed");
    ck_assert_str_eq(state(task(in(group.private[0].value))), "failed");
    ck_assert(task_graph_told_failure(graph, text, sizeof text));
    ck_assert_str_eq(text, "sub-task 1: broken");
    ck_assert_uint_eq(task_graph_take_errors(graph, text, sizeof text), 2);
    ck_assert_str_eq(text, "linqu:(0,0,0,0):d0:t0: sub-task 1: broken");
    ck_assert(!task_graph_told_failure(graph, text, sizeof text));
    leave();
    destroy();
}
END_TEST

START_TEST(an_empty_group_completes_at_once)
{
    struct group group;
    uint64_t x = 0;

    graph_with(8, 4096);
    x = alloc(64);
    task(out(x));
    group_of(&group, 0);
    group.shared[0] = in(x);
    group.spec.shared_count = 1;
    submit_group(&group);
    ck_assert_uint_eq(task_graph_counts(graph).completed, 1);
    ck_assert_uint_eq(top().unfinished, 1);
    destroy();
}
END_TEST

START_TEST(what_a_group_must_not_do_is_refused_with_a_sentence)
{
    struct group group;
    uint64_t x = 0;

    graph_with(8, 4096);
    x = alloc(64);
    task(out(x));
    group_of(&group, 2);
    group.shared[0] = both(x);
    group.spec.shared_count = 1;
    group.private[0] = group.private[1] = (struct task_argument){PARAM_SCALAR, 0};
    submit_group(&group);
    ck_assert_str_eq(graph_err.text,
                     "the group's parameter 0 is written, but only a sub-task's own "
                     "parameters can be");
    group.spec.shared_count = 0;
    group.private[0] = group.private[1] = out(x);
    submit_group(&group);
    ck_assert_str_eq(
        graph_err.text,
        "sub-task 1, parameter 0 writes tensor 0x1, which another sub-task writes too");
    x = alloc(64);
    task(out(x));
    group.shared[0] = in(x);
    group.spec.shared_count = 1;
    group.private[0] = (struct task_argument){PARAM_SCALAR, 0};
    group.private[1] = both(x);
    submit_group(&group);
    ck_assert_str_eq(graph_err.text, "sub-task 1, parameter 0 is tensor 0x2 once more, and not "
                                     "every use of it is INPUT");
    x = alloc(64);
    task(out(x));
    group.spec.shared_count = 0;
    group.private[0] = in(x);
    group.private[1] = both(x);
    submit_group(&group); // one reads the version before, the other makes the next
    ck_assert_str_eq(graph_err.text, "");
    ck_assert_uint_eq(task_graph_take_errors(graph, NULL, 0), 3);
    destroy();
}
END_TEST

SUITE_MAIN("task graph", the_first_failure_that_nobody_has_read_says_whether_it_is_a_deadlock,
           a_task_is_ready_when_its_last_producer_has_completed,
           a_reader_of_two_outputs_of_one_task_counts_once, a_reader_never_sees_a_later_write,
           parts_say_where_their_inputs_are_and_their_outputs_go,
           a_failure_fails_all_that_depend_on_it_with_its_cause, a_long_cause_is_cut_and_says_so,
           a_failed_reader_lets_go_of_its_other_producer,
           what_is_wrong_in_a_submit_is_said_in_one_sentence,
           a_task_for_another_node_has_not_too_many_parameters,
           a_refusal_of_the_node_fails_the_task_and_its_readers,
           a_late_or_repeated_completion_is_ignored_and_counted,
           nothing_is_submitted_after_orchestration_done, scopes_nest_eight_deep_and_no_deeper,
           a_tensor_ends_with_its_scope, a_scope_may_end_before_its_tasks,
           holders_are_told_in_the_order_of_retirement, registered_data_can_be_read_at_once,
           data_registered_elsewhere_is_read_here_at_once_and_by_tasks_when_it_is_there,
           data_on_its_way_takes_no_credit_of_tasks,
           data_on_its_way_to_a_node_that_dies_fails_and_with_it_its_readers,
           registered_data_may_wait_for_room_and_may_be_too_large, tensors_of_no_bytes_take_none,
           without_credit_a_task_stays_ready_at_home, what_a_lost_node_held_or_ran_fails,
           a_group_is_one_task_and_completes_once, a_sub_task_begins_with_the_group_s_parameters,
           any_failure_fails_the_group_with_the_sub_task_s_index, an_empty_group_completes_at_once,
           what_a_group_must_not_do_is_refused_with_a_sentence)
