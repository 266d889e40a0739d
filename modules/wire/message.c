#include "wire/message.h"

#include <assert.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"

/* What stands before the fields in every body: the sender's l2 index and the correlation id. */
enum { BODY_PREFIX = 2 };

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

static int append(void *buffer, const char *data, size_t size)
{
    buffer_append(buffer, data, size);
    return 0;
}

static void pack_u8(msgpack_packer *to, const wire_u8 *value)
{
    msgpack_pack_uint8(to, *value);
}

static void pack_u16(msgpack_packer *to, const wire_u16 *value)
{
    msgpack_pack_uint16(to, *value);
}

static void pack_u32(msgpack_packer *to, const wire_u32 *value)
{
    msgpack_pack_uint32(to, *value);
}

static void pack_u64(msgpack_packer *to, const wire_u64 *value)
{
    msgpack_pack_uint64(to, *value);
}

static void pack_str(msgpack_packer *to, const wire_str *str)
{
    msgpack_pack_str(to, str->size);
    if (str->size)
        msgpack_pack_str_body(to, str->text, str->size);
}

static void pack_bin(msgpack_packer *to, const wire_bin *bin)
{
    msgpack_pack_bin(to, bin->size);
    if (bin->size)
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
    msgpack_pack_uint8(to, coord->level);
    for (unsigned level = LEVEL_GLOBAL; level-- > last;)
        msgpack_pack_uint16(to, coord->index[level]);
}

static void pack_key(msgpack_packer *to, const wire_key *key)
{
    msgpack_pack_array(to, FIELDS_key);
    msgpack_pack_uint64(to, key->exec);
    pack_coord(to, &key->creator);
    msgpack_pack_uint16(to, key->depth);
    msgpack_pack_uint32(to, key->id);
    msgpack_pack_uint32(to, key->generation);
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
        msgpack_pack_uint16(to, message->sender.index[LEVEL_CHIP]);                                \
        msgpack_pack_uint64(to, message->correlation);                                             \
        pack_##lower(to, &message->lower);                                                         \
        return;
#include "wire/messages.def"
    }
    assert(message_type_known(message->type));
}

void message_pack(struct buffer *out, const struct message *message)
{
    size_t start = out->size;
    msgpack_packer packer;
    struct frame_header header = {
        .type = (uint8_t)message->type, .sender = message->sender, .target = message->target};

    buffer_extend(out, FRAME_HEADER_SIZE);
    msgpack_packer_init(&packer, out, append);
    pack_body(&packer, message);
    assert(out->size - start <= LIMIT_FRAME_SOCKET);
    header.payload_size = (uint32_t)(out->size - start - FRAME_HEADER_SIZE);
    frame_header_write(&header, out->data + start);
}

/* ---- reading ---- */

struct message_reader {
    msgpack_zone zone; // objects and lists of the last message
};

struct message_reader *message_reader_create(void)
{
    struct message_reader *reader = memory_new(1, sizeof *reader);

    if (!msgpack_zone_init(&reader->zone, MSGPACK_ZONE_CHUNK_SIZE))
        memory_short(1, MSGPACK_ZONE_CHUNK_SIZE);
    return reader;
}

void message_reader_destroy(struct message_reader *reader)
{
    if (reader)
        msgpack_zone_destroy(&reader->zone);
    free(reader);
}

static bool read_unsigned(uint64_t *value, uint64_t most, const msgpack_object *from)
{
    *value = from->via.u64;
    return from->type == MSGPACK_OBJECT_POSITIVE_INTEGER && from->via.u64 <= most;
}

#define READ_UNSIGNED(kind, most)                                                                  \
    static bool read_##kind(wire_##kind *to, const msgpack_object *from)                           \
    {                                                                                              \
        uint64_t value;                                                                            \
        bool good = read_unsigned(&value, most, from);                                             \
                                                                                                   \
        *to = (wire_##kind)value;                                                                  \
        return good;                                                                               \
    }
READ_UNSIGNED(u8, UINT8_MAX)
READ_UNSIGNED(u16, UINT16_MAX)
READ_UNSIGNED(u32, UINT32_MAX)
READ_UNSIGNED(u64, UINT64_MAX)

static bool read_str(wire_str *to, const msgpack_object *from)
{
    if (from->type != MSGPACK_OBJECT_STR)
        return false;
    *to = (wire_str){from->via.str.ptr, from->via.str.size};
    return true;
}

static bool read_bin(wire_bin *to, const msgpack_object *from)
{
    if (from->type != MSGPACK_OBJECT_BIN)
        return false;
    *to = (wire_bin){(const uint8_t *)from->via.bin.ptr, from->via.bin.size};
    return true;
}

static bool has_elements(const msgpack_object *from, uint32_t least)
{
    return from->type == MSGPACK_OBJECT_ARRAY && from->via.array.size >= least;
}

static bool read_coord(wire_coord *to, const msgpack_object *from)
{
    const msgpack_object *object = from->via.array.ptr;
    unsigned level = LEVEL_GLOBAL;

    *to = (struct coord){0};
    if (!has_elements(from, 1) || !read_u8(&to->level, object))
        return false;
    if (to->level >= LEVEL_COUNT && to->level != LEVEL_LAUNCHER)
        return false;
    for (uint32_t i = 1; i < from->via.array.size; i++) {
        if (level-- <= to->level || !read_u16(&to->index[level], object + i) ||
            to->index[level] >= level_index_limit(level))
            return false;
    }
    return true;
}

static bool read_key(wire_key *to, const msgpack_object *from)
{
    const msgpack_object *object = from->via.array.ptr;

    return has_elements(from, FIELDS_key) && read_u64(&to->exec, object) &&
           read_coord(&to->creator, object + 1) && read_u16(&to->depth, object + 2) &&
           read_u32(&to->id, object + 3) && read_u32(&to->generation, object + 4);
}

/* Room for the items of a list; NULL when it is none. The objects are looked at first, so that a
 * list cannot ask for much more memory than its own bytes. */
static void *list_room(msgpack_zone *zone, const msgpack_object *list, uint32_t fields, size_t size)
{
    if (!has_elements(list, 0))
        return NULL;
    for (uint32_t i = 0; i < list->via.array.size; i++)
        if (!has_elements(&list->via.array.ptr[i], fields))
            return NULL;
    return msgpack_zone_malloc(zone, list->via.array.size * size);
}

#define RECORD(lower, doc)                                                                         \
    static bool read_list_##lower(msgpack_zone *zone, const struct wire_##lower **items,           \
                                  uint32_t *count, const msgpack_object *from);
