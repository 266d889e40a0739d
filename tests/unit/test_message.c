#include <check.h>
#include <msgpack.h>
#include <stdlib.h>

#include "malloc_count.h"
#include "random_message.h"

#include "base/limits.h"

static const enum message_type all_types[] = {
#define MESSAGE(UPPER, lower, number, queue, doc) MSG_##UPPER,
#include "wire/messages.def"
};
enum { TYPE_COUNT = sizeof all_types / sizeof *all_types, SAMPLES = 300 };

static struct message_reader *reader;
static struct buffer frame;
static struct random_source source;
static uint64_t seed;

static void setup(void)
{
    seed = seed_first();
    source.state = seed;
    reader = message_reader_create();
}

static void teardown(void)
{
    message_reader_destroy(reader);
    buffer_free(&frame);
}

static enum frame_fault read_back(struct message *message)
{
    return message_read(reader, frame.data, frame.size, message);
}

/* A frame whose body is these bytes, whatever they are. */
static void make_frame(enum message_type type, const void *body, size_t size)
{
    struct frame_header header = {.type = (uint8_t)type, .payload_size = (uint32_t)size};

    header.sender.level = header.target.level = LEVEL_CLOS2;
    buffer_clear(&frame);
    frame_header_write(&header, buffer_extend(&frame, FRAME_HEADER_SIZE));
    buffer_append(&frame, body, size);
}

/* From the list itself: the test covers a new message as soon as it is there. */
START_TEST(every_message_reads_as_it_was_packed)
{
    enum message_type type = all_types[_i];
    static struct message sent, got;

    for (unsigned i = 0; i < SAMPLES; i++) {
        size_t size;

        random_message(&source, type, &sent);
        buffer_clear(&frame);
        message_pack(&frame, &sent);
        ck_assert_int_eq(frame_size(frame.data, frame.size, LIMIT_FRAME_SOCKET, &size), FRAME_OK);
        ck_assert_uint_eq(size, frame.size);
        ck_assert_msg(read_back(&got) == FRAME_OK && message_same(&sent, &got),
                      "%s, sample %u, SEED=%lu", message_name(type), i, (unsigned long)seed);
    }
}
END_TEST

/* A frame in two pieces is the frame in one, and its head says all but the bytes; with a field
 * from a later version behind the bytes, or of another type, it has no head. */
START_TEST(a_head_says_all_but_the_bytes)
{
    static struct message sent, got;
    struct buffer head = {0};

    for (unsigned i = 0; i < SAMPLES; i++) {
        const wire_bin *bytes = &sent.tensor_data.bytes;

        random_message(&source, MSG_TENSOR_DATA, &sent);
        buffer_clear(&frame);
        message_pack(&frame, &sent);
        if (frame.size < MESSAGE_HEAD_MOST)
            continue;
        buffer_clear(&head);
        message_pack_head(&head, &sent);
        ck_assert_uint_eq(head.size + bytes->size, frame.size);
        ck_assert_mem_eq(head.data, frame.data, head.size);
        ck_assert_uint_eq(message_read_head(frame.data, &got), head.size);
        ck_assert_ptr_null(got.tensor_data.bytes.data);
        got.tensor_data.bytes.data = frame.data + head.size;
        ck_assert_msg(message_same(&sent, &got), "sample %u, SEED=%lu", i, (unsigned long)seed);
        frame.data[FRAME_HEADER_SIZE]++; // one field more in the array, of which bytes are taken
        ck_assert_uint_eq(message_read_head(frame.data, &got), 0);
        frame.data[FRAME_HEADER_SIZE]--;
        frame.data[11]++; // a payload of another size
        ck_assert_uint_eq(message_read_head(frame.data, &got), 0);
    }
    buffer_free(&head);
    random_message(&source, MSG_REG_DATA, &sent);
    buffer_clear(&frame);
    message_pack(&frame, &sent);
    buffer_extend(&frame, MESSAGE_HEAD_MOST);
    ck_assert_uint_eq(message_read_head(frame.data, &got), 0);
}
END_TEST

