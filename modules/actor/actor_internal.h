/* What the files of this folder share. Nobody outside includes it. */

#ifndef ACTOR_ACTOR_INTERNAL_H
#define ACTOR_ACTOR_INTERNAL_H

#include <event2/event.h>

#include "actor/actor.h"
#include "actor/log_file.h"
#include "actor/node_dir.h"
#include "base/buffer.h"
#include "base/u64_map.h"
#include "node/node.h"
#include "super/brood.h"
#include "topo/node_files.h"
#include "transport/link.h"

/* A tree edge: number 0 leads to the parent, then the children. */
struct edge {
    struct actor *actor;
    uint32_t peer;
    struct link *link;  // NULL once the child is gone
    struct event *gone; // its pidfd
};

/* A connection over a named socket: over ours, or (a contact) one that the brain asked for over
 * another node's. */
struct guest {
    struct actor *actor;
    uint32_t peer;
    struct link *link; // NULL while a contact is not open
    bool ending;       // destroyed at the end of the turn
    struct guest *next;
    // of a contact
    uint32_t rank;       // whose socket
    bool due;            // the brain is to hear what became of it
    char *error;         // why it is not open; NULL: it is
    struct event *again; // the next attempt, while the other side's backlog is full
    uint32_t again_us;
};

struct actor {
    struct inherit self;
    const struct inherit_run *run;
    struct state_record *record;
    char path[LIMIT_NODE_PATH];
    struct node *node;
    struct brood brood;
    struct edge *edges; // 1 + brood.count
    uint32_t edge_count;
    uint64_t *beats_ns;
    struct child_work *works; // of each child
    struct node_dir dir;
    struct log_file log;
    struct event_base *base;
    struct event *bell, *signals, *timer, *door;
    int parent_pid_fd, signal_fd, door_fd;
    bool socket_bound;
    struct guest *guests;
    struct u64_map guests_by_peer; // those that are not ending
    uint32_t contact_results;      // EVENT_CONNECTED that are due
    uint32_t next_guest;
    struct link_counters past; // of links that are gone
    uint64_t strangers;        // connections refused for their user
    uint64_t armed_ns;         // what the timer is set to; UINT64_MAX: not set
    uint32_t file_results;     // EVENT_FILE_WRITTEN that are due
    char file_error[LIMIT_CAUSE];
    struct lines {
        char name[LIMIT_NODE_FILE];
        struct buffer text; // not yet in the file
        uint64_t quiet_ns;  // what comes before this moment is part of a burst
        struct event *due;  // made when it is first needed
    } lines;
    struct u64_map kernels; // loaded, by hash
    struct code_view {
        uint64_t hash;
        void *bytes; // mapped; NULL: none is
        size_t size;
    } code_view;
    cpu_set_t home; // where it runs unless it roams
    bool environment_set;
    enum node_life shown_life;
    bool leaving;
    int exit_status;
};

/* Tell the brain, and do what it wants. */
void actor_tell(struct actor *actor, struct event event);
void actor_tell_frame(struct actor *actor, uint32_t peer, const struct frame_pieces *frame);
/* What a link that goes counts on. */
void actor_keep_counters(struct actor *actor, const struct link *link);

/* apply.c */
void actor_apply(struct actor *actor, struct effects effects);

/* lines.c: EFFECT_APPEND, done now or a little later; lines_write() does what was put off. */
void lines_append(struct actor *actor, const struct effect *effect);
void lines_write(struct actor *actor);

/* kernel_port.c: what the brain borrows to run kernels. */
struct node_port kernel_port(struct actor *actor);

/* The records of a node and its siblings. */
struct record_range siblings_of(const struct topology *topology, uint32_t rank);
/* True when that sibling has shown no sign of life for too long, and does not compute. */
bool sibling_is_slow(void *actor, uint32_t rank);

/* record.c: this node's record in state.map, and its title. */
void record_begin(struct actor *actor);
void record_publish(struct actor *actor);
/* What a child shows. */
struct child_work child_work_of(const struct state_record *record);

/* named.c: the named socket. */
int named_open(struct actor *actor, struct error *err);
void named_close(struct actor *actor); // also removes the socket's file
struct guest *guest_add(struct actor *actor, uint32_t peer);
struct guest *guest_of(struct actor *actor,
                       uint32_t peer); // NULL when there is none, or it is ending
void guest_end(struct guest *guest);
void guests_flush(struct actor *actor);
void guests_end(struct actor *actor); // destroy who is to end
extern const struct link_owner guest_owner;

/* contacts.c */
void contact_connect(struct actor *actor, uint32_t peer, uint32_t rank);
void contacts_tell(struct actor *actor); // what became of those that were asked for
void contact_end(struct guest *contact); // it will be destroyed

#endif
