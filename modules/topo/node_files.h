/* Where a node's files lie below the run's directory. Every node from the host up has a directory
 * of its own; a chip's lie with its parent. */

#ifndef TOPO_NODE_FILES_H
#define TOPO_NODE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "topo/topology.h"

enum {
    LIMIT_NODE_FILE = LIMIT_NODE_PATH + 32
}; // bytes of any path given here, closing NUL included

/* True for a node without a directory and a socket of its own. */
bool node_is_chip(const struct topology *topology, uint32_t rank);

/* "L6_0/L5_3"; for a chip its parent's. Returns the length. */
int node_directory(const struct topology *topology, uint32_t rank, char *out, size_t size);

/* "L6_0/L5_3/daemon_L5.sock", or only the name "daemon_L5.sock". A chip has none: false, and an
 * empty text. */
bool node_socket(const struct topology *topology, uint32_t rank, char *out, size_t size);
bool node_socket_name(const struct topology *topology, uint32_t rank, char *out, size_t size);

/* "L6_0/L5_3/logs/daemon.log"; a chip's "L6_0/L5_3/L4_1/L3_7/logs/L2_5.log". Returns the length. */
int node_log(const struct topology *topology, uint32_t rank, char *out, size_t size);

/* "task_trace.json", a file that nodes write of their tasks; a chip's is "L2_5.task_trace.json".
 * Returns the length. */
int node_tasks_file_name(const struct topology *topology, uint32_t rank, const char *name,
                         char *out, size_t size);
/* The same with its folders, "L6_0/L5_3/logs/task_trace.json". */
int node_tasks_file(const struct topology *topology, uint32_t rank, const char *name, char *out,
                    size_t size);

#endif
