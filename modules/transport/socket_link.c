#include "transport/socket_link.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "transport/frame_queue.h"

/* Reading is done here and not by the bufferevent, which takes 4 KiB for each turn of the loop. So
 * is writing as long as the socket takes all; what it does not take at once is the bufferevent's.
 */
enum {
    ONE_TRANSFER = 256 * 1024, // bytes moved by one system call
    READS = 4,                 // in one turn, so that no peer holds up the loop
    ROOMS = 4,                 // likewise
    OUTPUT_FULL =
        256 * 1024, // bytes given to libevent; what is beyond can still be passed by control
    FRESH_MOST = 64 * 1024, // bytes that wait for the flush
    FRESH_KEPT = 4096,      // of their memory, between turns
    LARGE = 16 * 1024,      // bytes of a frame that had better land
    LANDING_LEAST = 4096,   // missing bytes of a frame that are worth it
    BEHIND = 4096,          // bytes read behind the end of a frame that lands
};

/* What was just read, by any socket link of this process; only what is touched takes memory. */
static _Alignas(64 * 1024) uint8_t inbox[ONE_TRANSFER]; // so it lies apart from what is small

/* A frame whose end goes to where its owner wants it. */
struct coming_frame {
    uint8_t head[MESSAGE_HEAD_MOST];
    size_t head_size, tail_size;
    size_t landed; // bytes of the tail that are there
    uint64_t ticket;
    bool unwanted; // the rest is only passed over
};

struct socket_link {
    struct link link;
    struct bufferevent *io; // writes
    struct event *readable;
    struct event *writable;       // somebody waits for room; made when it is first needed
    struct buffer fresh;          // frames of this turn, which come after what `io` has
    struct buffer cut;            // the beginning of a frame whose end has not come
    struct coming_frame coming;   // likewise, if its tail_size is not 0; then `cut` is empty
    bool expects_large;           // frames that may land come: no more is read than says so
    size_t limit;
    struct frame_queue queues[2]; // by enum message_queue
    bool room_wanted;
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

/* So many bytes have gone, of these and of what follows them: the rest of these is libevent's. */
static void keep_rest(struct socket_link *sock, size_t *gone, const uint8_t *bytes, size_t size)
{
    size_t before = *gone < size ? *gone : size;

    *gone -= before;
    if (before < size && bufferevent_write(sock->io, bytes + before, size - before) < 0)
        memory_short(1, size);
}

/* Write what is fresh and then this, as far as the socket takes it. */
static void write_out(struct socket_link *sock, const struct frame_pieces *frame)
{
    struct buffer *fresh = &sock->fresh;
    const struct iovec pieces[] = {{fresh->data, fresh->size},
                                   {(void *)(uintptr_t)frame->head, frame->head_size},
                                   {(void *)(uintptr_t)frame->tail, frame->tail_size}};
    ssize_t written = 0;
    size_t gone;

    if (output_size(sock) == 0)
        written = writev(bufferevent_getfd(sock->io), pieces, sizeof pieces / sizeof *pieces);
    if (written < 0 && errno != EAGAIN && errno != EINTR) {
        sock->unwritable = true;
        buffer_free(fresh);
        return;
    }
    gone = written > 0 ? (size_t)written : 0;
    keep_rest(sock, &gone, fresh->data, fresh->size);
    keep_rest(sock, &gone, frame->head, frame->head_size);
    keep_rest(sock, &gone, frame->tail, frame->tail_size);
    buffer_clear(fresh);
    if (fresh->capacity > FRESH_KEPT)
        buffer_free(fresh);
}

static void write_fresh(struct socket_link *sock)
{
    if (sock->fresh.size)
        write_out(sock, &(struct frame_pieces){0});
}

/* False when it has to be queued. */
static bool put(struct socket_link *sock, const struct frame_pieces *frame)
{
    size_t size = frame_pieces_size(frame);

    if (output_size(sock) >= OUTPUT_FULL)
        return false;
    sock->link.counters.frames_out++;
    sock->link.counters.bytes_out += size;
    if (sock->fresh.size + size > FRESH_MOST)
        write_out(sock, frame);
    else
        frame_pieces_copy(buffer_extend(&sock->fresh, size), frame);
    return true;
}

static void move_queue(struct socket_link *sock, struct frame_queue *queue)
{
    while (!sock->unwritable && queue->first &&
           put(sock, &(struct frame_pieces){.head = queue->first->bytes,
                                            .head_size = queue->first->size}))
        frame_queue_drop(queue);
}

static void move_out(struct socket_link *sock)
{
    move_queue(sock, &sock->queues[QUEUE_CONTROL]);
    if (!sock->queues[QUEUE_CONTROL].first)
        move_queue(sock, &sock->queues[QUEUE_DATA]);
    write_fresh(sock);
    if (sock->unwritable)
        clear_queues(sock);
}

static void socket_link_send(struct link *link, enum message_queue queue,
                             const struct frame_pieces *frame)
{
    struct socket_link *sock = socket_of(link);
    bool may_pass = queue == QUEUE_CONTROL || !sock->queues[QUEUE_DATA].first;
    size_t size = frame_pieces_size(frame);

    assert(size >= FRAME_HEADER_SIZE && size <= sock->limit);
    if (link->closed || sock->unwritable)
        return;
    if (may_pass && !sock->queues[QUEUE_CONTROL].first && put(sock, frame))
        return;
    frame_queue_add(&sock->queues[queue], frame);
}

/* All frames of a turn are written together. */
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

