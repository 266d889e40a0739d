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

/* What follows the first byte of an item whose first byte is 0xc0 ... 0xdf: a count in `length`
 * bytes, `fixed` bytes whatever the count, and per count one byte or `children` items. */
struct shape {
    uint8_t length, fixed, children;
    bool invalid;
};

static const struct shape shapes[0x20] = {
    [0x00] = {0},               // nil
    [0x01] = {.invalid = true}, // never used
    [0x02] = {0},               // false
    [0x03] = {0},               // true
    [0x04] = {.length = 1},     // bin
    [0x05] = {.length = 2},
    [0x06] = {.length = 4},
    [0x07] = {.length = 1, .fixed = 1}, // ext: a type byte
    [0x08] = {.length = 2, .fixed = 1},
    [0x09] = {.length = 4, .fixed = 1},
    [0x0a] = {.fixed = 4}, // float
    [0x0b] = {.fixed = 8},
    [0x0c] = {.fixed = 1}, // unsigned
    [0x0d] = {.fixed = 2},
    [0x0e] = {.fixed = 4},
    [0x0f] = {.fixed = 8},
    [0x10] = {.fixed = 1}, // signed
    [0x11] = {.fixed = 2},
    [0x12] = {.fixed = 4},
    [0x13] = {.fixed = 8},
    [0x14] = {.fixed = 2}, // fixed ext
    [0x15] = {.fixed = 3},
    [0x16] = {.fixed = 5},
    [0x17] = {.fixed = 9},
    [0x18] = {.fixed = 17},
    [0x19] = {.length = 1}, // str
    [0x1a] = {.length = 2},
    [0x1b] = {.length = 4},
    [0x1c] = {.length = 2, .children = 1}, // array
    [0x1d] = {.length = 4, .children = 1},
    [0x1e] = {.length = 2, .children = 2}, // map
    [0x1f] = {.length = 4, .children = 2},
};

struct scan {
    const uint8_t *at;
    size_t left;
};

/* One item without its children: how many it has in `*children`, and whether it is a container.
 * False when the bytes end before it does. */
static bool scan_item(struct scan *scan, bool *container, uint64_t *children)
{
    uint8_t first = *scan->at;
    struct shape shape = {0};
    uint64_t count = 0, size = 1;

    if (first >= 0xc0 && first < 0xe0) {
        shape = shapes[first - 0xc0];
        if (shape.invalid || scan->left < 1u + shape.length)
            return false;
        for (unsigned i = 1; i <= shape.length; i++)
            count = count << 8 | scan->at[i];
    } else if (first >= 0x80 && first < 0xc0) { // fixed map, array, str
        shape.children = first < 0x90 ? 2 : first < 0xa0 ? 1 : 0;
        count = first & (shape.children ? 0x0f : 0x1f);
    }
    *container = shape.children;
    *children = count * shape.children;
    size += shape.length + shape.fixed + (shape.children ? 0 : count);
    if (size > scan->left)
        return false;
    scan->at += size;
    scan->left -= size;
    return true;
}

static bool is_array(uint8_t first)
{
    return (first >= 0x90 && first < 0xa0) || first == 0xdc || first == 0xdd;
}

enum frame_fault frame_scan(const uint8_t *body, size_t size)
{
    struct scan scan = {body, size};
    uint64_t open[LIMIT_FRAME_DEPTH]; // items still to come, by depth
    uint64_t owed = 1;                // and their sum: each needs a byte at least
    unsigned depth = 0;

    if (!size || !is_array(*body))
        return FRAME_BAD_BODY;
    while (owed) {
        uint64_t children;
        bool container;

        if (owed > scan.left || !scan_item(&scan, &container, &children))
            return FRAME_BAD_BODY;
        if (container && depth == LIMIT_FRAME_DEPTH)
            return FRAME_BAD_BODY;
        owed += children - 1;
        if (depth)
            open[depth - 1]--;
        if (children)
            open[depth++] = children;
        while (depth && !open[depth - 1])
            depth--;
    }
    return scan.left ? FRAME_BAD_BODY : FRAME_OK;
}
