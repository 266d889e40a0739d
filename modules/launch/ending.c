/* The way down, and what is left afterwards. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/printable.h"
#include "launch/launcher.h"
#include "rundir/process_stat.h"

enum { STOP_MS_LEAST = 200 };

/* After SIGKILL the kernel needs its time for each process; who is left after this is named. */
#define KILL_NS_LEAST UINT64_C(10000000000)
#define KILL_NS_A_NODE UINT64_C(10000000)
#define SWEEP_EVERY_NS UINT64_C(1000000000)

void ending_begin(struct launcher *launcher, bool graceful, uint64_t deadline_ms)
{
    if (launcher->phase == RUN_STOPPING)
        return;
    if (deadline_ms < STOP_MS_LEAST)
        deadline_ms = STOP_MS_LEAST;
    launcher_phase(launcher, RUN_STOPPING);
    work_abandon(launcher);
    launcher->stop_due_ns = monotonic_clock_ns() + deadline_ms * 1000000;
    launcher->stop_step_ns = deadline_ms * 1000000 / 16;
    tree_shutdown(launcher, graceful, deadline_ms - deadline_ms / 8);
}

/* The death of the top ends every process below it. */
void ending_kill(struct launcher *launcher)
{
    launcher_phase(launcher, RUN_STOPPING);
    work_abandon(launcher);
    launcher->stop_signal = SIGKILL;
    launcher->stop_due_ns = monotonic_clock_ns() + KILL_NS_LEAST +
                            launcher->options->topology->node_count * KILL_NS_A_NODE;
    if (tree_top(launcher))
        kill(tree_top(launcher), SIGKILL);
}

/* What it leaves behind has its time, too. */
void ending_without_top(struct launcher *launcher, bool in_order)
{
    launcher_phase(launcher, RUN_STOPPING);
    work_turn(launcher); // what was lost with it is told as such
    work_abandon(launcher);
    if (!in_order)
        ending_kill(launcher);
    else if (launcher->stop_due_ns == UINT64_MAX)
        launcher->stop_due_ns =
            monotonic_clock_ns() + launcher->options->stop_timeout_s * UINT64_C(1000000000);
}

static void name_survivor(struct launcher *launcher)
{
    const struct topology *topology = launcher->options->topology;
    char path[LIMIT_NODE_PATH];

    for (uint32_t rank = topology->node_count; rank-- > 0;) {
        const struct state_record *record = &launcher->inherit.state.records[rank];

        if (!state_record_alive(record))
            continue;
        topology_path(topology, rank, path, sizeof path);
        launcher_blame(launcher, EXIT_LEAK, "%s (process %d) does not end, not even by SIGKILL",
                       path, atomic_load(&record->pid));
        return;
    }
}

static void timeout(struct launcher *launcher)
{
    char path[LIMIT_NODE_PATH];

    launcher->stop_due_ns = monotonic_clock_ns() + launcher->stop_step_ns;
    if (launcher->stop_signal == SIGKILL) {
        name_survivor(launcher);
        launcher->over = true;
        return;
    }
    if (!tree_top(launcher)) { // what it left behind has had its time
        ending_kill(launcher);
        return;
    }
    topology_path(launcher->options->topology, 0, path, sizeof path);
    launcher->stop_signal = launcher->stop_signal == 0 ? SIGTERM : SIGKILL;
    launcher_blame(launcher, EXIT_NODE, "%s has not stopped in time: sending %s", path,
                   launcher->stop_signal == SIGTERM ? "SIGTERM" : "SIGKILL");
    if (launcher->stop_signal == SIGKILL)
        ending_kill(launcher);
    else
        kill(tree_top(launcher), SIGTERM);
}

/* A child that is no node and has not our process group, as all have that we fork for ourselves:
 * a kernel started it. Its parent has ended, so it is ours. */
static bool is_stray(const struct launcher *launcher, pid_t pid)
{
    const struct state_record *records = launcher->inherit.state.records;
    struct process_stat stat;

    if (getpgid(pid) == getpgrp())
        return false;
    for (uint32_t rank = 0; rank < launcher->options->topology->node_count; rank++)
        if (atomic_load_explicit(&records[rank].pid, memory_order_relaxed) == pid)
            return false;
    return process_stat_read(pid, &stat) && stat.state != 'Z' && stat.state != 'X';
}

