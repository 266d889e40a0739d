/* All that can happen to a node. The body makes events from bytes, timers, signals and child exits;
 * the simulator makes them from a seed. */

#ifndef NODE_EVENT_H
#define NODE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/header.h"

/* Links of a node: the parent, children by number, then connections over named sockets as the body
 * numbers them; from PEER_FIRST_CONTACT on, connections that the brain itself asked for. */
enum {
    PEER_PARENT = 0,
    PEER_FIRST_CHILD = 1,
    PEER_FIRST_CONTACT = 0x40000000,
    PEER_NONE = 0xFFFFFFFF
};

enum event_type {
    EVENT_START,        // all children are forked
    EVENT_START_FAILED, // this process cannot start: `text` says why
    EVENT_FRAME,        // a whole frame from `peer`; header checked, body not yet
    EVENT_LINK_OPENED,  // somebody connected to the named socket: `peer` is new
    EVENT_LINK_CLOSED,  // nothing more comes over `peer`'s link, for `fault`; says nothing of its
                        // life
    EVENT_CONNECTED,   // the connection that EFFECT_CONNECT asked for is open, or, `text` says why,
                       // is not
    EVENT_ROOM,        // what EFFECT_ROOM asked for: `peer` has room
    EVENT_RUN,         // nothing is to be sent any more: run kernels, when node_wants_run()
    EVENT_CHILD_GONE,  // child `peer` was reaped; `wait_status` as waitpid() gives it
    EVENT_PARENT_GONE, // the parent's process has ended
    EVENT_TIMEOUT,     // the deadline that node_deadline() named is over
    EVENT_FILE_WRITTEN, // an EFFECT_WRITE_FILE is done; `text` is NULL, or says why it failed
    EVENT_TERMINATE,    // SIGTERM: leave in order
};

/* What a child does, as it wrote it down before it began. */
struct child_work {
    uint64_t
        started_ns;    // when the kernel that computes now was entered or resumed; 0: none computes
    uint64_t limit_ms; // how long it may, 0: no limit
    bool open;         // it has tasks that have not ended
    char kernel[32];   // its name
};

/* The node borrows an event until node_step() returns. */
struct event {
    enum event_type type;
    uint64_t now_ns;  // monotonic: the node's only clock
    uint64_t wall_ns; // since 1970-01-01 UTC, for timestamps in files
    uint32_t peer;
    const uint8_t *frame; // EVENT_FRAME: header and body
    size_t size;
    const uint8_t *tail; // EVENT_FRAME: the bytes that follow `frame`, where node_landing() wanted
                         // them; NULL: none
    size_t tail_size;
    enum frame_fault fault;        // EVENT_LINK_CLOSED
    int wait_status;               // EVENT_CHILD_GONE
    bool unasked;                  // EVENT_CHILD_GONE: it had not said that it leaves
    const struct child_work *work; // EVENT_TIMEOUT: of each child; EVENT_CHILD_GONE: of this one,
                                   // when it ended; may be NULL
    const uint64_t
        *beats_ns;    // EVENT_TIMEOUT: when each child last wrote its record, same clock as now_ns
    const char *text; // EVENT_START_FAILED, EVENT_FILE_WRITTEN, EVENT_CONNECTED
};

#endif