    return sock->queues[QUEUE_CONTROL].bytes + sock->queues[QUEUE_DATA].bytes + sock->fresh.size +
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
    if (sock->writable)
        event_free(sock->writable);
    buffer_free(&sock->fresh);
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
    sock->expects_large = size >= LARGE && link->owner_ops->landing;
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

/* `there` bytes of a frame that is not whole: true when its end will go to where its owner wants
 * it, and what is here of it has gone there. */
static bool begin_landing(struct socket_link *sock, const uint8_t *bytes, size_t there)
{
    const struct link_owner *owner_ops = sock->link.owner_ops;
    struct coming_frame *frame = &sock->coming;
    struct landing landing;
    size_t size = 0;

    if (!owner_ops->landing || there < MESSAGE_HEAD_MOST)
        return false;
    if (frame_size(bytes, there, sock->limit, &size) != FRAME_OK || size - there < LANDING_LEAST ||
        !owner_ops->landing(sock->link.owner, bytes, &landing))
        return false;
    memcpy(frame->head, bytes, landing.head_size);
    frame->head_size = landing.head_size;
    frame->tail_size = size - landing.head_size;
    frame->landed = there - landing.head_size;
    frame->ticket = landing.ticket;
    frame->unwanted = false;
    memcpy(landing.at, bytes + landing.head_size, frame->landed);
    return true;
}

/* Where the rest of it goes; NULL when its owner wants it no more: who wants the same again has
 * asked again. */
static uint8_t *landing_at(struct socket_link *sock)
{
    struct coming_frame *frame = &sock->coming;
    struct landing landing;

    frame->unwanted =
        frame->unwanted ||
        !sock->link.owner_ops->landing(sock->link.owner, frame->head, &landing) ||
        landing.ticket != frame->ticket;
    return frame->unwanted ? NULL : landing.at + frame->landed;
}

static void end_landing(struct socket_link *sock)
{
    struct coming_frame *frame = &sock->coming;
    struct link *link = &sock->link;
    const uint8_t *to = landing_at(sock);
    const struct frame_pieces pieces = {.head = frame->head,
                                        .head_size = frame->head_size,
                                        .tail = to ? to - frame->landed : NULL,
                                        .tail_size = frame->tail_size};

    link->counters.frames_in++;
    link->counters.bytes_in += frame->head_size + frame->tail_size;
    frame->tail_size = 0;
    sock->expects_large = true;
    if (to)
        link->owner_ops->landed(link->owner, link, &pieces);
}

/* What was read into the inbox. */
static void take_new(struct socket_link *sock, size_t got)
{
    size_t at = deliver_all(sock, inbox, got);

    if (!sock->link.closed && !begin_landing(sock, inbox + at, got - at))
        buffer_append(&sock->cut, inbox + at, got - at);
}

/* What was read behind what is there of a frame. */
static void take_more(struct socket_link *sock)
{
    struct buffer *cut = &sock->cut;
    size_t at = deliver_all(sock, cut->data, cut->size);

    if (sock->link.closed)
        return;
    if (at == cut->size || begin_landing(sock, cut->data + at, cut->size - at)) {
        buffer_free(cut);
        return;
    }
    memmove(cut->data, cut->data + at, cut->size - at);
    cut->size -= at;
}

static void take_tail(struct socket_link *sock, size_t got)
{
    struct coming_frame *frame = &sock->coming;
    size_t rest = frame->tail_size - frame->landed;

    if (got < rest) {
        frame->landed += got;
        return;
    }
    frame->landed = frame->tail_size;
    end_landing(sock);
    if (!sock->link.closed)
        take_new(sock, got - rest);
}

/* Each reads once into where it belongs; `*most` is what it would have taken. */
static ssize_t read_tail(struct socket_link *sock, size_t *most)
{
    size_t rest = sock->coming.tail_size - sock->coming.landed;
    uint8_t *to = landing_at(sock);
    struct iovec pieces[2] = {{to, rest}, {inbox, BEHIND}};

    *most = rest + BEHIND;
    if (to)
        return readv(bufferevent_getfd(sock->io), pieces, 2);
    *most = rest < sizeof inbox ? rest : sizeof inbox;
    return read(bufferevent_getfd(sock->io), inbox, *most);
}

static ssize_t read_more(struct socket_link *sock, size_t *most)
{
    struct buffer *cut = &sock->cut;
    size_t before = cut->size;
    ssize_t got;

    *most = before < MESSAGE_HEAD_MOST ? BEHIND : ONE_TRANSFER; // it may be one that lands
    got = read(bufferevent_getfd(sock->io), buffer_extend(cut, *most), *most);
    cut->size = before + (got > 0 ? (size_t)got : 0);
    return got;
}

static ssize_t read_new(struct socket_link *sock, size_t *most)
{
    *most = sock->expects_large ? BEHIND : sizeof inbox;
    return read(bufferevent_getfd(sock->io), inbox, *most);
}

/* False when there is nothing more at the moment, or for ever. */
static bool read_once(struct socket_link *sock)
{
    bool tail = sock->coming.tail_size > 0, cut = sock->cut.size > 0;
    size_t most;
    ssize_t got = tail  ? read_tail(sock, &most)
                  : cut ? read_more(sock, &most)
                        : read_new(sock, &most);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got <= 0) {
        close_link(sock, tail || cut ? FRAME_TRUNCATED : FRAME_OK);
        return false;
    }
    if (tail)
        take_tail(sock, (size_t)got);
    else if (cut)
        take_more(sock);
    else
        take_new(sock, (size_t)got);
    return !sock->link.closed && (size_t)got == most;
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

