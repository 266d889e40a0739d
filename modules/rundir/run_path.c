/* Where a node's files lie below the run's directory. */

#include <assert.h>
#include <stdio.h>

#include "rundir/run_dir.h"

/* The node whose directory holds this node's files: a chip has none of its own. */
static uint32_t directory_rank(const struct topology *topology, uint32_t rank)
{
    uint32_t parent;

    if (topology_level_of_rank(topology, rank) > LEVEL_CHIP)
        return rank;
    parent = topology_parent(topology, rank);
    return parent == RANK_NONE ? rank : parent;
}

int run_dir_node_path(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    return topology_path(topology, directory_rank(topology, rank), out, size);
}

bool run_dir_socket_name(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    enum level level = topology_level_of_rank(topology, rank);

    if (level <= LEVEL_CHIP)
        return false;
    snprintf(out, size, "daemon_L%d.sock", (int)level);
    return true;
}

int run_dir_log_path(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    struct coord coord = topology_coord(topology, rank);
    char path[LIMIT_NODE_PATH];

    run_dir_node_path(topology, rank, path, sizeof path);
    if (coord.level <= LEVEL_CHIP)
        return snprintf(out, size, "%s/logs/L%d_%u.log", path, coord.level,
                        coord.index[coord.level]);
    return snprintf(out, size, "%s/logs/daemon.log", path);
}
