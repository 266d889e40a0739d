/* Where a node's files lie below the run's directory: as the brain says it. */

#include "rundir/run_dir.h"
#include "topo/node_files.h"

int run_dir_node_path(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    return node_directory(topology, rank, out, size);
}

bool run_dir_socket_name(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    return node_socket_name(topology, rank, out, size);
}

int run_dir_log_path(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    return node_log(topology, rank, out, size);
}
