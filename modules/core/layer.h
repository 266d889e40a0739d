/* One layer of a scope owner: the task ring of one depth, the scope that is open there, and what is
 * counted of both. */

#ifndef CORE_LAYER_H
#define CORE_LAYER_H

#include <stdint.h>

#include "core/task_ring.h"

struct layer_counts {
    uint64_t task_blocks, task_block_ns;     // submitters that waited for a slot, and how long
    uint64_t buffer_blocks, buffer_block_ns; // likewise for bytes, at any holder
    uint64_t retire_scans, retired_bytes;
    uint64_t scope_begins, scope_ends;
    uint64_t tokens_by_scope; // applied because the scope ended
    uint64_t tokens_early;    // because every output was freed or superseded
    uint64_t tokens_by_end;   // because a task without outputs had ended
    uint64_t superseded;      // versions that a later one replaced
    uint64_t frees;           // handles that were freed
};

struct layer {
    struct task_ring ring;
    uint64_t scope_claims; // of the ring, when its open scope began
    struct layer_counts counts;
};

#endif
