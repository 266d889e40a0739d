/* A neighbour that writes anything anywhere into an edge, between any two steps of ours. Only this
 * may follow: frames whose size and header are good, or an edge that is closed with a reason, once.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "transport/ring.h"
#include "transport/ring_link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS = 4000 };

static uint8_t *edge;
static int bell;
static struct link *links[2];
static unsigned closes[2];
static uint8_t out[LIMIT_FRAME_RING];

struct input {
    const uint8_t *at, *end;
};

static uint64_t take(struct input *input, unsigned size)
{
    uint64_t value = 0;

    while (size-- && input->at < input->end)
        value = value << 8 | *input->at++;
    return value;
}

static void on_frame(void *owner, struct link *link, const uint8_t *frame, size_t size)
{
    size_t said;
    uint8_t *copy = malloc(size);

    (void)link;
    assert(!closes[*(int *)owner]);
    memcpy(copy, frame, size);
    assert(frame_size(copy, size, LIMIT_FRAME_RING, &said) == FRAME_OK && said == size);
    free(copy);
}

static uint8_t place[LIMIT_FRAME_RING];

/* Every second head, by a byte that the other side chose, wants the rest. */
static bool on_landing(void *owner, const uint8_t *head, struct landing *landing)
{
    assert(!closes[*(int *)owner]);
    landing->at = place;
    landing->head_size = FRAME_HEADER_SIZE + head[23] % (MESSAGE_HEAD_MOST - FRAME_HEADER_SIZE);
    landing->ticket = 0;
    return head[23] % 2;
}

static void on_landed(void *owner, struct link *link, const struct frame_pieces *frame)
{
    size_t said;

    (void)link;
    assert(!closes[*(int *)owner]);
    assert(frame->tail == place && frame->tail_size <= sizeof place);
    assert(frame->head_size == FRAME_HEADER_SIZE +
                                   frame->head[23] % (MESSAGE_HEAD_MOST - FRAME_HEADER_SIZE));
    assert(frame_size(frame->head, frame->head_size, LIMIT_FRAME_RING, &said) == FRAME_OK &&
           said == frame_pieces_size(frame));
}

static void on_room(void *owner, struct link *link)
{
    assert(!closes[*(int *)owner] && !link->closed);
    link_want_room(link, LIMIT_FRAME_RING);
}

static void on_closed(void *owner, struct link *link, enum frame_fault fault)
{
    closes[*(int *)owner]++;
    assert(closes[*(int *)owner] == 1);
    assert(link->closed && fault != FRAME_OK && fault < FRAME_FAULT_COUNT);
}

static const struct link_owner owner_ops = {.frame = on_frame,
                                             .landing = on_landing,
                                             .landed = on_landed,
                                             .room = on_room,
                                             .closed = on_closed};

static void open_links(void)
{
    static int sides[2] = {RING_PARENT, RING_CHILD};

    memset(edge, 0, RING_EDGE_SIZE);
    memset(closes, 0, sizeof closes);
    for (int i = 0; i < 2; i++)
        links[i] = ring_link_create(edge, (enum ring_side)sides[i], bell, &owner_ops, &sides[i]);
    link_want_room(links[0], LIMIT_FRAME_RING);
}

static void send_frame(struct link *link, enum message_queue queue, size_t size)
{
    struct frame_header header = {.type = MSG_REG_CODE};

    if (size < FRAME_HEADER_SIZE)
        size = FRAME_HEADER_SIZE;
    header.payload_size = (uint32_t)(size - FRAME_HEADER_SIZE);
    frame_header_write(&header, out);
    out[23] = (uint8_t)(size / 64); // whether and how it lands
    if (link_queued(link) < 4 * LIMIT_FRAME_RING)
        link_send(link, queue, out, size);
}

/* One of the first 16 words: the indices. */
static void write_index(struct input *input)
{
    uint64_t word = take(input, 1) % 16, value;
    bool add = word & 1;

    memcpy(&value, edge + word * 8, 8);
    value = add ? value + take(input, 2) * 8 : take(input, 3);
    memcpy(edge + word * 8, &value, 8);
}

static void write_bytes(struct input *input)
{
    size_t at = take(input, 3) % RING_EDGE_SIZE, size = take(input, 1) % 64;

    for (; size && at < RING_EDGE_SIZE; size--)
        edge[at++] = (uint8_t)take(input, 1);
}

static void step(struct input *input)
{
    unsigned act = (unsigned)take(input, 1);
    struct link *link = links[act >> 7];

    switch (act & 7) {
    case 0:
        write_index(input);
        break;
    case 1:
        write_bytes(input);
        break;
    case 2:
        send_frame(link, act >> 6 & 1, take(input, 2));
        break;
    case 3:
        link_flush(link);
        break;
    case 4:
        link_sleep(link);
        break;
    default:
        link_read(link);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, data + size};

    if (!edge) {
        edge = aligned_alloc(4096, RING_EDGE_SIZE);
        bell = open("/dev/null", O_WRONLY | O_CLOEXEC);
    }
    open_links();
    for (unsigned i = 0; i < STEPS && input.at < input.end; i++)
        step(&input);
    link_destroy(links[0]);
    link_destroy(links[1]);
    return 0;
}
