/* Lines that the brain appends to a file: those of a burst are written together, because opening and
 * writing takes as long as a task does. What comes after a pause is written at once, and what was
 * put off, 50 ms later at the latest: a node that is killed loses no more than that. */

#include <stdio.h>
#include <string.h>

#include "actor/actor_internal.h"
#include "rundir/clock.h"
#include "rundir/file.h"

enum { FILE_MAX = 16 * 1024 * 1024, TOGETHER_MAX = 32 * 1024, TOGETHER_MS = 50 };

void lines_write(struct actor *actor)
{
    struct lines *lines = &actor->lines;
    struct error err;

    if (lines->text.size == 0)
        return;
    if (file_append(actor->dir.logs_fd, lines->name, lines->text.data, lines->text.size, FILE_MAX,
                    &err) < 0)
        log_file_write(&actor->log, LOG_ERROR, "file", err.text, NULL);
    buffer_free(&lines->text);
    if (lines->due)
        event_del(lines->due);
}

static void due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    lines_write(arg);
}

static void put_off(struct actor *actor)
{
    static const struct timeval wait = {.tv_usec = TOGETHER_MS * 1000};
    struct lines *lines = &actor->lines;

    if (!lines->due)
        lines->due = evtimer_new(actor->base, due, actor);
    if (!lines->due || event_add(lines->due, &wait) < 0)
        lines_write(actor);
}

void lines_append(struct actor *actor, const struct effect *effect)
{
    struct lines *lines = &actor->lines;
    uint64_t now_ns = monotonic_clock_ns();
    bool first;

    if (strcmp(lines->name, effect->name) != 0) {
        lines_write(actor);
        snprintf(lines->name, sizeof lines->name, "%s", effect->name);
    }
    first = lines->text.size == 0;
    buffer_append(&lines->text, effect->data, effect->size);
    if (effect->at_once || lines->text.size >= TOGETHER_MAX || now_ns >= lines->quiet_ns) {
        lines->quiet_ns = now_ns + TOGETHER_MS * (uint64_t)1000000;
        lines_write(actor);
    } else if (first) {
        put_off(actor);
    }
}