START_TEST(packing_appends)
{
    struct message message = {.type = MSG_RETRY_WITH_CODE, .sender.level = 3, .target.level = 4};
    size_t first;

    message_pack(&frame, &message);
    first = frame.size;
    message_pack(&frame, &message);
    ck_assert_uint_eq(frame.size, 2 * first);
    ck_assert_mem_eq(frame.data, frame.data + first, first);
}
END_TEST

/* The frame of a random message without its last field, without all fields, with a field more, and
 * with a field more in every array inside: a later version may add, and nobody may leave out. */
static void repack(msgpack_packer *to, const msgpack_object *from, int more)
{
    if (from->type != MSGPACK_OBJECT_ARRAY) {
        msgpack_pack_object(to, *from);
        return;
    }
    msgpack_pack_array(to, (size_t)((int)from->via.array.size + more));
    for (int i = 0; i < (int)from->via.array.size + (more < 0 ? more : 0); i++)
        repack(to, &from->via.array.ptr[i], 0);
    for (int i = 0; i < more; i++)
        msgpack_pack_str_with_body(to, "from a later version", 20);
}

static enum frame_fault read_changed(enum message_type type, int more)
{
    static struct message message;
    msgpack_unpacked body;
    msgpack_sbuffer changed;
    msgpack_packer packer;
    enum frame_fault fault;
    uint8_t header[FRAME_HEADER_SIZE];

    msgpack_unpacked_init(&body);
    msgpack_sbuffer_init(&changed);
    msgpack_packer_init(&packer, &changed, msgpack_sbuffer_write);
    random_message(&source, type, &message);
    buffer_clear(&frame);
    message_pack(&frame, &message);
    ck_assert_int_eq(msgpack_unpack_next(&body, (char *)frame.data + FRAME_HEADER_SIZE,
                                         frame.size - FRAME_HEADER_SIZE, NULL),
                     MSGPACK_UNPACK_SUCCESS);
    memcpy(header, frame.data, sizeof header);
    repack(&packer, &body.data, more);
    buffer_clear(&frame);
    buffer_append(&frame, header, FRAME_HEADER_SIZE);
    buffer_append(&frame, changed.data, changed.size);
    frame.data[8] = 0;
    frame.data[9] = (uint8_t)(changed.size >> 16);
    frame.data[10] = (uint8_t)(changed.size >> 8);
    frame.data[11] = (uint8_t)changed.size;
    fault = read_back(&message);
    msgpack_unpacked_destroy(&body);
    msgpack_sbuffer_destroy(&changed);
    return fault;
}

START_TEST(a_later_versions_fields_are_passed_over_and_fewer_are_refused)
{
    ck_assert_int_eq(read_changed(all_types[_i], 0), FRAME_OK);
    ck_assert_int_eq(read_changed(all_types[_i], 1), FRAME_OK);
    ck_assert_int_eq(read_changed(all_types[_i], 3), FRAME_OK);
    ck_assert_int_eq(read_changed(all_types[_i], -1), FRAME_BAD_FIELDS);
}
END_TEST

/* Reads the frame and says how often malloc was called for it; Check's own assertions call it too.
 */
static enum frame_fault read_counted(struct message *message, size_t *calls)
{
    enum frame_fault fault;

    malloc_count_start();
    fault = read_back(message);
    *calls = malloc_calls;
    return fault;
}

static enum frame_fault read_body(enum message_type type, const char *body, size_t size)
{
    struct message message;

    make_frame(type, body, size);
    return read_back(&message);
}
#define READ(type, literal) read_body(type, literal, sizeof literal - 1)

