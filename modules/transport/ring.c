#include "transport/ring.h"

#include <assert.h>
#include <string.h>

_Static_assert(sizeof(struct ring_end) == 64, "a cache line");
_Static_assert(RING_WARM % RING_ALIGN == 0 && RING_COLD % RING_ALIGN == 0, "offsets stay aligned");
/* A drained ring always takes the largest frame, whatever its offset was. */
_Static_assert((int)LIMIT_FRAME_RING <= (int)RING_COLD, "the largest frame fits");

/* Stands where the rest of a part of the ring is left unused; no frame begins like that. */
static const uint8_t skip_mark[4] = {'S', 'K', 'I', 'P'};

static uint32_t aligned(size_t size)
{
    return (uint32_t)((size + RING_ALIGN - 1) & ~(size_t)(RING_ALIGN - 1));
}

/* Where the part of the ring ends that the offset lies in. */
static uint32_t part_end(uint32_t offset)
{
    return offset < RING_WARM ? RING_WARM : RING_CAPACITY;
}

static uint32_t next_part(uint32_t offset)
{
    return offset < RING_WARM ? RING_WARM : 0;
}

static uint32_t advance(uint32_t offset, uint32_t size)
{
    offset += size;
    return offset == RING_CAPACITY ? 0 : offset;
}

/* ---- producer ---- */

void ring_writer_init(struct ring_writer *writer, struct ring_end *own, struct ring_end *peer,
                      void *warm, void *cold)
{
    *writer = (struct ring_writer){.own = own, .peer = peer, .warm = warm, .cold = cold};
}

static uint8_t *writer_at(const struct ring_writer *writer)
{
    return writer->offset < RING_WARM ? writer->warm + writer->offset
                                      : writer->cold + (writer->offset - RING_WARM);
}

/* Look where the consumer is. An empty ring goes on at offset 0, so that an idle edge stays in its
 * first page: the consumer has released everything, so it looks at nothing before it sees the next
 * tail, and with that the new base. */
static void writer_look(struct ring_writer *writer)
{
    uint64_t head = atomic_load_explicit(&writer->peer->head, memory_order_acquire);

    if (head < writer->head || head > writer->published || head % RING_ALIGN) {
        writer->broken = true;
        return;
    }
    writer->head = head;
    if (head == writer->tail) {
        writer->offset = 0;
        atomic_store_explicit(&writer->own->base, writer->tail, memory_order_relaxed);
    }
}

/* How many bytes are skipped so that `size` bytes stand in one piece. */
static uint32_t writer_skip(const struct ring_writer *writer, uint32_t size)
{
    uint32_t offset = writer->offset, skip = 0;

    while (part_end(offset) - offset < size) {
        skip += part_end(offset) - offset;
        offset = next_part(offset);
    }
    return skip;
}

static bool writer_has_room(const struct ring_writer *writer, uint32_t size)
{
    uint64_t used = writer->tail - writer->head;

    return used + writer_skip(writer, size) + size <= RING_CAPACITY;
}

static void writer_advance(struct ring_writer *writer, uint32_t size)
{
    writer->tail += size;
    writer->offset = advance(writer->offset, size);
}

bool ring_writer_fits(struct ring_writer *writer, size_t size)
{
    uint32_t need = aligned(size);

    if (writer->offset + need > RING_WARM || !writer_has_room(writer, need))
        writer_look(writer);
    return !writer->broken && writer_has_room(writer, need);
}

bool ring_writer_add(struct ring_writer *writer, const struct frame_pieces *frame)
{
    size_t size = frame_pieces_size(frame);
    uint32_t need = aligned(size);

    assert(size >= FRAME_HEADER_SIZE && size <= LIMIT_FRAME_RING);
    if (!ring_writer_fits(writer, size))
        return false;
    while (part_end(writer->offset) - writer->offset < need) {
        memcpy(writer_at(writer), skip_mark, sizeof skip_mark);
        writer_advance(writer, part_end(writer->offset) - writer->offset);
    }
    frame_pieces_copy(writer_at(writer), frame);
    writer_advance(writer, need);
    return true;
}

