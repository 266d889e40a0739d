/* Messages as structs. enum, structs, packer, reader, names and docs/protocol.md all come from
 * wire/messages.def.
 *
 * A body is a msgpack array: [sender's l2 index, correlation id, the fields in the order of
 * messages.def ...]. A reader accepts more fields than it knows (a later version put them last) and
 * refuses fewer. */

#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/coord.h"
#include "model/task_key.h"
#include "wire/header.h"

/* Kinds of fields. Pointers are borrowed: in a message to be packed they are the caller's, in a
 * message that was read they point into the frame or into the reader and live until the next
 * message_read() with it. */
typedef uint8_t wire_u8;
typedef uint16_t wire_u16;
typedef uint32_t wire_u32;
typedef uint64_t wire_u64;
typedef struct coord wire_coord;
typedef struct task_key wire_key;
typedef struct wire_str {
    const char *text;
    uint32_t size;
} wire_str; // not NUL-terminated
typedef struct wire_bin {
    const uint8_t *data;
    uint32_t size;
} wire_bin;

/* A str of a C string (NULL is the empty one); copy one into `out` of `capacity` bytes,
 * NUL-terminated, cut. */
wire_str wire_str_of(const char *text);
const char *wire_str_copy(wire_str str, char *out, size_t capacity);

/* messages.def declares, in this order of use,
 *
 *   RECORD(lower, doc) FIELD(kind, name, doc) ... END_RECORD
 *     a struct used inside lists: struct wire_<lower>
 *   MESSAGE(UPPER, lower, number, QUEUE, doc) FIELD ... LIST(record, name, doc) ... END
 *
 * A LIST becomes `struct { const struct wire_<record> *items; uint32_t count; } name`. */
enum message_queue { QUEUE_CONTROL, QUEUE_DATA };

/* MSG_HEARTBEAT = 0, ..., generated from the list */
#include "wire/message_types.h"

struct message {
    enum message_type type;
    struct coord sender;
    struct coord target;
    uint64_t correlation; // an answer repeats the question's; 0 when there is no question
    union {
#define MESSAGE(UPPER, lower, number, queue, doc) struct msg_##lower lower;
#include "wire/messages.def"
    };
};

/* The values of fields that have few; messages.def says what each means. */
enum task_status { TASK_STATUS_COMPLETED, TASK_STATUS_FAILED, TASK_STATUS_DEADLOCK };
enum tensor_status {
    TENSOR_STATUS_HERE,
    TENSOR_STATUS_ABSENT,
    TENSOR_STATUS_FAILED,
    TENSOR_STATUS_COMING,
};
enum gather_purpose {
    GATHER_COUNT,
    GATHER_IDENTIFY,
    GATHER_DISCOVER,
    GATHER_RECORDS,
    GATHER_WINDOWS,
};

enum {
    CODE_CHUNK = 48 * 1024,       // bytes of a kernel in one REG_CODE, which fits a frame on a ring
    CODE_AT_ONCE = 5 * CODE_CHUNK // for one RETRY_WITH_CODE
};

/* "HEARTBEAT"; "unknown" for a number that no message has. */
const char *message_name(unsigned type);
enum message_queue message_queue_of(enum message_type type);
bool message_type_known(unsigned type);

/* Append the whole frame, header included, to `out`. */
void message_pack(struct buffer *out, const struct message *message);

/* TENSOR_DATA ends in bytes, which need not be copied to be sent or received: its frame may be in
 * two pieces, the head and those bytes. */
enum { MESSAGE_HEAD_MOST = 104 };
/* message_pack() of a TENSOR_DATA without the bytes that end it, which are to follow. */
void message_pack_head(struct buffer *out, const struct message *message);
/* Of a frame that frame_size() has passed the first MESSAGE_HEAD_MOST bytes: 0 when it is no
 * TENSOR_DATA that ends in its bytes; else the size of the head, and the message, whose bytes have
 * a size and are not there: data is NULL. */
size_t message_read_head(const uint8_t *frame, struct message *message);

/* Reads frames one after the other with memory that is reused. */
struct message_reader;
struct message_reader *message_reader_create(void);
void message_reader_destroy(struct message_reader *reader);

/* Read a whole frame (its size checked by frame_size()): structural scan, then fields. `message`
 * borrows from `frame` and `reader` until the next call; lists are the only memory that it needs
 * beyond the frame. */
enum frame_fault message_read(struct message_reader *reader, const uint8_t *frame, size_t size,
                              struct message *message);

#endif
