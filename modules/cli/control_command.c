/* `linqu exec` and `linqu shutdown`: the launcher of a live run does it. */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "cli/cli_output.h"
#include "cli/commands.h"
#include "cli/ctl_client.h"
#include "cli/invocation.h"
#include "cli/kernel_options.h"
#include "cli/run_view.h"
#include "launch/launch.h"
#include "report/run_json.h"
#include "rundir/clock.h"
#include "scenario/scenario.h"

enum {
    GREETING_MS = 10000,      // a launcher that is well answers at once, a starved one late
    FORCED_ANSWER_MS = 10000, // after that a launcher that was told to kill is killed itself
    GONE_MS = 30000,          // the kernel's time for the end of a killed run
    USUAL_ANSWER_MS = 60000,  // and more for a large tree
    STOP_GRACE_MS = 15000,    // beyond --timeout: SIGTERM, SIGKILL and the account
};

static int live_run_of(const struct invocation *invocation, const char *name, struct run_view *view)
{
    int result = run_view_of(invocation, name, view);

    if (result != EXIT_DONE || view->state == RUN_STATE_LIVE)
        return result;
    result = cli_fail(EXIT_NO_RUN, "no such run: %s is not live", view->dir.name);
    run_view_close(view);
    return result;
}

/* The reason in a launcher's answer, said; returns its exit code. */
static int answer_finish(const struct invocation *invocation, struct ctl_answer *answer)
{
    const char *why = json_string_value(json_object_get(answer->object, "error"));

    if (why && why[0])
        cli_note("%s", why);
    else if (invocation->given[OPTION_JSON] && answer->object)
        return cli_finish_json(answer->object, answer->exit_code);
    json_decref(answer->object);
    return cli_finish(answer->exit_code);
}

/* --- exec ------------------------------------------------------------------------------------- */

static void progress_print(const char *text, size_t size)
{
    printf("%.*s", (int)size, text);
    fflush(stdout);
}

static void checks_print(const json_t *scenario)
{
    const json_t *check;
    size_t i;

    json_array_foreach(json_object_get(scenario, "checks"), i, check)
    {
        const char *result = json_string_value(json_object_get(check, "result"));
        bool passed = result && strcmp(result, "pass") == 0;
        enum paint paint = passed ? PAINT_GOOD : PAINT_BAD;

        printf("  %-9s %s%s%s  %s\n", json_string_value(json_object_get(check, "name")),
               paint_on(paint), passed ? "pass" : "FAIL", paint_off(paint),
               json_string_value(json_object_get(check, "detail")));
    }
}

static void results_print(const json_t *answer, bool quiet)
{
    const json_t *scenario;
    size_t i;

    json_array_foreach(json_object_get(answer, "scenarios"), i, scenario)
    {
        const char *result = json_string_value(json_object_get(scenario, "result"));
        bool passed = result && strcmp(result, "pass") == 0;

        if (quiet && passed)
            continue;
        printf("%s: %s\n", json_string_value(json_object_get(scenario, "name")),
               passed ? "pass" : "FAIL");
        checks_print(scenario);
    }
}

static int check_sendable(const char *text)
{
    json_t *value = text ? json_string(text) : NULL;

    json_decref(value);
    if (!text || value)
        return 0;
    return cli_fail(EXIT_USAGE,
                    "%s is not UTF-8, and only such a path can be sent to a run: "
                    "make a link of another name to it",
                    text);
}

static int check_all_sendable(const struct kernel_options *options)
{
    int result = check_sendable(options->kernel.path);

    for (size_t i = 0; result == 0 && i < options->count; i++)
        result = check_sendable(options->steps[i]);
    return result;
}

/* 64 bits are more than a JSON number holds for everybody, so arguments go as texts. */
static json_t *order_json(const struct kernel_options *options)
{
    json_t *steps = json_array(), *args = json_array();

    for (size_t i = 0; i < options->count; i++)
        json_array_append_new(steps, json_string(options->steps[i]));
    for (size_t i = 0; i < options->kernel.arg_count; i++)
        json_array_append_new(args, json_sprintf("%" PRIu64, options->kernel.args[i]));
    return json_pack("{s:o, s:o, s:s?, s:s?}", "steps", steps, "args", args, "at",
                     options->kernel.at, "kernel_path", options->kernel.path);
}

