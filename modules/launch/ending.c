/* The way down, and what is left afterwards. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/launcher.h"

enum { STOP_MS_LEAST = 200 };

/* After SIGKILL the kernel needs its time for each process; who is left after this is named. */
#define KILL_NS_LEAST UINT64_C(10000000000)
#define KILL_NS_A_NODE UINT64_C(10000000)

void ending_begin(struct launcher *launcher, bool graceful, uint64_t deadline_ms)
{
    if (launcher->phase == RUN_STOPPING)
        return;
    if (deadline_ms < STOP_MS_LEAST)
        deadline_ms = STOP_MS_LEAST;
    launcher_phase(launcher, RUN_STOPPING);
    work_abandon(launcher);
    launcher->stop_due_ns = clock_now_ns() + deadline_ms * 1000000;
    launcher->stop_step_ns = deadline_ms * 1000000 / 16;
    tree_shutdown(launcher, graceful, deadline_ms - deadline_ms / 8);
}

/* The death of the top ends every process below it. */
void ending_kill(struct launcher *launcher)
{
    launcher_phase(launcher, RUN_STOPPING);
    work_abandon(launcher);
    launcher->stop_signal = SIGKILL;
    launcher->stop_due_ns =
        clock_now_ns() + KILL_NS_LEAST + launcher->options->topology->node_count * KILL_NS_A_NODE;
    if (launcher->brood.children[0].pid > 0)
        kill(launcher->brood.children[0].pid, SIGKILL);
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

void ending_timeout(struct launcher *launcher)
{
    pid_t top = launcher->brood.children[0].pid;
    char path[LIMIT_NODE_PATH];

    launcher->stop_due_ns = clock_now_ns() + launcher->stop_step_ns;
    if (launcher->stop_signal == SIGKILL) {
        name_survivor(launcher);
        launcher->over = true;
        return;
    }
    if (top <= 0) { // its orphans are dying; what is left after this is named
        ending_kill(launcher);
        return;
    }
    topology_path(launcher->options->topology, 0, path, sizeof path);
    launcher->stop_signal = launcher->stop_signal == 0 ? SIGTERM : SIGKILL;
    launcher_blame(launcher, EXIT_NODE, "%s has not stopped in time: sending %s", path,
                   launcher->stop_signal == SIGTERM ? "SIGTERM" : "SIGKILL");
    if (launcher->stop_signal == SIGKILL)
        ending_kill(launcher);
    else if (top > 0)
        kill(top, SIGTERM);
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
    FILE *children = fopen("/proc/thread-self/children", "re");
    int pid;

    if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD) {
        if (children)
            fclose(children);
        return 0;
    }
    while (children && fscanf(children, "%d", &pid) == 1)
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
        .processes = count_processes(),
        .descriptors = now > launcher->descriptors_before ? now - launcher->descriptors_before : 0,
        .shared_memory = count_shared_memory(launcher),
        .sockets = count_sockets(launcher),
    };
}
