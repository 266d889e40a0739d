/* The 24 bytes that open every frame, big-endian. They name sender and target down to the chip, so
 * a frame is forwarded without looking into its body. */

#ifndef WIRE_HEADER_H
#define WIRE_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "model/coord.h"

enum {
    FRAME_MAGIC = 0x4C51524D, // "LQRM"
    FRAME_VERSION = 1,
    FRAME_HEADER_SIZE = 24,
};

struct frame_header {
    uint8_t type;          // enum message_type
    uint32_t payload_size; // bytes of the msgpack body
    struct coord sender;   // its l2 index is in the body: see message_read()
    struct coord target;   // down to the chip
};

/* A whole frame as it lies in memory: its beginning, header included, and what follows elsewhere,
 * if anything does. */
struct frame_pieces {
    const uint8_t *head, *tail; // tail: NULL when the head is all
    size_t head_size, tail_size;
};
static inline size_t frame_pieces_size(const struct frame_pieces *frame)
{
    return frame->head_size + frame->tail_size;
}
/* Put them together at `to`, which has room for them. */
void frame_pieces_copy(uint8_t *to, const struct frame_pieces *frame);

/* Where the bytes that end a frame belong, so that nobody has to copy them there. */
struct landing {
    uint8_t *at;      // room for all of them
    size_t head_size; // bytes of the frame before them
    uint64_t ticket;  // of who wants them; another one does not want the rest of a frame
};

/* Why a frame is refused; also the index of the counters by reason. */
enum frame_fault {
    FRAME_OK,
    FRAME_TRUNCATED, // fewer bytes than it says
    FRAME_OVERSIZED, // more than the link carries
    FRAME_BAD_MAGIC,
    FRAME_BAD_VERSION,
    FRAME_BAD_TYPE,   // no such message
    FRAME_BAD_LEVEL,  // an address at no level, or with an index below its level
    FRAME_BAD_BODY,   // fails body_scan()
    FRAME_BAD_FIELDS, // well-formed, but not the fields of its type
    FRAME_BAD_SYSTEM, // of another logical system
    FRAME_UNEXPECTED, // a type that is not accepted on this link or at this time
    FRAME_BAD_RING,   // a ring's indices do not add up
    FRAME_FAULT_COUNT,
};
/* "bad_magic" ... */
const char *frame_fault_name(enum frame_fault fault);

void frame_header_write(const struct frame_header *header, uint8_t out[FRAME_HEADER_SIZE]);
/* What the first 24 bytes say, with magic, version, type and addresses checked. The size is checked
 * by frame_size(). */
enum frame_fault frame_header_read(struct frame_header *header,
                                   const uint8_t bytes[FRAME_HEADER_SIZE]);

/* Check a frame's first bytes: FRAME_OK and the whole size (header included) in `*size` once the
 * header is there; FRAME_TRUNCATED when fewer than 24 bytes are there (wait for more); else the
 * fault. `limit` is the link's. */
enum frame_fault frame_size(const uint8_t *bytes, size_t available, size_t limit, size_t *size);

#endif
