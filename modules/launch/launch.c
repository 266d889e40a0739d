#include "launch/launch.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/json_text.h"
#include "launch/detach.h"
#include "launch/kernels.h"
#include "launch/launcher.h"
#include "super/compact_layout.h"
#include "super/near_stack.h"
#include "super/schedule.h"

enum { TICK_MS = 100 };

void launcher_blame(struct launcher *launcher, int exit_code, const char *format, ...)
{
    char sentence[ERROR_TEXT_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    say_progress_end();
    fprintf(stderr, "linqu: %s\n", sentence);
    if (launcher->events_fd >= 0)
        events_append(launcher->events_fd, "failure", NULL, "{s:o, s:i}", "cause",
                      json_text(sentence), "exit_code", exit_code);
    if (launcher->report)
        run_report_cause(launcher->report, exit_code, "%s", sentence);
    if (launcher->exit_code == EXIT_DONE)
        launcher->exit_code = exit_code;
}

void launcher_phase(struct launcher *launcher, enum run_phase phase)
{
    if (launcher->phase == phase)
        return;
    launcher->phase = phase;
    if (phase == RUN_STOPPING) {
        launcher->stopping_ns = monotonic_clock_ns();
        if (launcher->ready_ns)
            run_report_phase(launcher->report, REPORT_WORK,
                             (launcher->stopping_ns - launcher->ready_ns) / 1000000);
    }
    atomic_store(&launcher->inherit.state.header->phase, phase);
    events_append(launcher->events_fd, run_phase_name(phase), NULL, NULL);
}

/* Every node that is not ready though all below it are: the first in rank order of the lowest level
 * is the one to look at. */
static void blame_start_timeout(struct launcher *launcher)
{
    const struct topology *topology = launcher->options->topology;
    const struct state_record *records = launcher->inherit.state.records;
    uint32_t ready = 0, suspect = RANK_NONE;
    char path[LIMIT_NODE_PATH];

    for (uint32_t rank = topology->node_count; rank-- > 0;) {
        uint32_t life = atomic_load(&records[rank].life);

        ready += life == NODE_READY;
        if (life < NODE_READY && life != NODE_ABSENT &&
            (suspect == RANK_NONE ||
             topology_level_of_rank(topology, rank) <= topology_level_of_rank(topology, suspect)))
            suspect = rank;
    }
    if (suspect == RANK_NONE)
        suspect = 0;
    topology_path(topology, suspect, path, sizeof path);
    launcher_blame(
        launcher, EXIT_START,
        "start failed: %s (process %d, %s) was not ready within %u s; %s of %s nodes were. "
        "A slow machine may need a larger --start-timeout",
        path, atomic_load(&records[suspect].pid),
        node_life_name((enum node_life)atomic_load(&records[suspect].life)),
        launcher->options->start_timeout_s, with_commas(ready), with_commas(topology->node_count));
}

static bool seconds_over(uint64_t since_ns, unsigned seconds)
{
    return seconds && monotonic_clock_ns() - since_ns >= seconds * UINT64_C(1000000000);
}

/* The launcher is the parent of the top, and watches what it computes as every parent does. */
static void watch_top(struct launcher *launcher)
{
    struct state_task task;
    char path[LIMIT_NODE_PATH];

    if (launcher->phase == RUN_STOPPING || !tree_top(launcher) ||
        !state_record_task(&launcher->inherit.state.records[0], &task) || !task.limit_ms ||
        monotonic_clock_ns() < task.started_ns + task.limit_ms * 1000000)
        return;
    topology_path(launcher->options->topology, 0, path, sizeof path);
    launcher_blame(launcher, EXIT_NODE,
                   "%s: its kernel %s computed longer than --task-timeout %g s; killing the run",
                   path, task.kernel, (double)task.limit_ms / 1000);
    ending_kill(launcher);
}

static void tick(evutil_socket_t fd, short what, void *arg)
{
    struct launcher *launcher = arg;
    const struct launch_options *options = launcher->options;

    (void)fd;
    (void)what;
    say_progress(launcher);
    stall_tick(launcher);
    work_tick(launcher);
    kernels_tick(launcher);
    watch_top(launcher);
    if (launcher->phase == RUN_STARTING &&
        seconds_over(launcher->started_ns, options->start_timeout_s)) {
        blame_start_timeout(launcher);
        ending_kill(launcher);
    }
    if (launcher->phase != RUN_STOPPING && seconds_over(launcher->started_ns, options->timeout_s)) {
        launcher_blame(launcher, EXIT_TIMEOUT, "the run took longer than --timeout %u s",
                       options->timeout_s);
        ending_begin(launcher, false, options->stop_timeout_s * UINT64_C(1000));
    }
    ending_tick(launcher);
}

/* Once: gracefully. Twice: at once. For a held run that is READY it is how it ends, and no failure.
 */
static void on_interrupt(struct launcher *launcher, int signal)
{
    bool held = launcher->options->hold && launcher->phase == RUN_READY;

    if (++launcher->interrupts > 1) {
        launcher_blame(launcher, EXIT_SIGNAL + signal, "killing what is left of the run");
        ending_kill(launcher);
        return;
    }
    if (!held)
        launcher_blame(launcher, EXIT_SIGNAL + signal, "ended by signal %d (%s)", signal,
                       strsignal(signal));
    say(launcher, "stopping%s", signal == SIGINT ? "; Ctrl-C again kills at once" : "");
    if (launcher->phase == RUN_STARTING)
        ending_kill(launcher);
    else
        work_close(launcher, launcher->options->stop_timeout_s * UINT64_C(1000));
}

static void signal_readable(evutil_socket_t fd, short what, void *arg)
{
    struct signalfd_siginfo info;
    struct launcher *launcher = arg;

    (void)what;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD)
            on_interrupt(launcher, (int)info.ssi_signo);
    tree_reap(launcher);
}

