/* What is done with the tree, one after the other: the scenarios of the command line, then what
 * `exec` and `discover` ask. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/json_text.h"
#include "base/memory.h"
#include "launch/detach.h"
#include "launch/kernels.h"
#include "launch/launcher.h"
#include "rundir/file.h"

bool work_is_kernel(const char *step)
{
    return strchr(step, '/') != NULL;
}

static char *copy_text(const char *text)
{
    return text ? memory_string(text) : NULL;
}

static void take_settings(struct work *work, const struct kernel_settings *kernel)
{
    work->node = copy_text(kernel->at);
    work->path = copy_text(kernel->path);
    work->arg_count = kernel->arg_count;
    work->args = memory_new(kernel->arg_count, sizeof *work->args);
    if (kernel->arg_count)
        memcpy(work->args, kernel->args, kernel->arg_count * sizeof *work->args);
}

void work_add(struct launcher *launcher, const char *const *steps, size_t count,
              const struct kernel_settings *kernel, struct client *client)
{
    struct work *work = memory_new(1, sizeof *work);
    struct work **last = &launcher->work;

    work->steps = memory_new(count, sizeof *work->steps);
    work->count = count;
    work->client = client;
    for (size_t i = 0; i < count; i++)
        work->steps[i] = memory_string(steps[i]);
    if (kernel)
        take_settings(work, kernel);
    while (*last)
        last = &(*last)->next;
    *last = work;
}

static void work_free(struct work *work)
{
    for (size_t i = 0; i < work->count; i++)
        free(work->steps[i]);
    free(work->steps);
    free(work->node);
    free(work->path);
    free(work->args);
    free(work);
}

static uint64_t run_kernel(void *arg, const char *name, uint32_t rank, const uint64_t *scalars,
                           size_t count)
{
    const struct kernel_call call = {
        .kernel = name, .rank = rank, .args = scalars, .arg_count = count};
    struct launcher *launcher = arg;

    exec_begin(launcher, &call, launcher->work->path);
    return launcher->exec.number;
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
        .seed = launcher->options->seed,
        .dfs_dir = getenv(DFS_BASE),
        .report = launcher->results,
        .gather = tree_gather,
        .set_rings = tree_set_rings,
        .run_kernel = run_kernel,
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
    launcher->over_at_once = false;
    launcher->running = launcher->scenario->start(&host);
    if (launcher->over_at_once)
        work_finished(launcher);
}

/* The node of --at, which was checked, or RANK_NONE when any of the kernel's level will do. */
static uint32_t node_of(const struct launcher *launcher, const struct work *work)
{
    uint32_t rank = RANK_NONE;
    struct error ignored;

    if (work->node)
        topology_parse_path(launcher->options->topology, work->node, &rank, &ignored);
    return rank;
}

static void start_kernel(struct launcher *launcher, const struct work *work)
{
    const struct kernel_call call = {.kernel = work->steps[work->at],
                                     .rank = node_of(launcher, work),
                                     .args = work->args,
                                     .arg_count = work->arg_count};

    launcher->scenario = NULL;
    launcher->results = run_report_scenario(launcher->report, strrchr(call.kernel, '/') + 1);
    launcher->scenarios_begun++;
    events_append(launcher->events_fd, "kernel_started", NULL, "{s:o}", "file",
                  json_text(call.kernel));
    launcher_phase(launcher, RUN_WORKING);
    exec_begin(launcher, &call, work->path);
}

static void start_step(struct launcher *launcher)
{
    const struct work *work = launcher->work;

    if (work_is_kernel(work->steps[work->at]))
        start_kernel(launcher, work);
    else
        start_scenario(launcher, work->steps[work->at]);
}

static void start_work(struct launcher *launcher, struct work *work)
{
    work->first_result = launcher->scenarios_begun;
    if (work->count == 0) {
        launcher_phase(launcher, RUN_WORKING);
        tree_gather(launcher, GATHER_DISCOVER);
    } else {
        start_step(launcher);
    }
}

