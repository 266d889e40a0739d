#include "topo/topology.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/printable.h"

/* Below L6 without a gap, so that the fan-outs alone say it. */
static bool is_factors(const struct topology *topology)
{
    if (topology->top != LEVEL_CLOS2 || topology->leaf == LEVEL_CLOS2)
        return false;
    for (int level = topology->leaf; level <= topology->top; level++) {
        if (!topology->present[level])
            return false;
    }
    return true;
}

int topology_to_text(const struct topology *topology, char *out, size_t size)
{
    bool factors = is_factors(topology);
    char text[TOPOLOGY_TEXT_SIZE];
    int length = 0;

    for (int level = factors ? LEVEL_CLOS1 : topology->top; level >= topology->leaf; level--) {
        size_t room = sizeof text - (size_t)length;

        if (!topology->present[level])
            continue;
        if (factors)
            length += snprintf(text + length, room, "%s%" PRIu32, length ? "x" : "",
                               topology->fanout[level]);
        else
            length += snprintf(text + length, room, "%sL%d:%" PRIu32, length ? " " : "", level,
                               topology->fanout[level]);
    }
    return snprintf(out, size, "%s", text);
}

int topology_level_above(const struct topology *topology, enum level level)
{
    for (int above = (int)level + 1; above <= topology->top; above++) {
        if (topology->present[above])
            return above;
    }
    return -1;
}

int topology_level_below(const struct topology *topology, enum level level)
{
    for (int below = (int)level - 1; below >= topology->leaf; below--) {
        if (topology->present[below])
            return below;
    }
    return -1;
}

bool topology_has(const struct topology *topology, const struct coord *coord)
{
    if (coord->level >= LEVEL_COUNT || !topology->present[coord->level])
        return false;
    for (int level = 0; level < LEVEL_COUNT; level++) {
        bool counts = level >= coord->level && topology->present[level];

        if (coord->index[level] >= (counts ? topology->fanout[level] : 1))
            return false;
    }
    return true;
}

uint32_t topology_global_index(const struct topology *topology, const struct coord *coord)
{
    uint32_t index = 0;

    assert(topology_has(topology, coord));
    for (int level = topology->top; level >= coord->level; level--) {
        if (topology->present[level])
            index = index * topology->fanout[level] + coord->index[level];
    }
    return index;
}

uint32_t topology_rank(const struct topology *topology, const struct coord *coord)
{
    return topology->first_rank[coord->level] + topology_global_index(topology, coord);
}

enum level topology_level_of_rank(const struct topology *topology, uint32_t rank)
{
    int level = topology->leaf;

    assert(rank < topology->node_count);
    while (!topology->present[level] || rank < topology->first_rank[level])
        level++;
    return (enum level)level;
}

/* A rank taken apart. */
struct place {
    enum level level;
    uint32_t index; // global index
};

static struct place place_of(const struct topology *topology, uint32_t rank)
{
    enum level level = topology_level_of_rank(topology, rank);

    return (struct place){.level = level, .index = rank - topology->first_rank[level]};
}

struct coord topology_coord(const struct topology *topology, uint32_t rank)
{
    struct place place = place_of(topology, rank);
    struct coord coord = {.level = (uint8_t)place.level};

    for (int level = (int)place.level; level <= topology->top; level++) {
        if (!topology->present[level])
            continue;
        coord.index[level] = (uint16_t)(place.index % topology->fanout[level]);
        place.index /= topology->fanout[level];
    }
    return coord;
}

uint32_t topology_parent(const struct topology *topology, uint32_t rank)
{
    struct place place = place_of(topology, rank);
    int above = topology_level_above(topology, place.level);

    if (above < 0)
        return RANK_NONE;
    return topology->first_rank[above] + place.index / topology->fanout[place.level];
}

uint32_t topology_children(const struct topology *topology, uint32_t rank, uint32_t *count)
{
    int below = topology_level_below(topology, topology_level_of_rank(topology, rank));

    if (below < 0) {
        *count = 0;
        return RANK_NONE;
    }
    return topology_subtree(topology, rank, (enum level)below, count);
}

uint32_t topology_child_number(const struct topology *topology, uint32_t rank)
{
    struct place place = place_of(topology, rank);

    return place.index % topology->fanout[place.level];
}

uint32_t topology_subtree(const struct topology *topology, uint32_t rank, enum level level,
                          uint32_t *count)
{
    struct place place = place_of(topology, rank);

    *count = 0;
    if (level > place.level || !topology->present[level])
        return RANK_NONE;
    *count = topology->count[level] / topology->count[place.level];
    return topology->first_rank[level] + place.index * *count;
}

bool topology_within(const struct topology *topology, uint32_t rank, uint32_t above)
{
    uint32_t count,
        first = topology_subtree(topology, above, topology_level_of_rank(topology, rank), &count);

    return count && rank - first < count;
}

