#include "transport/socket_link.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "transport/frame_queue.h"

/* Reading is done here and not by the bufferevent, which takes 4 KiB for each turn of the loop. */
enum {
    ONE_TRANSFER = 256 * 1024, // bytes moved by one system call
    READS = 4,                 // in one turn, so that no peer holds up the loop
    OUTPUT_FULL =
        256 * 1024, // bytes given to libevent; what is beyond can still be passed by control
};

/* What was just read, by any socket link of this process; only what is touched takes memory. */
static _Alignas(64 * 1024) uint8_t inbox[ONE_TRANSFER]; // so it lies apart from what is small

struct socket_link {
    struct link link;
    struct bufferevent *io; // writes
    struct event *readable;
    struct buffer cut; // the beginning of a frame whose end has not come
    size_t limit;
    struct frame_queue queues[2]; // by enum message_queue
    bool had_queued;              // the owner has not heard of room yet
    bool unwritable;              // the peer takes nothing more; what it has sent is still read
    bool in_callback;
    bool destroyed; // inside a callback, which frees it
};

static struct socket_link *socket_of(struct link *link)
{
    return (struct socket_link *)link;
}

static bool has_queued(const struct socket_link *sock)
{
    return sock->queues[QUEUE_CONTROL].first || sock->queues[QUEUE_DATA].first;
}

static void clear_queues(struct socket_link *sock)
{
    frame_queue_clear(&sock->queues[QUEUE_CONTROL]);
    frame_queue_clear(&sock->queues[QUEUE_DATA]);
}

static size_t output_size(const struct socket_link *sock)
{
    return evbuffer_get_length(bufferevent_get_output(sock->io));
}

static bool put(struct socket_link *sock, const uint8_t *frame, size_t size)
{
    if (output_size(sock) >= OUTPUT_FULL)
        return false;
    if (bufferevent_write(sock->io, frame, size) < 0)
        memory_short(1, size);
    sock->link.counters.frames_out++;
    sock->link.counters.bytes_out += size;
    return true;
}

static void move_queue(struct socket_link *sock, struct frame_queue *queue)
{
    while (queue->first && put(sock, queue->first->bytes, queue->first->size))
        frame_queue_drop(queue);
}

static void move_out(struct socket_link *sock)
{
    move_queue(sock, &sock->queues[QUEUE_CONTROL]);
    if (!sock->queues[QUEUE_CONTROL].first)
        move_queue(sock, &sock->queues[QUEUE_DATA]);
}

static void socket_link_send(struct link *link, enum message_queue queue, const uint8_t *frame,
                             size_t size)
{
    struct socket_link *sock = socket_of(link);
    bool may_pass = queue == QUEUE_CONTROL || !sock->queues[QUEUE_DATA].first;

    assert(size >= FRAME_HEADER_SIZE && size <= sock->limit);
    if (link->closed || sock->unwritable)
        return;
    if (may_pass && !sock->queues[QUEUE_CONTROL].first && put(sock, frame, size))
        return;
    frame_queue_add(&sock->queues[queue], frame, size);
    sock->had_queued = true;
}

/* libevent writes what it has when the loop comes round, all frames of a turn together. */
static void socket_link_flush(struct link *link)
{
    if (!link->closed)
        move_out(socket_of(link));
}

static bool socket_link_read(struct link *link)
{
    (void)link;
    return false;
}

static bool socket_link_sleep(struct link *link)
{
    (void)link;
    return false;
}

static size_t socket_link_queued(const struct link *link)
{
    const struct socket_link *sock = (const struct socket_link *)link;

    return sock->queues[QUEUE_CONTROL].bytes + sock->queues[QUEUE_DATA].bytes +
           (sock->io ? output_size(sock) : 0);
}

/* The descriptor is closed here and not when libevent comes to it, because the other side waits for
 * it; the bufferevent lives on until libevent has left its callbacks. */
static void close_io(struct socket_link *sock)
{
    int fd;

    if (!sock->io)
        return;
    fd = bufferevent_getfd(sock->io);
    event_free(sock->readable);
    buffer_free(&sock->cut);
    bufferevent_setcb(sock->io, NULL, NULL, NULL, NULL);
    bufferevent_disable(sock->io, EV_WRITE);
    bufferevent_setfd(sock->io, -1);
    bufferevent_free(sock->io);
    close(fd);
    sock->io = NULL;
}

static void free_link(struct socket_link *sock)
{
    close_io(sock);
    clear_queues(sock);
    free(sock);
}

static void socket_link_destroy(struct link *link)
{
    struct socket_link *sock = socket_of(link);

    link->closed = true;
    if (sock->in_callback)
        sock->destroyed = true;
    else
        free_link(sock);
}

static void close_link(struct socket_link *sock, enum frame_fault fault)
{
    sock->link.closed = true;
    clear_queues(sock);
    sock->link.owner_ops->closed(sock->link.owner, &sock->link, fault);
}

/* The frame at the beginning of `bytes`, if the whole of it is there. Returns its size; 0 when it
 * is not, or when nothing more is wanted. */
