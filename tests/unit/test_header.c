#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

#include "base/limits.h"
#include "wire/body.h"
#include "wire/header.h"
#include "wire/message.h"

static struct coord at(uint8_t level, uint16_t l6, uint16_t l5, uint16_t l4, uint16_t l3,
                       uint16_t l2)
{
    return (struct coord){
        .level = level,
        .index = {[6] = l6, [5] = l5, [4] = l4, [3] = l3, [2] = l2},
    };
}

static void check_same(struct coord a, struct coord b)
{
    ck_assert_uint_eq(a.level, b.level);
    ck_assert_mem_eq(a.index, b.index, sizeof a.index);
}

static void check_round_trip(struct coord sender, struct coord target)
{
    struct frame_header header = {MSG_CALL_TASK, 1234567, sender, target}, got;
    uint8_t bytes[FRAME_HEADER_SIZE];

    frame_header_write(&header, bytes);
    ck_assert_int_eq(frame_header_read(&got, bytes), FRAME_OK);
    ck_assert_uint_eq(got.type, MSG_CALL_TASK);
    ck_assert_uint_eq(got.payload_size, 1234567);
    check_same(got.target, target);
    sender.index[LEVEL_CHIP] = 0; // in the body
    check_same(got.sender, sender);
}

/* The bytes that the format page promises, one by one. */
START_TEST(header_bytes_are_as_specified)
{
    struct frame_header header = {MSG_TASK_COMPLETE, 0x01020304, at(3, 5, 6, 7, 300, 0),
                                  at(2, 250, 9, 8, 0x1234, 0xABCD)};
    const uint8_t expected[FRAME_HEADER_SIZE] = {'L', 'Q', 'R', 'M', 1,    6,    3,    2,
                                                 1,   2,   3,   4,   5,    6,    7,    1,
                                                 44,  250, 9,   8,   0x12, 0x34, 0xAB, 0xCD};
    uint8_t bytes[FRAME_HEADER_SIZE];

    frame_header_write(&header, bytes);
    ck_assert_mem_eq(bytes, expected, sizeof bytes);
}
END_TEST

START_TEST(addresses_of_every_level_survive)
{
    check_round_trip(at(3, 0, 1, 2, 300, 0), at(3, 255, 255, 255, 65535, 0));
    check_round_trip(at(2, 1, 2, 3, 4, 65535), at(2, 255, 255, 255, 65535, 65535));
    check_round_trip(at(4, 1, 2, 3, 0, 0), at(5, 1, 2, 0, 0, 0));
    check_round_trip(at(6, 255, 0, 0, 0, 0), at(7, 0, 0, 0, 0, 0));
    check_round_trip(at(1, 1, 2, 3, 4, 5), at(0, 1, 2, 3, 4, 5));
    check_round_trip(at(LEVEL_LAUNCHER, 0, 0, 0, 0, 0), at(6, 0, 0, 0, 0, 0));
    check_round_trip(at(6, 0, 0, 0, 0, 0), at(LEVEL_LAUNCHER, 0, 0, 0, 0, 0));
}
END_TEST

/* Each byte of a good header set to every value: what is refused is refused for its own reason. */
START_TEST(each_wrong_byte_has_its_fault)
{
    struct frame_header header = {MSG_SHUTDOWN, 9, at(4, 1, 2, 3, 0, 0), at(5, 1, 2, 0, 0, 0)}, got;
    uint8_t good[FRAME_HEADER_SIZE], bytes[FRAME_HEADER_SIZE];

    frame_header_write(&header, good);
    for (unsigned i = 0; i < FRAME_HEADER_SIZE; i++)
        for (unsigned value = 0; value < 256; value++) {
            enum frame_fault expected = FRAME_OK;

            memcpy(bytes, good, sizeof bytes);
            bytes[i] = (uint8_t)value;
            if (value == good[i])
                expected = FRAME_OK;
            else if (i < 4)
                expected = FRAME_BAD_MAGIC;
            else if (i == 4)
                expected = FRAME_BAD_VERSION;
            else if (i == 5)
                expected = message_type_known(value) ? FRAME_OK : FRAME_BAD_TYPE;
            else if (i == 6) // the sender has an l4 index
                expected = value <= 4 ? FRAME_OK : FRAME_BAD_LEVEL;
            else if (i == 7) // the target has an l5 index
                expected = value <= 5 ? FRAME_OK : FRAME_BAD_LEVEL;
            else if (i == 15 || i == 16 || i >= 19) // below the address's level
                expected = FRAME_BAD_LEVEL;
            ck_assert_msg(frame_header_read(&got, bytes) == expected, "byte %u = %u: %s, not %s", i,
                          value, frame_fault_name(frame_header_read(&got, bytes)),
                          frame_fault_name(expected));
        }
}
END_TEST