/* RETRY_WITH_CODE is [l2, correlation, hash, offset], SHUTDOWN [l2, correlation, u8, u64]. */
START_TEST(fields_have_their_kind_and_range)
{
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x94\x00\x00\x05\x00"), FRAME_OK);
    ck_assert_int_eq(
        READ(MSG_RETRY_WITH_CODE, "\x94\x00\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x05\x00"),
        FRAME_OK);
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x94\x00\x00\xff\x00"), FRAME_BAD_FIELDS); // -1
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x94\x00\x00\xd0\x05\x00"), FRAME_OK); // 5, signed
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x94\x00\x00\xd0\xfb\x00"), FRAME_BAD_FIELDS); // -5
    ck_assert_int_eq(
        READ(MSG_RETRY_WITH_CODE, "\x94\x00\x00\xd3\x80\x00\x00\x00\x00\x00\x00\x00\x00"),
        FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x94\x00\x00\xc0\x00"), FRAME_BAD_FIELDS); // nil
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x94\x00\x00\xc3\x00"), FRAME_BAD_FIELDS); // true
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x94\x00\x00\xa1x\x00"), FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x94\x00\x00\xca\x3f\x80\x00\x00\x00"),
                     FRAME_BAD_FIELDS); // 1.0
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x94\x00\xff\x05\x00"), FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x91\x00"), FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x90"), FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_SHUTDOWN, "\x94\x00\x00\xcc\xff\x00"), FRAME_OK);
    ck_assert_int_eq(READ(MSG_SHUTDOWN, "\x94\x00\x00\xcd\x01\x00\x00"), FRAME_BAD_FIELDS); // 256
    ck_assert_int_eq(READ(MSG_SHUTDOWN, "\x94\x00\x00\xce\x00\x00\x00\x07\x00"), FRAME_OK); // 7
}
END_TEST

/* The sender here is at L6. */
START_TEST(only_a_chip_has_an_l2_index)
{
    struct message sent = {.type = MSG_RETRY_WITH_CODE}, got;

    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x94\x01\x00\x05\x00"), FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_RETRY_WITH_CODE, "\x94\xce\x00\x01\x00\x00\x00\x05\x00"),
                     FRAME_BAD_FIELDS);
    sent.sender.level = LEVEL_CHIP;
    sent.sender.index[LEVEL_CHIP] = 65535;
    buffer_clear(&frame);
    message_pack(&frame, &sent);
    ck_assert_int_eq(read_back(&got), FRAME_OK);
    ck_assert_uint_eq(got.sender.index[LEVEL_CHIP], 65535);
}
END_TEST

/* TASK_COMPLETE is [l2, correlation, [exec, coord, depth, id, generation], status, error, outputs,
 * time, part]. */
#define COMPLETE(coord) "\x98\x00\x00\x95\x01" coord "\x00\x01\x00\x00\xa0\x90\x00\x00"

START_TEST(coordinates_are_checked)
{
    struct message message;

    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x95\x03\x01\x02\x03\xcd\x01\x2c")),
                     FRAME_OK);
    ck_assert_int_eq(read_back(&message), FRAME_OK);
    ck_assert_uint_eq(message.task_complete.task.creator.level, 3);
    ck_assert_uint_eq(message.task_complete.task.creator.index[6], 1);
    ck_assert_uint_eq(message.task_complete.task.creator.index[3], 300);
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x91\x03")), FRAME_OK); // zeros left out
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x91\x07")), FRAME_OK);
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x91\x0f")), FRAME_OK); // the launcher
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x98\x00\x01\x01\x01\x01\x01\x01\x01")),
                     FRAME_OK);
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x90")), FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x91\x08")), FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x92\x0f\x00")), FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x92\x07\x00")), FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x93\x06\x01\x00")), FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x94\x04\x01\x02\xcd\x01\x00")),
                     FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x99\x00\x01\x01\x01\x01\x01\x01\x01\x01")),
                     FRAME_BAD_FIELDS);
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, COMPLETE("\x03")), FRAME_BAD_FIELDS);
}
END_TEST

/* Records and keys grow at their end as messages do, and what is added may be anything. */
START_TEST(records_and_keys_may_have_more_fields_too)
{
    struct message message;

    // READY is [l2, correlation, [[level, count] ...]]
    ck_assert_int_eq(
        READ(MSG_READY, "\x93\x00\x00\x92\x94\x07\x01\x91\x92\xc0\xa1x\x81\x01\x02\x92\x06\x02"),
        FRAME_OK);
    ck_assert_int_eq(read_back(&message), FRAME_OK);
    ck_assert_uint_eq(message.ready.counts.count, 2);
    ck_assert_uint_eq(message.ready.counts.items[1].level, 6);
    ck_assert_uint_eq(message.ready.counts.items[1].count, 2);
    ck_assert_int_eq(READ(MSG_READY, "\x93\x00\x00\x92\x92\x07\x01\x91\x06"), FRAME_BAD_FIELDS);
    // a key of six elements
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, "\x98\x00\x00\x96\x01\x91\x03\x00\x09\x00\x92\xc3\xcb"
                                             "12345678\x01\xa1"
                                             "e\x90\x05\x00"),
                     FRAME_OK);
    ck_assert_int_eq(read_back(&message), FRAME_OK);
    ck_assert_uint_eq(message.task_complete.task.id, 9);
    ck_assert_uint_eq(message.task_complete.status, 1);
    ck_assert_uint_eq(message.task_complete.run_time_ns, 5);
    ck_assert_int_eq(READ(MSG_TASK_COMPLETE, "\x98\x00\x00\x94\x01\x91\x03\x00\x09\x01\xa1"
                                             "e\x90\x05\x00"),
                     FRAME_BAD_FIELDS);
}
END_TEST