#include "wire/messages.def"

#define RECORD(lower, doc)                                                                         \
    static bool read_record_##lower(msgpack_zone *zone, struct wire_##lower *to,                   \
                                    const msgpack_object *object)                                  \
    {                                                                                              \
        (void)zone;                                                                                \
        return true
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    static bool read_##lower(msgpack_zone *zone, struct msg_##lower *to,                           \
                             const msgpack_object *object)                                         \
    {                                                                                              \
        (void)zone;                                                                                \
        return true
#define FIELD(kind, name, doc) &&read_##kind(&to->name, object++)
#define LIST(record, name, doc)                                                                    \
    &&read_list_##record(zone, &to->name.items, &to->name.count, object++)
#define END_RECORD                                                                                 \
    ;                                                                                              \
    }
#define END                                                                                        \
    ;                                                                                              \
    }
#include "wire/messages.def"

#define RECORD(lower, doc)                                                                         \
    static bool read_list_##lower(msgpack_zone *zone, const struct wire_##lower **items,           \
                                  uint32_t *count, const msgpack_object *from)                     \
    {                                                                                              \
        struct wire_##lower *to = list_room(zone, from, FIELDS_record_##lower, sizeof *to);        \
                                                                                                   \
        if (!to)                                                                                   \
            return false;                                                                          \
        *items = to;                                                                               \
        *count = from->via.array.size;                                                             \
        for (uint32_t i = 0; i < *count; i++)                                                      \
            if (!read_record_##lower(zone, to + i, from->via.array.ptr[i].via.array.ptr))          \
                return false;                                                                      \
        return true;                                                                               \
    }
#include "wire/messages.def"

static bool read_fields(msgpack_zone *zone, struct message *message, const msgpack_object *object,
                        uint32_t count)
{
    switch (message->type) {
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    case MSG_##UPPER:                                                                              \
        return count >= FIELDS_##lower && read_##lower(zone, &message->lower, object);
#include "wire/messages.def"
    }
    return false;
}

/* The prefix of the body, then the fields. Only a chip has an l2 index. */
static bool read_body(msgpack_zone *zone, struct message *message, const msgpack_object *body)
{
    const msgpack_object *object = body->via.array.ptr;

    if (!has_elements(body, BODY_PREFIX) || !read_u16(&message->sender.index[LEVEL_CHIP], object) ||
        !read_u64(&message->correlation, object + 1))
        return false;
    if (message->sender.index[LEVEL_CHIP] && message->sender.level > LEVEL_CHIP)
        return false;
    return read_fields(zone, message, object + BODY_PREFIX, body->via.array.size - BODY_PREFIX);
}

enum frame_fault message_read(struct message_reader *reader, const uint8_t *frame, size_t size,
                              struct message *message)
{
    struct frame_header header;
    msgpack_object body;
    size_t at = 0;
    enum frame_fault fault;

    assert(size >= FRAME_HEADER_SIZE);
    fault = frame_header_read(&header, frame);
    if (fault != FRAME_OK)
        return fault;
    frame += FRAME_HEADER_SIZE;
    size -= FRAME_HEADER_SIZE;
    if (size != header.payload_size)
        return size < header.payload_size ? FRAME_TRUNCATED : FRAME_BAD_BODY;
    fault = frame_scan(frame, size);
    if (fault != FRAME_OK)
        return fault;
    msgpack_zone_clear(&reader->zone);
    if (msgpack_unpack((const char *)frame, size, &at, &reader->zone, &body) !=
            MSGPACK_UNPACK_SUCCESS ||
        at != size)
        return FRAME_BAD_BODY;
    message->type = header.type;
    message->sender = header.sender;
    message->target = header.target;
    return read_body(&reader->zone, message, &body) ? FRAME_OK : FRAME_BAD_FIELDS;
}
