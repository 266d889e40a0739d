#include "topo/ring_layout.h"

#include <assert.h>

enum { LAYOUT_PAGE = 4096 };

uint32_t ring_slots(const struct topology *topology, enum level owner)
{
    uint32_t set = topology->settings.task_ring_slots[owner];

    return set ? set : RING_SLOTS_USUAL;
}

uint64_t ring_bytes(const struct topology *topology, enum level owner)
{
    uint64_t set = topology->settings.buffer_ring_bytes[owner];

    return set ? set : RING_BYTES_USUAL;
}

/* Bytes of all rings of the owners from `self` up to, but not at, `end`; -1: up to the top. */
static uint64_t bytes_below(const struct topology *topology, enum level self, int end)
{
    uint64_t bytes = 0;

    for (int level = (int)self; level >= 0 && level != end;
         level = topology_level_above(topology, (enum level)level))
        bytes += RING_LAYOUT_DEPTHS * ring_bytes(topology, (enum level)level);
    return bytes;
}

uint64_t ring_layout_size(const struct topology *topology, uint32_t rank)
{
    uint64_t bytes = bytes_below(topology, topology_level_of_rank(topology, rank), -1);

    return (bytes + LAYOUT_PAGE - 1) / LAYOUT_PAGE * LAYOUT_PAGE;
}

uint64_t ring_layout_offset(const struct topology *topology, uint32_t rank, enum level owner,
                            unsigned depth)
{
    enum level self = topology_level_of_rank(topology, rank);

    assert(depth < RING_LAYOUT_DEPTHS);
    assert(owner < LEVEL_COUNT && owner >= self && topology->present[owner]);
    return bytes_below(topology, self, (int)owner) + depth * ring_bytes(topology, owner);
}
