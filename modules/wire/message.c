#include "wire/message.h"

#include <assert.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "wire/body.h"

/* What stands before the fields in every body: the sender's l2 index and the correlation id. */
enum { BODY_PREFIX = 2 };

/* Bytes of lists that a reader keeps between messages. */
enum { LISTS_KEPT = 2048 };

/* FIELDS_call_task = 7, FIELDS_record_param = 8, ... */
enum {
#define RECORD(lower, doc) FIELDS_record_##lower = 0
#define MESSAGE(UPPER, lower, number, queue, doc) FIELDS_##lower = 0
#define FIELD(kind, name, doc) +1
#define LIST(record, name, doc) +1
#define END_RECORD ,
#define END ,
#include "wire/messages.def"
    FIELDS_key = 5,
};

wire_str wire_str_of(const char *text)
{
    return (wire_str){text, text ? (uint32_t)strlen(text) : 0};
}

const char *wire_str_copy(wire_str str, char *out, size_t capacity)
{
    size_t size = str.size < capacity ? str.size : capacity - 1;

    assert(capacity);
    if (size)
        memcpy(out, str.text, size);
    out[size] = '\0';
    return out;
}

const char *message_name(unsigned type)
{
    switch (type) {
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    case MSG_##UPPER:                                                                              \
        return #UPPER;
#include "wire/messages.def"
    default:
        return "unknown";
    }
}

bool message_type_known(unsigned type)
{
    switch (type) {
#define MESSAGE(UPPER, lower, number, queue, doc) case MSG_##UPPER:
#include "wire/messages.def"
        return true;
    default:
        return false;
    }
}

enum message_queue message_queue_of(enum message_type type)
{
    switch (type) {
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    case MSG_##UPPER:                                                                              \
        return QUEUE_##queue;
#include "wire/messages.def"
    }
    assert(message_type_known(type));
    return QUEUE_CONTROL;
}

/* ---- packing ---- */

/* msgpack-c hands over one head at a time: copies of a size known here are a few instructions. */
static int append(void *data, const char *bytes, size_t size)
{
    struct buffer *out = data;
    uint8_t *to = out->data + out->size;

    if (out->capacity - out->size < size) {
        buffer_append(out, bytes, size);
        return 0;
    }
    switch (size) {
    case 1:
        *to = (uint8_t)*bytes;
        break;
    case 2:
        memcpy(to, bytes, 2);
        break;
    case 3:
        memcpy(to, bytes, 3);
        break;
    case 5:
        memcpy(to, bytes, 5);
        break;
    case 9:
        memcpy(to, bytes, 9);
        break;
    default:
        memcpy(to, bytes, size);
    }
    out->size += size;
    return 0;
}

/* In its shortest form, whatever its width. A small number stands for itself, and most are. */
static void pack_unsigned(msgpack_packer *to, uint64_t value)
{
    struct buffer *out = to->data;

    if (value < 0x80 && out->size < out->capacity)
        out->data[out->size++] = (uint8_t)value;
    else
        msgpack_pack_uint64(to, value);
}

#define PACK_UNSIGNED(kind)                                                                        \
    static void pack_##kind(msgpack_packer *to, const wire_##kind *value)                          \
    {                                                                                              \
        pack_unsigned(to, *value);                                                                 \
    }
PACK_UNSIGNED(u8)
PACK_UNSIGNED(u16)
PACK_UNSIGNED(u32)
PACK_UNSIGNED(u64)

static void pack_str(msgpack_packer *to, const wire_str *str)
{
    msgpack_pack_str(to, str->size);
    if (str->size)
        msgpack_pack_str_body(to, str->text, str->size);
}

/* In place of bytes that follow the head of their frame. */
static const uint8_t follows;

static void pack_bin(msgpack_packer *to, const wire_bin *bin)
{
    msgpack_pack_bin(to, bin->size);
    if (bin->size && bin->data != &follows)
        msgpack_pack_bin_body(to, bin->data, bin->size);
}

/* [level, l6, l5, ...] down to the level; zeros at the end are left out. */
static void pack_coord(msgpack_packer *to, const wire_coord *coord)
{
    unsigned last = 0;

    assert(!coord->index[LEVEL_GLOBAL]);
    while (last < LEVEL_GLOBAL && !coord->index[last])
        last++;
    assert(last == LEVEL_GLOBAL || last >= coord->level);
    msgpack_pack_array(to, 1 + LEVEL_GLOBAL - last);
    pack_unsigned(to, coord->level);
    for (unsigned level = LEVEL_GLOBAL; level-- > last;)
        pack_unsigned(to, coord->index[level]);
}

static void pack_key(msgpack_packer *to, const wire_key *key)
{
    msgpack_pack_array(to, FIELDS_key);
    pack_unsigned(to, key->exec);
    pack_coord(to, &key->creator);
    pack_unsigned(to, key->depth);
    pack_unsigned(to, key->id);
    pack_unsigned(to, key->generation);
}

