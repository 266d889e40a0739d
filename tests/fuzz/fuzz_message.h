/* Messages out of an input's bytes, generated from messages.def. Small numbers and known names are
 * likely, so that what comes later speaks of what came before; what the node itself has named can
 * be named to it again. */

#ifndef TESTS_FUZZ_MESSAGE_H
#define TESTS_FUZZ_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "topo/topology.h"
#include "wire/message.h"

enum { FILLER = 40 * 1024, ITEMS_MAX = 1500, SAID = 16 };

static const uint8_t *input_at, *input_end;
static uint8_t filler[FILLER]; // bytes of any content
static struct message_reader *checker;
static uint64_t said[SAID]; // large numbers in what the node has sent last
static unsigned said_count;

static void take_from(const uint8_t *data, size_t size)
{
    if (!checker)
        checker = message_reader_create();
    input_at = data;
    input_end = data + size;
    memset(said, 0, sizeof said);
    said_count = 0;
}

static bool anything_left(void)
{
    return input_at < input_end;
}

static uint8_t take_byte(void)
{
    return input_at < input_end ? *input_at++ : 0;
}

/* Sizes of which memory could be had only in reality (1 MiB to 64 GiB) are left out. */
static uint64_t take_number(void)
{
    uint8_t kind = take_byte();
    uint64_t number = 0;

    if (kind < 176)
        return kind % 16;
    if (kind < 208)
        return 64 * (uint64_t)(kind % 32);
    if (kind < 240)
        return said[kind % SAID];
    if (kind < 244)
        return UINT64_MAX - kind % 4;
    for (unsigned i = 0; i < kind % 8; i++)
        number = number << 8 | take_byte();
    return number >> 20 && number < UINT64_C(1) << 37 ? number % (1 << 20) : number;
}

/* A node, the launcher, or nobody. */
static struct coord take_coord(const struct topology *topology)
{
    uint8_t choice = take_byte() % 20;

    if (choice < topology->node_count)
        return topology_coord(topology, choice);
    if (choice < 19)
        return coord_launcher();
    return (struct coord){.level = LEVEL_POD, .index = {[LEVEL_POD] = 200}};
}

static const char *take_text(void)
{
    static char long_text[600];
    static const char *const texts[] = {"linqu", "work", "orchestrate", "lost",
                                        "",      "%s%n", "../work",     long_text};

    memset(long_text, 'x', sizeof long_text - 1);
    return texts[take_byte() % 8];
}

static const struct topology *message_topology;

static wire_u8 take_u8(void)
{
    return (wire_u8)take_number();
}

static wire_u16 take_u16(void)
{
    return (wire_u16)take_number();
}

static wire_u32 take_u32(void)
{
    return (wire_u32)take_number();
}

static wire_u64 take_u64(void)
{
    return take_number();
}

static wire_coord take_wire_coord(void)
{
    return take_coord(message_topology);
}

static wire_key take_key(void)
{
    return (wire_key){.exec = take_number(),
                      .creator = take_wire_coord(),
                      .depth = (uint16_t)take_number(),
                      .id = (uint32_t)take_number()};
}

static wire_str take_str(void)
{
    return wire_str_of(take_text());
}

static wire_bin take_bin(void)
{
    return (wire_bin){filler, (uint32_t)(take_number() % sizeof filler)};
}

/* A few; now and then as many as fit into a frame, all alike. */
static uint32_t take_count(void)
{
    uint8_t kind = take_byte();

    return kind < 252 ? kind % 4 : (uint32_t)(kind - 251) * (ITEMS_MAX / 4);
}

/* Every record of the list is read from the input; of a long list the first only. */
#define RECORD(lower, doc)                                                                         \
    static struct wire_##lower lower##_items[ITEMS_MAX];                                           \
    static void take_##lower(struct wire_##lower *m)                                               \
    {
#define FIELD(kind, name, doc) m->name = take_field_##kind();
#define END_RECORD }
#define take_field_u8 take_u8
#define take_field_u16 take_u16
#define take_field_u32 take_u32
#define take_field_u64 take_u64
#define take_field_coord take_wire_coord
#define take_field_key take_key
#define take_field_str take_str
#define take_field_bin take_bin
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    static void take_msg_##lower(struct msg_##lower *m)                                            \
    {                                                                                              \
        (void)m;
#define LIST(record, name, doc)                                                                    \
    m->name.count = take_count();                                                                  \
    m->name.items = record##_items;                                                                \
    for (uint32_t i = 0; i < m->name.count; i++)                                                   \
        if (i < 4)                                                                                 \
            take_##record(&record##_items[i]);                                                     \
        else                                                                                       \
            record##_items[i] = record##_items[3];
#define END }
#include "wire/messages.def"

static enum message_type take_type(void)
{
    static const uint8_t types[] = {
#define MESSAGE(UPPER, lower, number, queue, doc) number,
#include "wire/messages.def"
    };

    return (enum message_type)types[take_byte() % sizeof types];
}

static void take_message(struct message *message, const struct topology *topology)
{
    message_topology = topology;
    memset(message, 0, sizeof *message);
    message->type = take_type();
    message->sender = take_wire_coord();
    message->target = take_wire_coord();
    message->correlation = take_number();
    switch (message->type) {
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    case MSG_##UPPER:                                                                              \
        take_msg_##lower(&message->lower);                                                         \
        break;
#include "wire/messages.def"
    }
}

/* --- what the node says ----------------------------------------------------------------------- */

static void hear(uint64_t number)
{
    if (number > 255)
        said[said_count++ % SAID] = number;
}

/* Of a sent message all that names a tensor, a task or a code. */
static void listen_to(const struct message *message)
{
    switch (message->type) {
    case MSG_TENSOR_LOOKUP:
        hear(message->tensor_lookup.handle);
        break;
    case MSG_REG_DATA:
        hear(message->reg_data.handle);
        break;
    case MSG_CALL_TASK:
        for (uint32_t i = 0; i < message->call_task.params.count; i++)
            hear(message->call_task.params.items[i].value);
        break;
    default:
        break;
    }
}

#endif
