/* All that can happen to a node. The body makes events from bytes, timers, signals and child exits;
 * the simulator makes them from a seed. */

#ifndef NODE_EVENT_H
#define NODE_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "wire/header.h"

/* Links of a node: the parent, children by number, then connections over named sockets as the body
 * numbers them. */
enum { PEER_PARENT = 0, PEER_FIRST_CHILD = 1, PEER_NONE = 0xFFFFFFFF };

enum event_type {
    EVENT_START,        // all children are forked
    EVENT_START_FAILED, // this process cannot start: `text` says why
    EVENT_FRAME,        // a whole frame from `peer`; header checked, body not yet
    EVENT_LINK_OPENED,  // somebody connected to the named socket: `peer` is new
    EVENT_LINK_CLOSED,  // nothing more comes over `peer`'s link, for `fault`; says nothing of its
                        // life
    EVENT_CHILD_GONE,   // child `peer` was reaped; `wait_status` as waitpid() gives it
    EVENT_PARENT_GONE,  // the parent's process has ended
    EVENT_TIMEOUT,      // the deadline that node_deadline() named is over
    EVENT_FILE_WRITTEN, // an EFFECT_WRITE_FILE is done; `text` is NULL, or says why it failed
    EVENT_TERMINATE,    // SIGTERM: leave in order
};

/* The node borrows an event until node_step() returns. */
struct event {
    enum event_type type;
    uint64_t now_ns;  // monotonic: the node's only clock
    uint64_t wall_ns; // since 1970-01-01 UTC, for timestamps in files
    uint32_t peer;
    const uint8_t *frame; // EVENT_FRAME: header and body
    size_t size;
    enum frame_fault fault; // EVENT_LINK_CLOSED
    int wait_status;        // EVENT_CHILD_GONE
    const uint64_t
        *beats_ns;    // EVENT_TIMEOUT: when each child last wrote its record, same clock as now_ns
    const char *text; // EVENT_START_FAILED, EVENT_FILE_WRITTEN
};

#endif
