/* What a node writes of its tasks and rings. */

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "node/runtime.h"
#include "node/trace_log.h"
#include "suite.h"
#include "topology_fixture.h"

static struct topology topology;
static struct node *node;
static uint64_t clock_ns;

static uint64_t read_clock(void *arg)
{
    (void)arg;
    return clock_ns;
}

static void open_node(const char *spec, uint32_t rank)
{
    const struct node_port port = {.clock = read_clock};
    const struct node_config config = {.topology = &topology,
                                       .rank = rank,
                                       .logical_system = "linqu",
                                       .physical_system = "here",
                                       .run_path = "/tmp/linqu/a-run",
                                       .pid = 1,
                                       .port = &port};

    topology = topology_of(spec);
    clock_ns = 5000000;
    node = node_create(&config);
    runtime_open(node);
    node->runtime->exec = 1;
    effects_open(node);
}

static void close_node(void)
{
    node_destroy(node);
}

static const struct effect *effect_of(struct effects effects, enum effect_type type,
                                      const char *name)
{
    for (size_t i = 0; i < effects.count; i++)
        if (effects.list[i].type == type && strcmp(effects.list[i].name, name) == 0)
            return &effects.list[i];
    return NULL;
}

static json_t *json_of(struct effects effects, const char *name)
{
    const struct effect *effect = effect_of(effects, EFFECT_WRITE_FILE, name);
    json_t *value;

    ck_assert_msg(effect != NULL, "%s was not written", name);
    ck_assert_int_eq(effect->data[effect->size - 1], '\n');
    value = json_loadb((const char *)effect->data, effect->size, 0, NULL);
    ck_assert_ptr_nonnull(value);
    return value;
}

/* A task of L4_1 with an input from L3_2 and an output. */
static struct call call_of(struct call_param params[2])
{
    static struct want want = {.remote = true, .took_ns = 88000};
    struct call call = {
        .key = {.exec = 1,
                .creator = {.index = {[LEVEL_POD] = 1}, .level = LEVEL_POD},
                .depth = 1,
                .id = 7},
        .parts = 1,
        .kernel_name = "add",
        .params = params,
        .param_count = 2,
        .started_ns = 1000000,
        .ended_ns = 1500000,
        .run_ns = 400000,
    };

    params[0] = (struct call_param){.type = PARAM_INPUT,
                                    .value = (UINT64_C(9) << 40) + 1,
                                    .size = 4096,
                                    .version = 3,
                                    .holder = 9,
                                    .producer_id = 4,
                                    .producer_depth = 0,
                                    .want = &want};
    params[1] =
        (struct call_param){.type = PARAM_OUTPUT, .value = (UINT64_C(3) << 40) + 2, .size = 128};
    return call;
}

START_TEST(a_task_trace_has_every_field_of_the_formats_page)
{
    struct call_param params[2];
    struct call call = call_of(params);
    struct held_version retired = {.handle = 77, .size = 64, .level = LEVEL_POD, .depth = 1};
    json_t *got, *wanted;

    open_node("1x2x4", 8);
    trace_call(node, &call);
    trace_release(node, &retired);
    trace_scope_exit(node, 1);
    ck_assert_uint_eq(trace_write(node), 2);
    got = json_of(effects_close(node), "task_trace.json");
    wanted = json_pack("{s:s, s:[{s:s, s:s, s:s, s:[{s:s, s:i, s:s, s:s, s:s, s:i, s:i}], s:[{s:s, "
                       "s:i}], s:i, s:i, s:i, "
                       "s:i}], s:[{s:s, s:i, s:[s], s:i, s:i}], s:i, s:i}",
                       "node", "L6_0/L5_0/L4_1/L3_0", "tasks", //
                       "task", "linqu:(0,0,1,0):d1:t7", "submitter", "L6_0/L5_0/L4_1", "kernel",
                       "add", "inputs", //
                       "handle", "9895604649985", "version", 3, "producer_node",
                       "L6_0/L5_0/L4_1/L3_1", "producer_task", "linqu:(0,0,1,0):d0:t4", "transfer",
                       "remote", "transfer_bytes", 4096, "transfer_time_us", 88, //
                       "outputs", "handle", "3298534883330", "size_bytes", 128, "execution_time_us",
                       400, "scope_depth", 1, "started_us", 1000, "ended_us", 1500, "scope_exits",
                       "level", "POD", "depth", 1, "retired_tensors", "77", "retired_bytes", 64,
                       "timestamp_us", 5000, "lost", 0, "unreadable", 0);
    ck_assert_ptr_nonnull(wanted);
    ck_assert_msg(json_equal(got, wanted), "%s", json_dumps(got, JSON_INDENT(2)));
    json_decref(got);
    json_decref(wanted);
    close_node();
}
END_TEST

