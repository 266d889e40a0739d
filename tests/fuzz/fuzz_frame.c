/* Arbitrary bytes as a frame: what a named socket takes from whoever connects. What is read must
 * survive being packed and read again, and what passes our structural scan the library's unpacker
 * must take as well. */
#include <assert.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "wire/body.h"
#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct message_reader *reader, *second_reader;

static void check_library_agrees(const uint8_t *body, size_t size)
{
    msgpack_unpacked unpacked;
    size_t at = 0;

    msgpack_unpacked_init(&unpacked);
    assert(msgpack_unpack_next(&unpacked, (const char *)body, size, &at) == MSGPACK_UNPACK_SUCCESS);
    assert(at == size && unpacked.data.type == MSGPACK_OBJECT_ARRAY);
    msgpack_unpacked_destroy(&unpacked);
}

/* Packing gives one form to a message, however it came. */
static void check_packs(const struct message *message)
{
    struct buffer first = {0}, second = {0};
    struct message again;

    message_pack(&first, message);
    assert(message_read(second_reader, first.data, first.size, &again) == FRAME_OK);
    message_pack(&second, &again);
    assert(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    buffer_free(&first);
    buffer_free(&second);
}

/* What is read of a head is what is read of the whole. */
static void check_head(const uint8_t *frame, size_t size, enum frame_fault fault,
                       const struct message *whole)
{
    uint8_t *first = malloc(MESSAGE_HEAD_MOST); // exactly so large, so that a byte too many is seen
    const struct msg_tensor_data *bytes = &whole->tensor_data;
    struct message message = {0};
    size_t head;

    memcpy(first, frame, MESSAGE_HEAD_MOST);
    head = message_read_head(first, &message);
    free(first);
    if (!head)
        return;
    assert(fault == FRAME_OK && whole->type == MSG_TENSOR_DATA);
    assert(head <= MESSAGE_HEAD_MOST && head + bytes->bytes.size == size);
    assert(bytes->bytes.data == frame + head && !message.tensor_data.bytes.data);
    assert(message.tensor_data.handle == bytes->handle &&
           message.tensor_data.version == bytes->version &&
           message.tensor_data.status == bytes->status &&
           message.tensor_data.total == bytes->total &&
           message.tensor_data.offset == bytes->offset &&
           message.tensor_data.bytes.size == bytes->bytes.size &&
           message.correlation == whole->correlation &&
           coord_equal(&message.sender, &whole->sender) &&
           coord_equal(&message.target, &whole->target));
}

static void try_frame(const uint8_t *frame, size_t size)
{
    struct message message;
    enum frame_fault fault = message_read(reader, frame, size, &message);

    if (body_scan(frame + FRAME_HEADER_SIZE, size - FRAME_HEADER_SIZE) == FRAME_OK)
        check_library_agrees(frame + FRAME_HEADER_SIZE, size - FRAME_HEADER_SIZE);
    if (size >= MESSAGE_HEAD_MOST)
        check_head(frame, size, fault, &message);
    if (fault == FRAME_OK)
        check_packs(&message);
}

/* The bytes as they are. */
static void try_bytes(const uint8_t *data, size_t size)
{
    size_t whole;
    uint8_t *copy;

    if (frame_size(data, size, LIMIT_FRAME_SOCKET, &whole) != FRAME_OK || whole > size)
        return;
    copy = malloc(whole); // exactly so large, so that a byte too many is seen
    memcpy(copy, data, whole);
    try_frame(copy, whole);
    free(copy);
}

/* The bytes as the body of a good header of the type that the first one says. */
static void try_body(const uint8_t *data, size_t size)
{
    struct frame_header header = {.type = *data, .payload_size = (uint32_t)(size - 1)};
    uint8_t *frame;

    if (!message_type_known(*data) || size - 1 > LIMIT_FRAME_SOCKET - FRAME_HEADER_SIZE)
        return;
    header.sender.level = size & 1 ? LEVEL_CHIP : LEVEL_CLOS2;
    header.target.level = LEVEL_LAUNCHER;
    frame = malloc(FRAME_HEADER_SIZE + size - 1);
    frame_header_write(&header, frame);
    memcpy(frame + FRAME_HEADER_SIZE, data + 1, size - 1);
    try_frame(frame, FRAME_HEADER_SIZE + size - 1);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!reader) {
        reader = message_reader_create();
        second_reader = message_reader_create();
    }
    try_bytes(data, size);
    if (size)
        try_body(data, size);
    return 0;
}
