#include "transport/ring_link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "transport/frame_queue.h"
#include "transport/ring.h"

/* Frames are whole up to this position, which the other side looks at when this one has ended. In a
 * page of its own that nobody reads meanwhile, so that writing it costs nothing. */
struct ring_shown {
    _Alignas(RING_PAGE / 2) _Atomic uint64_t tail;
};

/* What lies in the memory of an edge. */
struct ring_edge {
    struct ring_end end[2];     // by side
    uint8_t warm[2][RING_WARM]; // by the side that writes
    uint8_t cold[2][RING_COLD];
    struct ring_shown shown[2]; // by the side that writes
};
_Static_assert(sizeof(struct ring_edge) == RING_EDGE_SIZE, "the address space that is promised");
_Static_assert(offsetof(struct ring_edge, cold) == RING_PAGE, "an idle edge touches one page");

enum {
    PUBLISH_AT = 32 * 1024, // bytes written, whether there was a flush or not
    RELEASE_AT = 32 * 1024, // bytes read in one call
    READ_FRAMES = 64,       // at most, in one call, so that no neighbour starves the others
    READ_BYTES = 128 * 1024,
    ROOMS = 4,              // told in one call
    SMALL = 512,            // bytes of a frame that fits into the small inbox
    LANDS_FROM = SMALL,     // bytes of a frame that may land
    INBOX_KEPT = RING_PAGE, // bytes of the large inbox that stay touched while the process sleeps
};

struct ring_link {
    struct link link;
    struct ring_writer writer;
    struct ring_reader reader;
    struct frame_queue queues[2]; // by enum message_queue
    struct ring_edge *edge;
    enum ring_side side;
    int bell_fd;
    bool asleep;
    size_t room_wanted;  // bytes of the frame that the owner waits to send; 0: it does not wait
    uint64_t room_after; // what was queued then is out when so many bytes have gone
    bool in_read;
    bool destroyed; // inside read(), which frees it
};

/* The frame that is being delivered, of any ring link of this process. What a wake-up is about lies
 * with what each turn of the loop looks at; what is larger has pages of its own. */
static struct {
    size_t touched; // bytes of the other one
    bool in_use;
    uint8_t frame[SMALL];
} inbox;
static struct {
    _Alignas(RING_PAGE) uint8_t frame[LIMIT_FRAME_RING];
} large_inbox;

static struct ring_link *ring_of(struct link *link)
{
    return (struct ring_link *)link;
}

static bool has_queued(const struct ring_link *ring)
{
    return ring->queues[QUEUE_CONTROL].first || ring->queues[QUEUE_DATA].first;
}

/* The other side either sees what was stored before this call when it looks again on its way to
 * sleep, or its flag is seen here. */
static void ring_bell_if_asleep(struct ring_link *ring)
{
    _Atomic uint32_t *asleep = &ring->writer.peer->asleep;
    const uint64_t one = 1;

    atomic_thread_fence(memory_order_seq_cst);
    if (!atomic_load_explicit(asleep, memory_order_relaxed) || !atomic_exchange(asleep, 0))
        return;
    if (write(ring->bell_fd, &one, sizeof one) < 0) {
        // EAGAIN: it has been rung 2^64 - 2 times and not been heard yet; that will do
    }
}

static void publish(struct ring_link *ring)
{
    if (ring_writer_publish(&ring->writer))
        ring_bell_if_asleep(ring);
}

static void release(struct ring_link *ring)
{
    _Atomic uint32_t *want_room = &ring->reader.peer->want_room;

    if (!ring_reader_release(&ring->reader))
        return;
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(want_room, memory_order_relaxed) && atomic_exchange(want_room, 0))
        ring_bell_if_asleep(ring);
}

static bool put(struct ring_link *ring, const struct frame_pieces *frame)
{
    if (!ring_writer_add(&ring->writer, frame))
        return false;
    ring->link.counters.frames_out++;
    ring->link.counters.bytes_out += frame_pieces_size(frame);
    if (ring_writer_unpublished(&ring->writer) >= PUBLISH_AT)
        publish(ring);
    return true;
}

static void move_queue(struct ring_link *ring, struct frame_queue *queue)
{
    while (queue->first && put(ring, &(struct frame_pieces){.head = queue->first->bytes,
                                                           .head_size = queue->first->size}))
        frame_queue_drop(queue);
}

/* Move out what fits, control first. What does not fit waits for a bell, which the consumer rings
 * only if it was asked for before it made room: so ask, and try once more. */
