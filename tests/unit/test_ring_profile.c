#include "core/ring_profile.h"

#include <stdio.h>

#include "graph_fixture.h"

static struct ring_capacity capacity[LEVEL_COUNT];
static struct ring_view view;
static struct error err;

static void look(const struct held *held)
{
    for (int level = 0; level < LEVEL_COUNT; level++)
        capacity[level] = (struct ring_capacity){.slots = 16, .bytes = 65536};
    capacity[LEVEL_HOST] = (struct ring_capacity){.slots = 8, .bytes = 32768};
    ring_view_take(&view, graph, held, LEVEL_HOST, SELF, capacity);
}

/* Eight tasks for oneself, of which two are freed; what an ancestor holds here. */
static struct held *play(void)
{
    struct held *held = held_create();
    struct held_version version = {.handle = 99, .version = 1, .depth = 1, .size = 100};
    uint64_t handles[8];

    held_add(held, LEVEL_POD, 4, &version);
    graph_with(8, 32768);
    scope_begin();
    for (int i = 0; i < 8; i++) {
        handles[i] = alloc(4096);
        submit_to(SELF, ARGUMENTS(out(handles[i])));
    }
    free_tensor(handles[0]);
    free_tensor(handles[1]);
    task_graph_set_now(graph, 5000);
    ck_assert_int_eq(try_task(SELF, NULL, NULL, 0), SUBMIT_FULL);
    task_graph_set_now(graph, 12000);
    for (struct task_part *part; (part = task_graph_take_own(graph));)
        task_graph_end_part(graph, part->task, 0, NULL, false);
    ck_assert_int_eq(try_task(1, NULL, NULL, 0), SUBMIT_DONE);
    run_all();
    return held;
}

START_TEST(a_snapshot_is_a_line_of_json_as_the_formats_page_says)
{
    struct held *held = play();
    struct buffer line = {0};

    look(held);
    ring_snapshot_line(&view, "before \"exit\"", 1234567, &line);
    buffer_append(&line, "", 1);
    ck_assert_str_eq(
        (const char *)line.data,
        "{\"label\":\"before \\\"exit\\\"\",\"timestamp_us\":1234567,\"layers\":["
        "{\"level\":\"HOST\",\"depth\":0,\"task_capacity\":8,\"task_used\":0,\"task_head\":0,"
        "\"task_tail\":0,\"buffer_capacity_bytes\":32768,\"buffer_used_bytes\":0,\"buffer_head\":0,"
        "\"buffer_tail\":0,\"last_task_alive\":0,\"alloc_count\":0,\"retire_count\":0,"
        "\"block_count\":0,\"free_count\":0,\"tokens_applied\":0,\"scope_tokens_applied\":0},"
        "{\"level\":\"HOST\",\"depth\":1,\"task_capacity\":8,\"task_used\":7,\"task_head\":1,"
        "\"task_tail\":2,\"buffer_capacity_bytes\":32768,\"buffer_used_bytes\":24576,"
        "\"buffer_head\":32768,\"buffer_tail\":8192,\"last_task_alive\":2,\"alloc_count\":9,"
        "\"retire_count\":2,\"block_count\":1,\"free_count\":2,\"tokens_applied\":3,"
        "\"scope_tokens_applied\":0},"
        "{\"level\":\"POD\",\"depth\":1,\"task_capacity\":16,\"task_used\":1,\"task_head\":5,"
        "\"task_tail\":4,\"buffer_capacity_bytes\":65536,\"buffer_used_bytes\":128,"
        "\"buffer_head\":128,\"buffer_tail\":0,\"last_task_alive\":4,\"alloc_count\":1,"
        "\"retire_count\":0,\"block_count\":0,\"free_count\":0,\"tokens_applied\":0,"
        "\"scope_tokens_applied\":0}]}\n");
    buffer_free(&line);
    held_destroy(held);
    destroy();
}
END_TEST

static json_t *profile_now(const struct held *held)
{
    look(held);
    return ring_profile_make(&view, "run-1", "L6_0/L5_0/L4_0/L3_0",
                             task_graph_counts(graph).bytes_peak, 1);
}

