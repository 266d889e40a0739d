/* What a node keeps of each node that runs its tasks: the account of that node's buffer rings
 * (which only this node fills), the parts that are ready for it, and how many it has that are not
 * done. */

#ifndef CORE_ACCOUNT_H
#define CORE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/u64_map.h"
#include "core/buffer_ring.h"
#include "core/depth.h"
#include "core/part_queue.h"

struct failure;

struct account {
    uint32_t rank;
    uint32_t in_flight; // parts started there that have not ended
    struct part_queue ready;
    struct account *next; // in the list of those that have both ready parts and credit
    bool listed;
    uint64_t mark;        // stamp of the last walk that met it
    uint64_t demand;      // bytes that the submit of that stamp wants there
    struct failure *lost; // why what it held is lost; owned share, NULL while it is there
    struct buffer_ring *rings[RING_DEPTHS]; // made when first needed
};

struct accounts {
    struct u64_map by_rank;
    uint64_t ring_bytes;   // capacity of each ring
    uint32_t window;       // most parts in flight at one node
    struct account *first; // those with ready parts and credit
    struct account *last;
};

void accounts_init(struct accounts *accounts, uint64_t ring_bytes, uint32_t window);
void accounts_free(struct accounts *accounts);

/* All rings are empty: from now on each has so many bytes. */
void accounts_resize(struct accounts *accounts, uint64_t ring_bytes);

/* The account of that node; made when there is none yet. */
struct account *accounts_of(struct accounts *accounts, uint32_t rank);
struct buffer_ring *account_ring(struct accounts *accounts, struct account *account,
                                 unsigned depth);

/* Put a part into the queue of its target. */
void accounts_add_ready(struct accounts *accounts, struct task_part *part);
/* The next part that may go, one target after the other, taken into flight; NULL when none may. */
struct task_part *accounts_take(struct accounts *accounts);
/* A part that was in flight has ended. */
void accounts_landed(struct accounts *accounts, const struct task_part *part);

#endif