static void move_out(struct ring_link *ring)
{
    for (unsigned tries = 0; has_queued(ring) && tries < 2; tries++) {
        if (tries) {
            atomic_store_explicit(&ring->writer.own->want_room, 1, memory_order_relaxed);
            atomic_thread_fence(memory_order_seq_cst);
        }
        move_queue(ring, &ring->queues[QUEUE_CONTROL]);
        move_queue(ring, &ring->queues[QUEUE_DATA]);
    }
}

/* That the owner waits for room and it is his turn: there is some, or all that was queued when he
 * began to wait has gone, and others' frames have come behind it. Else the consumer is to ring when
 * it makes room. */
static bool has_wanted_room(struct ring_link *ring)
{
    if (ring->room_wanted && has_queued(ring))
        return ring->queues[QUEUE_DATA].gone >= ring->room_after;
    for (unsigned tries = 0; ring->room_wanted && tries < 2; tries++) {
        if (tries) {
            atomic_store_explicit(&ring->writer.own->want_room, 1, memory_order_relaxed);
            atomic_thread_fence(memory_order_seq_cst);
        }
        if (ring_writer_fits(&ring->writer, ring->room_wanted))
            return true;
    }
    return false;
}

static void tell_wanted_room(struct ring_link *ring)
{
    if (!has_wanted_room(ring))
        return;
    ring->room_wanted = 0;
    ring->link.owner_ops->room(ring->link.owner, &ring->link);
}

static void ring_link_send(struct link *link, enum message_queue queue,
                           const struct frame_pieces *frame)
{
    struct ring_link *ring = ring_of(link);
    size_t size = frame_pieces_size(frame);
    bool may_pass = queue == QUEUE_CONTROL || !ring->queues[QUEUE_DATA].first;

    assert(size >= FRAME_HEADER_SIZE && size <= LIMIT_FRAME_RING);
    if (link->closed)
        return;
    if (may_pass && !ring->queues[QUEUE_CONTROL].first && put(ring, frame))
        return;
    frame_queue_add(&ring->queues[queue], frame);
}

static void ring_link_flush(struct link *link)
{
    struct ring_link *ring = ring_of(link);

    if (link->closed)
        return;
    move_out(ring);
    publish(ring);
}

static void ring_link_show(struct link *link)
{
    struct ring_link *ring = ring_of(link);

    if (link->closed)
        return;
    move_out(ring);
    atomic_store_explicit(&ring->edge->shown[ring->side].tail, ring->writer.tail,
                          memory_order_relaxed);
}

/* Nobody else writes its tail any more. */
static void ring_link_orphaned(struct link *link)
{
    struct ring_link *ring = ring_of(link);
    struct ring_end *peer = ring->reader.peer;
    uint64_t shown = atomic_load(&ring->edge->shown[!ring->side].tail);

    if (shown > atomic_load(&peer->tail))
        atomic_store(&peer->tail, shown);
}

static void close_link(struct ring_link *ring, enum frame_fault fault)
{
    ring->link.closed = true;
    frame_queue_clear(&ring->queues[QUEUE_CONTROL]);
    frame_queue_clear(&ring->queues[QUEUE_DATA]);
    ring->link.owner_ops->closed(ring->link.owner, &ring->link, fault);
}

/* The bytes of a frame that has begun in the inbox: where they are wanted, there as well, or in the
 * large one. */
static void take_rest(struct ring_link *ring, size_t size, struct frame_pieces *frame)
{
    struct link *link = &ring->link;
    struct landing landing;

    *frame = (struct frame_pieces){.head = inbox.frame, .head_size = size};
    if (size >= LANDS_FROM && link->owner_ops->landing &&
        link->owner_ops->landing(link->owner, inbox.frame, &landing)) {
        ring_reader_end(&ring->reader, size, landing.head_size, landing.at);
        frame->head_size = landing.head_size;
        frame->tail = landing.at;
        frame->tail_size = size - landing.head_size;
        return;
    }
    if (size > SMALL) {
        memcpy(large_inbox.frame, inbox.frame, SMALL);
        frame->head = large_inbox.frame;
        if (size > inbox.touched)
            inbox.touched = size;
    }
    ring_reader_end(&ring->reader, size, SMALL, large_inbox.frame + SMALL);
}

/* Deliver one frame. False when there is none, or the link is closed or destroyed by now. */
static bool deliver(struct ring_link *ring, size_t *size)
{
    struct link *link = &ring->link;
    enum frame_fault fault = ring_reader_begin(&ring->reader, inbox.frame, SMALL, size);
    struct frame_pieces frame;

    if (fault != FRAME_OK) {
        close_link(ring, fault);
        return false;
    }
    if (!*size)
        return false;
    take_rest(ring, *size, &frame);
    link->counters.frames_in++;
    link->counters.bytes_in += *size;
    if (ring_reader_unreleased(&ring->reader) >= RELEASE_AT)
        release(ring);
    if (frame.tail)
        link->owner_ops->landed(link->owner, link, &frame);
    else
        link->owner_ops->frame(link->owner, link, frame.head, *size);
    return !ring->destroyed;
}

