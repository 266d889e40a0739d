#include "core/task_ring.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

void task_ring_init(struct task_ring *ring, uint32_t capacity)
{
    assert(capacity && (capacity & (capacity - 1)) == 0);
    *ring = (struct task_ring){.capacity = capacity};
}

void task_ring_free(struct task_ring *ring)
{
    free(ring->slots);
    ring->slots = NULL;
}

void task_ring_resize(struct task_ring *ring, uint32_t capacity)
{
    assert(capacity && (capacity & (capacity - 1)) == 0);
    assert(ring->oldest == ring->next);
    task_ring_free(ring);
    ring->capacity = capacity;
    ring->origin = ring->next;
}

static uint32_t slot_of(const struct task_ring *ring, uint32_t id)
{
    return (id - ring->origin) & (ring->capacity - 1);
}

struct task *task_ring_claim(struct task_ring *ring)
{
    struct task *task;

    assert(!task_ring_full(ring));
    if (!ring->slots)
        ring->slots = memory_new(ring->capacity, sizeof *ring->slots);
    task = &ring->slots[slot_of(ring, ring->next)];
    *task = (struct task){.id = ring->next++};
    ring->claims++;
    if (task_ring_used(ring) > ring->peak)
        ring->peak = task_ring_used(ring);
    return task;
}

struct task *task_ring_find(const struct task_ring *ring, uint32_t id)
{
    if (id - ring->oldest >= task_ring_used(ring))
        return NULL;
    return &ring->slots[slot_of(ring, id)];
}

struct task *task_ring_oldest(const struct task_ring *ring)
{
    return task_ring_find(ring, ring->oldest);
}

void task_ring_retire(struct task_ring *ring)
{
    assert(task_ring_used(ring) && task_reclaimable(task_ring_oldest(ring)));
    ring->oldest++;
    ring->retired++;
    if (ring->oldest == ring->next)
        ring->origin = ring->next;
}

uint32_t task_ring_head(const struct task_ring *ring)
{
    return slot_of(ring, ring->next);
}

uint32_t task_ring_tail(const struct task_ring *ring)
{
    return slot_of(ring, ring->oldest);
}
