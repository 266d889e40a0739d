/* All that can happen to a node. The body makes events from bytes, timers, signals and child exits; the simulator
 * makes them from a seed. */

#ifndef NODE_EVENT_H
#define NODE_EVENT_H

#include <stddef.h>
#include <stdint.h>

/* Links of a node: the parent, children by number, then connections over named sockets. */
enum { PEER_PARENT = 0, PEER_FIRST_CHILD = 1, PEER_NONE = 0xFFFFFFFF };

enum event_type {
    EVENT_START,       // all children are forked
    EVENT_FRAME,       // a whole frame from `peer`, header checked, body not yet
    EVENT_LINK_CLOSED, // nothing more comes over `peer`'s link; says nothing of its life
    EVENT_CHILD_GONE,  // child `peer` was reaped; `wait_status` as waitpid() gives it
    EVENT_CHILD_BEAT,  // `peer`'s beat as read from state.map, before each EVENT_TIMEOUT
    EVENT_TIMEOUT,     // the deadline that node_deadline() named is over
    EVENT_TERMINATE,   // SIGTERM: leave in order
};

/* The node borrows an event until node_step() returns. */
struct event {
    enum event_type type;
    uint64_t now_ns;      // monotonic: the node's only clock
    uint32_t peer;
    const uint8_t *frame; // EVENT_FRAME: header and body
    size_t size;
    int wait_status;      // EVENT_CHILD_GONE
    uint64_t beat_ns;     // EVENT_CHILD_BEAT: when the child last wrote its record, same clock
};

#endif