START_TEST(a_failed_part_of_a_group_of_a_later_exec_says_so)
{
    struct call_param params[2];
    struct call call = call_of(params);
    json_t *got;
    const json_t *task;

    open_node("1x2x4", 8);
    node->runtime->exec = 2;
    call.part = 3;
    call.parts = 4;
    call.param_count = 0;
    call.error = (char[]){"no such luck"};
    trace_call(node, &call);
    trace_write(node);
    got = json_of(effects_close(node), "task_trace.json");
    task = json_array_get(json_object_get(got, "tasks"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(task, "task")), "e1:linqu:(0,0,1,0):d1:t7");
    ck_assert_str_eq(json_string_value(json_object_get(task, "error")), "no such luck");
    ck_assert_int_eq(json_integer_value(json_object_get(task, "part")), 3);
    json_decref(got);
    close_node();
}
END_TEST

/* A batch may hold tensors of two depths; each depth is a record of its own, and what nobody called
 * the end of is told when the file is written. */
START_TEST(what_is_retired_together_is_one_record_a_depth)
{
    const uint8_t depths[] = {1, 2, 1, 0};
    json_t *got, *exits;

    open_node("1x2x4", 8);
    for (unsigned i = 0; i < 4; i++)
        trace_release(node,
                      &(struct held_version){
                          .handle = i + 1, .size = 8, .level = LEVEL_POD, .depth = depths[i]});
    trace_scope_exit(node, 1);
    trace_scope_exit(node, 2);
    trace_write(node);
    got = json_of(effects_close(node), "task_trace.json");
    exits = json_object_get(got, "scope_exits");
    ck_assert_uint_eq(json_array_size(exits), 3);
    ck_assert_uint_eq(json_array_size(json_object_get(json_array_get(exits, 0), "retired_tensors")),
                      2);
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(exits, 0), "retired_bytes")),
                     16);
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(exits, 2), "depth")), 0);
    json_decref(got);
    close_node();
}
END_TEST

START_TEST(nothing_is_written_twice_and_nothing_when_there_is_nothing)
{
    struct call_param params[2];
    struct call call = call_of(params);

    open_node("1x2x4", 8);
    ck_assert(!trace_due(node));
    ck_assert_uint_eq(trace_write(node), 0);
    trace_call(node, &call);
    ck_assert(trace_due(node));
    ck_assert_uint_eq(trace_write(node), 2);
    ck_assert(!trace_due(node));
    ck_assert_uint_eq(trace_write(node), 0);
    ck_assert_uint_eq(effects_close(node).count, 2);
    close_node();
}
END_TEST

START_TEST(lines_of_one_step_go_together_and_later_ones_apart)
{
    struct effects effects;
    const struct effect *lines;
    uint32_t newlines = 0;

    open_node("1x2x4", 8);
    trace_snapshot(node, "one", false);
    trace_snapshot(node, "two \xff", false);
    want_log(node, LOG_INFO, "ring", NULL, "between");
    trace_snapshot(node, "three", false);
    effects = effects_close(node);
    ck_assert_uint_eq(effects.count, 3);
    lines = effect_of(effects, EFFECT_APPEND, "ring_snapshots.jsonl");
    for (size_t i = 0; i < lines->size; i++)
        newlines += lines->data[i] == '\n';
    ck_assert_uint_eq(newlines, 2);
    ck_assert_int_eq(memcmp(lines->data, "{\"label\":\"one\",\"timestamp_us\":5000,", 35), 0);
    close_node();
}
END_TEST

