// links: users
#include "base/exit_code.h"
#include "report/run_json.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_text.h"
#include "base/timestamp.h"
#include "report/events.h"
#include "report/json_file.h"
#include "scratch.h"
#include "suite.h"
#include "topology_fixture.h"

static struct error err;

static struct run_report *report_of(const char *spec)
{
    struct topology topology = topology_of(spec);

    return run_report_create("linqu-abc", "linqu run --topology 2x2x2", &topology, UINT64_MAX);
}

static const char *text_at(const json_t *object, const char *key)
{
    ck_assert_msg(json_is_string(json_object_get(object, key)), "%s", key);
    return json_string_value(json_object_get(object, key));
}

static json_int_t number_at(const json_t *object, const char *key)
{
    ck_assert_msg(json_is_integer(json_object_get(object, key)), "%s", key);
    return json_integer_value(json_object_get(object, key));
}

START_TEST(a_good_run_has_the_documented_shape)
{
    struct run_report *report = report_of("2x2x2");
    struct report_scenario *scenario = run_report_scenario(report, "topology");
    struct run_leaks clean = {0};
    const json_t *first, *check;
    uint64_t moment;
    json_t *json;

    report_check(scenario, "T1", true, "%d identities", 8);
    report_check(scenario, "T2", true, "unique");
    run_report_phase(report, REPORT_START, 12);
    run_report_phase(report, REPORT_WORK, 3);
    run_report_phase(report, REPORT_STOP, 4);
    run_report_leaks(report, &clean);
    ck_assert_int_eq(run_report_end(report), 0);
    json = run_report_json(report);
    ck_assert_str_eq(text_at(json, "schema"), "linqu.run/1");
    ck_assert_str_eq(text_at(json, "run"), "linqu-abc");
    ck_assert_str_eq(text_at(json, "command"), "linqu run --topology 2x2x2");
    ck_assert_str_eq(text_at(json, "topology"), "2x2x2");
    ck_assert_int_eq(number_at(json, "nodes"), 15);
    ck_assert_int_eq(number_at(json_object_get(json, "levels"), "L3"), 8);
    ck_assert_str_eq(text_at(json, "seed"), "18446744073709551615");
    ck_assert_str_eq(text_at(json, "version"), LINQU_VERSION);
    ck_assert_int_gt(timestamp_parse(text_at(json, "started"), &moment), 0);
    ck_assert_int_gt(timestamp_parse(text_at(json, "ended"), &moment), 0);
    ck_assert_int_eq(number_at(json_object_get(json, "phases"), "start_ms"), 12);
    ck_assert_int_eq(number_at(json_object_get(json, "phases"), "work_ms"), 3);
    ck_assert_int_eq(number_at(json_object_get(json, "phases"), "stop_ms"), 4);
    first = json_array_get(json_object_get(json, "scenarios"), 0);
    ck_assert_str_eq(text_at(first, "name"), "topology");
    ck_assert_str_eq(text_at(first, "result"), "pass");
    check = json_array_get(json_object_get(first, "checks"), 0);
    ck_assert_str_eq(text_at(check, "name"), "T1");
    ck_assert_str_eq(text_at(check, "result"), "pass");
    ck_assert_str_eq(text_at(check, "detail"), "8 identities");
    ck_assert_str_eq(text_at(json, "result"), "pass");
    ck_assert_int_eq(number_at(json, "exit_code"), 0);
    ck_assert_int_eq(number_at(json_object_get(json, "leaks"), "processes"), 0);
    ck_assert_int_eq(number_at(json_object_get(json, "leaks"), "sockets"), 0);
    json_decref(json);
    run_report_destroy(report);
}
END_TEST

START_TEST(a_phase_that_was_not_reached_is_null)
{
    struct run_report *report = report_of("2x2x2");
    json_t *json;

    run_report_end(report);
    json = run_report_json(report);
    ck_assert(json_is_null(json_object_get(json_object_get(json, "phases"), "work_ms")));
    ck_assert(json_is_null(json_object_get(json, "cause")));
    json_decref(json);
    run_report_destroy(report);
}
END_TEST

