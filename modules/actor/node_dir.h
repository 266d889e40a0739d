/* The files of one node, made and replaced through held descriptors. */

#ifndef ACTOR_NODE_DIR_H
#define ACTOR_NODE_DIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "topo/topology.h"

struct node_dir {
    int fd;      // the node's directory; a chip has its host's (then borrowed)
    int logs_fd; // its logs/
    bool own;    // made by this node, so closed with it
};

/* Make the directory, logs/ and daemon.pid of the node below `parent_fd` (a chip opens its host's
 * logs/ only). */
int node_dir_make(struct node_dir *dir, const struct topology *topology, uint32_t rank,
                  int parent_fd, struct error *err);

/* Name of the node's log within logs_fd: "daemon.log", or "L2_v.log". */
void node_dir_log_name(const struct topology *topology, uint32_t rank, char *out, size_t size);

#endif
