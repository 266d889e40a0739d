#include "wire/body.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "base/limits.h"

enum { NEVER_USED = 0xc1 }; // by msgpack

/* What an item is by its first byte: `size` bytes, 0 for the one that msgpack never uses, of which
 * `length` hold a count; or the count is in the first byte, under `mask`. Per count there follows
 * one byte, or `children` items. */
struct shape {
    uint8_t size, length, mask, children;
};

static const struct shape shapes[0x100] = {
    [0x00 ... 0x7f] = {.size = 1},                              // small numbers
    [0x80 ... 0x8f] = {.size = 1, .mask = 0x0f, .children = 2}, // map
    [0x90 ... 0x9f] = {.size = 1, .mask = 0x0f, .children = 1}, // array
    [0xa0 ... 0xbf] = {.size = 1, .mask = 0x1f},                // str
    [0xc0] = {.size = 1},                                       // nil
    [0xc2 ... 0xc3] = {.size = 1},                              // false, true
    [0xc4] = {.size = 2, .length = 1},                          // bin
    [0xc5] = {.size = 3, .length = 2},
    [0xc6] = {.size = 5, .length = 4},
    [0xc7] = {.size = 3, .length = 1}, // ext, with a byte for its type
    [0xc8] = {.size = 4, .length = 2},
    [0xc9] = {.size = 6, .length = 4},
    [0xca] = {.size = 5}, // float
    [0xcb] = {.size = 9},
    [0xcc] = {.size = 2}, // unsigned
    [0xcd] = {.size = 3},
    [0xce] = {.size = 5},
    [0xcf] = {.size = 9},
    [0xd0] = {.size = 2}, // signed
    [0xd1] = {.size = 3},
    [0xd2] = {.size = 5},
    [0xd3] = {.size = 9},
    [0xd4] = {.size = 3}, // ext of 1, 2, 4, 8, 16 bytes
    [0xd5] = {.size = 4},
    [0xd6] = {.size = 6},
    [0xd7] = {.size = 10},
    [0xd8] = {.size = 18},
    [0xd9] = {.size = 2, .length = 1}, // str
    [0xda] = {.size = 3, .length = 2},
    [0xdb] = {.size = 5, .length = 4},
    [0xdc] = {.size = 3, .length = 2, .children = 1}, // array
    [0xdd] = {.size = 5, .length = 4, .children = 1},
    [0xde] = {.size = 3, .length = 2, .children = 2}, // map
    [0xdf] = {.size = 5, .length = 4, .children = 2},
    [0xe0 ... 0xff] = {.size = 1}, // small negative numbers
};

static uint64_t get_number(const uint8_t *bytes, unsigned size)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;

    switch (size) {
    case 1:
        return *bytes;
    case 2:
        memcpy(&two, bytes, sizeof two);
        return be16toh(two);
    case 4:
        memcpy(&four, bytes, sizeof four);
        return be32toh(four);
    default:
        memcpy(&eight, bytes, sizeof eight);
        return be64toh(eight);
    }
}

/* The bytes of an item without its children, of which there are so many; 0 when it is none or has
 * more than `left`. */
static inline size_t item_size(const uint8_t *item, size_t left, uint64_t *children)
{
    struct shape shape = shapes[*item];
    uint64_t count = *item & shape.mask;

    if (!shape.size || shape.size > left)
        return 0;
    if (shape.length)
        count = get_number(item + 1, shape.length);
    *children = count * shape.children;
    if (shape.children)
        return shape.size;
    return count <= left - shape.size ? shape.size + count : 0;
}

static bool is_container(uint8_t first)
{
    return shapes[first].children;
}

static bool is_array(uint8_t first)
{
    return shapes[first].children == 1;
}

/* Where a scan is. `owed` never exceeds the bytes that are left: each item needs one at least. */
struct scan {
    const uint8_t *at, *end;
    uint64_t outer[LIMIT_FRAME_DEPTH]; // items still to come in each array around this one
    uint64_t here;                     // and in this one
    uint64_t owed;                     // and their sum
    unsigned depth;
};

/* One item of any size. */
static bool scan_item(struct scan *scan)
{
    uint64_t children = 0;
    size_t size;

    if (scan->depth == LIMIT_FRAME_DEPTH && is_container(*scan->at))
        return false;
    size = item_size(scan->at, (size_t)(scan->end - scan->at), &children);
    scan->at += size;
    scan->owed += children - 1;
    if (!size || scan->owed > (size_t)(scan->end - scan->at))
        return false;
    scan->here--;
    if (children) {
        scan->outer[scan->depth++] = scan->here;
        scan->here = children;
    }
    return true;
}

enum frame_fault body_scan(const uint8_t *body, size_t size)
{
    struct scan scan;

    if (!size || !is_array(*body))
        return FRAME_BAD_BODY;
    scan.at = body;
    scan.end = body + size;
    scan.here = scan.owed = 1;
    scan.depth = 0;
    while (scan.owed) {
        if (*scan.at < 0x80) { // a small number, as most are
            scan.at++;
            scan.owed--;
            scan.here--;
        } else if (!scan_item(&scan)) {
            return FRAME_BAD_BODY;
        }
        while (!scan.here && scan.depth)
            scan.here = scan.outer[--scan.depth];
    }
    return scan.at == scan.end ? FRAME_OK : FRAME_BAD_BODY;
}

/* ---- reading what was scanned ---- */

/* Signed forms are 0xd0 ... 0xd3; a number that is not negative may come in one. */
bool body_unsigned(const uint8_t **at, uint64_t most, uint64_t *value)
{
    uint8_t first = **at;
    unsigned size = 1u << (first & 3);

    if (first < 0x80) {
        *value = first;
        ++*at;
        return *value <= most;
    }
    if (first < 0xcc || first > 0xd3)
        return false;
    *value = get_number(*at + 1, size);
    *at += 1 + size;
    return *value <= most && (first < 0xd0 || *value >> (8 * size - 1) == 0);
}

/* A first byte that holds the count itself, or one that says in how many bytes it follows; `least`
 * is the first byte of that kind, for a count of `width` bytes, then twice as many. */
static bool read_count(const uint8_t **at, uint8_t fixed, uint8_t fixed_mask, uint8_t least,
                       unsigned width, uint32_t *count)
{
    uint8_t first = **at;
    unsigned size;

    if ((first & ~fixed_mask) == fixed) {
        *count = first & fixed_mask;
        ++*at;
        return true;
    }
    if (first < least || first - least > 2 || width << (first - least) > 4)
        return false;
    size = width << (first - least);
    *count = (uint32_t)get_number(*at + 1, size);
    *at += 1 + size;
    return true;
}

bool body_array(const uint8_t **at, uint32_t *count)
{
    return read_count(at, 0x90, 0x0f, 0xdc, 2, count);
}

bool body_str(const uint8_t **at, const uint8_t **bytes, uint32_t *size)
{
    if (!read_count(at, 0xa0, 0x1f, 0xd9, 1, size))
        return false;
    *bytes = *at;
    *at += *size;
    return true;
}

bool body_bin(const uint8_t **at, const uint8_t **bytes, uint32_t *size)
{
    if (!read_count(at, NEVER_USED, 0, 0xc4, 1, size)) // it has no short form
        return false;
    *bytes = *at;
    *at += *size;
    return true;
}

void body_skip(const uint8_t **at, uint64_t count)
{
    while (count) {
        uint64_t children = 0;
        size_t size = item_size(*at, SIZE_MAX, &children);

        assert(size);
        *at += size;
        count += children - 1;
    }
}
