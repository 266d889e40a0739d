/* A tree edge: a single-producer single-consumer byte ring each way, in memory that the parent made
 * before the fork, and the eventfd of each side as its doorbell.
 *
 * The memory of an edge (RING_EDGE_SIZE bytes, page-aligned, MAP_SHARED, zero at first) holds, in
 * its first page, the indices of both directions and a small warm part of both rings; the cold
 * parts follow. An empty ring goes on at its warm start, so an idle edge touches one page. A frame
 * is contiguous, is published only when it is whole, and several are published at once by flush. A
 * bell is rung only when the other side has said that it sleeps. What link_show() put there is read
 * when its sender has ended, or after its next flush.
 *
 * A turn of the owner's loop: link_read() each link, decide, link_flush() each link, link_sleep()
 * each link, and then wait for its own bell unless one of them, or a link_read(), has returned
 * true.
 *
 * A receiver trusts nothing in the shared memory: indices and sizes are checked against the ring's
 * bounds, a frame is copied out before it is looked at, and a fault closes this edge only
 * (FRAME_BAD_RING or the frame's own fault). */

#ifndef TRANSPORT_RING_LINK_H
#define TRANSPORT_RING_LINK_H

#include "transport/link.h"

/* Address space of one edge: a page, two cold rings of 128 KiB, and a page for what was shown. */
enum { RING_EDGE_SIZE = 2 * 4096 + 2 * 128 * 1024 };

enum ring_side { RING_PARENT, RING_CHILD };

/* `memory` and `bell_fd` (the other side's eventfd, non-blocking) are borrowed and outlive the
 * link. All ring links of a process share one buffer for the frame that is being delivered, so one
 * link_read() must not be called from inside another. */
struct link *ring_link_create(void *memory, enum ring_side side, int bell_fd,
                              const struct link_owner *owner_ops, void *owner);

#endif
