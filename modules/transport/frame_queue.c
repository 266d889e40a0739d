#include "transport/frame_queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void frame_queue_add(struct frame_queue *queue, const uint8_t *frame, size_t size)
{
    struct queued_frame *added = memory_resize(NULL, 1, sizeof *added + size);

    added->next = NULL;
    added->size = size;
    memcpy(added->bytes, frame, size);
    if (queue->last)
        queue->last->next = added;
    else
        queue->first = added;
    queue->last = added;
    queue->bytes += size;
}

void frame_queue_drop(struct frame_queue *queue)
{
    struct queued_frame *first = queue->first;

    assert(first && queue->bytes >= first->size);
    queue->bytes -= first->size;
    queue->first = first->next;
    if (!queue->first)
        queue->last = NULL;
    free(first);
}

void frame_queue_clear(struct frame_queue *queue)
{
    while (queue->first)
        frame_queue_drop(queue);
}
