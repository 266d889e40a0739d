/* Random messages of every type, and whether two are equal: made from messages.def, so a new
 * message is covered as soon as it is there. */

#ifndef UNIT_RANDOM_MESSAGE_H
#define UNIT_RANDOM_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "suite.h"

#include "wire/message.h"

/* Where strings, bytes and lists of a random message lie; reused by the next one. */
struct random_source {
    uint64_t state;
    size_t used;
    _Alignas(16) uint8_t memory[256 * 1024];
};

static inline void *random_room(struct random_source *from, size_t size)
{
    void *room = from->memory + from->used;

    from->used += (size + 15) & ~(size_t)15;
    return from->used <= sizeof from->memory ? room : NULL;
}

/* Of all lengths in bits, so that every encoding of an integer is met. */
static inline uint64_t random_bits(struct random_source *from, unsigned width)
{
    unsigned bits = random_below(&from->state, width + 1);

    return bits ? random_next(&from->state) >> (64 - bits) : 0;
}

static inline uint8_t *random_bytes(struct random_source *from, uint32_t *size)
{
    static const uint32_t most[] = {1, 32, 300, 70000};
    uint8_t *bytes;

    *size = random_below(&from->state, most[random_below(&from->state, 20) / 6]);
    if (*size > (sizeof from->memory - from->used) / 2)
        *size = 0; // the lists that follow find room, whatever the strings before them took
    bytes = random_room(from, *size);
    for (uint32_t i = 0; i < *size; i++)
        bytes[i] = (uint8_t)random_next(&from->state);
    return bytes;
}

/* An address at any level from `least` up; one in eight is the launcher's. */
static inline struct coord random_place(struct random_source *from, unsigned least)
{
    struct coord coord = {0};

    coord.level = (uint8_t)(least + random_below(&from->state, LEVEL_COUNT - least));
    if (!random_below(&from->state, 8))
        coord.level = LEVEL_LAUNCHER;
    for (unsigned level = coord.level; level < LEVEL_GLOBAL; level++) {
        bool wide = level == LEVEL_HOST || level == LEVEL_CHIP || level == LEVEL_CORE;

        coord.index[level] = (uint16_t)random_bits(from, wide ? 16 : 8);
    }
    return coord;
}

static inline void random_u8(struct random_source *from, wire_u8 *to)
{
    *to = (uint8_t)random_bits(from, 8);
}
static inline void random_u16(struct random_source *from, wire_u16 *to)
{
    *to = (uint16_t)random_bits(from, 16);
}
static inline void random_u32(struct random_source *from, wire_u32 *to)
{
    *to = (uint32_t)random_bits(from, 32);
}
static inline void random_u64(struct random_source *from, wire_u64 *to)
{
    *to = random_bits(from, 64);
}
static inline void random_coord(struct random_source *from, wire_coord *to)
{
    *to = random_place(from, 0);
}
static inline void random_key(struct random_source *from, wire_key *to)
{
    to->exec = random_bits(from, 64);
    to->creator = random_place(from, 0);
    to->depth = (uint16_t)random_bits(from, 16);
    to->id = (uint32_t)random_bits(from, 32);
    to->generation = (uint32_t)random_bits(from, 32);
}
static inline void random_str(struct random_source *from, wire_str *to)
{
    to->text = (const char *)random_bytes(from, &to->size);
}
static inline void random_bin(struct random_source *from, wire_bin *to)
{
    to->data = random_bytes(from, &to->size);
}

static inline bool same_u8(const wire_u8 *a, const wire_u8 *b)
{
    return *a == *b;
}
static inline bool same_u16(const wire_u16 *a, const wire_u16 *b)
{
    return *a == *b;
}
static inline bool same_u32(const wire_u32 *a, const wire_u32 *b)
{
    return *a == *b;
}
static inline bool same_u64(const wire_u64 *a, const wire_u64 *b)
{
    return *a == *b;
}
static inline bool same_coord(const wire_coord *a, const wire_coord *b)
{
    return a->level == b->level && !memcmp(a->index, b->index, sizeof a->index);
}
static inline bool same_key(const wire_key *a, const wire_key *b)
{
    return a->exec == b->exec && same_coord(&a->creator, &b->creator) && a->depth == b->depth &&
           a->id == b->id && a->generation == b->generation;
}
static inline bool same_str(const wire_str *a, const wire_str *b)
{
    return a->size == b->size && (!a->size || !memcmp(a->text, b->text, a->size));
}
static inline bool same_bin(const wire_bin *a, const wire_bin *b)
{
    return a->size == b->size && (!a->size || !memcmp(a->data, b->data, a->size));
}

#define RECORD(lower, doc)                                                                         \
    static inline void random_##lower(struct random_source *from, struct wire_##lower *to)         \
    {
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    static inline void random_msg_##lower(struct random_source *from, struct msg_##lower *to)      \
    {
#define FIELD(kind, name, doc) random_##kind(from, &to->name);
#define LIST(record, name, doc)                                                                    \
    {                                                                                              \
        uint32_t count = random_below(&from->state, 20);                                           \
        struct wire_##record *items = random_room(from, count * sizeof *items);                    \
                                                                                                   \
        for (uint32_t i = 0; i < count; i++)                                                       \
            random_##record(from, items + i);                                                      \
        to->name.items = items;                                                                    \
        to->name.count = count;                                                                    \
    }
#define END_RECORD }
#define END }
#include "wire/messages.def"

#define RECORD(lower, doc)                                                                         \
    static inline bool same_##lower(const struct wire_##lower *a, const struct wire_##lower *b)    \
    {                                                                                              \
        return true
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    static inline bool same_msg_##lower(const struct msg_##lower *a, const struct msg_##lower *b)  \
    {                                                                                              \
        bool same = true
#define FIELD(kind, name, doc) &&same_##kind(&a->name, &b->name)
#define LIST(record, name, doc)                                                                    \
    &&a->name.count == b->name.count;                                                              \
    for (uint32_t i = 0; same && i < a->name.count; i++)                                           \
        same = same_##record(&a->name.items[i], &b->name.items[i]);                                \
    same = same && true
#define END_RECORD                                                                                 \
    ;                                                                                              \
    }
#define END                                                                                        \
    ;                                                                                              \
    return same;                                                                                   \
    }
#include "wire/messages.def"

/* A message of `type`, from sender to target at any of their levels. */
static inline void random_message(struct random_source *from, enum message_type type,
                                  struct message *to)
{
    from->used = 0;
    to->type = type;
    to->sender = random_place(from, LEVEL_CHIP);
    to->target = random_place(from, LEVEL_CHIP);
    to->correlation = random_bits(from, 64);
    switch (type) {
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    case MSG_##UPPER:                                                                              \
        random_msg_##lower(from, &to->lower);                                                      \
        return;
#include "wire/messages.def"
    }
}

static inline bool message_same(const struct message *a, const struct message *b)
{
    if (a->type != b->type || !same_coord(&a->sender, &b->sender) ||
        !same_coord(&a->target, &b->target) || a->correlation != b->correlation)
        return false;
    switch (a->type) {
#define MESSAGE(UPPER, lower, number, queue, doc)                                                  \
    case MSG_##UPPER:                                                                              \
        return same_msg_##lower(&a->lower, &b->lower);
#include "wire/messages.def"
    }
    return false;
}

#endif
