#include "report/node_set.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/printable.h"

struct node_set node_set_create(const struct topology *topology)
{
    return (struct node_set){topology, memory_new((topology->node_count + 7) / 8, 1)};
}

void node_set_free(struct node_set *set)
{
    free(set->bits);
    set->bits = NULL;
}

void node_set_add(struct node_set *set, uint32_t rank)
{
    set->bits[rank / 8] |= (uint8_t)(1 << rank % 8);
}

bool node_set_has(const struct node_set *set, uint32_t rank)
{
    return set->bits[rank / 8] >> rank % 8 & 1;
}

uint32_t node_set_count(const struct node_set *set)
{
    uint32_t count = 0;

    for (uint32_t rank = 0; rank < set->topology->node_count; rank++)
        count += node_set_has(set, rank);
    return count;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* One path with sets: for each level the indices that are meant; NULL where the level is left out.
 */
struct pattern {
    uint8_t *wanted[LEVEL_COUNT]; // one byte an index
    int lowest;                   // level named last; -1: none yet
};

static void pattern_free(struct pattern *pattern)
{
    for (int level = 0; level < LEVEL_COUNT; level++)
        free(pattern->wanted[level]);
}

static int refuse(struct error *err, const char *part, size_t size, const char *why)
{
    char shown[PRINTABLE_SIZE];

    return error_set(err, "%s: %s", printable(part, size, shown), why);
}

static bool number_read(const char **at, const char *end, uint32_t *number)
{
    uint64_t value = 0;

    if (*at == end || !isdigit((unsigned char)**at))
        return false;
    for (; *at < end && isdigit((unsigned char)**at) && value < UINT32_MAX; (*at)++)
        value = value * 10 + (uint64_t)(**at - '0');
    *number = (uint32_t)value;
    return value < UINT32_MAX;
}

/* "3" or "0-3" at `*at`. */
static bool range_read(const char **at, const char *end, uint32_t *first, uint32_t *last)
{
    if (!number_read(at, end, first))
        return false;
    *last = *first;
    if (*at == end || **at != '-')
        return true;
    (*at)++;
    return number_read(at, end, last) && *last >= *first;
}

/* The indices of one part, from behind its "L5_": a number, *, or a list of ranges in brackets.
 * False when it is none of them or goes beyond `limit`. */
static bool indices_read(const char *at, const char *end, uint8_t *wanted, uint32_t limit)
{
    bool brackets = at < end && *at == '[';
    uint32_t first, last;

    if (end - at == 1 && *at == '*') {
        memset(wanted, 1, limit);
        return true;
    }
    if (brackets && (end[-1] != ']' || end - at < 3))
        return false;
    at += brackets;
    end -= brackets;
    while (range_read(&at, end, &first, &last)) {
        if (last >= limit)
            return false;
        memset(wanted + first, 1, last - first + 1);
        if (at == end)
            return true;
        if (!brackets || *at++ != ',')
            return false;
    }
    return false;
}

/* One part, "L5_[0-3]". */
static int part_read(const struct topology *topology, const char *part, size_t size,
                     struct pattern *pattern, struct error *err)
{
    char why[128];
    uint32_t limit;
    int level;

    if (size < 4 || part[0] != 'L' || part[1] < '0' || part[1] > '7' || part[2] != '_')
        return refuse(err, part, size, "a node is named like L5_3, a set of nodes like L5_[0-3,8]");
    level = part[1] - '0';
    if (!topology->present[level])
        return refuse(err, part, size, "the topology has no such level");
    if (pattern->lowest >= 0 && level >= pattern->lowest)
        return refuse(err, part, size, "levels go down from left to right");
    limit = topology->fanout[level] ? topology->fanout[level] : 1;
    pattern->wanted[level] = memory_new(limit, 1);
    pattern->lowest = level;
    if (!indices_read(part + 3, part + size, pattern->wanted[level], limit)) {
        snprintf(why, sizeof why, "the topology has L%d_0 to L%d_%u there", level, level,
                 limit - 1);
        return refuse(err, part, size, why);
    }
    return 0;
}

static bool pattern_matches(const struct pattern *pattern, const struct coord *coord)
{
    for (int level = pattern->lowest; level < LEVEL_COUNT; level++)
        if (pattern->wanted[level] && !pattern->wanted[level][coord->index[level]])
            return false;
    return true;
}

static void subtree_add(struct node_set *set, uint32_t rank)
{
    for (int level = LEVEL_COUNT - 1; level >= 0; level--) {
        uint32_t count, first;

        if (!set->topology->present[level])
            continue;
        first = topology_subtree(set->topology, rank, (enum level)level, &count);
        for (uint32_t i = 0; i < count; i++)
            node_set_add(set, first + i);
    }
}

static void pattern_add(struct node_set *set, const struct pattern *pattern)
{
    uint32_t first = set->topology->first_rank[pattern->lowest];

    for (uint32_t i = 0; i < set->topology->count[pattern->lowest]; i++) {
        struct coord coord = topology_coord(set->topology, first + i);

        if (pattern_matches(pattern, &coord))
            subtree_add(set, first + i);
    }
}

static int path_add(struct node_set *set, const char *path, size_t size, struct error *err)
{
    struct pattern pattern = {.lowest = -1};
    const char *end = path + size, *part = path;
    int result;

    do {
        const char *slash = memchr(part, '/', (size_t)(end - part));
        const char *part_end = slash ? slash : end;

        result = part_read(set->topology, part, (size_t)(part_end - part), &pattern, err);
        part = slash ? slash + 1 : end + 1;
    } while (result == 0 && part <= end);
    if (result == 0)
        pattern_add(set, &pattern);
    pattern_free(&pattern);
    return result;
}

/* Bytes up to the next comma that is not in brackets. */
static size_t item_size(const char *text)
{
    bool inside = false;
    size_t size = 0;

    for (; text[size] && (inside || text[size] != ','); size++) {
        if (text[size] == '[')
            inside = true;
        else if (text[size] == ']')
            inside = false;
    }
    return size;
}

int node_set_add_text(struct node_set *set, const char *text, struct error *err)
{
    for (;;) {
        size_t size = item_size(text);

        if (path_add(set, text, size, err) < 0)
            return -1;
        if (!text[size])
            return 0;
        text += size + 1;
    }
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Different paths from one node down to members of one level, without the node's own name. */
struct tails {
    char **list; // owned
    size_t count;
};

static void tails_free(struct tails *tails)
{
    for (size_t i = 0; i < tails->count; i++)
        free(tails->list[i]);
    free(tails->list);
    *tails = (struct tails){0};
}

static void tails_add(struct tails *tails, char *text)
{
    tails->list = memory_resize(tails->list, tails->count + 1, sizeof *tails->list);
    tails->list[tails->count++] = text;
}

static bool tails_equal(const struct tails *a, const struct tails *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->list[i], b->list[i]) != 0)
            return false;
    return true;
}

