/* A set of nodes, read from and written as a short text: "L6_0/L5_[0-3]/L4_1". */

#ifndef REPORT_NODE_SET_H
#define REPORT_NODE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "topo/topology.h"

struct node_set {
    const struct topology *topology; // borrowed
    uint8_t *bits;                   // one a rank; owned
};

struct node_set node_set_create(const struct topology *topology);
void node_set_free(struct node_set *set);

void node_set_add(struct node_set *set, uint32_t rank);
bool node_set_has(const struct node_set *set, uint32_t rank);
uint32_t node_set_count(const struct node_set *set);

/* Add what `text` names, each node with its whole subtree: paths separated by commas, whose parts
 * are L5_3, L5_[0-3,8] or L5_*. Levels that are left out stand for all their nodes, so L5_3/L3_0 is
 * host 0 of every pod of that supernode. -1 with a sentence that names the part that is wrong; the
 * set may then hold some of it. */
int node_set_add_text(struct node_set *set, const char *text, struct error *err);

/* Append the set: levels from the top down, nodes that differ in one index taken together. It reads
 * back with node_set_add_text() as the same nodes and what is below them. Nothing for the empty
 * set. */
void node_set_format(const struct node_set *set, struct buffer *out);

#endif
