/* What a node wants, done. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sim/world_internal.h"

static struct world_file *file_of(struct process *process, const char *name)
{
    struct world_file *file = process->files;

    while (file && strcmp(file->name, name) != 0)
        file = file->next;
    if (!file) {
        file = memory_new(1, sizeof *file);
        file->name = memory_string(name);
        file->next = process->files;
        process->files = file;
    }
    return file;
}

static void write_file(struct process *process, const struct effect *effect)
{
    struct world_file *file = file_of(process, effect->name);

    if (effect->type == EFFECT_WRITE_FILE) {
        buffer_clear(&file->content);
        world_tell_at(process->world, process->clock_ns + HOP_NS, process->rank,
                      (struct event){.type = EVENT_FILE_WRITTEN});
    }
    buffer_append(&file->content, effect->data, effect->size);
}

static void signal_child(struct process *process, const struct effect *effect)
{
    struct world *world = process->world;
    uint32_t count, first = topology_children(&world->topology, process->rank, &count);
    uint32_t child = first + effect->peer - PEER_FIRST_CHILD;

    if (effect->signal == SIGKILL)
        world_put(world, process->clock_ns, happening_new(HAPPEN_KILL, child));
    else
        world_tell_at(world, process->clock_ns + HOP_NS, child,
                      (struct event){.type = EVENT_TERMINATE});
}

static void keep_log(struct world *world, const struct effect *effect)
{
    world->counts.logs[effect->level]++;
    if (effect->level == LOG_ERROR)
        snprintf(world->counts.last_error, sizeof world->counts.last_error, "%s", effect->text);
}

static void apply(struct world *world, uint32_t rank, const struct effect *effect)
{
    struct process *process = &world->processes[rank];

    switch (effect->type) {
    case EFFECT_SEND:
        link_send(world, rank, effect);
        break;
    case EFFECT_LOG:
        keep_log(world, effect);
        break;
    case EFFECT_WRITE_FILE:
    case EFFECT_APPEND:
        write_file(process, effect);
        break;
    case EFFECT_KILL:
        signal_child(process, effect);
        break;
    case EFFECT_CLOSE:
        link_close(world, rank, effect->peer);
        break;
    case EFFECT_CONNECT:
        link_connect(world, rank, effect);
        break;
    case EFFECT_ROOM:
        world_tell_at(world, process->clock_ns + on_the_way_ns(world), rank,
                      (struct event){.type = EVENT_ROOM, .peer = effect->peer});
        break;
    case EFFECT_EXIT:
        break;
    }
}

/* The list belongs to the node, so the end of the node comes after it. */
void effects_apply(struct world *world, uint32_t rank, struct effects effects)
{
    int status = -1;

    for (size_t i = 0; i < effects.count; i++) {
        apply(world, rank, &effects.list[i]);
        if (effects.list[i].type == EFFECT_EXIT)
            status = effects.list[i].status;
    }
    if (status >= 0)
        process_end(world, rank, status, status << 8);
}
