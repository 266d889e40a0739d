/* What the files of this folder share. Nobody outside includes it.
 *
 *   world.c     nodes, the loop, what befalls them
 *   links.c     edges and connections: when what is sent arrives
 *   effects.c   what a node wants, done
 *   port.c      what a brain borrows: clock, code, memory
 *   launcher.c  what the launcher would do
 *   story.c     the trace
 */

#ifndef SIM_WORLD_INTERNAL_H
#define SIM_WORLD_INTERNAL_H

#include "base/u64_map.h"
#include "sim/agenda.h"
#include "sim/world.h"
#include "wire/message.h"

enum {
    HOP_NS = 2000,      // a frame takes at least so long
    CONNECT_NS = 20000, // and a connection
    DEATH_NS = 50000,   // until a death is noticed
};

/* One direction of an edge or connection: when the last frame of each queue arrives. */
struct channel {
    uint64_t last_ns[2]; // by enum message_queue
};

struct connection;
struct connection_end {
    struct connection *connection;
    uint32_t rank;               // whose end it is
    uint32_t peer;               // as that node numbers it
    bool open;                   // frames pass
    bool left;                   // its node has closed it, and hears no more of it
    struct channel in;           // towards this end
    struct connection_end *next; // of the same node
};
struct connection {
    struct connection_end ends[2]; // who asked for it, who was asked
    struct connection *next;       // of the world
};

struct world_file {
    char *name;
    struct buffer content;
    struct world_file *next;
};

/* One node's process. */
struct process {
    struct world *world;
    struct node *node; // NULL: it has ended
    uint32_t rank;
    int exit;
    uint64_t clock_ns;        // its own time: ahead of the world's while it computes
    uint64_t beat_ns;         // when it last did anything
    uint64_t timer_ns;        // of its timer on the agenda; UINT64_MAX: none
    uint64_t end_ns;          // when it ended; what it would have sent later is not
    bool crashed;             // its kernel has: it hears and says nothing more
    struct child_work work;   // the kernel it entered last
    uint64_t left_ns;         // and when that was left
    struct child_work last;   // what it did when it ended
    bool run_due;             // an EVENT_RUN is on the agenda
    struct channel down, up;  // of the edge to its parent: towards it, and away
    struct channel up_before; // of `up`, before what its last step said last
    struct connection_end *ends;
    uint32_t next_visitor;
    struct u64_map codes; // whose code is here: hash to struct world_code
    uint8_t *buffers;
    size_t buffers_size;
    struct world_file *files;
};

struct world_code {
    struct kernel kernel;
    const struct world_kernel *source;
    uint8_t *image; // what travels as its code
    size_t image_size;
    struct world_code *next;
};

enum happening_type {
    HAPPEN_TELL,    // `event` to a node
    HAPPEN_RUN,     // a node may run kernels
    HAPPEN_TIMER,   // a node's deadline
    HAPPEN_HEAR,    // `frame` to the launcher
    HAPPEN_CONNECT, // a connection is made, or not
    HAPPEN_CLOSE,   // an end of a connection hears that it is lost
    HAPPEN_KILL,    // a process ends by SIGKILL
    HAPPEN_CRASH,   // or by what its kernel did
};

/* Something on the agenda. */
struct happening {
    enum happening_type type;
    uint32_t rank;
    uint32_t from; // who sent it, when that was at sent_ns; RANK_NONE: nobody
    uint64_t sent_ns;
    struct event event;
    uint8_t *frame; // owned
    size_t size;
    struct connection_end *end; // that it comes over; NULL: an edge
    char *text;                 // owned
};

struct world {
    struct topology topology;
    struct world_config config;
    struct process *processes;
    struct agenda agenda;
    size_t timers; // on the agenda
    uint64_t now_ns;
    uint64_t random;
    struct world_code *codes;
    struct connection *connections;
    struct channel to_launcher;
    struct world_exec **execs; // by number - 1
    uint64_t exec_count;
    uint64_t round;
    struct message_reader *reader;
    struct buffer packed; // one frame of the launcher's
    struct world_heard heard;
    struct world_counts counts;
    uint64_t digest;
    struct buffer story;
};

/* world.c */
struct happening *happening_new(enum happening_type type, uint32_t rank);
/* Tell a node later. Takes `happening`. */
void world_put(struct world *world, uint64_t at_ns, struct happening *happening);
void world_tell_at(struct world *world, uint64_t at_ns, uint32_t rank, struct event event);
void process_end(struct world *world, uint32_t rank, int status, int wait_status);
void happening_from(struct happening *happening, const struct process *sender);
uint32_t world_roll(struct world *world, uint32_t bound); // 0 for a bound of 0
bool world_chance(struct world *world, uint32_t of_thousand);

/* links.c */
/* How long a frame takes; when one that is sent at `now_ns` arrives. */
uint64_t on_the_way_ns(struct world *world);
uint64_t channel_arrival(struct world *world, struct channel *channel, uint64_t now_ns,
                         enum message_queue queue);
/* When an end that comes after all that was sent arrives. */
uint64_t channel_end(const struct channel *channel, uint64_t now_ns);
void link_send(struct world *world, uint32_t rank, const struct effect *effect);
void link_connect(struct world *world, uint32_t rank, const struct effect *effect);
void link_close(struct world *world, uint32_t rank, uint32_t peer);
void link_made(struct world *world, struct happening *happening);   // HAPPEN_CONNECT
void link_lost(struct world *world, struct connection *connection); // both ends, now
bool link_ended(struct world *world,
                struct connection_end *end);        // HAPPEN_CLOSE: true for the first
void links_end(struct world *world, uint32_t rank); // of a process that has ended
void links_free(struct world *world);

/* effects.c */
void effects_apply(struct world *world, uint32_t rank, struct effects effects);

/* port.c */
void port_init(struct process *process, struct node_port *port);
void port_free(struct process *process);
struct world_code *code_named(const struct world *world, const char *name, size_t size);
struct world_code *code_hashed(const struct world *world, uint64_t hash);
void codes_free(struct world *world);

/* launcher.c */
void launcher_hear(struct world *world, const uint8_t *frame, size_t size);

/* story.c */
/* A frame has come to that node, or (RANK_NONE) to the launcher. */
void story_frame(struct world *world, uint32_t rank, const uint8_t *frame, size_t size);
void story_line(struct world *world, uint64_t at_ns, uint32_t rank, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
