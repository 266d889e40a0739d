/* A topology and its nodes as people and tools read them: the text and JSON of `linqu topology show` and `check`. */

#ifndef TOPO_TOPOLOGY_SHOW_H
#define TOPO_TOPOLOGY_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "topo/topology.h"

enum { SHOW_ALL_MAX = 1 << 20 }; // nodes of the largest tree that is shown node by node

/* 0 when a tree of this size can be shown with `all`, else -1 and a sentence. */
int topology_show_all_check(const struct topology *topology, struct error *err);

/* Append the levels, the settings, and the tree: each node with path, coordinate, address and what is below
 * it. A large tree shows the first of equal branches whole and names the last; `all` shows every node. */
void topology_show_text(const struct topology *topology, bool all, struct buffer *out);

/* Append one node: names, numbers, neighbours, and the paths of its files below the run's directory. */
void topology_show_node(const struct topology *topology, uint32_t rank, struct buffer *out);

/* Append one line: the shape, and how many nodes of each level it has. */
void topology_show_summary(const struct topology *topology, struct buffer *out);

/* Append the object `linqu.topology/1`: shape, levels and settings; with `node` a rank the node's object too (else
 * RANK_NONE); with `all` every node. */
void topology_show_json(const struct topology *topology, uint32_t node, bool all,
                        struct buffer *out);

#endif
