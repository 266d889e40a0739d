/* Who a node is: its place, its names and its address, as logs/identity.json tells it. Pure: process id and
 * time come in. */

#ifndef TOPO_IDENTITY_H
#define TOPO_IDENTITY_H

#include <jansson.h>
#include <stdint.h>

#include "base/buffer.h"
#include "topo/topology.h"

enum { SIMULATED_IP_SIZE = 48 };

struct identity {
    struct coord coord;
    uint32_t global_index;
    char simulated_ip[SIMULATED_IP_SIZE];
    char socket_path[LIMIT_PATH]; // absolute; empty for a chip, which has none
    char logical_system[LIMIT_SYSTEM_NAME];
    char physical_system[LIMIT_SYSTEM_NAME];
    int pid;
    uint64_t wall_ns; // when this was so
};

/* Fill in what follows from the place in the topology: coordinate, global index, address, and the socket below the
 * run's absolute directory `run_path`. The rest is 0. */
void identity_locate(struct identity *identity, const struct topology *topology, uint32_t rank,
                     const char *run_path);

/* Append the content of identity.json. */
void identity_to_json(const struct identity *identity, struct buffer *out);

/* {l6, l5, l4, l3} and l2 for a chip: how every JSON text of ours writes a coordinate. */
json_t *coord_to_json(const struct coord *coord);

#endif
