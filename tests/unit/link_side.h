/* One end of a link and what its owner has been told, when numbered frames go over it. */

#ifndef UNIT_LINK_SIDE_H
#define UNIT_LINK_SIDE_H

#include "base/limits.h"
#include "numbered_frame.h"
#include "transport/link.h"

/* When an owner destroys its link. */
enum side_destroys { NEVER, IN_FRAME, IN_ROOM, IN_CLOSED };

struct side {
    struct link *link;
    int bell; // its own, of an edge
    uint64_t sent[2], got[2];
    unsigned rooms, closes;
    enum frame_fault fault;
    bool wrong;  // a frame that was not the next one of its queue, or not intact
    bool broken; // one that was not intact
    enum side_destroys destroy;
    struct link *reply_over;
    bool lands; // data goes to `place`
    uint64_t ticket;
    unsigned landed;
    uint8_t place[LIMIT_FRAME_SOCKET];
};

static uint8_t frame[LIMIT_FRAME_SOCKET];

static inline void side_destroy_if(struct side *side, enum side_destroys when)
{
    if (side->destroy != when)
        return;
    link_destroy(side->link);
    side->link = NULL;
}

static void side_frame(void *owner, struct link *link, const uint8_t *bytes, size_t size)
{
    struct side *side = owner;
    enum message_queue queue = numbered_queue(bytes);

    (void)link;
    side->broken |= !numbered_intact(bytes, size);
    if (side->broken || numbered_number(bytes) != side->got[queue]++)
        side->wrong = true;
    if (side->reply_over)
        link_send(side->reply_over, queue, bytes, size);
    side_destroy_if(side, IN_FRAME);
}

static bool side_landing(void *owner, const uint8_t *head, struct landing *landing)
{
    struct side *side = owner;

    if (!side->lands || numbered_queue(head) != QUEUE_DATA)
        return false;
    *landing = (struct landing){.at = side->place,
                                .head_size = NUMBERED_LEAST + numbered_number(head) % 50,
                                .ticket = side->ticket};
    return true;
}

static void side_landed(void *owner, struct link *link, const struct frame_pieces *pieces)
{
    static uint8_t whole[LIMIT_FRAME_SOCKET];
    struct side *side = owner;

    side->broken |= pieces->tail != side->place;
    frame_pieces_copy(whole, pieces);
    side->landed++;
    side_frame(owner, link, whole, frame_pieces_size(pieces));
}

static void side_room(void *owner, struct link *link)
{
    struct side *side = owner;

    (void)link;
    side->rooms++;
    side_destroy_if(side, IN_ROOM);
}

static void side_closed(void *owner, struct link *link, enum frame_fault fault)
{
    struct side *side = owner;

    (void)link;
    side->closes++;
    side->fault = fault;
    side_destroy_if(side, IN_CLOSED);
}

static const struct link_owner side_owner = {
    .frame = side_frame,
    .landing = side_landing,
    .landed = side_landed,
    .room = side_room,
    .closed = side_closed,
};

static inline void send_one(struct side *side, enum message_queue queue, size_t size)
{
    size_t head = size / 3 > NUMBERED_LEAST ? size / 3 : size;

    numbered_frame(frame, queue, side->sent[queue], size);
    if (side->sent[queue]++ % 2)
        link_send(side->link, queue, frame, size);
    else
        link_send_pieces(side->link, queue,
                         &(struct frame_pieces){.head = frame,
                                                .tail = frame + head,
                                                .head_size = head,
                                                .tail_size = size - head});
}

static inline bool all_arrived(const struct side *from, const struct side *to)
{
    return from->sent[0] == to->got[0] && from->sent[1] == to->got[1];
}

#endif
