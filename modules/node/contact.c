/* Connections to the named sockets of others: made on first need, kept, and of those that nobody
 * uses the one used longest ago is closed when there would be too many. */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "node/data.h"
#include "topo/node_files.h"

bool is_contact(uint32_t peer)
{
    return peer >= PEER_FIRST_CONTACT && peer != PEER_NONE;
}

struct coord coord_of_rank(const struct node *node, uint32_t rank)
{
    return rank == RANK_LAUNCHER ? coord_launcher() : topology_coord(node->topology, rank);
}

uint32_t rank_of_coord(const struct node *node, const struct coord *coord)
{
    if (coord->level == LEVEL_LAUNCHER)
        return RANK_LAUNCHER;
    return topology_has(node->topology, coord) ? topology_rank(node->topology, coord) : RANK_NONE;
}

const char *rank_name(const struct node *node, uint32_t rank, char out[LIMIT_NODE_PATH])
{
    if (rank == RANK_LAUNCHER)
        return "the launcher";
    if (rank >= node->topology->node_count)
        return "a node that is none";
    topology_path(node->topology, rank, out, LIMIT_NODE_PATH);
    return out;
}

/* NULL when we have given it up meanwhile. */
static struct contact *contact_at(const struct node *node, uint32_t peer)
{
    const struct runtime *runtime = node->runtime;

    return runtime && runtime->data ? u64_map_find(&runtime->data->peers, peer) : NULL;
}

static void greet(struct node *node, struct contact *contact)
{
    struct coord target = topology_coord(node->topology, contact->rank);
    struct message message = {.type = MSG_HEARTBEAT};

    message.heartbeat.logical_system = wire_str_of(node->config.logical_system);
    message.heartbeat.physical_system = wire_str_of(node->config.physical_system);
    message.heartbeat.sequence = ++node->sequence;
    message.heartbeat.state = (uint8_t)node->life;
    want_message_to(node, contact->peer, &target, &message);
}

static void send_kept(struct node *node, struct contact *contact)
{
    struct buffer *frames = &contact->frames;
    size_t size;

    for (size_t at = 0; at < frames->size; at += size) {
        enum frame_fault fault =
            frame_size(frames->data + at, frames->size - at, LIMIT_FRAME_SOCKET, &size);

        assert(fault == FRAME_OK);
        (void)fault;
        want_frame(node, contact->peer, frames->data + at, size);
    }
    buffer_free(frames);
}

static void stop_waiting(struct data_state *data, struct contact *contact)
{
    struct contact **link = &data->waiting;

    while (*link != contact)
        link = &(*link)->next;
    *link = contact->next;
}

/* Forget it; whether the body has a connection to close is the caller's business. */
static void drop(struct node *node, struct contact *contact)
{
    struct data_state *data = node->runtime->data;

    if (contact->state == CONTACT_WAITING)
        stop_waiting(data, contact);
    else
        data->contacts_connected--;
    serve_end(node, contact->peer);
    u64_map_remove(&data->contacts, contact->rank);
    u64_map_remove(&data->peers, contact->peer);
    buffer_free(&contact->frames);
    free(contact);
}

static void connect_to(struct node *node, struct contact *contact)
{
    contact->state = CONTACT_CONNECTING;
    node->runtime->data->contacts_connected++;
    want_connect(node, contact->peer, contact->rank);
}

static bool is_idle(const struct contact *contact)
{
    return contact->state != CONTACT_WAITING && contact->fetches == 0;
}

/* The one used longest ago that nobody uses. */
static struct contact *idlest(struct data_state *data)
{
    struct contact *contact, *best = NULL;
    size_t at = 0;

    while ((contact = u64_map_next(&data->peers, &at)))
        if (is_idle(contact) && (!best || contact->used < best->used))
            best = contact;
    return best;
}

static bool have_room(struct node *node)
{
    struct data_state *data = node->runtime->data;
    struct contact *idle;

    if (data->contacts_connected < CONTACTS_MOST)
        return true;
    idle = idlest(data);
    if (!idle)
        return false;
    want_close(node, idle->peer, "idle");
    drop(node, idle);
    return true;
}

/* Those that wait, as far as there is room by now. */
static void connect_waiting(struct node *node)
{
    struct data_state *data = node->runtime->data;

    while (data->waiting && have_room(node)) {
        struct contact *contact = data->waiting;

        data->waiting = contact->next;
        connect_to(node, contact);
    }
}

static void wait_for_room(struct data_state *data, struct contact *contact)
{
    struct contact **link = &data->waiting;

    while (*link)
        link = &(*link)->next;
    *link = contact;
}

static struct contact *contact_new(struct node *node, uint32_t rank)
{
    struct data_state *data = node->runtime->data;
    struct contact *contact = memory_new(1, sizeof *contact);

    contact->rank = rank;
    contact->peer = PEER_FIRST_CONTACT + data->next_peer++ % PEER_FIRST_CONTACT;
    u64_map_put(&data->contacts, rank, contact);
    u64_map_put(&data->peers, contact->peer, contact);
    if (have_room(node))
        connect_to(node, contact);
    else
        wait_for_room(data, contact);
    return contact;
}

/* Neighbours have an edge, chips no named socket, and the launcher is above the top. */
static bool goes_by_edge(const struct node *node, uint32_t rank)
{
    uint32_t self = node->config.rank;

    return rank == RANK_LAUNCHER || topology_parent(node->topology, self) == rank ||
           topology_parent(node->topology, rank) == self || node_is_chip(node->topology, rank) ||
           node_is_chip(node->topology, self);
}

