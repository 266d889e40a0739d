/* What the brain wants, done. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>

#include "actor/actor_internal.h"
#include "rundir/file.h"

static struct link *link_of(struct actor *actor, uint32_t peer)
{
    struct guest *guest;

    if (peer < actor->edge_count)
        return actor->edges[peer].link;
    guest = guest_of(actor, peer);
    return guest ? guest->link : NULL;
}

static void apply_send(struct actor *actor, const struct effect *effect)
{
    const struct frame_pieces frame = effect_frame(effect);
    struct link *link = link_of(actor, effect->peer);

    if (link)
        link_send_pieces(link, (enum message_queue)effect->queue, &frame);
}

static void apply_room(struct actor *actor, const struct effect *effect)
{
    struct link *link = link_of(actor, effect->peer);

    if (link)
        link_want_room(link, effect->size);
}

static void apply_write(struct actor *actor, const struct effect *effect)
{
    struct error err;

    lines_write(actor); // who sees this file sees what was said before it
    actor->file_results++;
    if (file_replace(actor->dir.logs_fd, effect->name, effect->data, effect->size, &err) < 0)
        snprintf(actor->file_error, sizeof actor->file_error, "%s: %.300s", actor->path, err.text);
}

static void apply_kill(struct actor *actor, const struct effect *effect)
{
    const struct brood_child *child =
        brood_child(&actor->brood, effect->peer - PEER_FIRST_CHILD);

    if (!child || child->pid_fd < 0)
        return;
    if (pidfd_send_signal(child->pid_fd, effect->signal, NULL, 0) < 0 && errno != ESRCH)
        log_file_write(&actor->log, LOG_ERROR, "life", strerror(errno), NULL);
}

static void apply_close(struct actor *actor, const struct effect *effect)
{
    struct guest *guest = guest_of(actor, effect->peer);

    if (guest)
        guest_end(guest);
}

static void apply_one(struct actor *actor, const struct effect *effect)
{
    switch (effect->type) {
    case EFFECT_SEND:
        apply_send(actor, effect);
        break;
    case EFFECT_LOG:
        log_file_write(&actor->log, effect->level, effect->name, effect->text, effect->fields);
        break;
    case EFFECT_WRITE_FILE:
        apply_write(actor, effect);
        break;
    case EFFECT_KILL:
        apply_kill(actor, effect);
        break;
    case EFFECT_CLOSE:
        apply_close(actor, effect);
        break;
    case EFFECT_CONNECT:
        contact_connect(actor, effect->peer, effect->rank);
        break;
    case EFFECT_APPEND:
        lines_append(actor, effect);
        break;
    case EFFECT_ROOM:
        apply_room(actor, effect);
        break;
    case EFFECT_EXIT:
        actor->leaving = true;
        actor->exit_status = effect->status;
        break;
    }
}

void actor_apply(struct actor *actor, struct effects effects)
{
    for (size_t i = 0; i < effects.count; i++)
        apply_one(actor, &effects.list[i]);
}
