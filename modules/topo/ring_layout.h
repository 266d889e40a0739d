/* Where the buffer rings of a node lie in its memory: for each owner's level from its own up to the
 * top (levels that are left out have none) the rings of depth 0 to 8, each of the capacity of its
 * owner's level, one behind the other. */

#ifndef TOPO_RING_LAYOUT_H
#define TOPO_RING_LAYOUT_H

#include <stdint.h>

#include "topo/topology.h"

enum {
    RING_LAYOUT_DEPTHS = 9,               // 0 to 8
    RING_SLOTS_USUAL = 1024,              // tasks of a layer
    RING_BYTES_USUAL = 128 * 1024 * 1024, // bytes of a layer, reserved and touched only when used
    RING_BYTES_KEPT = 1024 * 1024,        // of a ring that has drained, what stays touched
};

/* What the settings say of that owner's level, or the usual. Bytes are a multiple of 64. */
uint32_t ring_slots(const struct topology *topology, enum level owner);
uint64_t ring_bytes(const struct topology *topology, enum level owner);

/* Bytes of all rings of that node, a multiple of the page size. */
uint64_t ring_layout_size(const struct topology *topology, uint32_t rank);
/* Where the ring of (owner, depth) begins, 64-byte aligned. The owner's level must be present and
 * not below the node's. */
uint64_t ring_layout_offset(const struct topology *topology, uint32_t rank, enum level owner,
                            unsigned depth);

#endif
