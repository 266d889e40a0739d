/* One task ring: the slots of one scope depth, retired in order. Ids count up for ever; an empty
 * ring goes on at its first slot. */

#ifndef CORE_TASK_RING_H
#define CORE_TASK_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/task.h"

struct task_ring {
    struct task *slots; // owned; made at the first claim
    uint32_t capacity;  // a power of two
    uint32_t next;      // id of the next task
    uint32_t
        oldest; // id of the oldest task that is not retired: last_task_alive; == next when empty
    uint32_t origin; // id of the task that lay, or will lie, in slot 0
    uint32_t peak;   // most slots ever used
    uint64_t claims;
    uint64_t retired;
};

void task_ring_init(struct task_ring *ring, uint32_t capacity);
void task_ring_free(struct task_ring *ring);
/* Of an empty ring: from now on so many slots. Ids and counts go on. */
void task_ring_resize(struct task_ring *ring, uint32_t capacity);

static inline uint32_t task_ring_used(const struct task_ring *ring)
{
    return ring->next - ring->oldest;
}

static inline bool task_ring_full(const struct task_ring *ring)
{
    return task_ring_used(ring) == ring->capacity;
}

/* The next slot, all zero but for its id. The ring must not be full. */
struct task *task_ring_claim(struct task_ring *ring);

/* The task of that id, or NULL when it has retired or was never there. */
struct task *task_ring_find(const struct task_ring *ring, uint32_t id);

/* The oldest task, or NULL when the ring is empty. */
struct task *task_ring_oldest(const struct task_ring *ring);

/* Give back the oldest task's slot; the task must be reclaimable. */
void task_ring_retire(struct task_ring *ring);

/* The slot that the next task takes, and the oldest task's. */
uint32_t task_ring_head(const struct task_ring *ring);
uint32_t task_ring_tail(const struct task_ring *ring);

#endif
