#include "core/buffer_ring.h"

#include <assert.h>

void buffer_ring_init(struct buffer_ring *ring, uint64_t capacity)
{
    *ring = (struct buffer_ring){.capacity = capacity - capacity % BUFFER_RING_ALIGN};
    assert(ring->capacity);
}

void buffer_ring_resize(struct buffer_ring *ring, uint64_t capacity)
{
    assert(ring->claims == ring->releases);
    ring->capacity = capacity - capacity % BUFFER_RING_ALIGN;
    assert(ring->capacity);
}

uint64_t buffer_ring_need(uint64_t size)
{
    assert(size <= UINT64_MAX - BUFFER_RING_ALIGN);
    return (size + BUFFER_RING_ALIGN - 1) & ~(uint64_t)(BUFFER_RING_ALIGN - 1);
}

static void rewind_if_empty(struct buffer_ring *ring)
{
    if (ring->claims == ring->releases) {
        assert(ring->used == 0);
        ring->head = ring->tail = 0;
        ring->wrapped = false;
    }
}

/* Make a run of `need` bytes begin at the head, by going to the beginning of the window if it must.
 */
static bool place_head(struct buffer_ring *ring, uint64_t need)
{
    if (ring->wrapped)
        return ring->tail - ring->head >= need;
    if (ring->capacity - ring->head >= need)
        return true;
    if (ring->tail < need)
        return false;
    ring->end = ring->head;
    ring->head = 0;
    ring->wrapped = true;
    return true;
}

bool buffer_ring_claim(struct buffer_ring *ring, uint64_t size, uint64_t *place)
{
    uint64_t need = buffer_ring_need(size);

    assert(size);
    if (!place_head(ring, need))
        return false;
    *place = ring->head;
    ring->head += need;
    ring->used += need;
    ring->claims++;
    ring->claimed_bytes += size;
    return true;
}

void buffer_ring_settle(struct buffer_ring *ring)
{
    if (ring->used > ring->peak)
        ring->peak = ring->used;
}

void buffer_ring_unclaim(struct buffer_ring *ring, uint64_t size, uint64_t place)
{
    uint64_t need = buffer_ring_need(size);

    assert(ring->claims > ring->releases && place + need == ring->head);
    ring->head = place;
    if (ring->wrapped && place == 0) {
        ring->head = ring->end;
        ring->wrapped = false;
    }
    ring->used -= need;
    ring->claims--;
    ring->claimed_bytes -= size;
    rewind_if_empty(ring);
}

void buffer_ring_release(struct buffer_ring *ring, uint64_t size, uint64_t place)
{
    uint64_t need = buffer_ring_need(size);

    assert(ring->claims > ring->releases && place == ring->tail && ring->used >= need);
    ring->tail += need;
    ring->used -= need;
    ring->releases++;
    if (ring->wrapped && ring->tail == ring->end) {
        ring->tail = 0;
        ring->wrapped = false;
    }
    rewind_if_empty(ring);
}

void buffer_ring_skip_to(struct buffer_ring *ring, uint64_t place)
{
    assert(place < ring->capacity);
    if (place < ring->tail) {
        assert(ring->wrapped);
        ring->wrapped = false;
    }
    ring->tail = place;
}

uint64_t buffer_ring_largest_run(const struct buffer_ring *ring)
{
    uint64_t behind = ring->capacity - ring->head;

    if (ring->wrapped)
        return ring->tail - ring->head;
    return behind > ring->tail ? behind : ring->tail;
}
