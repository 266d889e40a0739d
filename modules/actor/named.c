/* The named socket: who comes in over it is a guest until the brain has heard its greeting. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "actor/actor_internal.h"
#include "base/limits.h"
#include "base/memory.h"
#include "rundir/clock.h"
#include "rundir/run_dir.h"
#include "transport/socket_link.h"

struct guest *guest_add(struct actor *actor, uint32_t peer)
{
    struct guest *guest = memory_new(1, sizeof *guest);

    guest->actor = actor;
    guest->peer = peer;
    guest->next = actor->guests;
    actor->guests = guest;
    u64_map_put(&actor->guests_by_peer, peer, guest);
    return guest;
}

struct guest *guest_of(struct actor *actor, uint32_t peer)
{
    return u64_map_find(&actor->guests_by_peer, peer);
}

void guest_end(struct guest *guest)
{
    guest->ending = true;
    u64_map_remove(&guest->actor->guests_by_peer, guest->peer);
}

static bool guest_landing(void *owner, const uint8_t *head, struct landing *landing)
{
    const struct guest *guest = owner;

    return !guest->ending && node_landing(guest->actor->node, guest->peer, head, landing);
}

static void guest_landed(void *owner, struct link *link, const struct frame_pieces *frame)
{
    struct guest *guest = owner;

    (void)link;
    if (!guest->ending)
        actor_tell_frame(guest->actor, guest->peer, frame);
}

static void guest_frame(void *owner, struct link *link, const uint8_t *frame, size_t size)
{
    guest_landed(owner, link, &(struct frame_pieces){.head = frame, .head_size = size});
}

static void guest_room(void *owner, struct link *link)
{
    struct guest *guest = owner;

    (void)link;
    if (!guest->ending)
        actor_tell(guest->actor, (struct event){.type = EVENT_ROOM, .peer = guest->peer});
}

static void guest_closed(void *owner, struct link *link, enum frame_fault fault)
{
    struct guest *guest = owner;

    (void)link;
    if (guest->ending)
        return;
    guest_end(guest);
    actor_tell(guest->actor,
               (struct event){.type = EVENT_LINK_CLOSED, .peer = guest->peer, .fault = fault});
}

const struct link_owner guest_owner = {.frame = guest_frame,
                                       .landing = guest_landing,
                                       .landed = guest_landed,
                                       .room = guest_room,
                                       .closed = guest_closed};

static void welcome(struct actor *actor, int fd)
{
    struct guest *guest = guest_add(actor, actor->next_guest++);

    guest->link = socket_link_create(actor->base, fd, LIMIT_FRAME_SOCKET, &guest_owner, guest);
    actor_tell(actor, (struct event){.type = EVENT_LINK_OPENED, .peer = guest->peer});
}

static void door_rested(evutil_socket_t fd, short what, void *arg)
{
    struct actor *actor = arg;

    (void)fd;
    (void)what;
    event_add(actor->door, NULL);
}

/* Whoever knocks stays at the door, which stays readable: it is not looked at for a while. */
static void rest_door(struct actor *actor, unsigned ms)
{
    const struct timeval while_ = {.tv_usec = (suseconds_t)ms * 1000};

    if (event_base_once(actor->base, -1, EV_TIMEOUT, door_rested, actor, &while_) == 0)
        event_del(actor->door);
}

static void rest_without_descriptors(struct actor *actor)
{
    log_file_write(&actor->log, LOG_WARN, "mailbox",
                   "no descriptor is left for a connection; trying again in 200 ms", NULL);
    rest_door(actor, 200);
}

static bool takes_visitor(const struct actor *actor)
{
    return node_takes_visitor(actor->node, monotonic_clock_ns());
}

static void door_readable(evutil_socket_t fd, short what, void *arg)
{
    enum { AT_ONCE = 64, FULL_REST_MS = 10 };
    struct actor *actor = arg;
    unsigned refused = 0, taken = 0;
    int guest_fd = 0;

    (void)what;
    errno = 0;
    while (taken++ < AT_ONCE && takes_visitor(actor) &&
           (guest_fd = socket_accept(fd, &refused)) >= 0)
        welcome(actor, guest_fd);
    actor->strangers += refused;
    if (guest_fd < 0 && (errno == EMFILE || errno == ENFILE))
        rest_without_descriptors(actor);
    else if (!takes_visitor(actor))
        rest_door(actor, FULL_REST_MS);
}

int named_open(struct actor *actor, struct error *err)
{
    char name[32], dir[LIMIT_PATH + LIMIT_NODE_PATH];

    actor->door_fd = -1;
    actor->next_guest = actor->edge_count;
    if (!run_dir_socket_name(actor->run->topology, actor->self.rank, name, sizeof name))
        return 0;
    snprintf(dir, sizeof dir, "%s/%s", actor->run->run_path, actor->path);
    actor->door_fd = socket_listen_in(actor->dir.fd, dir, name, err);
    if (actor->door_fd < 0)
        return -1;
    actor->socket_bound = true;
    actor->door =
        event_new(actor->base, actor->door_fd, EV_READ | EV_PERSIST, door_readable, actor);
    if (!actor->door || event_add(actor->door, NULL) < 0)
        return error_set(err, "cannot watch the socket %s: %s", name, strerror(errno));
    return 0;
}

void named_close(struct actor *actor)
{
    char name[32];

    if (actor->socket_bound &&
        run_dir_socket_name(actor->run->topology, actor->self.rank, name, sizeof name))
        unlinkat(actor->dir.fd, name, 0);
    actor->socket_bound = false;
}

void guests_flush(struct actor *actor)
{
    for (struct guest *guest = actor->guests; guest; guest = guest->next)
        if (guest->link)
            link_flush(guest->link);
}

void guests_end(struct actor *actor)
{
    struct guest **at = &actor->guests;

    while (*at) {
        struct guest *guest = *at;

        if (!guest->ending) {
            at = &guest->next;
            continue;
        }
        *at = guest->next;
        if (guest->link)
            actor_keep_counters(actor, guest->link);
        link_destroy(guest->link);
        contact_end(guest);
        free(guest);
    }
}