uint32_t topology_sharing(const struct topology *topology, uint32_t rank, enum level level)
{
    while (topology_level_of_rank(topology, rank) < level) {
        uint32_t parent = topology_parent(topology, rank);

        if (parent == RANK_NONE)
            break;
        rank = parent;
    }
    return rank;
}

uint32_t topology_peers(const struct topology *topology, uint32_t self, enum level level,
                        uint32_t *count)
{
    enum level own = topology_level_of_rank(topology, self);

    if (level < own)
        return topology_subtree(topology, self, level, count);
    if (level == own)
        level = (enum level)(own + 1);
    return topology_subtree(topology, topology_sharing(topology, self, level), own, count);
}

int topology_path(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    struct coord coord = topology_coord(topology, rank);
    char path[LIMIT_NODE_PATH];
    int length = 0;

    for (int level = topology->top; level >= coord.level; level--) {
        if (topology->present[level])
            length += snprintf(path + length, sizeof path - (size_t)length, "%sL%d_%u",
                               length ? "/" : "", level, coord.index[level]);
    }
    assert(length < LIMIT_NODE_PATH);
    return snprintf(out, size, "%s", path);
}

/* "L5_3" of at most `size` bytes. -1 when it does not read so. */
static int parse_part(const char *text, size_t size, int *level, uint32_t *index)
{
    uint64_t value = 0;

    if (size < 4 || (text[0] != 'L' && text[0] != 'l') || text[1] < '0' ||
        text[1] >= '0' + LEVEL_COUNT || text[2] != '_')
        return -1;
    for (size_t i = 3; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (uint64_t)(text[i] - '0');
        if (value > UINT32_MAX)
            value = UINT32_MAX;
    }
    *level = text[1] - '0';
    *index = (uint32_t)value;
    return 0;
}

/* A level that the path leaves out must have one node under its parent, or nobody knows which is
 * meant. */
static int skip_to(const struct topology *topology, int from, int level, const char *shown,
                   struct error *err)
{
    for (int skipped = from; skipped > level; skipped--) {
        if (topology->fanout[skipped] > 1)
            return error_set(err, "%s: there are %" PRIu32 " L%d: say which, as in L%d_0/%.*s",
                             shown, topology->fanout[skipped], skipped, skipped,
                             (int)strlen(shown) - 2, shown + 1);
    }
    return 0;
}

static int take_part(const struct topology *topology, const char *text, size_t size, int *next,
                     struct coord *coord, struct error *err)
{
    char shown[PRINTABLE_SIZE], shape[TOPOLOGY_TEXT_SIZE];
    uint32_t index;
    int level;

    printable(text, size, shown);
    topology_to_text(topology, shape, sizeof shape);
    if (parse_part(text, size, &level, &index) < 0)
        return error_set(err, "%s is not a level and an index such as L5_3", shown);
    if (!topology->present[level])
        return error_set(err, "%s is not in the topology %s: it has no L%d", shown, shape, level);
    if (level > *next)
        return error_set(err, "%s cannot stand there: a path goes from the top down", shown);
    if (skip_to(topology, *next, level, shown, err) < 0)
        return -1;
    if (index >= topology->fanout[level])
        return error_set(err,
                         "%s is not in the topology %s: the indices of L%d go from 0 to %" PRIu32,
                         shown, shape, level, topology->fanout[level] - 1);
    coord->index[level] = (uint16_t)index;
    coord->level = (uint8_t)level;
    *next = level - 1;
    return 0;
}

int topology_parse_path(const struct topology *topology, const char *path, uint32_t *rank,
                        struct error *err)
{
    struct coord coord = {0};
    int next = topology->top;
    const char *at = path;

    for (;;) {
        size_t size = strcspn(at, "/");

        if (take_part(topology, at, size, &next, &coord, err) < 0) {
            char shown[PRINTABLE_SIZE];

            return at == path && !path[size]
                       ? -1
                       : error_prefix(err, "node %s", printable(path, strlen(path), shown));
        }
        at += size;
        if (!*at)
            break;
        at++;
    }
    *rank = topology_rank(topology, &coord);
    return 0;
}

int topology_simulated_ip(const struct topology *topology, uint32_t rank, char *out, size_t size)
{
    struct coord coord = topology_coord(topology, rank);
    const uint16_t *index = coord.index;

    if (index[LEVEL_HOST] > 255)
        return snprintf(out, size, "fd00::%x:%x:%x:%x", index[LEVEL_CLOS2], index[LEVEL_CLOS1],
                        index[LEVEL_POD], index[LEVEL_HOST]);
    return snprintf(out, size, "10.%u.%u.%u", index[LEVEL_CLOS1], index[LEVEL_POD],
                    index[LEVEL_HOST]);
}
