/* What the files of this folder share. Nobody outside includes it. */

#ifndef NODE_NODE_INTERNAL_H
#define NODE_NODE_INTERNAL_H

#include "base/buffer.h"
#include "base/u64_map.h"
#include "model/ring_capacity.h"
#include "node/node.h"
#include "wire/message.h"

/* A child as its parent sees it. */
enum child_state { CHILD_STARTING, CHILD_READY, CHILD_GONE };

struct child {
    enum child_state state;
    uint32_t generation; // how often we have spoken of it
    bool slow;
    bool gathering;      // its GATHERED is awaited
    uint8_t stop_signal; // the last signal it was sent, 0 for none
    char cause[96];      // why we ended it ourselves; empty otherwise
};

/* A connection over the named socket. */
struct visitor {
    uint32_t peer;
    bool greeted; // it has said that it is of our run
    uint64_t came_ns;
    struct visitor *older, *newer; // in the order in which they were last heard
};

/* One down-up round that passes through this node. */
struct gather {
    bool active;
    uint64_t round;
    uint64_t correlation;
    struct coord asker;
    uint8_t purpose;
    uint32_t waiting;            // children that have not answered
    uint32_t files;              // writes that are not done
    uint32_t count[LEVEL_COUNT]; // nodes that did it
    uint32_t missing;
    char error[LIMIT_CAUSE];
};

/* What node_step() answers with; text and frames lie in `bytes` by offset until effects_close(). */
struct effect_list {
    struct effect *items;
    size_t count, capacity;
    struct buffer bytes;
    bool urgent; // frames, log lines or a dump are among them, which shall not be lost with a kernel
};

struct node {
    struct node_config config;
    const struct topology *topology;
    struct coord coord;
    char path[LIMIT_NODE_PATH];
    enum node_life life;
    struct child *children;
    uint32_t child_count;
    uint32_t children_left; // not gone
    uint32_t children_starting;
    struct u64_map visitors; // by peer
    struct visitor *visitor_newest, *visitor_oldest;
    struct membership *members;
    struct message_reader *reader;
    struct effect_list effects;
    struct gather gather;
    struct runtime *runtime; // runtime.h
    struct ring_capacity *windows; // ring_window.c; by level; NULL: rings are used as the run has them
    struct node_counters counters;
    uint64_t now_ns, wall_ns;
    uint64_t beat_due_ns;      // next look at the children's beats, and sign of our own
    uint64_t stop_due_ns;      // next stage of the stop; UINT64_MAX: none
    uint64_t stop_end_ns;      // when all of it should be over
    uint64_t stop_step_ns;     // from SIGTERM to SIGKILL
    uint64_t work_due_ns;      // next look at what the children compute; UINT64_MAX: none
    unsigned work_idle;        // looks since one had an open task
    uint64_t discovery_due_ns; // next rewrite of discovery.json; UINT64_MAX: none
    uint64_t sequence;
    uint64_t discovery_changed_ns;
    bool failure_told;     // FAILED has gone up
    bool edge_broken;      // the one to the parent
    bool finishing;        // it is asked to leave, and has tasks to end before
    bool writes_discovery; // discovery.json was asked for, keep it current
};

/* effect_list.c: what the node wants. Text and bytes are copied. */
void effects_open(struct node *node);
struct effects effects_close(struct node *node);
void want_frame(struct node *node, uint32_t peer, const uint8_t *frame, size_t size);
void want_message(struct node *node, uint32_t peer,
                  struct message *message); // to the neighbour itself; fills both addresses
void want_message_to(struct node *node, uint32_t peer, const struct coord *target,
                     struct message *message); // by way of `peer`; fills the sender
/* The same for TENSOR_DATA, whose bytes are not copied: they stay where they are until this step's
 * effects are carried out. */
void want_data_to(struct node *node, uint32_t peer, const struct coord *target,
                  struct message *message);
void want_log(struct node *node, enum log_level level, const char *component, const char *fields,
              const char *format, ...) __attribute__((format(printf, 5, 6)));
