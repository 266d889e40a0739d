#include "actor/inject.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor/actor_internal.h"
#include "base/exit_code.h"
#include "transport/ring_link.h"
#include "wire/message.h"

static bool is_told(const struct actor *actor, const char *how)
{
    const struct inherit_run *run = actor->run;

    return run->inject_path && strcmp(run->inject_path, actor->path) == 0 &&
           strcmp(run->inject_how, how) == 0;
}

/* What it will want to make is there. */
static void take_directory(const struct actor *actor)
{
    const char *slash = strrchr(actor->path, '/');

    mkdirat(KEEP_PARENT_DIR, slash ? slash + 1 : actor->path, 0700);
}

void inject_at_start(struct actor *actor)
{
    if (is_told(actor, "homeless"))
        take_directory(actor);
    if (is_told(actor, "exit"))
        _exit(EXIT_INTERNAL);
    while (is_told(actor, "hang"))
        pause();
    if (is_told(actor, "stop"))
        raise(SIGSTOP);
}

/* All indices and bytes of the edge become nonsense. */
static void scribble(struct actor *actor)
{
    uint64_t one = 1;

    memset(actor->self.edge, 0xA5, RING_EDGE_SIZE);
    if (write(KEEP_PARENT_BELL, &one, sizeof one) < 0)
        _exit(EXIT_INTERNAL);
}

/* The frame stands in the ring, but it is not published when the process dies. */
static void die_in_frame(struct actor *actor)
{
    struct message message = {.type = MSG_HEARTBEAT, .target = coord_launcher()};
    struct buffer frame = {0};

    message.sender = topology_coord(actor->run->topology, actor->self.rank);
    message_pack(&frame, &message);
    link_send(actor->edges[PEER_PARENT].link, QUEUE_CONTROL, frame.data, frame.size);
    kill(getpid(), SIGKILL);
}

void inject_at_frame(struct actor *actor)
{
    if (!actor->run->inject_path || node_life(actor->node) != NODE_READY)
        return;
    if (is_told(actor, "scribble"))
        scribble(actor);
    if (is_told(actor, "midframe"))
        die_in_frame(actor);
}