static void answer_exec(struct launcher *launcher, const struct work *work)
{
    control_reply(work->client, work->exit_code,
                  json_pack("{s:s, s:s, s:o, s:s}", "schema", "linqu.exec/1", "run",
                            launcher->dir.name, "scenarios",
                            run_report_results(launcher->report, work->first_result), "result",
                            work->exit_code ? "fail" : "pass"));
}

static void stop(struct launcher *launcher)
{
    launcher->closing_due_ns = 0;
    ending_begin(launcher, true, launcher->closing_stop_ms);
}

/* What one processor needs to ask all nodes and to write all records, with something to spare: who
 * does not answer holds up the stop no longer. */
static uint64_t records_ms(struct launcher *launcher)
{
    enum { LEAST_MS = 200, A_NODE_MS = 2, SAID_FROM = 100000 };
    uint64_t records = traces_count(launcher);

    if (records >= SAID_FROM)
        say(launcher, "stopping when the records of %s tasks are written", with_commas(records));
    return LEAST_MS + launcher->options->topology->node_count * A_NODE_MS +
           records / LAUNCH_RECORDS_A_MS;
}

/* What kernels left to tell is written before the stop: a node that ran many tasks would else have
 * to do it within the time that it has to leave. */
void work_close(struct launcher *launcher, uint64_t stop_ms)
{
    launcher->closing_stop_ms = stop_ms;
    if (!launcher->records_due || launcher->work || launcher->closing_due_ns ||
        launcher->phase == RUN_STOPPING) {
        stop(launcher);
        return;
    }
    launcher->closing_due_ns = monotonic_clock_ns() + records_ms(launcher) * 1000000;
    tree_gather(launcher, GATHER_RECORDS);
}

void work_tick(struct launcher *launcher)
{
    if (launcher->closing_due_ns && launcher->phase != RUN_STOPPING &&
        monotonic_clock_ns() >= launcher->closing_due_ns)
        stop(launcher);
}

/* The first of the list is done: on to the next, or to idling, or to the end. */
static void work_done(struct launcher *launcher)
{
    struct work *work = launcher->work;

    launcher->work = work->next;
    work_free(work);
    if (launcher->phase == RUN_STOPPING)
        return; // the tree is gone
    if (launcher->work)
        start_work(launcher, launcher->work);
    else if (launcher->options->hold)
        launcher_phase(launcher, RUN_READY);
    else
        work_close(launcher, launcher->options->stop_timeout_s * UINT64_C(1000));
}

/* The first failure of a work decides what its client exits with. */
static void step_done(struct launcher *launcher, int exit_code)
{
    struct work *work = launcher->work;

    if (work->exit_code == EXIT_DONE)
        work->exit_code = exit_code;
    if (++work->at < work->count) {
        if (launcher->phase != RUN_STOPPING)
            start_step(launcher);
        return;
    }
    if (work->client)
        answer_exec(launcher, work);
    work_done(launcher);
}

static void scenario_done(struct launcher *launcher)
{
    bool passed = report_scenario_passed(launcher->results);

    events_append(launcher->events_fd, "scenario_ended", NULL, "{s:s, s:s}", "name",
                  launcher->scenario->name, "result", passed ? "pass" : "fail");
    say_scenario(launcher, launcher->results);
    if (!passed)
        launcher_blame(launcher, EXIT_CHECK, "a check of the scenario %s does not hold",
                       launcher->scenario->name);
    step_done(launcher, passed ? EXIT_DONE : EXIT_CHECK);
}

static void kernel_done(struct launcher *launcher, const struct kernel_result *result)
{
    bool passed = result->exit_code == EXIT_DONE;
    char path[LIMIT_NODE_PATH] = "no node";

    launcher->records_due = true;
    if (result->rank != RANK_NONE)
        topology_path(launcher->options->topology, result->rank, path, sizeof path);
    events_append(launcher->events_fd, "kernel_ended", NULL, "{s:I, s:f, s:o}", "exec",
                  (json_int_t)result->exec, "ms", (double)result->took_ns / 1e6, "error",
                  json_text(result->error));
    if (!passed)
        launcher_blame(launcher, result->exit_code, "%s", result->error);
    report_check(launcher->results, "completed", passed, "%s%s", passed ? "on " : "",
                 passed ? path : result->error);
    say_scenario(launcher, launcher->results);
    step_done(launcher, result->exit_code);
}