static int exec_on(const struct invocation *invocation, const struct run_view *view,
                   const struct kernel_options *options)
{
    bool json = invocation->given[OPTION_JSON], timed_out = false;
    struct ctl_answer answer = {0};
    json_t *arguments;
    struct error err;
    struct ctl_client *client = ctl_client_open(view, GREETING_MS, &err);
    int result;

    if (!client)
        return cli_fail(EXIT_NODE, "%s", err.text);
    arguments = order_json(options);
    result = ctl_client_ask(client, "exec", arguments, invocation->number[OPTION_TIMEOUT] * 1000,
                            json ? NULL : progress_print, &answer, &timed_out, &err);
    json_decref(arguments);
    ctl_client_close(client);
    if (result < 0)
        return timed_out ? cli_fail(EXIT_TIMEOUT, "no answer within --timeout %s",
                                    invocation->text[OPTION_TIMEOUT])
                         : cli_fail(EXIT_NODE, "%s", err.text);
    if (!json)
        results_print(answer.object, invocation->given[OPTION_QUIET]);
    return answer_finish(invocation, &answer);
}

int exec_command(const struct invocation *invocation)
{
    char *const *names = invocation->arguments;
    size_t count = invocation->argument_count;
    const char *run = invocation->text[OPTION_RUN];
    struct kernel_options options;
    struct run_view view;
    int result;

    if (!run && count > 1 && !scenario_find(names[0]) && !is_kernel_word(names[0])) {
        run = names[0];
        names++;
        count--;
    }
    result = kernel_options_take(invocation, names, count, &options);
    if (result != 0)
        return result;
    result = check_all_sendable(&options);
    if (result == 0)
        result = live_run_of(invocation, run, &view);
    if (result == 0) {
        result = exec_on(invocation, &view, &options);
        run_view_close(&view);
    }
    kernel_options_free(&options);
    return result;
}

/* --- shutdown --------------------------------------------------------------------------------- */

/* Whether the run has ended and no node from `*next` on is alive; those that are gone are passed
 * over for good. */
static bool all_gone(struct run_view *view, uint32_t *next)
{
    run_view_look_run(view);
    if (view->state == RUN_STATE_LIVE || view->launcher_alive)
        return false;
    while (*next < view->topology.node_count && !state_record_alive(&view->map.records[*next]))
        (*next)++;
    return *next == view->topology.node_count;
}

/* For a while, or until the launcher has ended: then *launcher_fd is -1. */
static void wait_a_while(int *launcher_fd)
{
    enum { WHILE_MS = 20 };
    struct pollfd end = {.fd = *launcher_fd, .events = POLLIN};

    if (poll(&end, 1, WHILE_MS) <= 0)
        return;
    close(*launcher_fd);
    *launcher_fd = -1;
}

/* Wait for the end of the launcher and of all nodes. False when somebody is still there after
 * `timeout_ms`, and more for a large tree. */
static bool wait_gone(struct run_view *view, uint64_t timeout_ms)
{
    uint64_t deadline_ms =
        monotonic_clock_ms() + timeout_ms + view->topology.node_count * UINT64_C(5);
    int launcher_fd = (int)syscall(SYS_pidfd_open, view->map.header->launcher_pid, 0);
    uint32_t next = 0;
    bool gone;

    while (!(gone = all_gone(view, &next)) && monotonic_clock_ms() <= deadline_ms)
        wait_a_while(&launcher_fd);
    if (launcher_fd >= 0)
        close(launcher_fd);
    return gone;
}

/* SIGKILL for the launcher, by a descriptor that cannot come to mean another process. Its end is
 * the end of the run. */
static int launcher_kill(struct run_view *view, struct error *err)
{
    int pid = view->map.header->launcher_pid;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    int result = 0;

    if (fd < 0)
        return errno == ESRCH ? 0 : error_set(err, "launcher %d: %s", pid, strerror(errno));
    run_view_look_run(view); // is it still that process?
    if (view->launcher_alive && syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) < 0)
        result = error_set(err, "cannot kill the launcher %d: %s", pid, strerror(errno));
    close(fd);
    return result;
}

/* As it does at its own terminal, it says why here. */
static void say_cause(const struct run_view *view, int exit_code)
{
    char *cause = run_report_read_cause(view->dir.fd, "run.json");

    cli_note("the run %s ended with %d: %s", view->dir.name, exit_code,
             cause ? cause : "its run.json does not say why");
    free(cause);
}

