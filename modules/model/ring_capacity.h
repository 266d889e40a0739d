/* How much the rings of one owner's level hold, each of them. A value. */

#ifndef MODEL_RING_CAPACITY_H
#define MODEL_RING_CAPACITY_H

#include <stdint.h>

struct ring_capacity {
    uint32_t slots; // of a task ring, a power of two
    uint64_t bytes; // of a buffer ring
};

#endif
