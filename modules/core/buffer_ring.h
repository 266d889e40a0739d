/* The account of one buffer ring: which bytes of its window are claimed. The bytes themselves lie
 * at the holder.
 *
 *     0          tail           head        capacity
 *     |   free    |#####|###|####|     free     |
 *               oldest         next claim
 *
 *     0     head          tail       end     capacity
 *     |##|###|     free    |###|#####|  waste   |
 *         newest        oldest
 *
 * A block is contiguous; what does not fit before the end of the window goes to its beginning, and
 * the rest before the end is waste until the ring has come round. Blocks are given back in the
 * order in which they were claimed. An empty ring starts again at 0, so a block as large as the
 * window fits whenever nothing is claimed. */

#ifndef CORE_BUFFER_RING_H
#define CORE_BUFFER_RING_H

#include <stdbool.h>
#include <stdint.h>

enum { BUFFER_RING_ALIGN = 64 };

struct buffer_ring {
    uint64_t capacity;      // a multiple of BUFFER_RING_ALIGN
    uint64_t head;          // where the next block goes
    uint64_t tail;          // where the oldest block begins
    uint64_t end;           // end of the last block before the window's end; used while `wrapped`
    uint64_t used;          // bytes in blocks, rounded up to BUFFER_RING_ALIGN each
    uint64_t peak;          // the largest `used` that was settled
    uint64_t claims;        // blocks claimed so far
    uint64_t releases;      // blocks given back so far
    uint64_t claimed_bytes; // bytes claimed so far
    bool wrapped;           // the newest block lies before the oldest
};

/* `capacity` is rounded down to a multiple of BUFFER_RING_ALIGN and must not become 0. */
void buffer_ring_init(struct buffer_ring *ring, uint64_t capacity);

/* Of an empty ring: from now on a window of so many bytes. Counts go on. */
void buffer_ring_resize(struct buffer_ring *ring, uint64_t capacity);

/* What a block of `size` bytes takes from the window. */
uint64_t buffer_ring_need(uint64_t size);

/* Claim `size` > 0 bytes; they begin at *place. False when no free run is long enough. */
bool buffer_ring_claim(struct buffer_ring *ring, uint64_t size, uint64_t *place);

/* The claims made so far stand: from now on they count in the peak. */
void buffer_ring_settle(struct buffer_ring *ring);

/* Undo the newest claim, which is not settled and was given `place`, as if it had never been. */
void buffer_ring_unclaim(struct buffer_ring *ring, uint64_t size, uint64_t place);

/* Give back the oldest block. */
void buffer_ring_release(struct buffer_ring *ring, uint64_t size, uint64_t place);

/* Act as if all blocks older than the one at `place` had been given back; for a copy, to see what
 * would fit then. */
void buffer_ring_skip_to(struct buffer_ring *ring, uint64_t place);

/* The largest block that could be claimed now. */
uint64_t buffer_ring_largest_run(const struct buffer_ring *ring);

#endif