/* Files of chips lie with their host's. */
START_TEST(the_files_of_a_chip_have_its_name_in_front)
{
    struct call_param params[2];
    struct call call = call_of(params);
    struct effects effects;
    json_t *profile;

    open_node("1x1x1x3", 6);
    trace_call(node, &call);
    trace_snapshot(node, "now", true);
    trace_write(node);
    effects = effects_close(node);
    ck_assert_ptr_nonnull(effect_of(effects, EFFECT_WRITE_FILE, "L2_2.task_trace.json"));
    ck_assert_ptr_nonnull(effect_of(effects, EFFECT_APPEND, "L2_2.ring_snapshots.jsonl"));
    profile = json_of(effects, "L2_2.ring_profile.json");
    ck_assert_str_eq(json_string_value(json_object_get(profile, "run_id")), "a-run");
    ck_assert_str_eq(json_string_value(json_object_get(profile, "node_id")),
                     "L6_0/L5_0/L4_0/L3_0/L2_2");
    json_decref(profile);
    close_node();
}
END_TEST

START_TEST(the_profile_keeps_the_most_that_was_ever_held)
{
    struct call_param params[2];
    struct call call = call_of(params);
    const struct held_version version = {.handle = 5, .version = 1, .depth = 1, .size = 4096};
    json_t *profile;

    open_node("1x2x4", 8);
    held_add(node->runtime->held, LEVEL_POD, 7, &version);
    trace_call(node, &call);
    held_release(node->runtime->held, 5, 1, NULL);
    trace_write(node);
    profile = json_of(effects_close(node), "ring_profile.json");
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(profile, "global"),
                                                        "peak_total_buffer_bytes")),
                     4096);
    json_decref(profile);
    close_node();
}
END_TEST

START_TEST(the_oldest_records_give_way_and_are_counted)
{
    void *area = memory_new(1, TRACE_AREA_SIZE);
    struct trace_log *log = trace_log_create(area, TRACE_AREA_SIZE);
    const struct trace_task task = {.kernel = "k", .parts = 1};
    const struct trace_exit retired = {.count = 0};
    struct trace_log_counts counts;

    topology = topology_of("1x1x1");
    trace_log_exit(log, &retired);
    for (uint32_t i = 0; i < TRACE_RECORDS_MAX + 2; i++)
        trace_log_task(log, &task);
    counts = trace_log_counts(log);
    ck_assert_uint_eq(counts.records, TRACE_RECORDS_MAX);
    ck_assert_uint_eq(counts.lost, 3);
    trace_log_destroy(log);
    free(area);
}
END_TEST

START_TEST(large_records_give_way_by_their_bytes)
{
    enum { HANDLES = 1024 * 1024 };
    void *area = memory_new(1, TRACE_AREA_SIZE);
    struct trace_log *log = trace_log_create(area, TRACE_AREA_SIZE);
    uint64_t *handles = memory_new(HANDLES, sizeof *handles);
    const struct trace_exit retired = {.count = HANDLES, .handles = handles};

    for (int i = 0; i < 5; i++)
        trace_log_exit(log, &retired);
    ck_assert_uint_eq(trace_log_counts(log).records, 3);
    ck_assert_uint_eq(trace_log_counts(log).lost, 2);
    ck_assert_uint_le(trace_log_counts(log).bytes, TRACE_AREA_SIZE);
    free(handles);
    trace_log_destroy(log);
    free(area);
}
END_TEST

enum { SMALL_AREA = 4096 };

static json_t *read_area(const void *area)
{
    struct trace_log *log = trace_log_open(area, SMALL_AREA);
    struct buffer text = {0};
    json_t *json;

    ck_assert_ptr_nonnull(log);
    trace_log_append(&text, log, &topology, 0, "linqu");
    json = json_loadb((const char *)text.data, text.size, 0, NULL);
    ck_assert_ptr_nonnull(json);
    buffer_free(&text);
    trace_log_destroy(log);
    return json;
}