static int shutdown_finish(const struct invocation *invocation, const struct run_view *view,
                           int exit_code, bool killed)
{
    if (exit_code)
        say_cause(view, exit_code);
    if (!invocation->given[OPTION_JSON])
        return exit_code;
    return cli_finish_json(json_pack("{s:s, s:s, s:i, s:b}", "schema", "linqu.shutdown/1", "run",
                                     view->dir.name, "exit_code", exit_code, "killed", killed),
                           exit_code);
}

static int shutdown_kill(const struct invocation *invocation, struct run_view *view)
{
    struct error err;

    if (!invocation->given[OPTION_QUIET])
        cli_note("the launcher %d does not answer; killing it, and with it the run",
                 view->map.header->launcher_pid);
    if (launcher_kill(view, &err) < 0)
        return cli_fail(EXIT_NODE, "%s", err.text);
    if (!wait_gone(view, GONE_MS))
        return cli_fail(EXIT_LEAK, "processes of the run %s are still there", view->dir.name);
    return shutdown_finish(invocation, view, EXIT_DONE, true);
}

enum outcome {
    OUTCOME_ANSWERED, // the last reply has come
    OUTCOME_CLOSED,   // the connection ended: the run ends, or has ended
    OUTCOME_SILENT,   // no answer in time
};

/* Before it stops, a run writes the records of all tasks. */
static uint64_t records_ms(const struct run_view *view)
{
    uint64_t tasks = 0;

    for (uint32_t rank = 0; rank < view->topology.node_count; rank++)
        tasks += atomic_load_explicit(&view->map.records[rank].tasks_done, memory_order_relaxed);
    return tasks / LAUNCH_RECORDS_A_MS;
}

/* How long the answer may take: the run's own deadlines are over by then, or the ones that were
 * asked for. */
static uint64_t answer_timeout_ms(const struct invocation *invocation, const struct run_view *view)
{
    if (invocation->given[OPTION_FORCE])
        return FORCED_ANSWER_MS + view->topology.node_count;
    if (invocation->given[OPTION_TIMEOUT])
        return invocation->number[OPTION_TIMEOUT] * 1000 + STOP_GRACE_MS + records_ms(view);
    return USUAL_ANSWER_MS + view->topology.node_count * UINT64_C(10) + records_ms(view);
}

static enum outcome shutdown_ask(const struct invocation *invocation, const struct run_view *view,
                                 struct error *err)
{
    bool force = invocation->given[OPTION_FORCE], timed_out = false;
    json_int_t timeout_s = (json_int_t)invocation->number[OPTION_TIMEOUT];
    struct ctl_client *client = ctl_client_open(view, GREETING_MS, err);
    struct ctl_answer answer = {0};
    json_t *arguments;
    int result;

    if (!client)
        return OUTCOME_SILENT;
    // without --timeout 0: the run's own
    arguments = json_pack("{s:b, s:I}", "force", force, "timeout_s", timeout_s);
    result = ctl_client_ask(client, "shutdown", arguments, answer_timeout_ms(invocation, view),
                            NULL, &answer, &timed_out, err);
    json_decref(arguments);
    json_decref(answer.object);
    ctl_client_close(client);
    if (result == 0)
        return OUTCOME_ANSWERED;
    return timed_out ? OUTCOME_SILENT : OUTCOME_CLOSED;
}

static int shutdown_run(const struct invocation *invocation, struct run_view *view)
{
    bool force = invocation->given[OPTION_FORCE];
    struct error err;
    enum outcome outcome = shutdown_ask(invocation, view, &err);

    if (!wait_gone(view, outcome == OUTCOME_SILENT ? 0 : force ? FORCED_ANSWER_MS : GONE_MS)) {
        if (force)
            return shutdown_kill(invocation, view);
        if (outcome == OUTCOME_ANSWERED)
            return cli_fail(EXIT_LEAK, "the run %s has ended, but processes are left",
                            view->dir.name);
        return cli_fail(EXIT_NODE, "%s; `linqu shutdown --force` kills the run", err.text);
    }
    if (view->state == RUN_STATE_STALE)
        return cli_fail(EXIT_NODE, "the launcher of %s was killed before it had ended the run",
                        view->dir.name);
    return shutdown_finish(invocation, view, (int)view->map.header->exit_code, false);
}

int shutdown_command(const struct invocation *invocation)
{
    const char *name = invocation->argument_count ? invocation->arguments[0] : NULL;
    struct run_view view;
    int result = live_run_of(invocation, name, &view);

    if (result != 0)
        return result;
    result = shutdown_run(invocation, &view);
    run_view_close(&view);
    return result;
}