START_TEST(size_and_header_must_agree)
{
    struct message message;

    make_frame(MSG_RETRY_WITH_CODE, "\x94\x00\x00\x05\x00\x90", 5);
    ck_assert_int_eq(read_back(&message), FRAME_OK);
    ck_assert_int_eq(message_read(reader, frame.data, frame.size - 1, &message), FRAME_TRUNCATED);
    buffer_append(&frame, "\x90", 1);
    ck_assert_int_eq(read_back(&message), FRAME_BAD_BODY);
    frame.data[4] = 9;
    ck_assert_int_eq(read_back(&message), FRAME_BAD_VERSION);
}
END_TEST

/* Nothing is asked of malloc before the structure is known to be sound. */
START_TEST(hostile_bodies_cost_no_memory)
{
    static const struct {
        const char *bytes;
        size_t size;
    } hostile[] = {
        {"\xdd\xff\xff\xff\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c", 17},
        {"\x93\x00\x00\xdd\x3f\xff\xff\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09", 17},
        {"\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x90", 18},
        {"\xdf\xff\xff\xff\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c", 17},
        {"\x93\x00\x00\xc6\xff\xff\xff\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09", 17},
    };
    struct message message;
    size_t calls;

    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        make_frame(MSG_RETRY_WITH_CODE, hostile[i].bytes, hostile[i].size);
        ck_assert_int_eq(read_counted(&message, &calls), FRAME_BAD_BODY);
        ck_assert_uint_eq(calls, 0);
    }
}
END_TEST

/* A list of a million nils: they are no records, so there is no room made for records. */
START_TEST(a_list_gets_no_room_that_its_bytes_do_not_back)
{
    enum { COUNT = LIMIT_FRAME_SOCKET - FRAME_HEADER_SIZE - 20 };
    uint8_t *body = malloc(COUNT + 20);
    struct message message;
    size_t calls;

    memcpy(body, "\x93\x00\x00\xdd", 4); // MEMBERS: [l2, correlation, changes]
    for (int i = 0; i < 4; i++)
        body[4 + i] = (uint8_t)(COUNT >> (24 - 8 * i));
    memset(body + 8, 0xc0, COUNT);
    make_frame(MSG_MEMBERS, body, 8 + COUNT);
    ck_assert_int_eq(read_counted(&message, &calls), FRAME_BAD_FIELDS);
    ck_assert_uint_eq(calls, 0);
    free(body);
}
END_TEST

/* The list with the smallest records that there are, as large as a socket takes. */
START_TEST(memory_is_bounded_by_the_frame_and_not_kept)
{
    enum { COUNT = (LIMIT_FRAME_SOCKET - FRAME_HEADER_SIZE - 20) / 3 };
    struct wire_level_count *counts = malloc(COUNT * sizeof *counts);
    struct message sent = {.type = MSG_READY, .ready.counts = {counts, COUNT}}, got;
    size_t calls, in_use;

    for (unsigned i = 0; i < COUNT; i++)
        counts[i] = (struct wire_level_count){7, 1};
    buffer_clear(&frame);
    message_pack(&frame, &sent);
    ck_assert_uint_gt(frame.size, LIMIT_FRAME_SOCKET - 100);
    in_use = malloc_in_use();
    ck_assert_int_eq(read_counted(&got, &calls), FRAME_OK);
    ck_assert_uint_eq(got.ready.counts.count, COUNT);
    ck_assert_uint_gt(malloc_in_use(), in_use + frame.size);
    ck_assert_uint_lt(malloc_in_use(), in_use + 10 * frame.size);
    make_frame(MSG_RETRY_WITH_CODE, "\x94\x00\x00\x05\x00", 5);
    ck_assert_int_eq(read_counted(&got, &calls), FRAME_OK);
    ck_assert_uint_eq(calls, 0);
    ck_assert_uint_lt(malloc_in_use(), in_use + 4096);
    free(counts);
}
END_TEST