static json_int_t number_of(json_t *json, const char *name)
{
    return json_integer_value(json_object_get(json, name));
}

START_TEST(another_process_reads_the_newest_records_of_any_sizes_in_their_order)
{
    static uint64_t area[SMALL_AREA / 8];
    struct trace_log *log = trace_log_create(area, SMALL_AREA);
    const struct trace_input inputs[4] = {{.handle = 7, .holder = 1}};
    enum { TASKS = 1000 };
    json_t *json, *tasks;
    size_t size;

    topology = topology_of("1x1x1");
    for (uint32_t id = 0; id < TASKS; id++) {
        const struct trace_task task = {.key = {.exec = 1, .id = id},
                                        .kernel = &"some_kernel"[id % 7],
                                        .error = id % 5 ? NULL : "why",
                                        .inputs = inputs,
                                        .input_count = id % 4};

        trace_log_task(log, &task);
        json = read_area(area);
        tasks = json_object_get(json, "tasks");
        size = json_array_size(tasks);
        ck_assert_uint_eq(size + (size_t)number_of(json, "lost"), id + 1);
        ck_assert_uint_gt(size, id < 5 ? id : 5);
        for (size_t i = 0; i < size; i++) {
            char key[64];

            snprintf(key, sizeof key, "linqu:(0,0,0,0,0,0,0):d0:t%zu", id + 1 - size + i);
            ck_assert_str_eq(json_string_value(json_object_get(json_array_get(tasks, i), "task")),
                             key);
        }
        json_decref(json);
    }
    trace_log_destroy(log);
}
END_TEST

START_TEST(a_record_that_no_area_holds_is_lost_and_the_others_stay)
{
    static uint64_t area[SMALL_AREA / 8];
    static const uint64_t handles[SMALL_AREA];
    struct trace_log *log = trace_log_create(area, SMALL_AREA);

    trace_log_exit(log, &(struct trace_exit){.handles = handles, .count = 3});
    trace_log_exit(log, &(struct trace_exit){.handles = handles, .count = SMALL_AREA});
    ck_assert_uint_eq(trace_log_counts(log).records, 1);
    ck_assert_uint_eq(trace_log_counts(log).lost, 1);
    trace_log_destroy(log);
}
END_TEST

START_TEST(what_was_scribbled_over_is_unreadable)
{
    static uint64_t area[SMALL_AREA / 8];
    const struct trace_task task = {.kernel = "k", .parts = 1};
    struct trace_log *log;
    json_t *json;

    topology = topology_of("1x1x1");
    ck_assert_ptr_null(trace_log_open(area, SMALL_AREA));
    log = trace_log_create(area, SMALL_AREA);
    for (int i = 0; i < 8; i++)
        trace_log_task(log, &task);
    memset((char *)area + trace_log_counts(log).bytes / 2, 0xff, 64);
    json = read_area(area);
    ck_assert_int_ge(number_of(json, "unreadable"), 1);
    ck_assert_int_eq((json_int_t)json_array_size(json_object_get(json, "tasks")) +
                         number_of(json, "unreadable"),
                     8);
    ck_assert_int_eq(number_of(json, "lost"), 0);
    json_decref(json);
    trace_log_destroy(log);
}
END_TEST

SUITE_MAIN("trace", a_task_trace_has_every_field_of_the_formats_page,
           a_failed_part_of_a_group_of_a_later_exec_says_so,
           what_is_retired_together_is_one_record_a_depth,
           nothing_is_written_twice_and_nothing_when_there_is_nothing,
           lines_of_one_step_go_together_and_later_ones_apart,
           the_files_of_a_chip_have_its_name_in_front,
           the_profile_keeps_the_most_that_was_ever_held,
           the_oldest_records_give_way_and_are_counted, large_records_give_way_by_their_bytes,
           another_process_reads_the_newest_records_of_any_sizes_in_their_order,
           a_record_that_no_area_holds_is_lost_and_the_others_stay,
           what_was_scribbled_over_is_unreadable)
