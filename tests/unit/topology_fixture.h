/* Topologies and ranks in them by their texts, which must be right. */

#ifndef UNIT_TOPOLOGY_FIXTURE_H
#define UNIT_TOPOLOGY_FIXTURE_H

#include "suite.h"
#include "topo/topology.h"

static inline struct topology topology_of(const char *spec)
{
    struct topology topology;
    struct error err;

    claim(topology_parse(spec, &topology, &err) == 0, "%s", err.text);
    return topology;
}

static inline uint32_t rank_in(const struct topology *topology, const char *path)
{
    struct error err;
    uint32_t rank;

    claim(topology_parse_path(topology, path, &rank, &err) == 0, "%s", err.text);
    return rank;
}

#endif