#define RECORD(lower, doc)                                                                         \
    static void pack_record_##lower(msgpack_packer *to, const struct wire_##lower *from)           \
    {                                                                                              \
        msgpack_pack_array(to, FIELDS_record_##lower);
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    static void pack_##lower(msgpack_packer *to, const struct msg_##lower *from)                   \
    {
#define FIELD(kind, name, doc) pack_##kind(to, &from->name);
#define LIST(record, name, doc)                                                                    \
    msgpack_pack_array(to, from->name.count);                                                      \
    for (uint32_t i = 0; i < from->name.count; i++)                                                \
        pack_record_##record(to, &from->name.items[i]);
#define END_RECORD }
#define END }
#include "wire/messages.def"

static void pack_body(msgpack_packer *to, const struct message *message)
{
    switch (message->type) {
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    case MSG_##UPPER:                                                                              \
        msgpack_pack_array(to, BODY_PREFIX + FIELDS_##lower);                                      \
        pack_unsigned(to, message->sender.index[LEVEL_CHIP]);                                      \
        pack_unsigned(to, message->correlation);                                                   \
        pack_##lower(to, &message->lower);                                                         \
        return;
#include "wire/messages.def"
    }
    assert(message_type_known(message->type));
}

/* `following` bytes of the frame are not packed. */
static void pack_frame(struct buffer *out, const struct message *message, size_t following)
{
    size_t start = out->size;
    msgpack_packer packer;
    struct frame_header header = {
        .type = (uint8_t)message->type, .sender = message->sender, .target = message->target};

    buffer_extend(out, FRAME_HEADER_SIZE);
    msgpack_packer_init(&packer, out, append);
    pack_body(&packer, message);
    assert(out->size - start + following <= LIMIT_FRAME_SOCKET);
    header.payload_size = (uint32_t)(out->size - start - FRAME_HEADER_SIZE + following);
    frame_header_write(&header, out->data + start);
}

void message_pack(struct buffer *out, const struct message *message)
{
    pack_frame(out, message, 0);
}

void message_pack_head(struct buffer *out, const struct message *message)
{
    struct message head = *message;

    assert(head.type == MSG_TENSOR_DATA);
    head.tensor_data.bytes.data = &follows;
    pack_frame(out, &head, head.tensor_data.bytes.size);
}

/* ---- reading ---- */

struct message_reader {
    msgpack_zone lists; // of the last message
};

/* Where in a scanned body we are. */
struct reading {
    const uint8_t *at, *end;
    msgpack_zone *lists;
};

struct message_reader *message_reader_create(void)
{
    struct message_reader *reader = memory_new(1, sizeof *reader);

    if (!msgpack_zone_init(&reader->lists, LISTS_KEPT))
        memory_short(1, LISTS_KEPT);
    return reader;
}

void message_reader_destroy(struct message_reader *reader)
{
    if (reader)
        msgpack_zone_destroy(&reader->lists);
    free(reader);
}

#define READ_UNSIGNED(kind, most)                                                                  \
    static bool read_##kind(struct reading *from, wire_##kind *to)                                 \
    {                                                                                              \
        uint64_t value = *from->at;                                                                \
        bool good = true;                                                                          \
                                                                                                   \
        if (value < 0x80) /* stands for itself */                                                  \
            from->at++;                                                                            \
        else                                                                                       \
            good = body_unsigned(&from->at, most, &value);                                         \
        *to = (wire_##kind)value;                                                                  \
        return good;                                                                               \
    }
READ_UNSIGNED(u8, UINT8_MAX)
READ_UNSIGNED(u16, UINT16_MAX)
READ_UNSIGNED(u32, UINT32_MAX)
READ_UNSIGNED(u64, UINT64_MAX)

static bool read_str(struct reading *from, wire_str *to)
{
    const uint8_t *bytes = NULL;
    bool good = body_str(&from->at, &bytes, &to->size);

    to->text = (const char *)bytes;
    return good;
}

static bool read_bin(struct reading *from, wire_bin *to)
{
    return body_bin(&from->at, &to->data, &to->size);
}

static bool read_coord(struct reading *from, wire_coord *to)
{
    unsigned level = LEVEL_GLOBAL;
    uint32_t count;

    *to = (struct coord){0};
    if (!body_array(&from->at, &count) || count < 1 || !read_u8(from, &to->level))
        return false;
    if (to->level >= LEVEL_COUNT && to->level != LEVEL_LAUNCHER)
        return false;
    while (--count) {
        if (level-- <= to->level || !read_u16(from, &to->index[level]) ||
            to->index[level] >= level_index_limit(level))
            return false;
    }
    return true;
}

/* The number of elements beyond the `least` that there must be. */
static bool read_array(struct reading *from, uint32_t least, uint32_t *more)
{
    if (!body_array(&from->at, more) || *more < least)
        return false;
    *more -= least;
    return true;
}

static bool read_key(struct reading *from, wire_key *to)
{
    uint32_t more;

    if (!read_array(from, FIELDS_key, &more) || !read_u64(from, &to->exec) ||
        !read_coord(from, &to->creator) || !read_u16(from, &to->depth) ||
        !read_u32(from, &to->id) || !read_u32(from, &to->generation))
        return false;
    body_skip(&from->at, more);
    return true;
}

/* Room for the items of a list; NULL when so many records, of a byte and their fields at least,
 * cannot be there. So a list cannot ask for much more memory than its own bytes. */
static void *list_room(struct reading *from, uint32_t count, uint32_t fields, size_t size)
{
    if (count > (size_t)(from->end - from->at) / (1 + fields))
        return NULL;
    return msgpack_zone_malloc(from->lists, count * size);
}

#define RECORD(lower, doc)                                                                         \
    static bool read_list_##lower(struct reading *from, const struct wire_##lower **items,         \
                                  uint32_t *count);
#include "wire/messages.def"

#define RECORD(lower, doc)                                                                         \
    static bool read_record_##lower(struct reading *from, struct wire_##lower *to)                 \
    {                                                                                              \
        return true
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    static bool read_##lower(struct reading *from, struct msg_##lower *to)                         \
    {                                                                                              \
        return true
#define FIELD(kind, name, doc) &&read_##kind(from, &to->name)
#define LIST(record, name, doc) &&read_list_##record(from, &to->name.items, &to->name.count)
#define END_RECORD                                                                                 \
    ;                                                                                              \
    }
#define END                                                                                        \
    ;                                                                                              \
    }
#include "wire/messages.def"

#define RECORD(lower, doc)                                                                         \
    static bool read_list_##lower(struct reading *from, const struct wire_##lower **items,         \
                                  uint32_t *count)                                                 \
    {                                                                                              \
        struct wire_##lower *to;                                                                   \
        uint32_t more;                                                                             \
                                                                                                   \
        if (!body_array(&from->at, count))                                                         \
            return false;                                                                          \
        to = list_room(from, *count, FIELDS_record_##lower, sizeof *to);                           \
        *items = to;                                                                               \
        for (uint32_t i = 0; to && i < *count; i++) {                                              \
            if (!read_array(from, FIELDS_record_##lower, &more) ||                                 \
                !read_record_##lower(from, to + i))                                                \
                return false;                                                                      \
            body_skip(&from->at, more);                                                            \
        }                                                                                          \
        return to;                                                                                 \
    }
#include "wire/messages.def"

static bool read_fields(struct reading *from, struct message *message, uint32_t count)
{
    switch (message->type) {
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    case MSG_##UPPER:                                                                              \
        return count >= FIELDS_##lower && read_##lower(from, &message->lower);
#include "wire/messages.def"
    }
    return false;
}

/* The prefix of the body, then the fields. Only a chip has an l2 index. */
static bool read_body(struct reading *from, struct message *message)
{
    uint16_t *l2 = &message->sender.index[LEVEL_CHIP];
    uint32_t fields;

    return read_array(from, BODY_PREFIX, &fields) && read_u16(from, l2) &&
           read_u64(from, &message->correlation) && (!*l2 || message->sender.level <= LEVEL_CHIP) &&
           read_fields(from, message, fields);
}

/* No field of the head is longer than 9 bytes, so what is read lies within MESSAGE_HEAD_MOST
 * whatever is there. */
_Static_assert(MESSAGE_HEAD_MOST >=
                   FRAME_HEADER_SIZE + 5 + (BODY_PREFIX + FIELDS_tensor_data - 1) * 9 + 5,
               "the longest head");

size_t message_read_head(const uint8_t *frame, struct message *message)
{
    struct reading from = {.at = frame + FRAME_HEADER_SIZE};
    wire_bin *bytes = &message->tensor_data.bytes;
    struct frame_header header;
    uint32_t more;
    size_t size;

    if (frame[5] != MSG_TENSOR_DATA || frame_header_read(&header, frame) != FRAME_OK)
        return 0;
    message->type = header.type;
    message->sender = header.sender;
    message->target = header.target;
    if (!read_array(&from, BODY_PREFIX + FIELDS_tensor_data, &more) || more)
        return 0;
    from.at = frame + FRAME_HEADER_SIZE;
    if (!read_body(&from, message))
        return 0;
    size = (size_t)(bytes->data - frame);
    bytes->data = NULL;
    return size + bytes->size == FRAME_HEADER_SIZE + header.payload_size ? size : 0;
}

enum frame_fault message_read(struct message_reader *reader, const uint8_t *frame, size_t size,
                              struct message *message)
{
    struct reading from = {frame + FRAME_HEADER_SIZE, frame + size, &reader->lists};
    struct frame_header header;
    enum frame_fault fault;

    assert(size >= FRAME_HEADER_SIZE);
    fault = frame_header_read(&header, frame);
    if (fault != FRAME_OK)
        return fault;
    if (size - FRAME_HEADER_SIZE < header.payload_size)
        return FRAME_TRUNCATED;
    fault = body_scan(from.at, size - FRAME_HEADER_SIZE);
    if (fault != FRAME_OK)
        return fault;
    msgpack_zone_clear(&reader->lists);
    message->type = header.type;
    message->sender = header.sender;
    message->target = header.target;
    return read_body(&from, message) ? FRAME_OK : FRAME_BAD_FIELDS;
}
