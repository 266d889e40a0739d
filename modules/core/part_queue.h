/* Parts that are ready, in the order in which they became so. A part is in one queue at most. */

#ifndef CORE_PART_QUEUE_H
#define CORE_PART_QUEUE_H

#include <assert.h>

#include "core/task.h"

/* All zero is the empty queue. */
struct part_queue {
    struct task_part *first;
    struct task_part *last;
};

static inline void part_queue_push(struct part_queue *queue, struct task_part *part)
{
    part->next = NULL;
    if (queue->last)
        queue->last->next = part;
    else
        queue->first = part;
    queue->last = part;
}

/* NULL when the queue is empty. */
static inline struct task_part *part_queue_pop(struct part_queue *queue)
{
    struct task_part *part = queue->first;

    if (!part)
        return NULL;
    queue->first = part->next;
    if (!queue->first)
        queue->last = NULL;
    return part;
}

/* Take out a part that is in the queue, wherever it stands. */
static inline void part_queue_remove(struct part_queue *queue, struct task_part *part)
{
    struct task_part **link = &queue->first, *before = NULL;

    while (*link != part) {
        assert(*link);
        before = *link;
        link = &before->next;
    }
    *link = part->next;
    if (queue->last == part)
        queue->last = before;
}

#endif