START_TEST(a_profile_has_every_field_of_the_formats_page)
{
    struct held *held = play();
    json_t *profile, *layer, *wanted;

    scope_end();
    held_release(held, 99, 1, NULL);
    profile = profile_now(held);
    wanted = json_pack(
        "{s:s s:i s:i s:i s:f s:i s:i s:i s:i s:f s:i s:i s:i s:i s:i s:i s:i s:i s:i s:i s:i s:i "
        "s:i}",
        "level", "HOST", "depth", 1, "task_ring_capacity", 8, "task_ring_peak_used", 8,
        "task_ring_peak_occupancy_pct", 100.0, "task_ring_block_count", 1,
        "task_ring_block_time_us", 7, "buffer_ring_capacity_bytes", 32768,
        "buffer_ring_peak_used_bytes", 32768, "buffer_ring_peak_occupancy_pct", 100.0,
        "buffer_ring_block_count", 0, "buffer_ring_block_time_us", 0, "retire_scan_calls", 8,
        "retire_scan_reclaimed_tasks", 9, "retire_scan_reclaimed_bytes", 32768, "task_alloc_count",
        9, "task_retire_count", 9, "buffer_alloc_bytes", 32768, "scope_begin_count", 1,
        "scope_end_count", 1, "scope_tokens_applied", 6, "superseded", 0, "free_calls", 2);
    layer = json_array_get(json_object_get(profile, "layers"), 1);
    ck_assert_msg(json_equal(layer, wanted), "%s", json_dumps(layer, 0));
    ck_assert_uint_eq(json_array_size(json_object_get(profile, "layers")), 3);
    ck_assert_str_eq(json_string_value(json_object_get(profile, "run_id")), "run-1");
    layer = json_object_get(profile, "global");
    json_decref(wanted);
    wanted = json_pack("{s:i s:i s:i}", "total_block_time_us", 7, "max_active_scope_depth", 1,
                       "peak_total_buffer_bytes", 32768);
    ck_assert_msg(json_equal(layer, wanted), "%s", json_dumps(layer, 0));
    json_decref(wanted);
    json_decref(profile);
    held_destroy(held);
    destroy();
}
END_TEST

static json_int_t of_layer(const json_t *profile, size_t layer, const char *key)
{
    return json_integer_value(
        json_object_get(json_array_get(json_object_get(profile, "layers"), layer), key));
}

START_TEST(profiles_of_many_nodes_add_up)
{
    struct ring_view nothing = {.count = 0};
    struct held *held = play();
    json_t *sum = ring_profile_make(&nothing, "run-1", "all", 0, 0), *one = profile_now(held);
    json_t *no_profile = json_pack("{s:[]}", "layers");

    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(ring_profile_add(sum, one, &err), 0);
    ck_assert_int_eq(of_layer(sum, 1, "task_alloc_count"), 27);
    ck_assert_int_eq(of_layer(sum, 1, "task_ring_peak_used"), 8);
    ck_assert_int_eq(of_layer(sum, 1, "task_ring_capacity"), 8);
    ck_assert_int_eq(of_layer(sum, 1, "depth"), 1);
    ck_assert_int_eq(of_layer(one, 1, "task_alloc_count"), 9);
    ck_assert_int_eq(ring_profile_add(sum, no_profile, &err), -1);
    json_decref(no_profile);
    json_decref(sum);
    json_decref(one);
    held_destroy(held);
    destroy();
}
END_TEST

START_TEST(advice_is_a_quarter_more_than_the_peak)
{
    static const struct {
        int capacity, peak, blocks, advice;
        const char *verdict;
    } slots[] = {
        {64, 40, 0, 64, "enough"}, // 50, as a power of two
        {64, 64, 0, 128, "enough"},     {64, 64, 3, 128, "raise"},
        {64, 10, 1, 128, "raise"}, // somebody waited although it was never full: for bytes
                                   // elsewhere
        {64, 4, 0, 8, "could be less"}, {64, 0, 0, 1, "could be less"},
    };

    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        json_t *profile = json_pack(
            "{s:[{s:s s:i s:i s:i s:i s:i s:i s:i}] s:{}}", "layers", "level", "POD", "depth", 2,
            "task_ring_capacity", slots[i].capacity, "task_ring_peak_used", slots[i].peak,
            "task_ring_block_count", slots[i].blocks, "buffer_ring_capacity_bytes", 4096,
            "buffer_ring_peak_used_bytes", 1000, "buffer_ring_block_count", 0, "global");
        json_t *advice = ring_profile_advice(profile);
        json_t *layer = json_array_get(json_object_get(advice, "layers"), 0);
        json_t *task = json_object_get(layer, "task_ring");
        char option[64];

        ck_assert_int_eq(json_integer_value(json_object_get(task, "advice")), slots[i].advice);
        ck_assert_str_eq(json_string_value(json_object_get(task, "verdict")), slots[i].verdict);
        task = json_object_get(layer, "buffer_ring");
        ck_assert_int_eq(json_integer_value(json_object_get(task, "advice")), 1280);
        snprintf(option, sizeof option, "L4:task=%d,buffer=1280", slots[i].advice);
        ck_assert_str_eq(json_string_value(json_array_get(json_object_get(advice, "options"), 0)),
                         option);
        json_decref(advice);
        json_decref(profile);
    }
}
END_TEST