START_TEST(reading_ordinary_messages_asks_for_no_memory)
{
    struct wire_param params[4] = {
        {.type = 0, .value = 1ull << 40, .size = 4096, .holder.level = 3}};
    struct message sent = {.type = MSG_CALL_TASK, .sender.level = 4, .target.level = 3}, got;
    unsigned faults = 0;

    sent.call_task.params.items = params;
    sent.call_task.params.count = 4;
    sent.call_task.kernel = wire_str_of("add.so");
    message_pack(&frame, &sent);
    malloc_count_start();
    for (unsigned i = 0; i < 1000; i++) {
        buffer_clear(&frame);
        message_pack(&frame, &sent);
        faults += read_back(&got) != FRAME_OK;
    }
    ck_assert_uint_eq(malloc_calls, 0);
    ck_assert_uint_eq(faults, 0);
}
END_TEST

/* One bit flipped anywhere: read or refused, never a crash; what is read can be packed again. */
START_TEST(a_flipped_bit_is_read_or_refused)
{
    static struct message sent, got, again;
    struct buffer packed = {0};

    for (unsigned i = 0; i < 2000; i++) {
        random_message(&source, all_types[random_below(&source.state, TYPE_COUNT)], &sent);
        buffer_clear(&frame);
        message_pack(&frame, &sent);
        frame.data[random_below(&source.state, (uint32_t)frame.size)] ^=
            (uint8_t)(1u << random_below(&source.state, 8));
        if (read_back(&got) != FRAME_OK)
            continue;
        buffer_clear(&packed);
        message_pack(&packed, &got);
        ck_assert_int_eq(message_read(reader, packed.data, packed.size, &again), FRAME_OK);
    }
    buffer_free(&packed);
}
END_TEST

START_TEST(names_and_queues_come_from_the_list)
{
    unsigned known = 0;

    for (unsigned type = 0; type < 300; type++) {
        known += message_type_known(type);
        ck_assert_int_eq(message_type_known(type), strcmp(message_name(type), "unknown") != 0);
    }
    ck_assert_uint_eq(known, TYPE_COUNT);
    ck_assert_str_eq(message_name(MSG_CALL_TASK), "CALL_TASK");
    ck_assert_uint_eq(MSG_HEARTBEAT, 0);
    ck_assert_uint_eq(MSG_TENSOR_DATA, 9);
    ck_assert_int_eq(message_queue_of(MSG_CALL_TASK), QUEUE_DATA);
    ck_assert_int_eq(message_queue_of(MSG_TENSOR_DATA), QUEUE_DATA);
    ck_assert_int_eq(message_queue_of(MSG_TASK_COMPLETE), QUEUE_CONTROL);
    ck_assert_int_eq(message_queue_of(MSG_HEARTBEAT), QUEUE_CONTROL);
}
END_TEST

START_TEST(strings_are_copied_with_an_end)
{
    char out[4];

    ck_assert_str_eq(wire_str_copy(wire_str_of("ab"), out, sizeof out), "ab");
    ck_assert_str_eq(wire_str_copy(wire_str_of("abcdef"), out, sizeof out), "abc");
    ck_assert_str_eq(wire_str_copy(wire_str_of(NULL), out, sizeof out), "");
    ck_assert_uint_eq(wire_str_of(NULL).size, 0);
}
END_TEST

static struct coord longest_coord(void)
{
    struct coord coord = {.level = LEVEL_CHIP};

    for (unsigned level = LEVEL_CHIP; level <= LEVEL_CLOS2; level++)
        coord.index[level] = level <= LEVEL_HOST ? UINT16_MAX : UINT8_MAX;
    return coord;
}

static struct task_key longest_key(void)
{
    return (struct task_key){.exec = UINT64_MAX,
                             .creator = longest_coord(),
                             .depth = UINT16_MAX,
                             .id = UINT32_MAX,
                             .generation = UINT32_MAX};
}

