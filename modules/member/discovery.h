/* What a host has found out about the others, as logs/discovery.json tells it. */

#ifndef MEMBER_DISCOVERY_H
#define MEMBER_DISCOVERY_H

#include "base/buffer.h"
#include "member/membership.h"

struct discovery {
    const struct topology *topology;
    const struct membership *table;
    uint32_t self;        // rank of a host
    const char *run_path; // absolute; sockets are named below it
    uint64_t took_ns;     // how long it took to find out
    /* True when a node that the table calls live is seen to be slow (from state.map); NULL: the table knows. */
    bool (*is_slow)(void *arg, uint32_t rank);
    void *arg;
};

/* Append the content of discovery.json. Counts are of live nodes, a slow one is live; peers are listed whatever their
 * status. A level that is left out counts as one node with index 0, as in coordinates. */
void discovery_to_json(const struct discovery *discovery, struct buffer *out);

#endif
