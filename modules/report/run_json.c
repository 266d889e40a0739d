#include "report/run_json.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit_code.h"
#include "base/json_text.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "report/json_file.h"
#include "rundir/clock.h"

#define RUN_SCHEMA "linqu.run/1"

enum { DETAIL_SIZE = 1024 };

struct check {
    char *name, *detail;
    bool passed;
};

struct report_scenario {
    char *name;
    struct check *checks;
    size_t count;
    struct run_report *report;
    struct report_scenario *next;
};

struct run_report {
    char *run, *command;
    struct topology topology;
    uint64_t seed;
    uint64_t started_ns, ended_ns;        // wall clock; ended 0: not yet
    int64_t phase_ms[REPORT_PHASE_COUNT]; // -1: not reached
    struct report_scenario *scenarios, **last;
    size_t kept;                           // scenarios in the list
    size_t earlier_passed, earlier_failed; // that are only counted any more
    struct run_leaks leaks;
    char *cause; // the first
    int cause_exit_code;
    int exit_code;
};

struct run_report *run_report_create(const char *run, const char *command,
                                     const struct topology *topology, uint64_t seed)
{
    struct run_report *report = memory_new(1, sizeof *report);

    report->run = memory_string(run);
    report->command = memory_string(command);
    report->topology = *topology;
    report->seed = seed;
    report->started_ns = wall_clock_ns();
    for (int phase = 0; phase < REPORT_PHASE_COUNT; phase++)
        report->phase_ms[phase] = -1;
    report->last = &report->scenarios;
    return report;
}

static void scenario_destroy(struct report_scenario *scenario)
{
    for (size_t i = 0; i < scenario->count; i++) {
        free(scenario->checks[i].name);
        free(scenario->checks[i].detail);
    }
    free(scenario->checks);
    free(scenario->name);
    free(scenario);
}

void run_report_destroy(struct run_report *report)
{
    if (!report)
        return;
    while (report->scenarios) {
        struct report_scenario *first = report->scenarios;

        report->scenarios = first->next;
        scenario_destroy(first);
    }
    free(report->cause);
    free(report->run);
    free(report->command);
    free(report);
}

void run_report_phase(struct run_report *report, enum report_phase phase, uint64_t duration_ms)
{
    report->phase_ms[phase] = (int64_t)duration_ms;
}

/* A run that is held for days is not to grow with what it was asked. */
static void only_count_oldest(struct run_report *report)
{
    struct report_scenario *oldest = report->scenarios;

    if (report_scenario_passed(oldest))
        report->earlier_passed++;
    else
        report->earlier_failed++;
    report->scenarios = oldest->next;
    report->kept--;
    scenario_destroy(oldest);
}

struct report_scenario *run_report_scenario(struct run_report *report, const char *name)
{
    struct report_scenario *scenario = memory_new(1, sizeof *scenario);

    if (report->kept == REPORT_SCENARIOS_KEPT)
        only_count_oldest(report);
    report->kept++;

    scenario->name = memory_string(name);
    scenario->report = report;
    *report->last = scenario;
    report->last = &scenario->next;
    return scenario;
}

bool report_check(struct report_scenario *scenario, const char *name, bool passed,
                  const char *detail, ...)
{
    char text[DETAIL_SIZE];
    struct check *check;
    va_list args;

    va_start(args, detail);
    vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    scenario->checks =
        memory_resize(scenario->checks, scenario->count + 1, sizeof *scenario->checks);
    check = &scenario->checks[scenario->count++];
    *check = (struct check){memory_string(name), memory_string(text), passed};
    if (!passed)
        run_report_cause(scenario->report, EXIT_CHECK, "scenario %s: check %s does not hold: %s",
                         scenario->name, name, text);
    return passed;
}

bool report_scenario_passed(const struct report_scenario *scenario)
{
    for (size_t i = 0; i < scenario->count; i++)
        if (!scenario->checks[i].passed)
            return false;
    return scenario->count > 0;
}

size_t report_scenario_check_count(const struct report_scenario *scenario)
{
    return scenario->count;
}

const char *report_scenario_name(const struct report_scenario *scenario)
{
    return scenario->name;
}

bool report_scenario_check(const struct report_scenario *scenario, size_t index, const char **name,
                           bool *passed, const char **detail)
{
    if (index >= scenario->count)
        return false;
    *name = scenario->checks[index].name;
    *passed = scenario->checks[index].passed;
    *detail = scenario->checks[index].detail;
    return true;
}

void run_report_leaks(struct run_report *report, const struct run_leaks *leaks)
{
    report->leaks = *leaks;
}

void run_report_cause(struct run_report *report, int exit_code, const char *cause, ...)
{
    char text[2 * DETAIL_SIZE];
    va_list args;

    if (report->cause)
        return;
    va_start(args, cause);
    vsnprintf(text, sizeof text, cause, args);
    va_end(args);
    report->cause = memory_string(text);
    report->cause_exit_code = exit_code;
}

const char *run_report_first_cause(const struct run_report *report, int *exit_code)
{
    *exit_code = report->cause_exit_code;
    return report->cause;
}

static bool all_passed(const struct run_report *report)
{
    if (report->earlier_failed)
        return false;
    for (const struct report_scenario *s = report->scenarios; s; s = s->next)
        if (!report_scenario_passed(s))
            return false;
    return true;
}