static void kill_stray(struct launcher *launcher, pid_t pid)
{
    char path[32], name[64] = "a process", shown[PRINTABLE_SIZE];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    file = fopen(path, "re");
    if (file && fgets(name, sizeof name, file))
        name[strcspn(name, "\n")] = '\0';
    if (file)
        fclose(file);
    if (launcher->strays++ == 0)
        launcher_blame(launcher, EXIT_LEAK,
                       "%s (process %d), which a kernel started, has outlived the tree: killing "
                       "it, and whatever else did",
                       printable(name, strlen(name), shown), (int)pid);
    kill(pid, SIGKILL);
}

/* The next child of ours that /proc lists; 0 after the last. */
static pid_t next_child(FILE *children)
{
    int pid;

    return children && fscanf(children, "%d", &pid) == 1 ? pid : 0;
}

/* Nobody else ends what outlives a tree that was killed. Before READY all are nodes, also those
 * that have not yet written down their process. */
static void sweep_strays(struct launcher *launcher)
{
    FILE *children;
    pid_t pid;

    if (launcher->stop_signal != SIGKILL || tree_top(launcher) || !launcher->ready_ns ||
        monotonic_clock_ns() < launcher->swept_ns + SWEEP_EVERY_NS)
        return;
    launcher->swept_ns = monotonic_clock_ns();
    children = fopen("/proc/thread-self/children", "re");
    while ((pid = next_child(children)))
        if (is_stray(launcher, pid))
            kill_stray(launcher, pid);
    if (children)
        fclose(children);
}

void ending_tick(struct launcher *launcher)
{
    sweep_strays(launcher);
    if (monotonic_clock_ns() >= launcher->stop_due_ns)
        timeout(launcher);
}

uint32_t count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    uint32_t count = 0;

    if (!dir)
        return 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 3; // ".", "..", and the directory itself
}

/* Shared mappings of ours show as deleted /dev/zero files, the others by their names. The run's
 * state.map is still open, to be told the end. */
static uint32_t count_shared_memory(const struct launcher *launcher)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    uint32_t count = 0;

    if (!maps)
        return 0;
    while (fgets(line, sizeof line, maps))
        count += strstr(line, "/dev/zero (deleted)") != NULL ||
                 strstr(line, "/state.map") != NULL || strstr(line, "/memfd:linqu") != NULL;
    fclose(maps);
    return count - (count && launcher->inherit.state.header);
}

static uint32_t count_processes(void)
{
    uint32_t count = 0;
    FILE *children;

    if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
        return 0;
    children = fopen("/proc/thread-self/children", "re");
    while (next_child(children))
        count++;
    if (children)
        fclose(children);
    return count ? count : 1;
}

static uint32_t count_sockets(const struct launcher *launcher)
{
    const struct topology *topology = launcher->options->topology;
    uint32_t count = faccessat(launcher->dir.fd, "ctl.sock", F_OK, AT_SYMLINK_NOFOLLOW) == 0;

    for (uint32_t rank = 0; rank < topology->node_count; rank++) {
        char dir[LIMIT_PATH], name[32], path[LIMIT_PATH + 40];

        if (!run_dir_socket_name(topology, rank, name, sizeof name))
            break; // ranks go by level: only chips follow
        run_dir_node_path(topology, rank, dir, sizeof dir);
        snprintf(path, sizeof path, "%s/%s", dir, name);
        count += faccessat(launcher->dir.fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    }
    return count;
}

/* What stays open until the account is written: the run's directory and its events. */
static uint32_t count_kept(const struct launcher *launcher)
{
    return (uint32_t)(launcher->dir.base_fd >= 0) + (uint32_t)(launcher->dir.fd >= 0) +
           (uint32_t)(launcher->dir.lock_fd >= 0) + (uint32_t)(launcher->events_fd >= 0);
}

struct run_leaks ending_account(struct launcher *launcher)
{
    uint32_t now = count_descriptors() - count_kept(launcher);

    return (struct run_leaks){
        .processes = count_processes() + launcher->strays,
        .descriptors = now > launcher->descriptors_before ? now - launcher->descriptors_before : 0,
        .shared_memory = count_shared_memory(launcher),
        .sockets = count_sockets(launcher),
    };
}
