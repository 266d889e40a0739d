/* One direction of a tree edge: frames through a single-producer single-consumer byte ring in
 * shared memory. No queue, no bell: ring_link adds those. docs/design/ring-link.md explains layout
 * and memory order.
 *
 * Positions count bytes since the start and never wrap (64 bits); each side keeps its own and never
 * reads them back from the shared memory. What the other side wrote there is believed only after a
 * check. */

#ifndef TRANSPORT_RING_H
#define TRANSPORT_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "wire/header.h"

enum {
    RING_PAGE = 4096,
    RING_WARM = 1984,       // the part of a ring that lies in the first page
    RING_COLD = 128 * 1024, // and the part that does not
    RING_CAPACITY = RING_WARM + RING_COLD,
    RING_ALIGN = 8, // every frame begins at a multiple of it
};

/* What one side shows the other, in a cache line of its own. Zeros at first. Only its side writes
 * it, but for the two flags, which the other side clears when it answers them. */
struct ring_end {
    _Alignas(64) _Atomic uint64_t tail; // as producer: frames are whole up to this position
    _Atomic uint64_t base;              // as producer: the position that lies at offset 0
    _Atomic uint64_t head;      // as consumer: everything before this position is free again
    _Atomic uint32_t asleep;    // rings its bell, please, when there is something for it
    _Atomic uint32_t want_room; // as producer: a bell, please, when head moves
};

struct ring_writer {
    struct ring_end *own, *peer;
    uint8_t *warm, *cold;
    uint64_t tail;      // end of what is written
    uint64_t published; // end of what the consumer has been told of
    uint64_t head;      // the consumer's, as last seen
    uint32_t offset;    // of tail
    bool broken;        // the consumer's head is impossible; nothing is written any more
};

struct ring_reader {
    struct ring_end *own, *peer;
    const uint8_t *warm, *cold;
    uint64_t tail;     // the producer's, as last seen
    uint64_t base;     // likewise
    uint64_t head;     // end of what is read
    uint64_t released; // end of what the producer may overwrite
    uint32_t offset;   // of head
};

void ring_writer_init(struct ring_writer *writer, struct ring_end *own, struct ring_end *peer,
                      void *warm, void *cold);
/* Copy a whole frame in. False, and nothing changed, when there is no room, or the ring is broken.
 * The consumer sees it after ring_writer_publish(). */
bool ring_writer_add(struct ring_writer *writer, const struct frame_pieces *frame);
static inline size_t ring_writer_unpublished(const struct ring_writer *writer)
{
    return writer->tail - writer->published;
}
/* True when there was something to publish. */
bool ring_writer_publish(struct ring_writer *writer);
/* True when ring_writer_add() would take a frame of that size. */
bool ring_writer_fits(struct ring_writer *writer, size_t size);
/* True when the consumer has made room since the writer last looked. */
bool ring_writer_room_came(const struct ring_writer *writer);

void ring_reader_init(struct ring_reader *reader, struct ring_end *own, struct ring_end *peer,
                      const void *warm, const void *cold);
/* Copy the first bytes of the next frame out to `head`, as many as it has and not more than
 * `most`, a header at least: FRAME_OK and the frame's size, 0 when there is none; or why the edge
 * is not fit for use any more. */
enum frame_fault ring_reader_begin(struct ring_reader *reader, uint8_t *head, size_t most,
                                   size_t *size);
/* Copy that frame's bytes from `at` on out to `to`, and pass on to the next. */
void ring_reader_end(struct ring_reader *reader, size_t size, size_t at, uint8_t *to);
static inline size_t ring_reader_unreleased(const struct ring_reader *reader)
{
    return reader->head - reader->released;
}
/* Give what was read back to the producer. True when there was something. */
bool ring_reader_release(struct ring_reader *reader);
/* True when there is something to read. */
bool ring_reader_waiting(const struct ring_reader *reader);

#endif
