#include "wire/header.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "wire/message.h"

/* Where the fields of the header stand. */
enum {
    AT_MAGIC = 0,
    AT_VERSION = 4,
    AT_TYPE = 5,
    AT_SENDER_LEVEL = 6,
    AT_TARGET_LEVEL = 7,
    AT_PAYLOAD_SIZE = 8,
    AT_SENDER = 12, // l6 l5 l4, l3 in two bytes
    AT_TARGET = 17, // likewise
    AT_TARGET_L2 = 22,
};

static void put_u16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static void put_u32(uint8_t *out, uint32_t value)
{
    put_u16(out, (uint16_t)(value >> 16));
    put_u16(out + 2, (uint16_t)value);
}

static uint16_t get_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)get_u16(bytes) << 16 | get_u16(bytes + 2);
}

const char *frame_fault_name(enum frame_fault fault)
{
    static const char *const names[FRAME_FAULT_COUNT] = {
        [FRAME_OK] = "ok",
        [FRAME_TRUNCATED] = "truncated",
        [FRAME_OVERSIZED] = "oversized",
        [FRAME_BAD_MAGIC] = "bad_magic",
        [FRAME_BAD_VERSION] = "bad_version",
        [FRAME_BAD_TYPE] = "bad_type",
        [FRAME_BAD_LEVEL] = "bad_level",
        [FRAME_BAD_BODY] = "bad_body",
        [FRAME_BAD_FIELDS] = "bad_fields",
        [FRAME_BAD_SYSTEM] = "bad_system",
        [FRAME_UNEXPECTED] = "unexpected",
        [FRAME_BAD_RING] = "bad_ring",
    };

    assert((unsigned)fault < FRAME_FAULT_COUNT);
    return names[fault];
}

/* An index that has no place in the header would be lost without a word. */
static void write_address(const struct coord *coord, uint8_t *out)
{
    assert(coord->index[LEVEL_CLOS2] <= UINT8_MAX && coord->index[LEVEL_CLOS1] <= UINT8_MAX &&
           coord->index[LEVEL_POD] <= UINT8_MAX);
    assert(!coord->index[LEVEL_GLOBAL] && !coord->index[LEVEL_CHIP_DIE] &&
           !coord->index[LEVEL_CORE]);
    out[0] = (uint8_t)coord->index[LEVEL_CLOS2];
    out[1] = (uint8_t)coord->index[LEVEL_CLOS1];
    out[2] = (uint8_t)coord->index[LEVEL_POD];
    put_u16(out + 3, coord->index[LEVEL_HOST]);
}

static struct coord read_address(uint8_t level, const uint8_t *bytes, uint16_t l2)
{
    return (struct coord){
        .level = level,
        .index = {[LEVEL_CLOS2] = bytes[0],
                  [LEVEL_CLOS1] = bytes[1],
                  [LEVEL_POD] = bytes[2],
                  [LEVEL_HOST] = get_u16(bytes + 3),
                  [LEVEL_CHIP] = l2},
    };
}

/* A level that exists, and no index below it: so equal addresses are equal bytes. */
static bool address_valid(const struct coord *coord)
{
    unsigned top = coord->level == LEVEL_LAUNCHER ? LEVEL_COUNT : coord->level;

    if (coord->level >= LEVEL_COUNT && coord->level != LEVEL_LAUNCHER)
        return false;
    for (unsigned level = 0; level < top; level++)
        if (coord->index[level])
            return false;
    return true;
}

void frame_header_write(const struct frame_header *header, uint8_t out[FRAME_HEADER_SIZE])
{
    assert(message_type_known(header->type));
    put_u32(out + AT_MAGIC, FRAME_MAGIC);
    out[AT_VERSION] = FRAME_VERSION;
    out[AT_TYPE] = header->type;
    out[AT_SENDER_LEVEL] = header->sender.level;
    out[AT_TARGET_LEVEL] = header->target.level;
    put_u32(out + AT_PAYLOAD_SIZE, header->payload_size);
    write_address(&header->sender, out + AT_SENDER);
    write_address(&header->target, out + AT_TARGET);
    put_u16(out + AT_TARGET_L2, header->target.index[LEVEL_CHIP]);
}

enum frame_fault frame_header_read(struct frame_header *header,
                                   const uint8_t bytes[FRAME_HEADER_SIZE])
{
    if (get_u32(bytes + AT_MAGIC) != FRAME_MAGIC)
        return FRAME_BAD_MAGIC;
    if (bytes[AT_VERSION] != FRAME_VERSION)
        return FRAME_BAD_VERSION;
    if (!message_type_known(bytes[AT_TYPE]))
        return FRAME_BAD_TYPE;
    header->type = bytes[AT_TYPE];
    header->payload_size = get_u32(bytes + AT_PAYLOAD_SIZE);
    header->sender = read_address(bytes[AT_SENDER_LEVEL], bytes + AT_SENDER, 0);
    header->target =
        read_address(bytes[AT_TARGET_LEVEL], bytes + AT_TARGET, get_u16(bytes + AT_TARGET_L2));
    if (!address_valid(&header->sender) || !address_valid(&header->target))
        return FRAME_BAD_LEVEL;
    return FRAME_OK;
}

enum frame_fault frame_size(const uint8_t *bytes, size_t available, size_t limit, size_t *size)
{
    struct frame_header header;
    enum frame_fault fault;

    assert(limit >= FRAME_HEADER_SIZE);
    if (available < FRAME_HEADER_SIZE)
        return FRAME_TRUNCATED;
    fault = frame_header_read(&header, bytes);
    if (fault != FRAME_OK)
        return fault;
    if (header.payload_size > limit - FRAME_HEADER_SIZE)
        return FRAME_OVERSIZED;
    *size = FRAME_HEADER_SIZE + (size_t)header.payload_size;
    return FRAME_OK;
}

void frame_pieces_copy(uint8_t *to, const struct frame_pieces *frame)
{
    memcpy(to, frame->head, frame->head_size);
    if (frame->tail_size)
        memcpy(to + frame->head_size, frame->tail, frame->tail_size);
}
