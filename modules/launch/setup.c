/* What a run needs before anything is forked: room on the machine, its directory, its state.map, and
 * what the nodes inherit. */

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "launch/kernels.h"
#include "launch/launcher.h"
#include "model/beat.h"

/* As many descriptors as we may have: the nodes inherit it. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* LINQU_INJECT=PATH:HOW, for tests of a start that fails. */
static void read_injection(struct inherit_run *run)
{
    const char *text = getenv("LINQU_INJECT");
    char *copy, *colon;

    if (!text || !strchr(text, ':'))
        return;
    copy = memory_string(text);
    colon = strrchr(copy, ':');
    *colon = '\0';
    run->inject_path = copy;
    run->inject_how = colon + 1;
}

/* Where the set of processors cannot be read, nothing is bound. */
static void plan_placement(struct launcher *launcher)
{
    cpu_set_t allowed;

    CPU_ZERO(&allowed);
    if (launcher->options->bind)
        sched_getaffinity(0, sizeof allowed, &allowed);
    placement_plan(&launcher->inherit.placement, launcher->options->topology, &allowed);
}

static void fill_inherit(struct launcher *launcher)
{
    struct inherit_run *run = &launcher->inherit;

    run->topology = launcher->options->topology;
    run->logical_system = launcher->options->logical_system;
    run->physical_system = launcher->options->physical_system;
    run->run_path = launcher->dir.path;
    run->beat_interval_ms = beat_interval_ms(run->topology->node_count);
    run->task_timeout_ms = launcher->options->task_timeout_s * UINT64_C(1000);
    run->stop_ms = launcher->options->stop_timeout_s * UINT64_C(1000);
    run->log_level = launcher->options->verbose ? LOG_DEBUG : LOG_INFO;
    plan_placement(launcher);
    read_injection(run);
}

/* Kernels find it in their environment. */
static void set_dfs_base(const struct launcher *launcher)
{
    char path[LIMIT_PATH + 8];

    snprintf(path, sizeof path, "%s/dfs", launcher->dir.path);
    setenv(DFS_BASE, launcher->options->dfs_dir ? launcher->options->dfs_dir : path, 1);
}

static void fill_header(struct launcher *launcher)
{
    struct state_header *header = launcher->inherit.state.header;

    snprintf(header->logical_system, sizeof header->logical_system, "%s",
             launcher->options->logical_system);
    snprintf(header->physical_system, sizeof header->physical_system, "%s",
             launcher->options->physical_system);
    snprintf(header->run, sizeof header->run, "%s", launcher->dir.name);
    header->created_wall_ns = launcher->started_wall_ns;
    header->beat_interval_ms = launcher->inherit.beat_interval_ms;
    atomic_store(&header->launcher_pid, getpid());
}

int setup_check(struct launcher *launcher, char base[LIMIT_PATH], struct error *err)
{
    struct preflight preflight;
    char notice[LIMIT_PATH];

    if (run_dir_base(launcher->options->base, base, notice, err) < 0)
        return -1;
    if (notice[0])
        say(launcher, "%s", notice);
    raise_descriptor_limit();
    return reservation_take(base, launcher->options->topology, launcher->options->name,
                            &launcher->reservation, &preflight, err);
}

int setup_make(struct launcher *launcher, const char *base, struct error *err)
{
    const struct launch_options *options = launcher->options;

    if (run_dir_create(base, options->name, options->logical_system, &launcher->dir, err) < 0)
        return -1;
    launcher->events_fd = events_open(launcher->dir.fd, err);
    if (launcher->events_fd < 0)
        return -1;
    if (state_map_create(launcher->dir.fd, options->topology, &launcher->inherit.state, err) < 0)
        return -1;
    fill_inherit(launcher);
    set_dfs_base(launcher);
    fill_header(launcher);
    launcher->report =
        run_report_create(launcher->dir.name, options->command, options->topology, options->seed);
    launcher->members = membership_create(options->topology);
    launcher->kernels = kernels_create();
    traces_open(launcher);
    return 0;
}

void setup_discard(struct launcher *launcher)
{
    bool made = launcher->dir.fd >= 0;
    struct error err;

    state_map_close(&launcher->inherit.state);
    reservation_release(&launcher->reservation);
    run_dir_close(&launcher->dir);
    if (made && run_dir_remove(launcher->dir.base, launcher->dir.name, &err) < 0)
        say(launcher, "%s", err.text);
}
