#include "base/u64_map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { FIRST_CAPACITY = 16 };

struct u64_map_slot {
    uint64_t key;
    void *value; // NULL: empty
};

static size_t home_of(const struct u64_map *map, uint64_t key)
{
    uint64_t mixed = key * UINT64_C(0x9E3779B97F4A7C15);

    return (size_t)(mixed ^ (mixed >> 32)) & (map->capacity - 1);
}

/* Where the key is, or the empty slot where it would go. */
static struct u64_map_slot *slot_of(const struct u64_map *map, uint64_t key)
{
    size_t at = home_of(map, key);

    while (map->slots[at].value && map->slots[at].key != key)
        at = (at + 1) & (map->capacity - 1);
    return &map->slots[at];
}

void *u64_map_find(const struct u64_map *map, uint64_t key)
{
    return map->count ? slot_of(map, key)->value : NULL;
}

static void grow(struct u64_map *map)
{
    struct u64_map old = *map;

    map->capacity = old.capacity ? old.capacity * 2 : FIRST_CAPACITY;
    map->slots = memory_new(map->capacity, sizeof *map->slots);
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].value)
            *slot_of(map, old.slots[i].key) = old.slots[i];
    }
    free(old.slots);
}

void u64_map_put(struct u64_map *map, uint64_t key, void *value)
{
    struct u64_map_slot *slot;

    assert(value);
    if (2 * (map->count + 1) > map->capacity)
        grow(map);
    slot = slot_of(map, key);
    assert(!slot->value);
    *slot = (struct u64_map_slot){.key = key, .value = value};
    map->count++;
}

/* Close the gap at `gap`: whoever was pushed past it moves back, so a search never meets a hole. */
static void close_gap(struct u64_map *map, size_t gap)
{
    size_t mask = map->capacity - 1;

    for (size_t at = (gap + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
        size_t home = home_of(map, map->slots[at].key);

        if (((at - home) & mask) >= ((at - gap) & mask)) {
            map->slots[gap] = map->slots[at];
            gap = at;
        }
    }
    map->slots[gap].value = NULL;
}

void *u64_map_remove(struct u64_map *map, uint64_t key)
{
    struct u64_map_slot *slot;
    void *value;

    if (!map->count)
        return NULL;
    slot = slot_of(map, key);
    value = slot->value;
    if (value) {
        close_gap(map, (size_t)(slot - map->slots));
        map->count--;
    }
    return value;
}

void *u64_map_next(const struct u64_map *map, size_t *at)
{
    while (*at < map->capacity) {
        void *value = map->slots[(*at)++].value;

        if (value)
            return value;
    }
    return NULL;
}

void u64_map_free(struct u64_map *map)
{
    free(map->slots);
    *map = (struct u64_map){0};
}