/* True when the budget ended it. */
static bool deliver_some(struct ring_link *ring)
{
    size_t frames = 0, bytes = 0, size;

    while (frames < READ_FRAMES && bytes < READ_BYTES) {
        if (!deliver(ring, &size))
            return false;
        frames++;
        bytes += size;
    }
    return true;
}

static bool read_turn(struct ring_link *ring)
{
    struct link *link = &ring->link;
    bool more;

    if (ring->asleep)
        atomic_store_explicit(&ring->writer.own->asleep, 0, memory_order_relaxed);
    ring->asleep = false;
    move_out(ring);
    publish(ring);
    more = deliver_some(ring);
    if (ring->destroyed || link->closed)
        return false;
    release(ring);
    for (unsigned i = 0; i < ROOMS && !ring->destroyed && !link->closed; i++)
        tell_wanted_room(ring);
    if (ring->writer.broken && !ring->destroyed && !link->closed)
        close_link(ring, FRAME_BAD_RING);
    return more;
}

static void free_link(struct ring_link *ring)
{
    frame_queue_clear(&ring->queues[QUEUE_CONTROL]);
    frame_queue_clear(&ring->queues[QUEUE_DATA]);
    free(ring);
}

static bool ring_link_read(struct link *link)
{
    struct ring_link *ring = ring_of(link);
    bool more;

    if (link->closed)
        return false;
    assert(!inbox.in_use);
    inbox.in_use = ring->in_read = true;
    more = read_turn(ring);
    inbox.in_use = ring->in_read = false;
    if (ring->destroyed)
        free_link(ring);
    return more;
}

/* What a large frame has touched is not kept by a process that sleeps. */
static void shrink_inbox(void)
{
    if (inbox.touched > INBOX_KEPT &&
        madvise(large_inbox.frame + INBOX_KEPT, sizeof large_inbox.frame - INBOX_KEPT,
                MADV_DONTNEED) == 0)
        inbox.touched = 0;
}

static bool ring_link_sleep(struct link *link)
{
    struct ring_link *ring = ring_of(link);

    if (link->closed)
        return false;
    shrink_inbox();
    ring->asleep = true;
    atomic_store_explicit(&ring->writer.own->asleep, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    return ring_reader_waiting(&ring->reader) || has_wanted_room(ring) || ring->writer.broken ||
           (has_queued(ring) && ring_writer_room_came(&ring->writer));
}

static void ring_link_want_room(struct link *link, size_t size)
{
    struct ring_link *ring = ring_of(link);
    const struct frame_queue *data = &ring->queues[QUEUE_DATA];

    if (link->closed)
        return;
    ring->room_wanted = size;
    ring->room_after = data->gone + data->bytes;
}

static size_t ring_link_queued(const struct link *link)
{
    const struct ring_link *ring = (const struct ring_link *)link;

    return ring->queues[QUEUE_CONTROL].bytes + ring->queues[QUEUE_DATA].bytes +
           ring_writer_unpublished(&ring->writer);
}

static void ring_link_destroy(struct link *link)
{
    struct ring_link *ring = ring_of(link);

    link->closed = true;
    if (ring->in_read)
        ring->destroyed = true;
    else
        free_link(ring);
}

static const struct link_ops ring_link_ops = {
    .send = ring_link_send,
    .flush = ring_link_flush,
    .show = ring_link_show,
    .orphaned = ring_link_orphaned,
    .read = ring_link_read,
    .sleep = ring_link_sleep,
    .want_room = ring_link_want_room,
    .queued = ring_link_queued,
    .destroy = ring_link_destroy,
};

struct link *ring_link_create(void *memory, enum ring_side side, int bell_fd,
                              const struct link_owner *owner_ops, void *owner)
{
    struct ring_edge *edge = memory;
    struct ring_link *ring = memory_new(1, sizeof *ring);
    enum ring_side other = side == RING_PARENT ? RING_CHILD : RING_PARENT;

    assert((uintptr_t)memory % _Alignof(struct ring_edge) == 0);
    ring->link = (struct link){.ops = &ring_link_ops, .owner_ops = owner_ops, .owner = owner};
    ring->edge = edge;
    ring->side = side;
    ring->bell_fd = bell_fd;
    ring_writer_init(&ring->writer, &edge->end[side], &edge->end[other], edge->warm[side],
                     edge->cold[side]);
    ring_reader_init(&ring->reader, &edge->end[side], &edge->end[other], edge->warm[other],
                     edge->cold[other]);
    return &ring->link;
}
