#include "report/log_groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/u64_map.h"

struct log_groups {
    const struct topology *topology;
    struct u64_map index; // hash -> number of the group + 1
    struct log_group *list;
    size_t count, capacity;
    uint64_t beyond;
};

struct log_groups *log_groups_create(const struct topology *topology)
{
    struct log_groups *groups = memory_new(1, sizeof *groups);

    groups->topology = topology;
    return groups;
}

void log_groups_destroy(struct log_groups *groups)
{
    if (!groups)
        return;
    for (size_t i = 0; i < groups->count; i++) {
        free(groups->list[i].message);
        free(groups->list[i].pattern);
        node_set_free(&groups->list[i].nodes);
    }
    free(groups->list);
    u64_map_free(&groups->index);
    free(groups);
}

/* FNV-1a */
static uint64_t hash_of(const char *text, uint64_t hash)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001B3);
    return hash;
}

static bool group_is(const struct log_group *group, enum log_level level, const char *component,
                     const char *pattern)
{
    return group->level == level && strcmp(group->component, component) == 0 &&
           strcmp(group->pattern, pattern) == 0;
}

static struct log_group *group_add(struct log_groups *groups, const struct log_line *line,
                                   const char *component, const char *pattern)
{
    char message[LIMIT_LOG_LINE * 2];
    struct log_group *group;

    if (groups->count == groups->capacity) {
        groups->capacity = groups->capacity ? 2 * groups->capacity : 16;
        groups->list = memory_resize(groups->list, groups->capacity, sizeof *groups->list);
    }
    group = &groups->list[groups->count++];
    log_unescape(line->message, message, sizeof message);
    *group = (struct log_group){.level = line->level,
                                .message = memory_string(message),
                                .pattern = memory_string(pattern),
                                .first_ns = line->wall_ns,
                                .nodes = node_set_create(groups->topology)};
    memcpy(group->component, component, strlen(component) + 1);
    return group;
}

/* The group of such a message, made when it is new; NULL when there are too many. */
static struct log_group *group_of(struct log_groups *groups, const struct log_line *line)
{
    char pattern[LIMIT_LOG_LINE * 2], component[64] = "";
    size_t size =
        line->component.size < sizeof component ? line->component.size : sizeof component - 1;
    uint64_t hash;
    uintptr_t number;

    if (size)
        memcpy(component, line->component.start, size);
    log_normalise(line->message, pattern, sizeof pattern);
    hash = hash_of(pattern, hash_of(component, UINT64_C(0xCBF29CE484222325) + line->level));
    while ((number = (uintptr_t)u64_map_find(&groups->index, hash))) {
        if (group_is(&groups->list[number - 1], line->level, component, pattern))
            return &groups->list[number - 1];
        hash++; // another message with this hash
    }
    if (groups->count == LOG_GROUPS_MOST)
        return NULL;
    u64_map_put(&groups->index, hash, (void *)(uintptr_t)(groups->count + 1));
    return group_add(groups, line, component, pattern);
}

void log_groups_add(struct log_groups *groups, const struct log_line *line, uint32_t rank)
{
    struct log_group *group;

    if (line->part > 1)
        return;
    group = group_of(groups, line);
    if (!group) {
        groups->beyond++;
        return;
    }
    group->count++;
    group->last_ns = line->wall_ns;
    node_set_add(&group->nodes, rank);
}

static int more_first(const void *a, const void *b)
{
    const struct log_group *left = a, *right = b;

    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    return left->first_ns < right->first_ns ? -1 : left->first_ns > right->first_ns;
}

const struct log_group *log_groups_sorted(struct log_groups *groups, size_t *count,
                                          uint64_t *beyond)
{
    if (groups->count)
        qsort(groups->list, groups->count, sizeof *groups->list, more_first);
    u64_map_free(&groups->index); // numbers have changed: nothing can be added any more
    *count = groups->count;
    *beyond = groups->beyond;
    return groups->list;
}
