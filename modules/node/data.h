/* What fetch.c, serve.c, registered.c and contact.c share. Nobody else includes it.
 *
 *   fetch.c       one fetch for each version that is on its way here, with all who want it
 *   contact.c     the connections over which fetches of siblings and cousins go
 *   serve.c       what lies here
 *   registered.c  what is registered at one node and lies at another, until it is there
 */

#ifndef NODE_DATA_H
#define NODE_DATA_H

#include "base/u64_map.h"
#include "node/runtime.h"

enum {
    CHUNK_EDGE = 60 * 1024,       // bytes of a tensor in one frame over a tree edge
    CHUNK_SOCKET = 256 * 1024,    // and over a named socket
    WINDOW_EDGE = 512 * 1024,     // bytes under way for one fetch, or registered data, over edges
    WINDOW_SOCKET = 4096 * 1024,  // and for a fetch over a named socket, where the holder waits
                                  // until the socket takes more
    WINDOWS_MOST = 8 * 1024 * 1024, // and for all fetches of a node together, as far as
                                    // each still has one chunk; and for all that it has
                                    // registered elsewhere
    LOOKUP_CREDIT_MOST = WINDOW_SOCKET, // a holder sends no more for one look-up
    QUESTIONS_MOST = 256 * 1024,  // of one visitor, that are not answered
    CONTACTS_MOST = 64,               // connections that this node has made
    FETCH_LARGE = 8 * 1024 * 1024,    // bytes of a fetch that keep two processors busy for a while
    FETCH_TRIES = 3,                  // connections lost in a row without a byte
};

/* A version that is on its way here. It lasts until it is whole, has failed, or nobody wants it. */
struct fetch {
    struct fetch *next_version; // of the same handle
    struct fetch *older, *newer;
    struct copy *copy; // each want has one use of it
    struct want *wants;
    uint64_t began_ns;
    uint64_t number; // no other fetch of this node had it
    uint64_t asked;  // bytes asked for, from the beginning
    uint32_t holder; // rank
    uint32_t peer;   // the link over which it is asked
    uint32_t tries;
};

/* What somebody who reads here has asked of one version and not had yet. His next question of it
 * prolongs this one, when it is for what follows, so that one version's bytes go in their order; else
 * it takes its place, because he has begun anew. */
struct serving {
    struct serving *next;
    struct serving *alike; // of the same key
    struct coord reader;
    uint64_t correlation, handle;
    uint64_t at, end; // bytes of the version that are to be sent
    uint32_t version;
};

/* All that was asked over one link. */
struct servings {
    struct serving *first, *last; // who is first has the next chunk, and is last then
    struct u64_map by_key;
    uint32_t count;
    uint64_t sent; // bytes since there was room
    bool waits;    // for room on the link
};

enum contact_state {
    CONTACT_WAITING,    // for one of the others to be idle
    CONTACT_CONNECTING, // its frames are kept
    CONTACT_GREETING,   // open; the answer to our greeting must be the first that comes
    CONTACT_OPEN,
};

struct contact {
    struct contact *next; // among those that wait
    enum contact_state state;
    uint32_t rank, peer;
    uint32_t fetches;     // that go over it
    uint64_t used;        // when it was last used, in uses
    struct buffer frames; // to be sent when it is open
};

/* Registered data that is coming in from its owner. */
struct arrival {
    uint64_t filled; // bytes that are here, from the beginning
    uint64_t asked;  // bytes that the owner may send
    uint32_t version;
};

/* Data registered here that its holder does not have whole. It goes when it was sent and the holder
 * has said so, when the holder refuses it or is lost. */
struct outgoing {
    struct outgoing *older, *newer;
    struct copy *copy;    // one use of it is ours
    struct task_key task; // that ends then
    uint64_t place;
    uint64_t sent;    // bytes, from the beginning
    uint64_t allowed; // bytes that may be sent: no more than a window ahead of the holder's word
    uint32_t holder;  // rank
    bool begun;       // it has its window, of those of all
};

/* In the order in which they were registered: first those that have begun. */
struct outgoing_list {
    struct u64_map by_handle;
    struct outgoing *oldest, *newest;
    struct outgoing *waiting; // the first that has not begun
    uint64_t windows;         // bytes of the windows of those that have
};

struct data_state {
    struct u64_map fetches; // by handle
    struct fetch *oldest, *newest;
    uint32_t fetch_count;
    uint64_t fetches_begun;
    uint32_t large; // fetches of so much
    struct u64_map servings; // by peer
    struct want *told; // wants whose end is known, to be told
    struct want **told_end;

    struct u64_map contacts;     // by rank
    struct u64_map peers;        // the same by peer
    struct contact *waiting;     // in the order in which they came
    uint32_t contacts_connected; // those that do not wait
    uint32_t next_peer;
    uint64_t uses;

    struct u64_map arrivals; // by handle
    struct outgoing_list outgoing;
    struct u64_map shown; // handles of data registered by others that port.data_show() shows
    uint64_t touched[LEVEL_COUNT][RING_DEPTHS]; // bytes of a ring in use since it was last trimmed
    uint64_t dirty[LEVEL_COUNT][RING_DEPTHS];   // bytes of a ring behind which all is still zero
};

static inline uint64_t data_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void servings_free(struct data_state *data);

/* registered.c: true when this look-up was the holder's word on what is on its way to it. */
bool registered_asked(struct node *node, uint32_t peer, const struct message *message);
/* It is forgotten here. */
void registered_released(struct node *node, uint64_t handle, uint32_t version);
/* That node, or all below it, is gone. */
void registered_lost(struct node *node, uint32_t rank);
void registered_free(struct data_state *data);

/* fetch.c: the connection `peer` is lost, or could not be made: `cause`. All who waited are told by
 * fetch_tell(). */
void fetch_connection_lost(struct node *node, uint32_t peer);
void fetch_no_connection(struct node *node, uint32_t peer, const char *cause);
void fetch_tell(struct node *node);

/* contact.c: true when tensors may come over this link, which is an edge or has been greeted. */
bool contact_is_open(const struct node *node, uint32_t peer);
/* The link to that node; a connection is made if there is none. PEER_NONE and a
 * sentence when there is no way. A fetch counts on it from contact_hold() to contact_leave(). */
uint32_t contact_way(struct node *node, uint32_t rank, struct error *err);
void contact_message(struct node *node, uint32_t peer, uint32_t rank, struct message *message);
void contact_hold(struct node *node, uint32_t peer);
void contact_leave(struct node *node, uint32_t peer);
/* That node, or all below it, is gone. */
void contact_lost(struct node *node, uint32_t rank);
void contacts_free(struct data_state *data);
/* "L6_0/L5_3", or "the launcher". */
const char *rank_name(const struct node *node, uint32_t rank, char out[LIMIT_NODE_PATH]);

#endif