bool ring_writer_publish(struct ring_writer *writer)
{
    if (writer->tail == writer->published)
        return false;
    writer->published = writer->tail;
    atomic_store_explicit(&writer->own->tail, writer->tail, memory_order_release);
    return true;
}

bool ring_writer_room_came(const struct ring_writer *writer)
{
    return atomic_load_explicit(&writer->peer->head, memory_order_relaxed) != writer->head;
}

/* ---- consumer ---- */

void ring_reader_init(struct ring_reader *reader, struct ring_end *own, struct ring_end *peer,
                      const void *warm, const void *cold)
{
    *reader = (struct ring_reader){.own = own, .peer = peer, .warm = warm, .cold = cold};
}

static const uint8_t *reader_at(const struct ring_reader *reader)
{
    return reader->offset < RING_WARM ? reader->warm + reader->offset
                                      : reader->cold + (reader->offset - RING_WARM);
}

/* Look how far the producer is. It moves base only while the ring is empty, so a new base is where
 * we stand. */
static enum frame_fault reader_look(struct ring_reader *reader)
{
    uint64_t tail = atomic_load_explicit(&reader->peer->tail, memory_order_acquire);
    uint64_t base = atomic_load_explicit(&reader->peer->base, memory_order_relaxed);

    if (tail == reader->head)
        return FRAME_OK;
    if (tail < reader->head || tail - reader->head > RING_CAPACITY || tail % RING_ALIGN)
        return FRAME_BAD_RING;
    if (base != reader->base) {
        if (base != reader->head)
            return FRAME_BAD_RING;
        reader->base = base;
        reader->offset = 0;
    }
    reader->tail = tail;
    return FRAME_OK;
}

static void reader_advance(struct ring_reader *reader, uint32_t size)
{
    reader->head += size;
    reader->offset = advance(reader->offset, size);
}

/* How many bytes there are in one piece, after what is skipped; 0 when the producer skipped to
 * nowhere. */
static size_t reader_piece(struct ring_reader *reader)
{
    for (;;) {
        uint64_t left = reader->tail - reader->head;
        uint32_t piece = part_end(reader->offset) - reader->offset;

        if (left && memcmp(reader_at(reader), skip_mark, sizeof skip_mark) != 0)
            return left < piece ? left : piece;
        if (left <= piece)
            return 0;
        reader_advance(reader, piece);
    }
}

enum frame_fault ring_reader_begin(struct ring_reader *reader, uint8_t *head, size_t most,
                                   size_t *size)
{
    enum frame_fault fault = FRAME_OK;
    size_t piece;

    *size = 0;
    if (reader->head == reader->tail)
        fault = reader_look(reader);
    if (fault != FRAME_OK || reader->head == reader->tail)
        return fault;
    piece = reader_piece(reader);
    if (piece < FRAME_HEADER_SIZE)
        return FRAME_BAD_RING;
    // the header is checked on our copy: the producer may change its own meanwhile
    memcpy(head, reader_at(reader), FRAME_HEADER_SIZE);
    fault = frame_size(head, FRAME_HEADER_SIZE, LIMIT_FRAME_RING, size);
    if (fault == FRAME_OK && aligned(*size) > piece)
        fault = FRAME_BAD_RING;
    if (fault != FRAME_OK)
        return fault;
    memcpy(head + FRAME_HEADER_SIZE, reader_at(reader) + FRAME_HEADER_SIZE,
           (*size < most ? *size : most) - FRAME_HEADER_SIZE);
    return FRAME_OK;
}

void ring_reader_end(struct ring_reader *reader, size_t size, size_t at, uint8_t *to)
{
    if (at < size)
        memcpy(to, reader_at(reader) + at, size - at);
    reader_advance(reader, aligned(size));
}

bool ring_reader_release(struct ring_reader *reader)
{
    if (reader->head == reader->released)
        return false;
    reader->released = reader->head;
    atomic_store_explicit(&reader->own->head, reader->head, memory_order_release);
    return true;
}

bool ring_reader_waiting(const struct ring_reader *reader)
{
    return reader->head != reader->tail ||
           atomic_load_explicit(&reader->peer->tail, memory_order_acquire) != reader->head;
}
