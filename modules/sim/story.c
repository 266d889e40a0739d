/* The trace: what every message said, generated from messages.def. A field that is zero or empty is
 * left out. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/world_internal.h"

static void node_text(const struct world *world, const struct coord *coord, char *out, size_t size)
{
    if (coord->level == LEVEL_LAUNCHER)
        snprintf(out, size, "launcher");
    else if (topology_has(&world->topology, coord))
        topology_path(&world->topology, topology_rank(&world->topology, coord), out, size);
    else
        snprintf(out, size, "nobody");
}

/* A small number as it is; handles and hashes in hexadecimal. */
static void show_number(struct world *world, const char *name, uint64_t value)
{
    if (value == 0)
        return;
    if (value >> 40)
        buffer_printf(&world->story, " %s=0x%" PRIx64, name, value);
    else
        buffer_printf(&world->story, " %s=%" PRIu64, name, value);
}

#define show_u8 show_number
#define show_u16 show_number
#define show_u32 show_number
#define show_u64 show_number

static void show_coord(struct world *world, const char *name, struct coord coord)
{
    char text[LIMIT_NODE_PATH];

    if (!topology_has(&world->topology, &coord) && coord.level != LEVEL_LAUNCHER)
        return;
    node_text(world, &coord, text, sizeof text);
    buffer_printf(&world->story, " %s=%s", name, text);
}

static void show_key(struct world *world, const char *name, struct task_key key)
{
    char creator[LIMIT_NODE_PATH];

    node_text(world, &key.creator, creator, sizeof creator);
    buffer_printf(&world->story, " %s=e%" PRIu64 ":%s:d%u:t%u", name, key.exec, creator, key.depth,
                  key.id);
}

static void show_str(struct world *world, const char *name, wire_str str)
{
    if (str.size > 0)
        buffer_printf(&world->story, " %s=\"%.*s\"", name, (int)str.size, str.text);
}

static void show_bin(struct world *world, const char *name, wire_bin bin)
{
    uint32_t hash = 0x811C9DC5;

    for (uint32_t i = 0; i < bin.size; i++)
        hash = (hash ^ bin.data[i]) * 0x01000193;
    if (bin.size > 0)
        buffer_printf(&world->story, " %s=%u:%08x", name, bin.size, hash);
}

#define RECORD(lower, doc)                                                                         \
    static void show_##lower(struct world *world, const struct wire_##lower *m)                    \
    {                                                                                              \
        buffer_printf(&world->story, " {");
#define FIELD(kind, name, doc) show_##kind(world, #name, m->name);
#define END_RECORD                                                                                 \
    buffer_printf(&world->story, " }");                                                            \
    }
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    static void show_msg_##lower(struct world *world, const struct msg_##lower *m)                 \
    {
#define LIST(record, name, doc)                                                                    \
    for (uint32_t i = 0; i < m->name.count; i++)                                                   \
        show_##record(world, &m->name.items[i]);
#define END }
#include "wire/messages.def"

static void show_message(struct world *world, const struct message *message)
{
    switch (message->type) {
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    case MSG_##UPPER:                                                                              \
        show_msg_##lower(world, &message->lower);                                                  \
        break;
#include "wire/messages.def"
    }
}

static void begin_line(struct world *world, uint64_t at_ns, const char *who)
{
    buffer_printf(&world->story, "[%8" PRIu64 ".%03u] %-24s ", at_ns / 1000,
                  (unsigned)(at_ns % 1000), who);
}

static bool is_for(const struct world *world, uint32_t rank, const struct coord *target)
{
    if (target->level == LEVEL_LAUNCHER || rank == RANK_NONE)
        return target->level == LEVEL_LAUNCHER && rank == RANK_NONE;
    return topology_has(&world->topology, target) &&
           topology_rank(&world->topology, target) == rank;
}

void story_frame(struct world *world, uint32_t rank, const uint8_t *frame, size_t size)
{
    struct message message;
    char to[LIMIT_NODE_PATH], from[LIMIT_NODE_PATH];

    if (!world->config.story || message_read(world->reader, frame, size, &message) != FRAME_OK ||
        !is_for(world, rank, &message.target))
        return;
    node_text(world, &message.target, to, sizeof to);
    node_text(world, &message.sender, from, sizeof from);
    begin_line(world, world->now_ns, to);
    buffer_printf(&world->story, "%s from %s:", message_name(message.type), from);
    show_message(world, &message);
    buffer_printf(&world->story, "\n");
}

void story_line(struct world *world, uint64_t at_ns, uint32_t rank, const char *format, ...)
{
    char text[LIMIT_CAUSE];
    char path[LIMIT_NODE_PATH];
    va_list args;

    if (!world->config.story)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    topology_path(&world->topology, rank, path, sizeof path);
    begin_line(world, at_ns, path);
    buffer_printf(&world->story, "%s\n", text);
}
