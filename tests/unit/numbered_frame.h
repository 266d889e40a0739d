/* Frames that carry their number, so that a receiver knows what must come next, how large it is,
 * and each of its bytes. Links do not look into bodies; these are no msgpack. */

#ifndef UNIT_NUMBERED_FRAME_H
#define UNIT_NUMBERED_FRAME_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "wire/header.h"
#include "wire/message.h"

enum { NUMBER_SIZE = 8, NUMBERED_LEAST = FRAME_HEADER_SIZE + NUMBER_SIZE };

static inline enum message_type numbered_type(enum message_queue queue)
{
    return queue == QUEUE_DATA ? MSG_CALL_TASK : MSG_RETRY_WITH_CODE;
}

/* Fills `size` bytes, at least NUMBERED_LEAST. */
static inline void numbered_frame(uint8_t *out, enum message_queue queue, uint64_t number,
                                  size_t size)
{
    struct frame_header header = {
        .type = (uint8_t)numbered_type(queue),
        .payload_size = (uint32_t)(size - FRAME_HEADER_SIZE),
        .sender.level = LEVEL_POD,
        .target.level = LEVEL_HOST,
    };

    assert(size >= NUMBERED_LEAST);
    frame_header_write(&header, out);
    memcpy(out + FRAME_HEADER_SIZE, &number, NUMBER_SIZE);
    memset(out + NUMBERED_LEAST, (int)(number * 37 + 1), size - NUMBERED_LEAST);
}

static inline enum message_queue numbered_queue(const uint8_t *frame)
{
    return message_queue_of(frame[5]);
}

static inline uint64_t numbered_number(const uint8_t *frame)
{
    uint64_t number;

    memcpy(&number, frame + FRAME_HEADER_SIZE, sizeof number);
    return number;
}

/* All its bytes are as they were made. */
static inline bool numbered_intact(const uint8_t *frame, size_t size)
{
    uint8_t value = (uint8_t)(numbered_number(frame) * 37 + 1);

    if (size < NUMBERED_LEAST)
        return false;
    for (size_t i = NUMBERED_LEAST; i < size; i++)
        if (frame[i] != value)
            return false;
    return true;
}

#endif
