#include "model/task_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

bool task_key_equal(const struct task_key *a, const struct task_key *b)
{
    return a->exec == b->exec && a->id == b->id && a->generation == b->generation &&
           a->depth == b->depth && coord_equal(&a->creator, &b->creator);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ (hash >> 32)) * UINT64_C(0xBF58476D1CE4E5B9);
    return hash ^ (hash >> 29);
}

uint64_t task_key_hash(const struct task_key *key)
{
    const uint16_t *at = key->creator.index;
    uint64_t low =
        (uint64_t)at[0] | (uint64_t)at[1] << 16 | (uint64_t)at[2] << 32 | (uint64_t)at[3] << 48;
    uint64_t high = (uint64_t)at[4] | (uint64_t)at[5] << 16 | (uint64_t)at[6] << 32 |
                    (uint64_t)key->creator.level << 48;

    return mix(
        mix(mix(mix(mix(0, key->exec), low), high), (uint64_t)key->id << 32 | key->generation),
        key->depth);
}

int task_key_to_text(const struct task_key *key, const char *system, bool show_exec, char *out,
                     size_t size)
{
    char exec[24] = "", creator[64], generation[16] = "";

    if (show_exec)
        snprintf(exec, sizeof exec, "e%" PRIu64 ":", key->exec);
    if (key->generation)
        snprintf(generation, sizeof generation, ":g%" PRIu32, key->generation);
    coord_to_text(&key->creator, creator, sizeof creator);
    return snprintf(out, size, "%s%s:%s:d%u:t%" PRIu32 "%s", exec, system, creator, key->depth,
                    key->id, generation);
}

/* Read `prefix` and a decimal number of at most `max` at `*at`, and go past them. */
static int parse_number(const char **at, const char *prefix, uint64_t max, uint64_t *value)
{
    size_t size = strlen(prefix);
    const char *digit = *at + size;
    uint64_t got = 0;

    if (strncmp(*at, prefix, size) || *digit < '0' || *digit > '9')
        return -1;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        uint64_t unit = (uint64_t)(*digit - '0');

        if (got > (max - unit) / 10)
            return -1;
        got = got * 10 + unit;
    }
    *value = got;
    *at = digit;
    return 0;
}

/* "e2:" at the start of what stands before the coordinate, when a system's name follows it. */
static const char *parse_exec(const char *text, const char *end, uint64_t *exec)
{
    const char *at = text;

    if (parse_number(&at, "e", UINT64_MAX, exec) == 0 && *at == ':' && at + 1 < end)
        return at + 1;
    *exec = 1;
    return text;
}

static int parse_creator(const char *text, struct coord *creator, const char **end,
                         struct error *err)
{
    char copy[64];
    const char *close = strchr(text, ')');
    size_t size = close ? (size_t)(close - text) + 1 : 0;

    if (!size || size >= sizeof copy)
        return error_set(err, "%.80s: the creator's coordinate does not end", text);
    memcpy(copy, text, size);
    copy[size] = '\0';
    *end = close + 1;
    return coord_parse_text(copy, creator, err);
}

int task_key_parse(const char *text, struct task_key *key, char *system, struct error *err)
{
    struct task_key got = {0};
    const char *bracket = strstr(text, ":("), *name, *at;
    uint64_t depth, id, generation = 0;

    if (!bracket)
        return error_set(err, "%.80s: a task key reads system:(l6,l5,l4,l3):d0:t1", text);
    name = parse_exec(text, bracket, &got.exec);
    if (name == bracket || bracket - name >= LIMIT_SYSTEM_NAME ||
        memchr(name, ':', (size_t)(bracket - name)))
        return error_set(err, "%.80s: the system's name has 1 to %d bytes and no colon", text,
                         LIMIT_SYSTEM_NAME - 1);
    if (parse_creator(bracket + 1, &got.creator, &at, err) < 0)
        return -1;
    if (parse_number(&at, ":d", UINT16_MAX, &depth) < 0 ||
        parse_number(&at, ":t", UINT32_MAX, &id) < 0 ||
        (*at && parse_number(&at, ":g", UINT32_MAX, &generation) < 0) || *at)
        return error_set(err, "%.80s: column %zu is not what follows in system:(l6,l5,l4,l3):d0:t1",
                         text, (size_t)(at - text) + 1);
    got.depth = (uint16_t)depth;
    got.id = (uint32_t)id;
    got.generation = (uint32_t)generation;
    memcpy(system, name, (size_t)(bracket - name));
    system[bracket - name] = '\0';
    *key = got;
    return 0;
}