START_TEST(size_is_known_with_the_header_and_held_against_the_limit)
{
    struct frame_header header = {MSG_SHUTDOWN, LIMIT_FRAME_RING - FRAME_HEADER_SIZE,
                                  at(6, 0, 0, 0, 0, 0), at(6, 0, 0, 0, 0, 0)};
    uint8_t *bytes = malloc(FRAME_HEADER_SIZE); // so that ASan sees a byte too many
    size_t size = 0;

    frame_header_write(&header, bytes);
    for (size_t there = 0; there < FRAME_HEADER_SIZE; there++) {
        uint8_t *part = malloc(there ? there : 1);

        memcpy(part, bytes, there);
        ck_assert_int_eq(frame_size(part, there, LIMIT_FRAME_RING, &size), FRAME_TRUNCATED);
        free(part);
    }
    ck_assert_int_eq(frame_size(bytes, FRAME_HEADER_SIZE, LIMIT_FRAME_RING, &size), FRAME_OK);
    ck_assert_uint_eq(size, LIMIT_FRAME_RING);
    ck_assert_int_eq(frame_size(bytes, FRAME_HEADER_SIZE, LIMIT_FRAME_RING - 1, &size),
                     FRAME_OVERSIZED);
    memset(bytes + 8, 0xFF, 4);
    ck_assert_int_eq(frame_size(bytes, FRAME_HEADER_SIZE, LIMIT_FRAME_SOCKET, &size),
                     FRAME_OVERSIZED);
    free(bytes);
}
END_TEST

START_TEST(every_fault_has_a_name_of_its_own)
{
    for (unsigned a = 0; a < FRAME_FAULT_COUNT; a++) {
        ck_assert_uint_gt(strlen(frame_fault_name(a)), 0);
        for (unsigned b = 0; b < a; b++)
            ck_assert_str_ne(frame_fault_name(a), frame_fault_name(b));
    }
}
END_TEST

static enum frame_fault scan(const char *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1); // exactly so large, for ASan
    enum frame_fault fault;

    memcpy(copy, bytes, size);
    fault = body_scan(copy, size);
    free(copy);
    return fault;
}

#define GOOD(literal) ck_assert_int_eq(scan(literal, sizeof literal - 1), FRAME_OK)
#define BAD(literal) ck_assert_int_eq(scan(literal, sizeof literal - 1), FRAME_BAD_BODY)

static const struct {
    const char *bytes;
    size_t size;
} items[] = {
#define ITEM(literal)                                                                              \
    {                                                                                              \
        literal, sizeof literal - 1                                                                \
    }
    ITEM("\x00"),
    ITEM("\x7f"),
    ITEM("\xff"),
    ITEM("\xe0"),
    ITEM("\xc0"),
    ITEM("\xc2"),
    ITEM("\xc3"),
    ITEM("\x80"),
    ITEM("\x81\x01\x02"),
    ITEM("\x90"),
    ITEM("\x92\x01\x02"),
    ITEM("\xa0"),
    ITEM("\xa3"
         "abc"),
    ITEM("\xbf"
         "0123456789012345678901234567890"),
    ITEM("\xc4\x00"),
    ITEM("\xc4\x02"
         "ab"),
    ITEM("\xc5\x00\x02"
         "ab"),
    ITEM("\xc6\x00\x00\x00\x02"
         "ab"),
    ITEM("\xc7\x02\x07"
         "ab"),
    ITEM("\xc8\x00\x02\x07"
         "ab"),
    ITEM("\xc9\x00\x00\x00\x02\x07"
         "ab"),
    ITEM("\xca"
         "1234"),
    ITEM("\xcb"
         "12345678"),
    ITEM("\xcc"
         "1"),
    ITEM("\xcd"
         "12"),
    ITEM("\xce"
         "1234"),
    ITEM("\xcf"
         "12345678"),
    ITEM("\xd0"
         "1"),
    ITEM("\xd1"
         "12"),
    ITEM("\xd2"
         "1234"),
    ITEM("\xd3"
         "12345678"),
    ITEM("\xd4\x07"
         "1"),
    ITEM("\xd5\x07"
         "12"),
    ITEM("\xd6\x07"
         "1234"),
    ITEM("\xd7\x07"
         "12345678"),
    ITEM("\xd8\x07"
         "1234567890123456"),
    ITEM("\xd9\x02"
         "ab"),
    ITEM("\xda\x00\x02"
         "ab"),
    ITEM("\xdb\x00\x00\x00\x02"
         "ab"),
    ITEM("\xdc\x00\x00"),
    ITEM("\xdc\x00\x02\x01\x02"),
    ITEM("\xdd\x00\x00\x00\x02\x01\x02"),
    ITEM("\xde\x00\x01\x01\x02"),
    ITEM("\xdf\x00\x00\x00\x01\x01\x02"),
#undef ITEM
};