static size_t deliver(struct socket_link *sock, const uint8_t *bytes, size_t there)
{
    struct link *link = &sock->link;
    enum frame_fault fault;
    size_t size;

    if (link->closed || there < FRAME_HEADER_SIZE)
        return 0;
    fault = frame_size(bytes, there, sock->limit, &size);
    if (fault != FRAME_OK) {
        close_link(sock, fault);
        return 0;
    }
    if (there < size)
        return 0;
    link->counters.frames_in++;
    link->counters.bytes_in += size;
    link->owner_ops->frame(link->owner, link, bytes, size);
    return size;
}

/* Every whole frame in `bytes`; returns where the rest begins. */
static size_t deliver_all(struct socket_link *sock, const uint8_t *bytes, size_t there)
{
    size_t at = 0, size;

    while ((size = deliver(sock, bytes + at, there - at)) > 0)
        at += size;
    return at;
}

static void take_new(struct socket_link *sock, size_t got)
{
    size_t at = deliver_all(sock, inbox, got);

    if (!sock->link.closed)
        buffer_append(&sock->cut, inbox + at, got - at);
}

/* Read behind what is there of a frame. */
static void take_more(struct socket_link *sock)
{
    struct buffer *cut = &sock->cut;
    size_t at = deliver_all(sock, cut->data, cut->size);

    if (sock->link.closed || at == 0)
        return;
    if (at == cut->size) {
        buffer_free(cut);
        return;
    }
    memmove(cut->data, cut->data + at, cut->size - at);
    cut->size -= at;
}

static ssize_t read_some(struct socket_link *sock)
{
    int fd = bufferevent_getfd(sock->io);
    struct buffer *cut = &sock->cut;
    size_t before = cut->size;
    ssize_t got;

    if (!before)
        return read(fd, inbox, sizeof inbox);
    got = read(fd, buffer_extend(cut, ONE_TRANSFER), ONE_TRANSFER);
    cut->size = before + (got > 0 ? (size_t)got : 0);
    return got;
}

/* False when there is nothing more at the moment, or for ever. */
static bool read_once(struct socket_link *sock)
{
    bool within = sock->cut.size > 0;
    ssize_t got = read_some(sock);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got <= 0) {
        close_link(sock, within ? FRAME_TRUNCATED : FRAME_OK);
        return false;
    }
    if (within)
        take_more(sock);
    else
        take_new(sock, (size_t)got);
    return !sock->link.closed && got == ONE_TRANSFER;
}

/* Every libevent callback ends with this: what was closed or destroyed inside it goes now. */
static void leave_callback(struct socket_link *sock)
{
    sock->in_callback = false;
    if (sock->destroyed)
        free_link(sock);
    else if (sock->link.closed)
        close_io(sock);
}

static void socket_readable(evutil_socket_t fd, short what, void *arg)
{
    struct socket_link *sock = arg;

    (void)fd;
    (void)what;
    sock->in_callback = true;
    for (unsigned i = 0; i < READS && read_once(sock); i++)
        ;
    leave_callback(sock);
}

static void socket_written(struct bufferevent *io, void *arg)
{
    struct socket_link *sock = arg;
    struct link *link = &sock->link;

    (void)io;
    sock->in_callback = true;
    move_out(sock);
    if (sock->had_queued && !has_queued(sock)) {
        sock->had_queued = false;
        if (link->owner_ops->room)
            link->owner_ops->room(link->owner, link);
    }
    leave_callback(sock);
}

static void stop_writing(struct socket_link *sock)
{
    struct evbuffer *output = bufferevent_get_output(sock->io);

    sock->unwritable = true;
    clear_queues(sock);
    evbuffer_drain(output, evbuffer_get_length(output));
}

/* An error, which means no more than that. Who can no longer write may still have to read: a peer
 * that answers and leaves makes our own writing fail before its answer is read. */
static void socket_failed(struct bufferevent *io, short what, void *arg)
{
    struct socket_link *sock = arg;

    (void)io;
    (void)what;
    sock->in_callback = true;
    stop_writing(sock);
    leave_callback(sock);
}

/* What was sent comes by itself. */
static void socket_link_orphaned(struct link *link)
{
    (void)link;
}

static const struct link_ops socket_link_ops = {
    .send = socket_link_send,
    .flush = socket_link_flush,
    .show = socket_link_flush,
    .orphaned = socket_link_orphaned,
    .read = socket_link_read,
    .sleep = socket_link_sleep,
    .queued = socket_link_queued,
    .destroy = socket_link_destroy,
};

struct link *socket_link_create(struct event_base *base, int fd, size_t limit,
                                const struct link_owner *owner_ops, void *owner)
{
    struct socket_link *sock = memory_new(1, sizeof *sock);

    sock->link = (struct link){.ops = &socket_link_ops, .owner_ops = owner_ops, .owner = owner};
    sock->limit = limit;
    sock->io = bufferevent_socket_new(base, fd, 0);
    if (!sock->io)
        memory_short(1, ONE_TRANSFER);
    bufferevent_setcb(sock->io, NULL, socket_written, socket_failed, sock);
    bufferevent_set_max_single_write(sock->io, ONE_TRANSFER);
    bufferevent_enable(sock->io, EV_WRITE);
    sock->readable = event_new(base, fd, EV_READ | EV_PERSIST, socket_readable, sock);
    if (!sock->readable || event_add(sock->readable, NULL) < 0)
        memory_short(1, ONE_TRANSFER);
    return &sock->link;
}