static void pack_longest(struct message *message)
{
    message->sender = message->target = longest_coord();
    message->correlation = UINT64_MAX;
    buffer_clear(&frame);
    message_pack(&frame, message);
    ck_assert_uint_le(frame.size, LIMIT_FRAME_RING);
    ck_assert_int_eq(read_back(message), FRAME_OK);
}

/* However large all numbers are. */
START_TEST(a_task_of_most_parameters_fits_a_frame_of_an_edge)
{
    static struct wire_param params[LIMIT_TASK_PARAMS];
    static char name[LIMIT_KERNEL_NAME + 1];
    struct message message = {.type = MSG_CALL_TASK};

    memset(name, 'k', LIMIT_KERNEL_NAME);
    for (unsigned i = 0; i < LIMIT_TASK_PARAMS; i++)
        params[i] = (struct wire_param){.type = UINT8_MAX,
                                        .value = UINT64_MAX,
                                        .version = UINT32_MAX,
                                        .new_version = UINT32_MAX,
                                        .size = UINT64_MAX,
                                        .holder = longest_coord(),
                                        .place = UINT64_MAX,
                                        .depth = UINT8_MAX,
                                        .producer_id = UINT32_MAX,
                                        .producer_depth = UINT8_MAX};
    message.call_task.task = longest_key();
    message.call_task.code_hash = message.call_task.time_limit_ms = UINT64_MAX;
    message.call_task.spmd_index = message.call_task.spmd_size = UINT32_MAX;
    message.call_task.params.items = params;
    message.call_task.params.count = LIMIT_TASK_PARAMS;
    message.call_task.kernel = wire_str_of(name);
    pack_longest(&message);
}
END_TEST

START_TEST(so_do_its_outputs)
{
    static struct wire_output outputs[LIMIT_TASK_PARAMS];
    static char cause[LIMIT_CAUSE];
    struct message message = {.type = MSG_TASK_COMPLETE};

    memset(cause, 'c', sizeof cause - 1);
    for (unsigned i = 0; i < LIMIT_TASK_PARAMS; i++)
        outputs[i] = (struct wire_output){.handle = UINT64_MAX,
                                          .version = UINT32_MAX,
                                          .size = UINT64_MAX,
                                          .holder = longest_coord()};
    message.task_complete.task = longest_key();
    message.task_complete.error = wire_str_of(cause);
    message.task_complete.outputs.items = outputs;
    message.task_complete.outputs.count = LIMIT_TASK_PARAMS;
    message.task_complete.run_time_ns = UINT64_MAX;
    message.task_complete.part = UINT32_MAX;
    pack_longest(&message);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("message");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, every_message_reads_as_it_was_packed, 0, TYPE_COUNT);
    tcase_add_test(tcase, a_head_says_all_but_the_bytes);
    tcase_add_test(tcase, packing_appends);
    tcase_add_loop_test(tcase, a_later_versions_fields_are_passed_over_and_fewer_are_refused, 0,
                        TYPE_COUNT);
    tcase_add_test(tcase, fields_have_their_kind_and_range);
    tcase_add_test(tcase, only_a_chip_has_an_l2_index);
    tcase_add_test(tcase, coordinates_are_checked);
    tcase_add_test(tcase, records_and_keys_may_have_more_fields_too);
    tcase_add_test(tcase, size_and_header_must_agree);
    tcase_add_test(tcase, hostile_bodies_cost_no_memory);
    tcase_add_test(tcase, a_list_gets_no_room_that_its_bytes_do_not_back);
    tcase_add_test(tcase, memory_is_bounded_by_the_frame_and_not_kept);
    tcase_add_test(tcase, reading_ordinary_messages_asks_for_no_memory);
    tcase_add_test(tcase, a_flipped_bit_is_read_or_refused);
    tcase_add_test(tcase, names_and_queues_come_from_the_list);
    tcase_add_test(tcase, strings_are_copied_with_an_end);
    tcase_add_test(tcase, a_task_of_most_parameters_fits_a_frame_of_an_edge);
    tcase_add_test(tcase, so_do_its_outputs);
    return suite_run_cases("message", &tcase, 1);
}
