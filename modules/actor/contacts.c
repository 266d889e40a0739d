/* Connections that the brain asked for, to the named sockets of other nodes. From when it is asked
 * for, a contact stands among the guests; it has a link as soon as it is open. */

#include <stdlib.h>

#include "actor/actor_internal.h"
#include "base/limits.h"
#include "base/memory.h"
#include "topo/node_files.h"
#include "transport/socket.h"
#include "transport/socket_link.h"

enum { AGAIN_US_FIRST = 1000, AGAIN_US_MOST = 64 * 1000 };

/* The brain is in the middle of a step: it hears of it when that has ended. */
static void note_result(struct guest *contact, const char *error)
{
    contact->due = true;
    contact->error = error ? memory_string(error) : NULL;
    contact->actor->contact_results++;
}

/* A full backlog is no answer: the other side will accept some day, or end. */
static void try_again_later(struct guest *contact)
{
    struct timeval wait = {.tv_usec = (suseconds_t)contact->again_us};

    evtimer_add(contact->again, &wait);
    if (contact->again_us < AGAIN_US_MOST)
        contact->again_us *= 2;
}

static void try_to_connect(struct guest *contact)
{
    struct actor *actor = contact->actor;
    char name[LIMIT_NODE_FILE];
    struct error err;
    bool again = false;
    int fd;

    node_socket(actor->run->topology, contact->rank, name, sizeof name);
    fd = socket_connect(KEEP_RUN_DIR, name, &again, &err);
    if (fd >= 0)
        contact->link =
            socket_link_create(actor->base, fd, LIMIT_FRAME_SOCKET, &guest_owner, contact);
    if (again)
        try_again_later(contact);
    else
        note_result(contact, fd < 0 ? err.text : NULL);
}

static void again_due(evutil_socket_t fd, short what, void *arg)
{
    struct guest *contact = arg;

    (void)fd;
    (void)what;
    if (contact->ending)
        return;
    try_to_connect(contact);
    contacts_tell(contact->actor);
}

void contact_connect(struct actor *actor, uint32_t peer, uint32_t rank)
{
    struct guest *contact = guest_add(actor, peer);

    contact->rank = rank;
    contact->again_us = AGAIN_US_FIRST;
    contact->again = evtimer_new(actor->base, again_due, contact);
    if (!contact->again)
        memory_short(1, sizeof *contact);
    try_to_connect(contact);
}

static struct guest *next_due(struct actor *actor)
{
    struct guest *guest = actor->guests;

    while (guest && !guest->due)
        guest = guest->next;
    return guest;
}

static void tell_result(struct guest *contact)
{
    char *error = contact->error;

    contact->due = false;
    contact->error = NULL;
    contact->actor->contact_results--;
    if (error)
        guest_end(contact);
    actor_tell(contact->actor,
               (struct event){.type = EVENT_CONNECTED, .peer = contact->peer, .text = error});
    free(error);
}

void contacts_tell(struct actor *actor)
{
    while (actor->contact_results > 0)
        tell_result(next_due(actor));
}

void contact_end(struct guest *contact)
{
    if (contact->due)
        contact->actor->contact_results--;
    if (contact->again)
        event_free(contact->again);
    free(contact->error);
}
