#include "topo/topology_settings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/printable.h"

static bool is_name_character(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (!first && c && strchr("._-", c));
}

int system_name_check(const char *name, struct error *err)
{
    size_t size = strlen(name);
    char shown[PRINTABLE_SIZE];

    if (size == 0)
        return error_set(err, "a system's name must not be empty");
    if (size >= LIMIT_SYSTEM_NAME)
        return error_set(err, "the system's name %s has %zu bytes, at most %d",
                         printable(name, size, shown), size, LIMIT_SYSTEM_NAME - 1);
    for (size_t i = 0; i < size; i++) {
        if (!is_name_character(name[i], i == 0))
            return error_set(
                err,
                "the system's name %s: character %zu is not allowed; use letters, digits, "
                "'.', '_' and '-', a letter or digit first",
                printable(name, size, shown), i + 1);
    }
    return 0;
}

/* A decimal number of at most `max` that is the whole text; a unit K, M or G multiplies when
 * `units`. */
static int parse_amount(const char *text, bool units, uint64_t max, uint64_t *amount)
{
    uint64_t value = 0, scale = 1;

    if (*text < '0' || *text > '9')
        return -1;
    for (; *text >= '0' && *text <= '9'; text++) {
        value = value * 10 + (uint64_t)(*text - '0');
        if (value > max)
            return -1;
    }
    if (units && *text && strchr("KkMmGg", *text)) {
        scale = UINT64_C(1) << (strchr("Kk", *text) ? 10 : strchr("Mm", *text) ? 20 : 30);
        text++;
    }
    if (*text || value > max / scale)
        return -1;
    *amount = value * scale;
    return 0;
}

static int parse_task_slots(const char *text, uint32_t *slots, struct error *err)
{
    uint64_t amount;
    char shown[PRINTABLE_SIZE];

    if (parse_amount(text, true, TASK_RING_SLOTS_MAX, &amount) < 0 || !amount ||
        (amount & (amount - 1)))
        return error_set(err, "task=%s: the slots of a task ring are a power of two from 1 to %d",
                         printable(text, strlen(text), shown), TASK_RING_SLOTS_MAX);
    *slots = (uint32_t)amount;
    return 0;
}

static int parse_buffer_bytes(const char *text, uint64_t *bytes, struct error *err)
{
    uint64_t amount;
    char shown[PRINTABLE_SIZE];

    if (parse_amount(text, true, BUFFER_RING_BYTES_MAX, &amount) < 0 || !amount ||
        amount % BUFFER_RING_BYTES_MIN)
        return error_set(
            err,
            "buffer=%s: the bytes of a buffer ring are a multiple of %d, at most 64G, such "
            "as 32K",
            printable(text, strlen(text), shown), BUFFER_RING_BYTES_MIN);
    *bytes = amount;
    return 0;
}

/* Where an item of ring capacities applies: to one level or, with LEVEL_COUNT, to all. */
static int apply_capacity(struct topology_settings *settings, unsigned level, const char *item,
                          struct error *err)
{
    bool task = !strncmp(item, "task=", 5), buffer = !strncmp(item, "buffer=", 7);
    char shown[PRINTABLE_SIZE];
    uint32_t slots = 0;
    uint64_t bytes = 0;

    if (!task && !buffer)
        return error_set(err,
                         "%s is neither task=SLOTS nor buffer=BYTES, as in L4:task=4,buffer=16K",
                         printable(item, strlen(item), shown));
    if (task ? parse_task_slots(item + 5, &slots, err) : parse_buffer_bytes(item + 7, &bytes, err))
        return -1;
    for (unsigned i = 0; i < LEVEL_COUNT; i++) {
        if (level != LEVEL_COUNT && level != i)
            continue;
        if (task)
            settings->task_ring_slots[i] = slots;
        else
            settings->buffer_ring_bytes[i] = bytes;
    }
    return 0;
}

/* Cut "L4:" off the item; the level stays for the items after it up to the next blank. */
static int take_level(char **item, unsigned *level, struct error *err)
{
    char *colon = strchr(*item, ':'), shown[PRINTABLE_SIZE];
    enum level named;

    if (!colon)
        return 0;
    *colon = '\0';
    if (level_parse(*item, &named) < 0)
        return error_set(err, "%s is not a level such as L4",
                         printable(*item, strlen(*item), shown));
    *level = (unsigned)named;
    *item = colon + 1;
    return 0;
}

static int apply_capacities(struct topology_settings *settings, char *text, struct error *err)
{
    char *groups = NULL, *items;

    for (char *group = strtok_r(text, "; \t", &groups); group;
         group = strtok_r(NULL, "; \t", &groups)) {
        unsigned level = LEVEL_COUNT;

        for (char *item = strtok_r(group, ",", &items); item; item = strtok_r(NULL, ",", &items)) {
            if (take_level(&item, &level, err) < 0 ||
                apply_capacity(settings, level, item, err) < 0)
                return -1;
        }
    }
    return 0;
}

int topology_ring_capacity_parse(struct topology_settings *settings, const char *text,
                                 struct error *err)
{
    struct topology_settings got = *settings;
    char *copy;
    int result;

    if (text[strspn(text, ",; \t")] == '\0')
        return error_set(err, "no ring capacity is given; write task=SLOTS,buffer=BYTES");
    copy = memory_string(text);
    result = apply_capacities(&got, copy, err);
    free(copy);
    if (result == 0)
        *settings = got;
    return result;
}

static int set_system(char *system, const char *value, struct error *err)
{
    if (system_name_check(value, err) < 0)
        return -1;
    memcpy(system, value, strlen(value) + 1);
    return 0;
}

static int set_start_timeout(uint32_t *seconds, const char *value, struct error *err)
{
    size_t size = strlen(value);
    char text[16] = "", shown[PRINTABLE_SIZE];
    uint64_t amount;

    if (size && size < sizeof text)
        memcpy(text, value, size - (value[size - 1] == 's'));
    if (parse_amount(text, false, START_TIMEOUT_MAX_S, &amount) < 0 || !amount)
        return error_set(err, "%s: the start-up time is 1 to %d seconds",
                         printable(value, size, shown), START_TIMEOUT_MAX_S);
    *seconds = (uint32_t)amount;
    return 0;
}

static bool key_is(const char *key, const char *name)
{
    for (; *key && *name; key++, name++) {
        if (*key != *name && !(*key == '-' && *name == '_'))
            return false;
    }
    return *key == *name;
}

int topology_setting_apply(struct topology_settings *settings, const char *key, const char *value,
                           struct error *err)
{
    char shown[PRINTABLE_SIZE];

    if (key_is(key, "logical_system"))
        return set_system(settings->logical_system, value, err);
    if (key_is(key, "physical_system"))
        return set_system(settings->physical_system, value, err);
    if (key_is(key, "ring_capacity"))
        return topology_ring_capacity_parse(settings, value, err);
    if (key_is(key, "start_timeout"))
        return set_start_timeout(&settings->start_timeout_s, value, err);
    return error_set(
        err,
        "%s is not a setting; there are logical_system, physical_system, ring_capacity "
        "and start_timeout",
        printable(key, strlen(key), shown));
}
