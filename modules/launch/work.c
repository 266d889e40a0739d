/* What is done with the tree, one after the other: the scenarios of the command line, then what
 * `exec` and `discover` ask. */

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "launch/detach.h"
#include "launch/launcher.h"
#include "rundir/file.h"

enum { PURPOSE_DISCOVER = 2 };

void work_add(struct launcher *launcher, const char *const *scenarios, size_t count,
              struct client *client)
{
    struct work *work = memory_new(1, sizeof *work);
    struct work **last = &launcher->work;

    work->scenarios = memory_new(count, sizeof *work->scenarios);
    work->count = count;
    work->client = client;
    for (size_t i = 0; i < count; i++)
        work->scenarios[i] = memory_string(scenarios[i]);
    while (*last)
        last = &(*last)->next;
    *last = work;
}

static void work_free(struct work *work)
{
    for (size_t i = 0; i < work->count; i++)
        free(work->scenarios[i]);
    free(work->scenarios);
    free(work);
}

static struct scenario_host host_of(struct launcher *launcher)
{
    return (struct scenario_host){
        .launcher = launcher,
        .topology = launcher->options->topology,
        .base = launcher->base,
        .run_dir_fd = launcher->dir.fd,
        .logical_system = launcher->options->logical_system,
        .physical_system = launcher->options->physical_system,
        .report = launcher->results,
        .gather = tree_gather,
        .finished = work_finished,
    };
}

static void start_scenario(struct launcher *launcher, const char *name)
{
    struct scenario_host host;

    launcher->scenario = scenario_find(name);
    events_append(launcher->events_fd, "scenario_started", NULL, "{s:s}", "name", name);
    launcher_phase(launcher, RUN_WORKING);
    launcher->results = run_report_scenario(launcher->report, name);
    launcher->scenarios_begun++;
    host = host_of(launcher);
    launcher->running = launcher->scenario->start(&host);
}

static void start_work(struct launcher *launcher, struct work *work)
{
    work->first_result = launcher->scenarios_begun;
    if (work->count == 0) {
        launcher_phase(launcher, RUN_WORKING);
        tree_gather(launcher, PURPOSE_DISCOVER);
    } else {
        start_scenario(launcher, work->scenarios[0]);
    }
}

static json_t *results_since(const struct launcher *launcher, size_t first)
{
    json_t *report = run_report_json(launcher->report);
    const json_t *all = json_object_get(report, "scenarios");
    json_t *some = json_array();

    for (size_t i = first; i < json_array_size(all); i++)
        json_array_append(some, json_array_get(all, i));
    json_decref(report);
    return some;
}

static void answer_exec(struct launcher *launcher, const struct work *work)
{
    control_reply(work->client, work->failed ? EXIT_CHECK : EXIT_DONE,
                  json_pack("{s:s, s:s, s:o, s:s}", "schema", "linqu.exec/1", "run",
                            launcher->dir.name, "scenarios",
                            results_since(launcher, work->first_result), "result",
                            work->failed ? "fail" : "pass"));
}

/* The first of the list is done: on to the next, or to idling, or to the end. */
static void work_done(struct launcher *launcher)
{
    struct work *work = launcher->work;

    launcher->work = work->next;
    work_free(work);
    if (launcher->work)
        start_work(launcher, launcher->work);
    else if (launcher->options->hold)
        launcher_phase(launcher, RUN_READY);
    else
        ending_begin(launcher, true, launcher->options->stop_timeout_s * UINT64_C(1000));
}

static void scenario_done(struct launcher *launcher)
{
    struct work *work = launcher->work;
    bool passed = report_scenario_passed(launcher->results);

    events_append(launcher->events_fd, "scenario_ended", NULL, "{s:s, s:s}", "name",
                  launcher->scenario->name, "result", passed ? "pass" : "fail");
    say_scenario(launcher, launcher->results);
    if (!passed) {
        work->failed = true;
        launcher_blame(launcher, EXIT_CHECK, "a check of the scenario %s does not hold",
                       launcher->scenario->name);
    }
    if (++work->at < work->count) {
        start_scenario(launcher, work->scenarios[work->at]);
        return;
    }
    if (work->client)
        answer_exec(launcher, work);
    work_done(launcher);
}

