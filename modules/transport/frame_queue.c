#include "transport/frame_queue.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

void frame_queue_add(struct frame_queue *queue, const struct frame_pieces *frame)
{
    size_t size = frame_pieces_size(frame);
    struct queued_frame *added = memory_resize(NULL, 1, sizeof *added + size);

    added->next = NULL;
    added->size = size;
    frame_pieces_copy(added->bytes, frame);
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
    queue->gone += first->size;
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