void want_file(struct node *node, const char *name, const void *data, size_t size);
/* Whole lines for the end of a file; those of one step for the same file go together. */
void want_lines(struct node *node, const char *name, const void *lines, size_t size, bool at_once);
void want_kill(struct node *node, uint32_t child, int signal);
void want_close(struct node *node, uint32_t peer, const char *why);
void want_connect(struct node *node, uint32_t peer, uint32_t rank);
void want_room(struct node *node, uint32_t peer, size_t size);
void want_exit(struct node *node, int status);

/* node.c */
enum frame_fault read_frame(struct node *node, const struct event *event, struct message *message);
void life_move(struct node *node, enum node_life to);
uint32_t child_rank(const struct node *node, uint32_t child);
const char *child_path(const struct node *node, uint32_t child); // valid until the next call

/* start.c: READY or FAILED. */
void start_begin(struct node *node);
void start_fail(struct node *node, uint32_t rank, const char *cause);
void on_ready(struct node *node, uint32_t child, const struct msg_ready *ready);
void on_failed(struct node *node, const struct msg_failed *failed);

/* stop.c: leave in order, leaves first. */
void stop_begin(struct node *node, bool graceful, uint64_t deadline_ms, const char *why);
void stop_broken(struct node *node, enum frame_fault fault); // the edge to the parent breaks the rules
void stop_check(struct node *node); // exit when nobody is left below
void stop_timeout(struct node *node);
void stop_turn(struct node *node); // at the end of each step

/* watch.c: who is slow, who is gone. */
void watch_begin(struct node *node);
void watch_beats(struct node *node, const struct event *event);
void watch_work(struct node *node, const struct child_work *work); // who computes for too long is ended
void watch_work_soon(struct node *node);                          // a child was given a task
void watch_end_child(struct node *node, uint32_t child, const char *fault);
void on_child_gone(struct node *node, const struct event *event);

/* members.c: the word of a death or a leave travels over the whole tree. */
void members_tell(struct node *node, uint32_t rank, enum member_status status, uint32_t generation,
                  const char *cause);
void on_members(struct node *node, uint32_t peer, const struct msg_members *members);

/* host_files.c: identity.json and discovery.json of a host. */
void identity_write(struct node *node);
void discovery_write(struct node *node,
                     uint64_t since_ns); // when the news came, for the time it took
void discovery_timeout(struct node *node);
void discovery_changed(struct node *node); // the table of members has

/* gather.c: a round down to every leaf and back. */
void on_gather(struct node *node, const struct message *message);
void on_gathered(struct node *node, uint32_t child, const struct msg_gathered *gathered);
void gather_child_gone(struct node *node, uint32_t child);
void gather_file_written(struct node *node, const char *error);

/* ring_window.c: how much of the rings is used. */
struct ring_capacity ring_window(const struct node *node, enum level owner);
/* -1 and a sentence when this node computes, so that its rings cannot change. */
int ring_windows_set(struct node *node, const struct msg_gather *gather, struct error *err);

/* visit.c: named-socket connections. */
void visitor_opened(struct node *node, uint32_t peer);
void visitor_closed(struct node *node, uint32_t peer, enum frame_fault fault);
void visitor_frame(struct node *node, const struct event *event);
void visitors_free(struct node *node);
void refuse(struct node *node, enum frame_fault fault, const char *from); // count it, log it once
bool names_our_system(const struct node *node, const struct msg_heartbeat *heartbeat);
void heartbeat_answer(struct node *node, uint32_t peer, const struct message *question);

/* route.c: frames for others, by the header alone. */
enum { ROUTE_SELF = 0xFFFFFFFE };
/* ROUTE_SELF, the peer to send it to, or PEER_NONE when there is no way. */
uint32_t route(const struct node *node, const struct coord *target);
void edge_frame(struct node *node, const struct event *event);
void edge_fault(struct node *node, uint32_t peer, enum frame_fault fault); // it breaks the rules

#endif
