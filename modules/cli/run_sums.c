#include "cli/run_sums.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rundir/clock.h"

void run_sums_add(struct run_sums *sums, const struct run_view *view, uint32_t rank)
{
    const struct state_record *record = &view->map.records[rank];

    sums->total++;
    sums->of[view->nodes[rank]]++;
    sums->alive += node_state_alive(view->nodes[rank]);
    sums->restarts += record->restarts;
    sums->frames_in += record->frames_in;
    sums->frames_out += record->frames_out;
    sums->bytes_in += record->bytes_in;
    sums->bytes_out += record->bytes_out;
    sums->forwarded += record->forwarded;
    sums->refused += record->refused;
    sums->log_lines += record->log_lines;
    sums->log_dropped += record->log_dropped;
    sums->tasks_done += record->tasks_done;
    sums->tasks_failed += record->tasks_failed;
    sums->tasks_queued += record->tasks_queued;
    sums->connections += record->connections;
}

struct run_sums run_sums_of_level(const struct run_view *view, enum level level)
{
    struct run_sums sums = {0};

    for (uint32_t i = 0; i < view->topology.count[level]; i++)
        run_sums_add(&sums, view, view->topology.first_rank[level] + i);
    return sums;
}

struct run_sums run_sums_of_subtree(const struct run_view *view, uint32_t rank)
{
    struct run_sums sums = {0};

    for (int level = LEVEL_COUNT - 1; level >= 0; level--) {
        uint32_t count, first;

        if (!view->topology.present[level])
            continue;
        first = topology_subtree(&view->topology, rank, (enum level)level, &count);
        for (uint32_t i = 0; i < count; i++)
            run_sums_add(&sums, view, first + i);
    }
    return sums;
}

struct reach_sums reach_sums_of_subtree(const struct run_view *view, uint32_t rank)
{
    struct reach_sums sums = {0};

    for (int level = LEVEL_COUNT - 1; level >= LEVEL_HOST; level--) {
        uint32_t count, first;

        if (!view->topology.present[level])
            continue;
        first = topology_subtree(&view->topology, rank, (enum level)level, &count);
        for (uint32_t i = first; i < first + count; i++) {
            bool alive = node_state_alive(view->nodes[i]);

            sums.sockets++;
            sums.sockets_alive += alive && run_view_has_socket(view, i);
            sums.hosts += level == LEVEL_HOST;
            sums.hosts_alive += level == LEVEL_HOST && alive;
        }
    }
    return sums;
}

json_t *run_sums_json(const struct run_sums *sums)
{
    json_t *object =
        json_pack("{s:I, s:I}", "total", (json_int_t)sums->total, "alive", (json_int_t)sums->alive);
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"restarts", sums->restarts},         {"frames_in", sums->frames_in},
        {"frames_out", sums->frames_out},     {"bytes_in", sums->bytes_in},
        {"bytes_out", sums->bytes_out},       {"forwarded", sums->forwarded},
        {"refused", sums->refused},           {"log_lines", sums->log_lines},
        {"log_dropped", sums->log_dropped},   {"tasks_done", sums->tasks_done},
        {"tasks_failed", sums->tasks_failed}, {"tasks_queued", sums->tasks_queued},
        {"connections", sums->connections},
    };

    for (int state = 0; state < STATE_COUNT; state++)
        json_object_set_new(object, node_state_name((enum node_state)state),
                            json_integer(sums->of[state]));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_object_set_new(object, numbers[i].name, json_integer((json_int_t)numbers[i].value));
    return object;
}

static void disk_walk(int dir_fd, unsigned depth, double until_s, struct disk_use *use)
{
    enum { DEPTH_MAX = 32 };
    DIR *dir = dir_fd < 0 ? NULL : fdopendir(dir_fd);
    const struct dirent *entry;
    struct stat st;

    if (!dir && dir_fd >= 0)
        close(dir_fd);
    while (dir && use->whole && (entry = readdir(dir))) {
        if (monotonic_clock_s() > until_s)
            use->whole = false;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        use->files++;
        use->bytes += (uint64_t)st.st_blocks * 512;
        if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
            disk_walk(
                openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                depth + 1, until_s, use);
    }
    if (dir)
        closedir(dir);
}

struct disk_use disk_use_of(int dir_fd)
{
    struct disk_use use = {.whole = true};

    disk_walk(openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0,
              monotonic_clock_s() + DISK_LOOK_S, &use);
    return use;
}
