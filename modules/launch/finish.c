/* The end of a run: everything is closed, the account is taken, and what came of it is told. */

#include <stdio.h>
#include <unistd.h>

#include "launch/launcher.h"
#include "report/json_file.h"

/* Close what this process opened for the run, except the run's directory, its events and its
 * state.map. */
static void close_tree(struct launcher *launcher)
{
    loop_close(launcher);
    traces_close(launcher);
    link_destroy(launcher->top);
    launcher->top = NULL;
    brood_destroy(&launcher->brood);
    if (launcher->bell_fd >= 0)
        close(launcher->bell_fd);
    launcher->bell_fd = -1;
    reservation_release(&launcher->reservation);
}

static void write_report(struct launcher *launcher)
{
    struct error err;
    json_t *json;

    if (run_report_write(launcher->report, launcher->dir.fd, &err) < 0)
        launcher_blame(launcher, EXIT_INTERNAL, "%s", err.text);
    if (!launcher->options->json || launcher->options->detach)
        return;
    json = run_report_json(launcher->report);
    json_print(stdout, json);
    json_decref(json);
}

static void blame_leaks(struct launcher *launcher, const struct run_leaks *leaks)
{
    if (leaks->processes + leaks->descriptors + leaks->shared_memory + leaks->sockets)
        launcher_blame(
            launcher, EXIT_LEAK,
            "the run left behind %u processes, %u descriptors, %u shared mappings and %u "
            "sockets; see linqu discover --clean",
            leaks->processes, leaks->descriptors, leaks->shared_memory, leaks->sockets);
}

/* Last of all, for who sees that the run has ended believes the exit code beside it. */
static void show_end(struct launcher *launcher)
{
    struct state_header *header = launcher->inherit.state.header;

    atomic_store(&header->exit_code, (uint32_t)launcher->exit_code);
    atomic_store(&header->phase, RUN_ENDED);
    state_map_close(&launcher->inherit.state);
}

void finish_run(struct launcher *launcher)
{
    uint64_t stop_ms = 0;
    struct run_leaks leaks;

    if (launcher->stopping_ns)
        stop_ms = (monotonic_clock_ns() - launcher->stopping_ns) / 1000000;
    run_report_phase(launcher->report, REPORT_STOP, stop_ms);
    if (launcher->stop_signal)
        tree_unlink_sockets(launcher, 0);
    work_abandon(launcher);
    traces_write(launcher, 0);
    close_tree(launcher);
    profile_write(launcher);
    leaks = ending_account(launcher);
    run_report_leaks(launcher->report, &leaks);
    blame_leaks(launcher, &leaks);
    launcher->exit_code = run_report_end(launcher->report);
    events_append(launcher->events_fd, "ended", NULL, "{s:i}", "exit_code", launcher->exit_code);
    write_report(launcher);
    show_end(launcher);
    say_ended(launcher, &leaks, (double)stop_ms);
}