/* "If several hold, the earliest cause wins." */
START_TEST(the_earliest_cause_decides_the_exit_code)
{
    struct run_leaks leaks = {.sockets = 2};
    struct run_report *report = report_of("2x2x2");
    struct report_scenario *scenario = run_report_scenario(report, "topology");
    int exit_code;

    report_check(scenario, "T1", true, "fine");
    ck_assert(!report_check(scenario, "T7", false, "1 dead"));
    run_report_cause(report, 5, "L6_0/L5_1 was killed by signal 9");
    run_report_leaks(report, &leaks);
    ck_assert_int_eq(run_report_end(report), 1);
    ck_assert_ptr_nonnull(strstr(run_report_first_cause(report, &exit_code), "T7"));
    run_report_destroy(report);

    report = report_of("2x2x2");
    scenario = run_report_scenario(report, "topology");
    run_report_cause(report, 5, "%s died", "L6_0/L5_1");
    report_check(scenario, "T7", false, "1 dead");
    ck_assert_int_eq(run_report_end(report), 5);
    ck_assert_str_eq(run_report_first_cause(report, &exit_code), "L6_0/L5_1 died");
    run_report_destroy(report);
}
END_TEST

START_TEST(a_leak_fails_a_run_that_was_good_until_then)
{
    struct run_leaks leaks = {.shared_memory = 1};
    struct run_report *report = report_of("2x2x2");
    json_t *json;

    run_report_leaks(report, &leaks);
    ck_assert_int_eq(run_report_end(report), 7);
    json = run_report_json(report);
    ck_assert_str_eq(text_at(json, "result"), "fail");
    json_decref(json);
    run_report_destroy(report);
}
END_TEST

START_TEST(a_scenario_that_checked_nothing_has_not_passed)
{
    struct run_report *report = report_of("2x2x2");
    struct report_scenario *scenario = run_report_scenario(report, "dag");

    ck_assert(!report_scenario_passed(scenario));
    ck_assert_int_eq(run_report_end(report), 1);
    run_report_destroy(report);
}
END_TEST

START_TEST(of_many_results_the_newest_stand_and_the_earlier_are_counted)
{
    struct run_report *report = report_of("1x1x1");
    json_t *json, *results;

    for (int i = 0; i < REPORT_SCENARIOS_KEPT + 3; i++)
        report_check(run_report_scenario(report, i == 1 ? "bad" : "good"), "completed", i != 1,
                     "%d", i);
    ck_assert_int_eq(run_report_end(report), EXIT_CHECK);
    json = run_report_json(report);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "scenarios")), REPORT_SCENARIOS_KEPT);
    ck_assert_int_eq(number_at(json_object_get(json, "earlier"), "passed"), 2);
    ck_assert_int_eq(number_at(json_object_get(json, "earlier"), "failed"), 1);
    results = run_report_results(report, REPORT_SCENARIOS_KEPT + 1);
    ck_assert_uint_eq(json_array_size(results), 2);
    json_decref(results);
    json_decref(json);
    run_report_destroy(report);
}
END_TEST

START_TEST(the_file_is_replaced_whole_and_reads_back)
{
    int dir = scratch_open();
    struct run_report *report = report_of("L7:1 L6:2 L4:2 L3:2");
    struct stat before, after;
    json_t *read_back;

    run_report_end(report);
    ck_assert_int_eq(run_report_write(report, dir, &err), 0);
    ck_assert_int_eq(fstatat(dir, "run.json", &before, 0), 0);
    ck_assert_int_eq(run_report_write(report, dir, &err), 0);
    ck_assert_int_eq(fstatat(dir, "run.json", &after, 0), 0);
    ck_assert_uint_ne(before.st_ino, after.st_ino);
    ck_assert_uint_eq(after.st_mode & 0777, 0600);
    read_back = json_file_read(dir, "run.json", &err);
    ck_assert_ptr_nonnull(read_back);
    ck_assert_str_eq(text_at(read_back, "result"), "pass");
    json_decref(read_back);
    run_report_destroy(report);
    scratch_close(dir);
}
END_TEST