/* "L5_3" or "L5_[0-3,8]" for the children `from`, whose tails equal the first one's; marks them as
 * done. */
static void group_format(const struct tails *tails, uint8_t *done, uint32_t from, uint32_t count,
                         int level, struct buffer *out)
{
    uint32_t runs = 0;
    size_t open;

    buffer_printf(out, "L%d_", level);
    open = out->size;
    for (uint32_t i = from; i < count; i++) {
        uint32_t last = i;

        if (done[i] || !tails_equal(&tails[i], &tails[from]))
            continue;
        while (last + 1 < count && !done[last + 1] && tails_equal(&tails[last + 1], &tails[from]))
            last++;
        buffer_printf(out, "%s%u", runs++ ? "," : "", i);
        if (last > i)
            buffer_printf(out, "-%u", last);
        runs += last > i;
        memset(done + i, 1, last - i + 1);
        i = last;
    }
    if (runs > 1) {
        buffer_extend(out, 2);
        memmove(out->data + open + 1, out->data + open, out->size - 2 - open);
        out->data[open] = '[';
        out->data[out->size - 1] = ']';
    }
}

/* Join the names of equal children with each of their tails. */
static void group_join(const struct tails *tails, const struct buffer *names, struct tails *out)
{
    for (size_t i = 0; i < tails->count; i++) {
        struct buffer whole = {0};

        buffer_append(&whole, names->data, names->size);
        if (tails->list[i][0])
            buffer_printf(&whole, "/%s", tails->list[i]);
        buffer_append(&whole, "", 1);
        tails_add(out, (char *)whole.data);
    }
}

/* The tails from `rank` to the members of `level`; a member itself has one empty tail. */
static struct tails tails_of(const struct node_set *set, uint32_t rank, enum level level)
{
    struct tails out = {0}, *below;
    uint32_t count, first;
    uint8_t *done;

    if (topology_level_of_rank(set->topology, rank) == level) {
        if (node_set_has(set, rank))
            tails_add(&out, memory_string(""));
        return out;
    }
    first = topology_children(set->topology, rank, &count);
    below = memory_new(count, sizeof *below);
    done = memory_new(count, 1);
    for (uint32_t i = 0; i < count; i++)
        below[i] = tails_of(set, first + i, level);
    for (uint32_t i = 0; i < count; i++) {
        struct buffer names = {0};

        if (done[i] || !below[i].count)
            continue;
        group_format(below, done, i, count, (int)topology_level_of_rank(set->topology, first),
                     &names);
        group_join(&below[i], &names, &out);
        buffer_free(&names);
    }
    for (uint32_t i = 0; i < count; i++)
        tails_free(&below[i]);
    free(below);
    free(done);
    return out;
}

/* Whether any node of the level is in the set: most are not. */
static bool level_has_members(const struct node_set *set, int level)
{
    uint32_t first = set->topology->first_rank[level];

    for (uint32_t i = 0; i < set->topology->count[level]; i++)
        if (node_set_has(set, first + i))
            return true;
    return false;
}

void node_set_format(const struct node_set *set, struct buffer *out)
{
    char top[LIMIT_NODE_PATH];
    size_t before = out->size;

    topology_path(set->topology, 0, top, sizeof top);
    for (int level = LEVEL_COUNT - 1; level >= 0; level--) {
        struct tails tails;

        if (!set->topology->present[level] || !level_has_members(set, level))
            continue;
        tails = tails_of(set, 0, (enum level)level);
        for (size_t i = 0; i < tails.count; i++)
            buffer_printf(out, "%s%s%s%s", out->size > before ? "," : "", top,
                          tails.list[i][0] ? "/" : "", tails.list[i]);
        tails_free(&tails);
    }
}