void work_kernel_ended(struct launcher *launcher, const struct kernel_result *result)
{
    if (launcher->running)
        launcher->scenario->kernel_done(launcher->running, result->exit_code, result->error);
    else if (launcher->work && launcher->work->count)
        kernel_done(launcher, result);
}

void work_finished(void *arg)
{
    struct launcher *launcher = arg;

    launcher->over_at_once = !launcher->running; // start() has not returned
    if (launcher->running)
        launcher->finished = launcher->running;
    launcher->running = NULL;
}

static void discovery_done(struct launcher *launcher, const struct gather_result *result)
{
    struct client *client = launcher->work->client;

    if (client)
        control_reply(client, result->error[0] ? EXIT_NODE : EXIT_DONE,
                      json_pack("{s:s, s:i, s:i, s:o}", "schema", "linqu.rediscover/1", "hosts",
                                (int)result->count[LEVEL_HOST], "missing", (int)result->missing,
                                "error", json_text(result->error)));
    work_done(launcher);
}

void work_gathered(struct launcher *launcher, const struct gather_result *result)
{
    events_append(launcher->events_fd, "round", NULL, "{s:f, s:i}", "ms",
                  (double)result->took_ns / 1e6, "missing", (int)result->missing);
    if (launcher->closing_due_ns)
        stop(launcher);
    else if (launcher->running)
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
    pid_t self = getpid();
    struct error err;

    launcher->pruner = fork();
    if (launcher->pruner == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != self)
            _exit(1);
        run_dir_prune(launcher->dir.base, launcher->options->keep, &err);
        _exit(0);
    }
}

void work_begin(struct launcher *launcher)
{
    uint64_t ms;

    launcher->ready_ns = monotonic_clock_ns();
    ms = (launcher->ready_ns - launcher->started_ns) / 1000000;
    run_report_phase(launcher->report, REPORT_START, ms);
    launcher_phase(launcher, RUN_READY);
    say(launcher, "ready: %s nodes in %.2f s", with_commas(launcher->options->topology->node_count),
        (double)ms / 1000);
    reservation_forked(&launcher->reservation);
    write_pids(launcher);
    prune_in_background(launcher);
    detach_tell(launcher, EXIT_DONE);
    if (launcher->options->step_count)
        work_add(launcher, launcher->options->steps, launcher->options->step_count,
                 &launcher->options->kernel, NULL);
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
    while (launcher->exec.runs || launcher->finished) {
        kernels_turn(launcher);
        if (launcher->finished) {
            launcher->scenario->destroy(launcher->finished);
            launcher->finished = NULL;
            scenario_done(launcher);
        } else if (launcher->exec.ended) {
            exec_turn(launcher);
        } else {
            return;
        }
    }
}

/* A question whose answer does not come is no failure of the run's, and NULL here. */
static const char *step_cut_off(const struct launcher *launcher)
{
    for (const struct work *work = launcher->work; work; work = work->next)
        if (work->count)
            return work->steps[work->at];
    return launcher->ready_ns || !launcher->options->step_count ? NULL
                                                                : launcher->options->steps[0];
}

/* A run whose work was not done is no success, whoever ended it and however well. */
static void blame_cut_off(struct launcher *launcher)
{
    bool begun = launcher->running || launcher->finished || launcher->exec.runs;
    const char *step = step_cut_off(launcher);

    if (!step)
        return;
    if (launcher->exit_code == EXIT_DONE)
        launcher_blame(launcher, EXIT_NODE, "the run was ended before the %s %s was done",
                       work_is_kernel(step) ? "kernel" : "scenario",
                       work_is_kernel(step) ? strrchr(step, '/') + 1 : step);
    if (begun)
        report_check(launcher->results, work_is_kernel(step) ? "completed" : "done", false,
                     "the run was ended before it was");
}

void work_abandon(struct launcher *launcher)
{
    blame_cut_off(launcher);
    exec_abandon(launcher);
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
                          json_pack("{s:s}", "error", "the run was ended before it was done"));
        work_free(work);
    }
}
