#include "topo/node_files.h"

#include <stdio.h>

bool node_is_chip(const struct topology *topology, uint32_t rank)
{
    return topology_level_of_rank(topology, rank) <= LEVEL_CHIP;
}

static uint32_t directory_rank(const struct topology *topology, uint32_t rank)
{
    uint32_t parent = topology_parent(topology, rank);

    return node_is_chip(topology, rank) && parent != RANK_NONE ? parent : rank;
}

int node_directory(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    return topology_path(topology, directory_rank(topology, rank), out, size);
}

bool node_socket_name(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    if (node_is_chip(topology, rank)) {
        snprintf(out, size, "%s", "");
        return false;
    }
    snprintf(out, size, "daemon_L%d.sock", topology_level_of_rank(topology, rank));
    return true;
}

bool node_socket(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    char directory[LIMIT_NODE_PATH], name[32];

    if (!node_socket_name(topology, rank, name, sizeof name)) {
        snprintf(out, size, "%s", "");
        return false;
    }
    node_directory(topology, rank, directory, sizeof directory);
    snprintf(out, size, "%s/%s", directory, name);
    return true;
}

int node_log(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    struct coord coord = topology_coord(topology, rank);
    char directory[LIMIT_NODE_PATH];

    node_directory(topology, rank, directory, sizeof directory);
    if (coord.level > LEVEL_CHIP)
        return snprintf(out, size, "%s/logs/daemon.log", directory);
    return snprintf(out, size, "%s/logs/L%d_%u.log", directory, coord.level,
                    coord.index[coord.level]);
}

int node_tasks_file_name(const struct topology *topology, uint32_t rank, const char *name,
                         char *out, size_t size)
{
    struct coord coord = topology_coord(topology, rank);

    if (coord.level > LEVEL_CHIP)
        return snprintf(out, size, "%s", name);
    return snprintf(out, size, "L%d_%u.%s", coord.level, coord.index[coord.level], name);
}

int node_tasks_file(const struct topology *topology, uint32_t rank, const char *name, char *out,
                    size_t size)
{
    char directory[LIMIT_NODE_PATH], file[64];

    node_directory(topology, rank, directory, sizeof directory);
    node_tasks_file_name(topology, rank, name, file, sizeof file);
    return snprintf(out, size, "%s/logs/%s", directory, file);
}
