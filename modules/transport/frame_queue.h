/* Frames that a link could not give away yet, first in first out. A value that begins as zeros. */

#ifndef TRANSPORT_FRAME_QUEUE_H
#define TRANSPORT_FRAME_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "wire/header.h"

struct queued_frame {
    struct queued_frame *next;
    size_t size;
    uint8_t bytes[];
};

struct frame_queue {
    struct queued_frame *first, *last; // NULL when empty
    size_t bytes;                      // of all frames in it
    uint64_t gone;                     // bytes of all frames that were dropped
};

/* Copies the frame to the end. */
void frame_queue_add(struct frame_queue *queue, const struct frame_pieces *frame);
/* Forget the first, of which there must be one. */
void frame_queue_drop(struct frame_queue *queue);
void frame_queue_clear(struct frame_queue *queue);

#endif