static bool something_leaked(const struct run_leaks *leaks)
{
    return leaks->processes || leaks->descriptors || leaks->shared_memory || leaks->sockets;
}

int run_report_end(struct run_report *report)
{
    report->ended_ns = wall_clock_ns();
    if (report->cause)
        report->exit_code = report->cause_exit_code;
    else if (!all_passed(report))
        report->exit_code = EXIT_CHECK;
    else if (something_leaked(&report->leaks))
        report->exit_code = EXIT_LEAK;
    else
        report->exit_code = EXIT_DONE;
    return report->exit_code;
}

/* --- the object ------------------------------------------------------------------------------- */

static const char *result_word(bool passed)
{
    return passed ? "pass" : "fail";
}

static json_t *time_json(uint64_t wall_ns)
{
    char text[TIMESTAMP_SIZE];

    timestamp_format(wall_ns, text);
    return json_string(text);
}

static json_t *milliseconds_json(int64_t duration_ms)
{
    return duration_ms < 0 ? json_null() : json_integer(duration_ms);
}

static json_t *levels_json(const struct topology *topology)
{
    json_t *levels = json_object();

    for (int level = LEVEL_COUNT - 1; level >= 0; level--) {
        char key[] = {'L', (char)('0' + level), '\0'};

        if (topology->present[level])
            json_object_set_new(levels, key, json_integer(topology->count[level]));
    }
    return levels;
}

static json_t *scenario_json(const struct report_scenario *scenario)
{
    json_t *checks = json_array();

    for (size_t i = 0; i < scenario->count; i++) {
        const struct check *check = &scenario->checks[i];

        json_array_append_new(checks, json_pack("{s:o, s:s, s:o}", "name", json_text(check->name),
                                                "result", result_word(check->passed), "detail",
                                                json_text(check->detail)));
    }
    return json_pack("{s:o, s:s, s:o}", "name", json_text(scenario->name), "result",
                     result_word(report_scenario_passed(scenario)), "checks", checks);
}

json_t *run_report_results(const struct run_report *report, size_t first)
{
    json_t *scenarios = json_array();
    size_t number = report->earlier_passed + report->earlier_failed;

    for (const struct report_scenario *s = report->scenarios; s; s = s->next)
        if (number++ >= first)
            json_array_append_new(scenarios, scenario_json(s));
    return scenarios;
}

static json_t *phases_json(const struct run_report *report)
{
    return json_pack("{s:o, s:o, s:o}", "start_ms",
                     milliseconds_json(report->phase_ms[REPORT_START]), "work_ms",
                     milliseconds_json(report->phase_ms[REPORT_WORK]), "stop_ms",
                     milliseconds_json(report->phase_ms[REPORT_STOP]));
}

static json_t *leaks_json(const struct run_leaks *leaks)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "processes", (json_int_t)leaks->processes,
                     "descriptors", (json_int_t)leaks->descriptors, "shared_memory",
                     (json_int_t)leaks->shared_memory, "sockets", (json_int_t)leaks->sockets);
}

/* The part that is only known at the end. */
static void end_json(const struct run_report *report, json_t *object)
{
    json_object_set_new(object, "result",
                        json_string(result_word(report->exit_code == EXIT_DONE)));
    json_object_set_new(object, "exit_code", json_integer(report->exit_code));
    json_object_set_new(object, "cause", report->cause ? json_text(report->cause) : json_null());
    json_object_set_new(object, "leaks", leaks_json(&report->leaks));
}

json_t *run_report_json(const struct run_report *report)
{
    json_t *object = json_object();
    char shape[256];

    assert(report->ended_ns);
    topology_to_text(&report->topology, shape, sizeof shape);
    json_object_set_new(object, "schema", json_string(RUN_SCHEMA));
    json_object_set_new(object, "run", json_text(report->run));
    json_object_set_new(object, "command", json_text(report->command));
    json_object_set_new(object, "topology", json_string(shape));
    json_object_set_new(object, "levels", levels_json(&report->topology));
    json_object_set_new(object, "nodes", json_integer(report->topology.node_count));
    json_object_set_new(object, "seed", json_u64_string(report->seed));
    json_object_set_new(object, "version", json_string(LINQU_VERSION));
    json_object_set_new(object, "started", time_json(report->started_ns));
    json_object_set_new(object, "ended", time_json(report->ended_ns));
    json_object_set_new(object, "phases", phases_json(report));
    json_object_set_new(object, "scenarios", run_report_results(report, 0));
    if (report->earlier_passed + report->earlier_failed)
        json_object_set_new(object, "earlier",
                            json_pack("{s:I, s:I}", "passed", (json_int_t)report->earlier_passed,
                                      "failed", (json_int_t)report->earlier_failed));
    end_json(report, object);
    return object;
}

int run_report_write(const struct run_report *report, int dir_fd, struct error *err)
{
    json_t *object = run_report_json(report);
    int result = json_file_write(dir_fd, "run.json", object, err);

    json_decref(object);
    return result;
}

char *run_report_read_cause(int dir_fd, const char *path)
{
    struct error ignored;
    json_t *report = json_file_read(dir_fd, path, &ignored);
    const char *cause = json_string_value(json_object_get(report, "cause"));
    char *copy = cause ? memory_string(cause) : NULL;

    json_decref(report);
    return copy;
}