/* The result of a check, or of the whole. */
static const char *result_of(const json_t *profile, const json_t *baseline, const char *name)
{
    static char result[32];
    json_t *verdict = ring_profile_verdict("w", profile, baseline, &err), *check;
    size_t i;

    ck_assert_msg(verdict != NULL, "%s", err.text);
    snprintf(result, sizeof result, "%s", json_string_value(json_object_get(verdict, "status")));
    json_array_foreach(json_object_get(verdict, "checks"), i, check)
    {
        if (strcmp(json_string_value(json_object_get(check, "name")), name) == 0)
            snprintf(result, sizeof result, "%s",
                     json_string_value(json_object_get(check, "result")));
    }
    json_decref(verdict);
    return result;
}

static void change(json_t *profile, const char *key, json_int_t value)
{
    json_t *layer = json_array_get(json_object_get(profile, "layers"), 1);
    json_t *object = json_object_get(layer, key) ? layer : json_object_get(profile, "global");

    json_object_set_new(object, key, json_integer(value));
}

/* Each check fails, or warns, when its subject is worse than it was, and only then. */
START_TEST(a_verdict_sees_what_became_worse)
{
    static const struct {
        const char *key;
        json_int_t value;
        const char *check, *with, *without; // with a baseline, and without one
    } cases[] = {
        {"task_retire_count", 8, "all retired", "fail", "fail"},
        {"scope_end_count", 0, "scopes ended", "fail", "fail"},
        {"task_ring_block_count", 2, "blocks", "warn", "warn"},
        {"task_ring_block_count", 1, "blocks", "pass", "warn"},
        {"task_ring_block_count", 0, "blocks", "pass", "pass"},
        {"task_ring_peak_used", 8, "peaks", "pass", "pass"},
        {"task_ring_peak_used", 9, "peaks", "warn", "pass"},
        {"task_ring_peak_used", 13, "peaks", "fail", "pass"},
        {"buffer_ring_peak_used_bytes", 60000, "peaks", "fail", "pass"},
        {"peak_total_buffer_bytes", 40000, "memory", "warn", NULL},
        {"peak_total_buffer_bytes", 50000, "memory", "fail", NULL},
        {"total_block_time_us", 3000, "block time", "warn", NULL},
        {"scope_tokens_applied", 9, "same work", "pass", "pass"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct held *held = play();
        json_t *baseline, *now;

        scope_end();
        held_release(held, 99, 1, NULL);
        leave();
        baseline = profile_now(held);
        now = json_deep_copy(baseline);
        ck_assert_str_eq(result_of(now, baseline, "status"), "pass");
        change(now, cases[i].key, cases[i].value);
        ck_assert_msg(strcmp(result_of(now, baseline, cases[i].check), cases[i].with) == 0,
                      "%s %d: %s", cases[i].key, (int)cases[i].value, err.text);
        if (cases[i].without)
            ck_assert_msg(strcmp(result_of(now, NULL, cases[i].check), cases[i].without) == 0,
                          "%s %d", cases[i].key, (int)cases[i].value);
        ck_assert_str_eq(result_of(now, baseline, "the whole"), cases[i].with);
        json_decref(baseline);
        json_decref(now);
        held_destroy(held);
        destroy();
    }
}
END_TEST

/* Nobody waited before, somebody does now. */
START_TEST(a_first_block_fails_a_verdict)
{
    struct held *held = play();
    json_t *now = profile_now(held), *baseline = json_deep_copy(now);

    change(baseline, "task_ring_block_count", 0);
    ck_assert_str_eq(result_of(now, baseline, "blocks"), "fail");
    json_array_remove(json_object_get(baseline, "layers"), 2);
    ck_assert_str_eq(result_of(now, baseline, "same layers"), "warn");
    ck_assert_str_eq(result_of(baseline, now, "same layers"), "warn");
    json_object_del(baseline, "global");
    ck_assert_ptr_null(ring_profile_verdict("w", now, baseline, &err));
    ck_assert_str_eq(err.text, "the baseline is no ring profile: it lacks layers or global");
    json_decref(now);
    json_decref(baseline);
    held_destroy(held);
    destroy();
}
END_TEST

SUITE_MAIN("ring profile", a_snapshot_is_a_line_of_json_as_the_formats_page_says,
           a_profile_has_every_field_of_the_formats_page, profiles_of_many_nodes_add_up,
           advice_is_a_quarter_more_than_the_peak, a_verdict_sees_what_became_worse,
           a_first_block_fails_a_verdict)
