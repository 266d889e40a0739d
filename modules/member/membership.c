#include "member/membership.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* What has been said of one node. */
struct entry {
    uint32_t rank;
    uint32_t generation;
    uint8_t status;
};

struct membership {
    const struct topology *topology; // borrowed
    struct entry *entries;           // by rank: an ancestor stands before its descendants
    uint32_t count;
    uint32_t capacity;
};

const char *member_status_name(enum member_status status)
{
    static const char *const names[MEMBER_STATUS_COUNT] = {"live", "slow", "dead", "left"};

    assert((unsigned)status < MEMBER_STATUS_COUNT);
    return names[status];
}

struct membership *membership_create(const struct topology *topology)
{
    struct membership *table = memory_new(1, sizeof *table);

    table->topology = topology;
    return table;
}

void membership_destroy(struct membership *table)
{
    if (!table)
        return;
    free(table->entries);
    free(table);
}

/* Place of the first entry whose rank is not below `rank`; `count` when there is none. */
static uint32_t place_of(const struct membership *table, uint32_t rank)
{
    uint32_t low = 0, high = table->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (table->entries[middle].rank < rank)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct entry *entry_of(const struct membership *table, uint32_t rank)
{
    uint32_t place = place_of(table, rank);

    return place < table->count && table->entries[place].rank == rank ? &table->entries[place]
                                                                      : NULL;
}

static struct entry *entry_insert(struct membership *table, uint32_t place, uint32_t rank)
{
    struct entry *entry;

    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : 16;
        table->entries = memory_resize(table->entries, table->capacity, sizeof *table->entries);
    }
    entry = &table->entries[place];
    memmove(entry + 1, entry, (table->count - place) * sizeof *entry);
    table->count++;
    *entry = (struct entry){.rank = rank, .status = MEMBER_LIVE};
    return entry;
}

bool membership_set(struct membership *table, uint32_t rank, enum member_status status,
                    uint32_t generation)
{
    uint32_t place = place_of(table, rank);
    struct entry *entry;

    assert(rank < table->topology->node_count && (unsigned)status < MEMBER_STATUS_COUNT);
    if (generation <= membership_generation(table, rank))
        return false;
    if (place < table->count && table->entries[place].rank == rank)
        entry = &table->entries[place];
    else
        entry = entry_insert(table, place, rank);
    entry->generation = generation;
    entry->status = (uint8_t)status;
    return true;
}

static bool is_gone(enum member_status status)
{
    return status == MEMBER_DEAD || status == MEMBER_LEFT;
}

/* The status that the nearest gone entry of the node or of one of its ancestors gives, else live.
 */
static enum member_status gone_status(const struct membership *table, uint32_t rank)
{
    if (table->count == 0)
        return MEMBER_LIVE;
    for (; rank != RANK_NONE; rank = topology_parent(table->topology, rank)) {
        const struct entry *entry = entry_of(table, rank);

        if (entry && is_gone(entry->status))
            return entry->status;
    }
    return MEMBER_LIVE;
}

enum member_status membership_status(const struct membership *table, uint32_t rank)
{
    enum member_status status = gone_status(table, rank);
    const struct entry *entry = entry_of(table, rank);

    return status == MEMBER_LIVE && entry ? entry->status : status;
}

uint32_t membership_generation(const struct membership *table, uint32_t rank)
{
    const struct entry *entry = entry_of(table, rank);

    return entry ? entry->generation : 0;
}

/* What one entry changes in the counts of `level`: a gone node takes the nodes of its subtree away
 * from the status that they have through its parent. Entries come ancestors first, so those nodes
 * are counted there at that time. */
static void count_entry(const struct membership *table, const struct entry *entry, enum level level,
                        struct member_counts *counts)
{
    const struct topology *topology = table->topology;
    uint32_t parent = topology_parent(topology, entry->rank), count;

    if (is_gone(entry->status)) {
        enum member_status before = parent == RANK_NONE ? MEMBER_LIVE : gone_status(table, parent);

        topology_subtree(topology, entry->rank, level, &count);
        counts->of[before] -= count;
        counts->of[entry->status] += count;
    } else if (entry->status == MEMBER_SLOW && gone_status(table, entry->rank) == MEMBER_LIVE &&
               topology_level_of_rank(topology, entry->rank) == level) {
        counts->of[MEMBER_LIVE]--;
        counts->of[MEMBER_SLOW]++;
    }
}

struct member_counts membership_count(const struct membership *table, uint32_t above,
                                      enum level level)
{
    const struct topology *topology = table->topology;
    enum level top = topology_level_of_rank(topology, above);
    struct member_counts counts = {0};
    uint32_t total;

    topology_subtree(topology, above, level, &total);
    if (total == 0)
        return counts;
    counts.of[gone_status(table, above)] = total;
    for (int at = (int)top; at >= (int)level; at--) {
        uint32_t count, first = topology_subtree(topology, above, (enum level)at, &count);

        for (uint32_t i = place_of(table, first);
             count && i < table->count && table->entries[i].rank - first < count; i++) {
            if (table->entries[i].rank != above || !is_gone(table->entries[i].status))
                count_entry(table, &table->entries[i], level, &counts);
        }
    }
    return counts;
}

uint32_t membership_next_exception(const struct membership *table, uint32_t rank)
{
    uint32_t place = place_of(table, rank);

    while (place < table->count && table->entries[place].status == MEMBER_LIVE)
        place++;
    return place < table->count ? table->entries[place].rank : RANK_NONE;
}

uint32_t membership_peers(const struct membership *table, uint32_t self, enum level level,
                          uint32_t *ranks, uint32_t capacity)
{
    uint32_t count, live = 0, first = topology_peers(table->topology, self, level, &count);

    for (uint32_t i = 0; i < count; i++) {
        if (gone_status(table, first + i) != MEMBER_LIVE)
            continue;
        if (live < capacity)
            ranks[live] = first + i;
        live++;
    }
    return live;
}