void work_finished(void *arg)
{
    struct launcher *launcher = arg;

    launcher->finished = launcher->running;
    launcher->running = NULL;
}

static void discovery_done(struct launcher *launcher, const struct gather_result *result)
{
    struct client *client = launcher->work->client;

    if (client)
        control_reply(client, result->error[0] ? EXIT_NODE : EXIT_DONE,
                      json_pack("{s:s, s:i, s:i, s:s}", "schema", "linqu.rediscover/1", "hosts",
                                (int)result->count[LEVEL_HOST], "missing", (int)result->missing,
                                "error", result->error));
    work_done(launcher);
}

void work_gathered(struct launcher *launcher, const struct gather_result *result)
{
    events_append(launcher->events_fd, "round", NULL, "{s:f, s:i}", "ms",
                  (double)result->took_ns / 1e6, "missing", (int)result->missing);
    if (launcher->running)
        launcher->scenario->gathered(launcher->running, result);
    else if (launcher->work && launcher->work->count == 0)
        discovery_done(launcher, result);
}

static void write_pids(struct launcher *launcher)
{
    const struct topology *topology = launcher->options->topology;
    struct buffer text = {0};
    struct error err;

    for (uint32_t rank = 0; rank < topology->node_count; rank++) {
        char path[LIMIT_NODE_PATH];

        topology_path(topology, rank, path, sizeof path);
        buffer_printf(&text, "%d %s\n", atomic_load(&launcher->inherit.state.records[rank].pid),
                      path);
    }
    if (file_make(launcher->dir.fd, "cluster.pids", text.data, text.size, &err) < 0)
        say(launcher, "%s", err.text);
    buffer_free(&text);
}

/* Dead runs of ours beyond the newest are removed by a process of the run, so that nobody waits for
 * it: what it has not done when the run ends, a later run goes on with. */
static void prune_in_background(struct launcher *launcher)
{
    struct error err;

    launcher->pruner = fork();
    if (launcher->pruner == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        run_dir_prune(launcher->dir.base, launcher->options->keep, &err);
        _exit(0);
    }
}

void work_begin(struct launcher *launcher)
{
    uint64_t ms;

    launcher->ready_ns = clock_now_ns();
    ms = (launcher->ready_ns - launcher->started_ns) / 1000000;
    run_report_phase(launcher->report, REPORT_START, ms);
    launcher_phase(launcher, RUN_READY);
    say(launcher, "ready: %s nodes in %.2f s", with_commas(launcher->options->topology->node_count),
        (double)ms / 1000);
    reservation_forked(&launcher->reservation);
    write_pids(launcher);
    prune_in_background(launcher);
    detach_tell(launcher, EXIT_DONE);
    if (launcher->options->scenario_count)
        work_add(launcher, launcher->options->scenarios, launcher->options->scenario_count, NULL);
    if (launcher->work)
        start_work(launcher, launcher->work);
    else if (!launcher->options->hold)
        ending_begin(launcher, true, launcher->options->stop_timeout_s * UINT64_C(1000));
}

void work_wake(struct launcher *launcher)
{
    if (launcher->phase == RUN_READY && launcher->work)
        start_work(launcher, launcher->work);
}

void work_turn(struct launcher *launcher)
{
    if (!launcher->finished)
        return;
    launcher->scenario->destroy(launcher->finished);
    launcher->finished = NULL;
    scenario_done(launcher);
}

void work_abandon(struct launcher *launcher)
{
    if (launcher->running)
        launcher->scenario->destroy(launcher->running);
    if (launcher->finished)
        launcher->scenario->destroy(launcher->finished);
    launcher->running = launcher->finished = NULL;
    while (launcher->work) {
        struct work *work = launcher->work;

        launcher->work = work->next;
        if (work->client)
            control_reply(work->client, EXIT_NODE,
                          json_pack("{s:s}", "error", "the run ended before it was done"));
        work_free(work);
    }
}
