/* A link carries whole frames between two processes. Two implementations: ring_link (shared memory,
 * tree edges) and socket_link (bufferevent, named sockets). Nobody above this header sees an
 * evbuffer or a ring.
 *
 * Each link has two outgoing queues. Control never waits for data; order holds within a queue.
 * Frames sent in one turn of the loop leave together when link_flush() is called. */

#ifndef TRANSPORT_LINK_H
#define TRANSPORT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/header.h"
#include "wire/message.h"

struct link;

struct link_counters {
    uint64_t frames_in, frames_out, bytes_in, bytes_out;
};

/* What a link tells its owner. Called from link_read() (rings) or from the loop (sockets), never
 * from link_send(). Each may call link_destroy(): then nothing more is told. */
struct link_owner {
    /* A whole frame, size and header checked, body not yet. Valid until the call returns; it is a
     * private copy that no other process can change. */
    void (*frame)(void *owner, struct link *link, const uint8_t *frame, size_t size);
    /* Where the end of a frame belongs that begins like this; MESSAGE_HEAD_MOST bytes of it are
     * there. False: nowhere, so that frame() will be told of it. Asked again before each piece,
     * because the place may go meanwhile: when it has gone, or the ticket is another one, the rest
     * is passed over and nobody is told of the frame. NULL, like landed(): no frame lands. */
    bool (*landing)(void *owner, const uint8_t *head, struct landing *landing);
    /* frame() for one whose end has come to where it belongs. */
    void (*landed)(void *owner, struct link *link, const struct frame_pieces *frame);
    /* The room is there that link_want_room() asked for. NULL for who never asks. */
    void (*room)(void *owner, struct link *link);
    /* Nothing more will come. `fault` is FRAME_OK for an ordinary end of the connection. Means
     * nothing for the life of the other process. The link stays valid until link_destroy(). */
    void (*closed)(void *owner, struct link *link, enum frame_fault fault);
};

struct link_ops {
    /* Take a whole frame (copied before return), in one or in two pieces. Never blocks: what does
     * not fit now is queued in this process. Silently nothing on a closed link. */
    void (*send)(struct link *link, enum message_queue queue, const struct frame_pieces *frame);
    /* Move what is queued out, and ring the other side if it sleeps. */
    void (*flush)(struct link *link);
    /* Move what is queued out, so that the other side finds it there if this process ends before
     * the next flush. */
    void (*show)(struct link *link);
    /* The other side's process has ended: what it showed is to be read. */
    void (*orphaned)(struct link *link);
    /* Deliver what has come in to the owner, up to a budget, so that one busy neighbour does not
     * starve the others. Rings only: true when there may be more (read again before sleeping). A
     * socket link delivers by itself. */
    bool (*read)(struct link *link);
    /* Say that this side goes to sleep and look again: true when something has come in meanwhile
     * (then read instead of sleeping). Rings only. */
    bool (*sleep)(struct link *link);
    /* Ask to be told, once and not before the caller returns, when it is time to send a frame of
     * `size` bytes: it would not have to be queued in this process (by much, where the system gives
     * a socket little room), or what was queued before the question is out. Nothing on a closed
     * link. */
    void (*want_room)(struct link *link, size_t size);
    /* Bytes queued in this process that the other side has not been given yet. */
    size_t (*queued)(const struct link *link);
    void (*destroy)(struct link *link);
};

/* What every link begins with. */
struct link {
    const struct link_ops *ops;
    const struct link_owner *owner_ops;
    void *owner;
    struct link_counters counters;
    bool closed;
};

static inline void link_send_pieces(struct link *link, enum message_queue queue,
                                    const struct frame_pieces *frame)
{
    link->ops->send(link, queue, frame);
}
static inline void link_send(struct link *link, enum message_queue queue, const uint8_t *frame,
                             size_t size)
{
    link->ops->send(link, queue, &(struct frame_pieces){.head = frame, .head_size = size});
}
static inline void link_flush(struct link *link)
{
    link->ops->flush(link);
}
static inline void link_show(struct link *link)
{
    link->ops->show(link);
}
static inline void link_orphaned(struct link *link)
{
    link->ops->orphaned(link);
}
static inline bool link_read(struct link *link)
{
    return link->ops->read(link);
}
static inline bool link_sleep(struct link *link)
{
    return link->ops->sleep(link);
}
static inline void link_want_room(struct link *link, size_t size)
{
    link->ops->want_room(link, size);
}
static inline size_t link_queued(const struct link *link)
{
    return link->ops->queued(link);
}
static inline void link_destroy(struct link *link)
{
    if (link)
        link->ops->destroy(link);
}

#endif