    (void)io;
    sock->in_callback = true;
    move_out(sock);
    leave_callback(sock);
}

/* All is out, and the socket is empty by three quarters, or nobody reads at its other end. */
static bool has_wanted_room(const struct socket_link *sock)
{
    struct pollfd socket = {.fd = bufferevent_getfd(sock->io), .events = POLLOUT};

    return sock->room_wanted && output_size(sock) == 0 && !has_queued(sock) &&
           poll(&socket, 1, 0) > 0;
}

static void tell_room(struct socket_link *sock)
{
    sock->room_wanted = false;
    sock->link.owner_ops->room(sock->link.owner, &sock->link);
}

static void socket_writable(evutil_socket_t fd, short what, void *arg)
{
    struct socket_link *sock = arg;

    (void)fd;
    (void)what;
    sock->in_callback = true;
    for (unsigned i = 0; i < ROOMS && !sock->link.closed && has_wanted_room(sock); i++)
        tell_room(sock);
    if (!sock->link.closed && sock->room_wanted)
        event_add(sock->writable, NULL);
    leave_callback(sock);
}

/* What the socket does not take of the frame at once, libevent will write. */
static void socket_link_want_room(struct link *link, size_t size)
{
    struct socket_link *sock = socket_of(link);
    int fd;

    (void)size;
    if (link->closed)
        return;
    sock->room_wanted = true;
    fd = bufferevent_getfd(sock->io);
    if (!sock->writable)
        sock->writable =
            event_new(bufferevent_get_base(sock->io), fd, EV_WRITE, socket_writable, sock);
    if (!sock->writable || event_add(sock->writable, NULL) < 0)
        memory_short(1, sizeof *sock);
}

static void stop_writing(struct socket_link *sock)
{
    struct evbuffer *output = bufferevent_get_output(sock->io);

    sock->unwritable = true;
    clear_queues(sock);
    buffer_free(&sock->fresh);
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
    .want_room = socket_link_want_room,
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
