/* Sums over the nodes of a run: over a level, or over a subtree. */

#ifndef CLI_RUN_SUMS_H
#define CLI_RUN_SUMS_H

#include <jansson.h>

#include "cli/run_view.h"

struct run_sums {
    uint32_t total;
    uint32_t of[STATE_COUNT];
    uint32_t alive;
    uint64_t restarts;
    uint64_t frames_in, frames_out, bytes_in, bytes_out;
    uint64_t forwarded, refused;
    uint64_t log_lines, log_dropped;
    uint64_t tasks_done, tasks_failed, tasks_queued;
    uint64_t connections;
};

void run_sums_add(struct run_sums *sums, const struct run_view *view, uint32_t rank);
struct run_sums run_sums_of_level(const struct run_view *view, enum level level);
struct run_sums run_sums_of_subtree(const struct run_view *view, uint32_t rank);

/* Hosts below a node (itself included when it is one): all, alive; and its named sockets: those it
 * should have, and those that are there and whose node is alive. */
struct reach_sums {
    uint32_t hosts, hosts_alive;
    uint32_t sockets, sockets_alive;
};
struct reach_sums reach_sums_of_subtree(const struct run_view *view, uint32_t rank);

/* The sums as members of a JSON object. */
json_t *run_sums_json(const struct run_sums *sums);

/* What the run's directory takes on disk; what was found in DISK_LOOK_S seconds when there is more
 * than can be looked at in that time. */
enum { DISK_LOOK_S = 2 };
struct disk_use {
    uint64_t bytes, files;
    bool whole;
};
struct disk_use disk_use_of(int dir_fd);

#endif
