/* All that a node can want. The body carries effects out in their order. */

#ifndef NODE_EFFECT_H
#define NODE_EFFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "wire/header.h"

enum effect_type {
    EFFECT_SEND,       // a frame to `peer`, through its control or data queue
    EFFECT_LOG,        // a line in the node's log
    EFFECT_WRITE_FILE, // replace logs/`name` by these bytes, whole or not at all
    EFFECT_KILL,       // send `signal` to child `peer`
    EFFECT_CLOSE,      // end the link to `peer`
    EFFECT_CONNECT,    // connect to the named socket of node `rank`; the link will be `peer`:
                       // EVENT_CONNECTED
    EFFECT_APPEND, // append these bytes, whole lines, to logs/`name`, which is rotated at 16 MiB;
                   // soon, or `at_once`
    EFFECT_ROOM,   // say EVENT_ROOM when it is time to send a frame of `size` bytes to `peer`
    EFFECT_EXIT,   // leave with `status`; nothing follows
};

struct effect {
    enum effect_type type;
    uint32_t peer;
    uint32_t rank; // EFFECT_CONNECT
    uint8_t queue; // EFFECT_SEND: enum message_queue
    const uint8_t
        *data; // EFFECT_SEND: a whole frame; EFFECT_WRITE_FILE, EFFECT_APPEND: the content
    size_t size;
    const uint8_t *tail; // EFFECT_SEND: the bytes of the frame that follow `data`; NULL: none. They
                         // lie where the node keeps them, and may go with its next step
    size_t tail_size;
    bool at_once;         // EFFECT_APPEND
    const char *name;     // EFFECT_WRITE_FILE, EFFECT_APPEND: file name; EFFECT_LOG: component
    const char *text;     // EFFECT_LOG: the sentence; EFFECT_EXIT and EFFECT_CLOSE: why
    const char *fields;   // EFFECT_LOG: logfmt words, or NULL
    enum log_level level; // EFFECT_LOG
    int signal;           // EFFECT_KILL
    int status;           // EFFECT_EXIT
};

/* Of an EFFECT_SEND. */
static inline struct frame_pieces effect_frame(const struct effect *effect)
{
    return (struct frame_pieces){.head = effect->data,
                                 .head_size = effect->size,
                                 .tail = effect->tail,
                                 .tail_size = effect->tail_size};
}

struct effects {
    const struct effect *list;
    size_t count;
};

#endif