static void bell_rung(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static void our_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGQUIT);
    sigaddset(set, SIGCHLD);
}

static struct event *listen_to(struct launcher *launcher, int fd, short what,
                               event_callback_fn callback)
{
    struct event *event = event_new(launcher->base, fd, what, callback, launcher);

    event_add(event, NULL);
    return event;
}

static int open_loop(struct launcher *launcher, struct error *err)
{
    const struct timeval period = {.tv_usec = TICK_MS * 1000};
    struct event_config *config = event_config_new();
    sigset_t set;

    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
    launcher->base = event_base_new_with_config(config);
    event_config_free(config);
    our_signals(&set);
    launcher->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (!launcher->base || launcher->signal_fd < 0)
        return error_set(err, "cannot make an event loop: %s", strerror(errno));
    launcher->bell =
        listen_to(launcher, launcher->bell_fd, EV_READ | EV_PERSIST | EV_ET, bell_rung);
    launcher->signals =
        listen_to(launcher, launcher->signal_fd, EV_READ | EV_PERSIST, signal_readable);
    launcher->tick = event_new(launcher->base, -1, EV_PERSIST, tick, launcher);
    event_add(launcher->tick, &period);
    return control_open(launcher, err);
}

static void event_forget(struct event **event)
{
    if (*event)
        event_free(*event);
    *event = NULL;
}

void loop_close(struct launcher *launcher)
{
    if (launcher->base) {
        control_close(launcher);
        event_base_loop(launcher->base, EVLOOP_NONBLOCK); // closes happen
        event_forget(&launcher->bell);
        event_forget(&launcher->signals);
        event_forget(&launcher->tick);
        event_base_free(launcher->base);
        launcher->base = NULL;
    }
    if (launcher->signal_fd >= 0)
        close(launcher->signal_fd);
    launcher->signal_fd = -1;
}

static void serve(struct launcher *launcher)
{
    tree_reap(launcher);
    while (!launcher->over) {
        bool awake = tree_read(launcher);

        work_turn(launcher);
        control_turn(launcher);
        awake |= tree_flush(launcher);
        event_base_loop(launcher->base, EVLOOP_ONCE | (awake ? EVLOOP_NONBLOCK : 0));
    }
    say_progress_end();
}

/* There is no loop to serve in: what was forked is killed, and only its end is waited for. */
static void wait_killed(struct launcher *launcher)
{
    const struct timespec pause = {.tv_nsec = TICK_MS / 10 * 1000000};

    for (tree_reap(launcher); !launcher->over; tree_reap(launcher)) {
        nanosleep(&pause, NULL);
        ending_tick(launcher);
    }
}

static void block_signals(void)
{
    sigset_t set;

    our_signals(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // what exceeds `ulimit -f` is an error to tell
}

static int start(struct launcher *launcher, struct error *err)
{
    if (tree_fork(launcher, err) < 0)
        return -1;
    tree_open(launcher);
    return open_loop(launcher, err);
}

static void free_all(struct launcher *launcher)
{
    run_dir_close(&launcher->dir);
    if (launcher->events_fd >= 0)
        close(launcher->events_fd);
    link_destroy(launcher->top);
    brood_destroy(&launcher->brood);
    traces_close(launcher);
    message_reader_destroy(launcher->reader);
    buffer_free(&launcher->frame);
    membership_destroy(launcher->members);
    run_report_destroy(launcher->report);
    kernels_destroy(launcher->kernels);
    free((char *)launcher->inherit.inject_path);
}

static int prepare_run(struct launcher *launcher, struct error *err)
{
    char base[LIMIT_PATH];

    launcher->started_ns = monotonic_clock_ns();
    launcher->started_wall_ns = wall_clock_ns();
    launcher->descriptors_before = count_descriptors();
    if (setup_check(launcher, base, err) < 0)
        return -1;
    block_signals();
    return setup_make(launcher, base, err);
}

static int run(struct launcher *launcher)
{
    struct error err;

    if (prepare_run(launcher, &err) < 0) {
        launcher_blame(launcher, EXIT_MACHINE, "%s", err.text);
        setup_discard(launcher);
        return launcher->exit_code;
    }
    schedule_short_turns(); // so deadlines, Ctrl-C and SIGKILL act in time
    if (start(launcher, &err) < 0) {
        launcher_blame(launcher, EXIT_START, "start failed: %s", err.text);
        ending_kill(launcher);
        wait_killed(launcher);
    } else {
        serve(launcher);
    }
    finish_run(launcher);
    return launcher->exit_code;
}

void launch_prepare(void)
{
    compact_layout_take();
    near_stack_make(); // the first mapping, so the nearest
}

/* Not on the stack, which no node is on any more: what they look at of it at every wake-up lies with
 * the other data. */
static struct launcher launcher;

int launch_run(const struct launch_options *options)
{
    int exit_code;

    launcher = (struct launcher){
        .options = options,
        .events_fd = -1,
        .bell_fd = -1,
        .signal_fd = -1,
        .control_fd = -1,
        .traces_fd = -1,
        .detach_fd = -1,
        .stop_due_ns = UINT64_MAX,
        .reservation = {.fd = -1, .dir_fd = -1},
        .dir = {.base_fd = -1, .fd = -1, .lock_fd = -1},
    };
    if (options->detach && detach(&launcher, &exit_code))
        return exit_code;
    exit_code = run(&launcher);
    detach_tell(&launcher, exit_code);
    free_all(&launcher);
    return exit_code;
}