/* One of each kind of item, and the same with its last byte missing, and with one byte more. */
START_TEST(scan_knows_the_length_of_every_item)
{
    char body[64] = "\x91";

    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        memcpy(body + 1, items[i].bytes, items[i].size);
        body[1 + items[i].size] = '\x00';
        ck_assert_msg(scan(body, 1 + items[i].size) == FRAME_OK, "item %zu", i);
        ck_assert_msg(scan(body, items[i].size) == FRAME_BAD_BODY, "item %zu cut", i);
        ck_assert_msg(scan(body, 2 + items[i].size) == FRAME_BAD_BODY, "item %zu, left over", i);
    }
}
END_TEST

START_TEST(scan_wants_exactly_one_array)
{
    GOOD("\x90");
    GOOD("\xdc\x00\x00");
    GOOD("\xdd\x00\x00\x00\x00");
    BAD("");
    BAD("\x01");
    BAD("\xc0");
    BAD("\x80");
    BAD("\xa1"
        "a");
    BAD("\x90\x90");
    BAD("\x91");
    BAD("\x91\xc1"); // a byte that msgpack never uses
}
END_TEST

/* 17 bytes once asked malloc for 256 GiB. */
START_TEST(scan_wants_bytes_behind_every_count)
{
    BAD("\xdd\xff\xff\xff\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c");
    BAD("\x91\xdd\xff\xff\xff\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b");
    BAD("\x91\xdf\xff\xff\xff\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b");
    BAD("\x91\xdf\x80\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b");
    BAD("\x91\xc6\xff\xff\xff\xff"
        "0123456789");
    BAD("\x91\xdb\xff\xff\xff\xff"
        "0123456789");
    BAD("\x91\xc9\xff\xff\xff\xff"
        "0123456789");
    // each is backed alone, together they are not
    BAD("\x92\x93\x01\x02\x03\x93\x01\x02");
    BAD("\x94\xdc\x00\x04\x01\x02\x03");
}
END_TEST

START_TEST(scan_counts_depth)
{
    char nested[64], wide[256];
    size_t size = 0;

    for (unsigned depth = 1; depth <= 40; depth++) {
        memset(nested, '\x91', depth - 1);
        nested[depth - 1] = '\x90';
        ck_assert_int_eq(scan(nested, depth),
                         depth <= LIMIT_FRAME_DEPTH ? FRAME_OK : FRAME_BAD_BODY);
    }
    // depth goes down again: many shallow arrays in a row
    wide[size++] = '\xdc';
    wide[size++] = 0;
    wide[size++] = 60;
    for (unsigned i = 0; i < 60; i++) {
        memcpy(wide + size, "\x91\x91\x01", 3);
        size += 3;
    }
    ck_assert_int_eq(scan(wide, size), FRAME_OK);
}
END_TEST

SUITE_MAIN("header", header_bytes_are_as_specified, addresses_of_every_level_survive,
           each_wrong_byte_has_its_fault, size_is_known_with_the_header_and_held_against_the_limit,
           every_fault_has_a_name_of_its_own, scan_knows_the_length_of_every_item,
           scan_wants_exactly_one_array, scan_wants_bytes_behind_every_count, scan_counts_depth)