static uint32_t edge_to(struct node *node, uint32_t rank, struct error *err)
{
    struct coord target = coord_of_rank(node, rank);
    uint32_t peer = route(node, &target);
    char name[LIMIT_NODE_PATH];

    if (peer != PEER_PARENT && node->children[peer - PEER_FIRST_CHILD].state == CHILD_GONE) {
        error_set(err, "there is no way to %s any more", rank_name(node, rank, name));
        return PEER_NONE;
    }
    return peer;
}

uint32_t contact_way(struct node *node, uint32_t rank, struct error *err)
{
    struct contact *contact;

    assert(rank != node->config.rank);
    if (goes_by_edge(node, rank))
        return edge_to(node, rank, err);
    contact = u64_map_find(&node->runtime->data->contacts, rank);
    if (!contact)
        contact = contact_new(node, rank);
    return contact->peer;
}

void contact_message(struct node *node, uint32_t peer, uint32_t rank, struct message *message)
{
    struct coord target = coord_of_rank(node, rank);
    struct contact *contact = contact_at(node, peer);

    if (contact)
        contact->used = ++node->runtime->data->uses;
    if (!contact || contact->state >= CONTACT_GREETING) {
        want_message_to(node, peer, &target, message);
        return;
    }
    message->sender = node->coord;
    message->target = target;
    message_pack(&contact->frames, message);
}

bool contact_is_open(const struct node *node, uint32_t peer)
{
    const struct contact *contact = contact_at(node, peer);

    return contact ? contact->state == CONTACT_OPEN : peer <= node->child_count;
}

void contact_hold(struct node *node, uint32_t peer)
{
    struct contact *contact = contact_at(node, peer);

    if (contact)
        contact->fetches++;
}

void contact_leave(struct node *node, uint32_t peer)
{
    struct contact *contact = contact_at(node, peer);

    if (!contact)
        return;
    assert(contact->fetches > 0);
    contact->fetches--;
    if (contact->fetches == 0 && contact->state == CONTACT_WAITING)
        drop(node, contact);
    else if (contact->fetches == 0)
        connect_waiting(node);
}

void contact_opened(struct node *node, uint32_t peer, const char *error)
{
    struct contact *contact = contact_at(node, peer);

    if (!contact)
        return;
    assert(contact->state == CONTACT_CONNECTING);
    if (!error) {
        contact->state = CONTACT_GREETING;
        greet(node, contact);
        send_kept(node, contact);
        return;
    }
    runtime_clock(node);
    drop(node, contact);
    fetch_no_connection(node, peer, error);
    connect_waiting(node);
    fetch_tell(node);
}

void contact_closed(struct node *node, uint32_t peer)
{
    struct contact *contact = contact_at(node, peer);

    if (!contact)
        return;
    runtime_clock(node);
    drop(node, contact);
    fetch_connection_lost(node, peer);
    connect_waiting(node);
    fetch_tell(node);
}

/* What comes over a connection of ours: first the answer to our greeting. */
static enum frame_fault contact_says(struct node *node, struct contact *contact,
                                     const struct message *message)
{
    if (message->type == MSG_HEARTBEAT && message->heartbeat.answer) {
        if (!names_our_system(node, &message->heartbeat))
            return FRAME_BAD_SYSTEM;
        contact->state = CONTACT_OPEN;
        return FRAME_OK;
    }
    if (contact->state != CONTACT_OPEN)
        return FRAME_UNEXPECTED;
    if (message->type != MSG_TENSOR_DATA && message->type != MSG_TENSOR_LOOKUP)
        return FRAME_UNEXPECTED;
    return runtime_message(node, contact->peer, message) ? FRAME_OK : FRAME_UNEXPECTED;
}

/* Who breaks the rules is not asked a second time. */
static void turn_away(struct node *node, struct contact *contact, enum frame_fault fault)
{
    uint32_t peer = contact->peer;
    char name[LIMIT_NODE_PATH], cause[LIMIT_CAUSE];

    snprintf(cause, sizeof cause, "the connection to %s breaks the rules (%s)",
             rank_name(node, contact->rank, name), frame_fault_name(fault));
    refuse(node, fault, name);
    want_close(node, peer, frame_fault_name(fault));
    runtime_clock(node);
    drop(node, contact);
    fetch_no_connection(node, peer, cause);
    connect_waiting(node);
    fetch_tell(node);
}

void contact_frame(struct node *node, const struct event *event)
{
    struct contact *contact = contact_at(node, event->peer);
    struct message message;
    enum frame_fault fault;

    if (!contact)
        return;
    fault = read_frame(node, event, &message);
    if (fault == FRAME_OK)
        fault = contact_says(node, contact, &message);
    if (fault != FRAME_OK)
        turn_away(node, contact, fault);
}

static struct contact *contact_below(const struct node *node, uint32_t rank)
{
    struct contact *contact;
    size_t at = 0;

    while ((contact = u64_map_next(&node->runtime->data->peers, &at)))
        if (topology_within(node->topology, contact->rank, rank))
            return contact;
    return NULL;
}

/* Its fetches have failed already. */
void contact_lost(struct node *node, uint32_t rank)
{
    struct contact *contact;

    while ((contact = contact_below(node, rank))) {
        if (contact->state != CONTACT_WAITING)
            want_close(node, contact->peer, "the node is gone");
        drop(node, contact);
    }
    connect_waiting(node);
}

void contacts_free(struct data_state *data)
{
    struct contact *contact;
    size_t at = 0;

    while ((contact = u64_map_next(&data->peers, &at))) {
        buffer_free(&contact->frames);
        free(contact);
    }
    u64_map_free(&data->peers);
    u64_map_free(&data->contacts);
}