START_TEST(what_cannot_be_written_is_said_and_leaves_nothing)
{
    struct run_report *report = report_of("1x1x1");
    int dir = scratch_open();

    run_report_end(report);
    ck_assert_int_eq(mkdirat(dir, "run.json", 0700), 0);
    ck_assert_int_eq(run_report_write(report, dir, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "run.json"));
    ck_assert_int_eq(unlinkat(dir, "run.json", AT_REMOVEDIR), 0);
    ck_assert_int_eq(rmdir(scratch_path), 0);
    close(dir);
    run_report_destroy(report);
}
END_TEST

START_TEST(text_that_is_no_utf8_does_not_lose_the_report)
{
    struct run_report *report = report_of("1x1x1");
    json_t *json;

    run_report_cause(report, 5, "cannot open \xff\xfe/x");
    run_report_end(report);
    json = run_report_json(report);
    ck_assert_str_eq(text_at(json, "cause"), "cannot open ?\?/x");
    json_decref(json);
    run_report_destroy(report);
}
END_TEST

static size_t lines_of(int dir, char *text, size_t size)
{
    int fd = openat(dir, "events.jsonl", O_RDONLY);
    ssize_t got = read(fd, text, size - 1);
    size_t lines = 0;

    close(fd);
    ck_assert_int_ge(got, 0);
    text[got] = '\0';
    for (const char *c = text; (c = strchr(c, '\n')); c++)
        lines++;
    return lines;
}

START_TEST(every_event_is_a_line_of_its_own)
{
    int dir = scratch_open(), fd = events_open(dir, &err), again;
    char text[2048], *end;
    json_t *event;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(events_append(fd, "ready", NULL, NULL), 0);
    again = events_open(dir, &err);
    ck_assert_int_eq(
        events_append(again, "dead", "L6_0/L5_1", "{s:i, s:s}", "signal", 9, "cause", "two\nlines"),
        0);
    ck_assert_int_eq(
        events_append(fd, "note", "L6_0", "{s:o}", "cause", json_text("no utf-8 \xff")), 0);
    ck_assert_uint_eq(lines_of(dir, text, sizeof text), 3);
    end = strchr(text, '\n');
    *end = '\0';
    event = json_loads(text, 0, NULL);
    ck_assert_str_eq(text_at(event, "event"), "ready");
    ck_assert(json_is_null(json_object_get(event, "node")));
    json_decref(event);
    *strchr(end + 1, '\n') = '\0';
    event = json_loads(end + 1, 0, NULL);
    ck_assert_str_eq(text_at(event, "node"), "L6_0/L5_1");
    ck_assert_int_eq(number_at(event, "signal"), 9);
    ck_assert_str_eq(text_at(event, "cause"), "two\nlines");
    json_decref(event);
    close(fd);
    close(again);
    scratch_close(dir);
}
END_TEST

START_TEST(a_full_disk_is_reported_by_whoever_writes_an_event)
{
    int fd = open("/dev/full", O_WRONLY);

    ck_assert_int_eq(events_append(fd, "ready", NULL, NULL), -1);
    close(fd);
}
END_TEST

SUITE_MAIN("run_json", of_many_results_the_newest_stand_and_the_earlier_are_counted,
           a_good_run_has_the_documented_shape, a_phase_that_was_not_reached_is_null,
           the_earliest_cause_decides_the_exit_code, a_leak_fails_a_run_that_was_good_until_then,
           a_scenario_that_checked_nothing_has_not_passed,
           the_file_is_replaced_whole_and_reads_back,
           what_cannot_be_written_is_said_and_leaves_nothing,
           text_that_is_no_utf8_does_not_lose_the_report, every_event_is_a_line_of_its_own,
           a_full_disk_is_reported_by_whoever_writes_an_event)
