/* What a person sees: progress and failures on stderr, results on stdout. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "launch/launcher.h"

static bool progress_shown;

void say_progress_end(void)
{
    if (progress_shown)
        fputs("\r\033[K", stderr);
    progress_shown = false;
}

void say(const struct launcher *launcher, const char *format, ...)
{
    va_list args;

    if (launcher->options->quiet)
        return;
    say_progress_end();
    fputs("linqu: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static uint32_t count_ready(const struct launcher *launcher)
{
    const struct state_record *records = launcher->inherit.state.records;
    uint32_t ready = 0;

    for (uint32_t i = 0; i < launcher->options->topology->node_count; i++)
        ready += atomic_load_explicit(&records[i].life, memory_order_relaxed) == NODE_READY;
    return ready;
}

void say_progress(struct launcher *launcher)
{
    static const char *const verbs[RUN_PHASE_COUNT] = {[RUN_STARTING] = "starting",
                                                       [RUN_WORKING] = "working",
                                                       [RUN_STOPPING] = "stopping"};
    double seconds = (double)(monotonic_clock_ns() - launcher->started_ns) / 1e9;

    if (launcher->options->quiet || !isatty(STDERR_FILENO) || !verbs[launcher->phase])
        return;
    fprintf(stderr, "\r\033[Klinqu: %s: %s of %s nodes ready, %.1f s", verbs[launcher->phase],
            with_commas(count_ready(launcher)),
            with_commas(launcher->options->topology->node_count), seconds);
    fflush(stderr);
    progress_shown = true;
}

static const char *paint(const struct launcher *launcher, bool good)
{
    if (!launcher->options->colour || !isatty(STDOUT_FILENO))
        return good ? "pass" : "FAIL";
    return good ? "\033[32mpass\033[0m" : "\033[31mFAIL\033[0m";
}

void say_scenario(const struct launcher *launcher, const struct report_scenario *results)
{
    const char *name, *detail;
    bool good;

    if (launcher->options->quiet || launcher->options->json)
        return;
    say_progress_end();
    printf("%s: %s\n", report_scenario_name(results),
           paint(launcher, report_scenario_passed(results)));
    for (size_t i = 0; report_scenario_check(results, i, &name, &good, &detail); i++)
        printf("  %-9s %s  %s\n", name, paint(launcher, good), detail);
    fflush(stdout);
}

void say_ended(const struct launcher *launcher, const struct run_leaks *leaks, double stop_ms)
{
    say(launcher,
        "stopped in %.2f s; left behind: %u processes, %u descriptors, %u shared memory, %u "
        "sockets",
        stop_ms / 1000, leaks->processes, leaks->descriptors, leaks->shared_memory, leaks->sockets);
}
