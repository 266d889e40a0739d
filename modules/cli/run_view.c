#include "cli/run_view.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/memory.h"
#include "cli/cli_output.h"
#include "cli/invocation.h"
#include "model/beat.h"
#include "rundir/clock.h"
#include "rundir/process_stat.h"

const char *node_state_name(enum node_state state)
{
    static const char *const names[STATE_COUNT] = {
        [STATE_ABSENT] = "absent", [STATE_STARTING] = "starting", [STATE_READY] = "ready",
        [STATE_SLOW] = "slow",     [STATE_DRAINING] = "draining", [STATE_LEFT] = "left",
        [STATE_FAILED] = "failed", [STATE_DEAD] = "dead",
    };

    return names[state];
}

const char *run_state_name(enum run_state state)
{
    static const char *const names[] = {
        [RUN_STATE_LIVE] = "live", [RUN_STATE_DEAD] = "dead", [RUN_STATE_STALE] = "stale"};

    return names[state];
}

bool node_state_alive(enum node_state state)
{
    return state == STATE_STARTING || state == STATE_READY || state == STATE_SLOW ||
           state == STATE_DRAINING;
}

static bool node_state_ended(enum node_state state)
{
    return state == STATE_LEFT || state == STATE_FAILED || state == STATE_DEAD;
}

static bool silent(const struct run_view *view, const struct state_record *record)
{
    uint64_t beat_ns = record->beat_ns;

    if (record->task_started_ns) // it computes and cannot answer: its parent keeps the time
        return false;
    return beat_ns && view->now_ns > beat_ns &&
           beat_is_slow(view->now_ns - beat_ns, view->map.header->beat_interval_ms);
}

static enum node_state state_of(const struct run_view *view, const struct state_record *record,
                                bool *stopped)
{
    uint32_t life = record->life;
    struct process_stat stat;

    *stopped = false;
    if (life == NODE_STOPPED)
        return STATE_LEFT;
    if (!record->pid)
        return STATE_ABSENT;
    if (!state_record_process(record, &stat))
        return life == NODE_FAILED ? STATE_FAILED : STATE_DEAD;
    *stopped = stat.state == 'T' || stat.state == 't';
    if (*stopped || (life == NODE_READY && silent(view, record)))
        return STATE_SLOW;
    if (life == NODE_FAILED)
        return STATE_FAILED;
    if (life == NODE_DRAINING)
        return STATE_DRAINING;
    return life == NODE_READY ? STATE_READY : STATE_STARTING;
}

static bool launcher_alive(const struct state_header *header)
{
    struct state_record launcher = {0};

    launcher.pid = header->launcher_pid;
    launcher.start_ticks = header->launcher_start_ticks;
    return state_record_alive(&launcher);
}

void run_view_look_run(struct run_view *view)
{
    uint32_t phase = view->map.header->phase;

    view->phase = phase < RUN_PHASE_COUNT ? (enum run_phase)phase : RUN_STARTING;
    if (run_dir_live(&view->dir))
        view->state = RUN_STATE_LIVE;
    else
        view->state = view->phase == RUN_ENDED ? RUN_STATE_DEAD : RUN_STATE_STALE;
    view->launcher_alive = launcher_alive(view->map.header);
}

void run_view_look(struct run_view *view)
{
    run_view_look_run(view);
    view->now_ns = monotonic_clock_ns();
    for (uint32_t rank = 0; rank < view->topology.node_count; rank++)
        view->nodes[rank] = (uint8_t)state_of(view, &view->map.records[rank], &view->stopped[rank]);
}

int run_view_open(const char *base, const char *name, struct run_view *view, struct error *err)
{
    *view = (struct run_view){0};
    if (run_dir_open(base, name, &view->dir, err) < 0)
        return -1;
    if (state_map_open(view->dir.fd, &view->map, &view->topology, err) < 0) {
        error_prefix(err, "no such run: %s has no nodes", view->dir.path);
        run_dir_close(&view->dir);
        return -1;
    }
    view->nodes = memory_new(view->topology.node_count, sizeof *view->nodes);
    view->stopped = memory_new(view->topology.node_count, sizeof *view->stopped);
    run_view_look(view);
    return 0;
}

int run_view_of(const struct invocation *invocation, const char *name, struct run_view *view)
{
    char base[LIMIT_PATH], notice[LIMIT_PATH];
    struct error err;

    if (run_dir_base_look(invocation->text[OPTION_BASE], base, notice, &err) < 0)
        return cli_fail(EXIT_MACHINE, "%s", err.text);
    if (notice[0])
        cli_note("%s", notice);
    if (run_view_open(base, name, view, &err) < 0)
        return cli_fail(EXIT_NO_RUN, "%s", err.text);
    return EXIT_DONE;
}

void run_view_close(struct run_view *view)
{
    state_map_close(&view->map);
    run_dir_close(&view->dir);
    free(view->nodes);
    free(view->stopped);
    view->nodes = NULL;
    view->stopped = NULL;
}

static void death_reason(const struct run_view *view, uint32_t rank, char *out, size_t size)
{
    int32_t status = view->map.records[rank].exit_status;
    uint32_t parent = topology_parent(&view->topology, rank);

    if (status != -1 && WIFSIGNALED(status))
        snprintf(out, size, "killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) != EXIT_ORPHANED)
        snprintf(out, size, "exited with %d", WEXITSTATUS(status));
    else if (parent != RANK_NONE && node_state_ended(view->nodes[parent]))
        snprintf(out, size, "its parent ended");
    else if (parent == RANK_NONE && view->state != RUN_STATE_LIVE)
        snprintf(out, size, "its launcher ended");
    else
        snprintf(out, size, "its process is gone");
}

static void slow_reason(const struct run_view *view, uint32_t rank, char *out, size_t size)
{
    const struct state_record *record = &view->map.records[rank];
    uint64_t beat_ns = record->beat_ns;
    double silent_s =
        beat_ns && view->now_ns > beat_ns ? (double)(view->now_ns - beat_ns) / 1e9 : 0;

    snprintf(out, size, "%s, silent for %.1f s",
             view->stopped[rank] ? "stopped by a signal" : "does not come to run", silent_s);
}

void run_view_reason(const struct run_view *view, uint32_t rank, char *out, size_t size)
{
    switch (view->nodes[rank]) {
    case STATE_DEAD:
        death_reason(view, rank, out, size);
        break;
    case STATE_SLOW:
        slow_reason(view, rank, out, size);
        break;
    case STATE_FAILED:
        snprintf(out, size, "could not start; see its log");
        break;
    default:
        out[0] = '\0';
    }
}

bool run_view_has_socket(const struct run_view *view, uint32_t rank)
{
    char directory[LIMIT_NODE_PATH], name[32], path[LIMIT_NODE_PATH + 32];
    struct stat st;

    if (!run_dir_socket_name(&view->topology, rank, name, sizeof name))
        return false;
    run_dir_node_path(&view->topology, rank, directory, sizeof directory);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return fstatat(view->dir.fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode);
}
