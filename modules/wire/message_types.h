/* enum message_type and a struct for each record and message of messages.def, as the preprocessor
 * makes them. Only wire/message.h includes this, after the kinds of fields. */

#ifndef WIRE_MESSAGE_TYPES_H
#define WIRE_MESSAGE_TYPES_H

/* MSG_HEARTBEAT = 0, ... */
enum message_type {
#define MESSAGE(UPPER, lower, number, queue, doc) MSG_##UPPER = (number),
#include "wire/messages.def"
};

/* struct wire_param, ..., struct msg_heartbeat, ... */
#define RECORD(lower, doc) struct wire_##lower {
#define MESSAGE(UPPER, lower, number, queue, doc) struct msg_##lower {
#define FIELD(kind, name, doc) wire_##kind name;
#define LIST(record, name, doc)                                                                    \
    struct {                                                                                       \
        const struct wire_##record *items;                                                         \
        uint32_t count;                                                                            \
    } name;
#define END_RECORD                                                                                 \
    }                                                                                              \
    ;
#define END                                                                                        \
    }                                                                                              \
    ;
#include "wire/messages.def"

#endif
