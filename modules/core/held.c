#include "core/held.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/u64_map.h"
#include "core/buffer_ring.h"

/* A task of which something is held, in the list of its layer by id. */
struct held_task {
    struct held_task *older, *newer;
    uint32_t id;
    uint32_t versions;
};

struct held_entry {
    struct held_version is;
    struct held_task *task;
    struct held_entry *next_version;  // of the same handle
    struct held_entry *older, *newer; // in the layer, in the order in which they came
};

struct held_list {
    struct held_layer counts;
    struct held_task *tasks, *tasks_end; // oldest and newest
    struct held_entry *first, *last;
};

struct held {
    struct u64_map by_handle;
    uint64_t bytes[LEVEL_COUNT]; // of all depths; asked for after every task
    struct held_list layers[LEVEL_COUNT][RING_DEPTHS];
    uint64_t strange;
};

struct held *held_create(void)
{
    return memory_new(1, sizeof(struct held));
}

static void free_list(struct held_list *list)
{
    while (list->first) {
        struct held_entry *entry = list->first;

        list->first = entry->newer;
        free(entry);
    }
    while (list->tasks) {
        struct held_task *task = list->tasks;

        list->tasks = task->newer;
        free(task);
    }
}

void held_destroy(struct held *held)
{
    if (!held)
        return;
    for (unsigned level = 0; level < LEVEL_COUNT; level++)
        for (unsigned depth = 0; depth < RING_DEPTHS; depth++)
            free_list(&held->layers[level][depth]);
    u64_map_free(&held->by_handle);
    free(held);
}

static struct held_entry *find(const struct held *held, uint64_t handle, uint32_t version)
{
    struct held_entry *entry = u64_map_find(&held->by_handle, handle);

    while (entry && entry->is.version != version)
        entry = entry->next_version;
    return entry;
}

/* The task of that id, in its place in the list; tasks come nearly in order. */
static struct held_task *task_of(struct held_list *list, uint32_t id)
{
    struct held_task *older = list->tasks_end, *task;

    while (older && (int32_t)(older->id - id) > 0)
        older = older->older;
    if (older && older->id == id)
        return older;
    task = memory_new(1, sizeof *task);
    *task =
        (struct held_task){.older = older, .newer = older ? older->newer : list->tasks, .id = id};
    if (task->newer)
        task->newer->older = task;
    else
        list->tasks_end = task;
    if (older)
        older->newer = task;
    else
        list->tasks = task;
    list->counts.tasks_claimed++;
    if (++list->counts.tasks > list->counts.tasks_peak)
        list->counts.tasks_peak = list->counts.tasks;
    if ((int32_t)(id + 1 - list->counts.next) > 0 || list->counts.tasks_claimed == 1)
        list->counts.next = id + 1;
    return task;
}

static void drop_task(struct held_list *list, struct held_task *task)
{
    if (task->newer)
        task->newer->older = task->older;
    else
        list->tasks_end = task->older;
    if (task->older)
        task->older->newer = task->newer;
    else
        list->tasks = task->newer;
    list->counts.tasks--;
    list->counts.tasks_retired++;
    free(task);
}

static void note_cursors(struct held_list *list)
{
    list->counts.oldest = list->tasks ? list->tasks->id : list->counts.next;
    list->counts.tail = list->first ? list->first->is.place : 0;
    list->counts.head =
        list->last ? list->last->is.place + buffer_ring_need(list->last->is.size) : 0;
}

static void put_in_map(struct held *held, struct held_entry *entry)
{
    entry->next_version = u64_map_remove(&held->by_handle, entry->is.handle);
    u64_map_put(&held->by_handle, entry->is.handle, entry);
}

bool held_add(struct held *held, enum level owner, uint32_t id, const struct held_version *version)
{
    struct held_list *list;
    struct held_entry *entry;

    if (version->depth >= RING_DEPTHS || find(held, version->handle, version->version)) {
        held->strange++;
        return false;
    }
    list = &held->layers[owner][version->depth];
    entry = memory_new(1, sizeof *entry);
    entry->is = *version;
    entry->is.level = (uint8_t)owner;
    entry->task = task_of(list, id);
    entry->task->versions++;
    entry->older = list->last;
    if (list->last)
        list->last->newer = entry;
    else
        list->first = entry;
    list->last = entry;
    put_in_map(held, entry);
    held->bytes[owner] += buffer_ring_need(version->size);
    list->counts.bytes += buffer_ring_need(version->size);
    list->counts.bytes_claimed += version->size;
    if (list->counts.bytes > list->counts.bytes_peak)
        list->counts.bytes_peak = list->counts.bytes;
    note_cursors(list);
    return true;
}

const struct held_version *held_find(const struct held *held, uint64_t handle, uint32_t version)
{
    const struct held_entry *entry = find(held, handle, version);

    return entry ? &entry->is : NULL;
}

bool held_set_state(struct held *held, uint64_t handle, uint32_t version, enum held_state state)
{
    struct held_entry *entry = find(held, handle, version);

    if (!entry) {
        held->strange++;
        return false;
    }
    entry->is.state = (uint8_t)state;
    return true;
}

static void take_from_map(struct held *held, struct held_entry *entry)
{
    struct held_entry *first = u64_map_remove(&held->by_handle, entry->is.handle);
    struct held_entry **link = &first;

    while (*link != entry)
        link = &(*link)->next_version;
    *link = entry->next_version;
    if (first)
        u64_map_put(&held->by_handle, entry->is.handle, first);
}

static void take_from_list(struct held_list *list, struct held_entry *entry)
{
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        list->last = entry->older;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        list->first = entry->newer;
    list->counts.bytes -= buffer_ring_need(entry->is.size);
    list->counts.bytes_retired += entry->is.size;
    if (--entry->task->versions == 0)
        drop_task(list, entry->task);
    note_cursors(list);
}

bool held_release(struct held *held, uint64_t handle, uint32_t version,
                  struct held_version *released)
{
    struct held_entry *entry = find(held, handle, version);

    if (!entry) {
        held->strange++;
        return false;
    }
    if (released)
        *released = entry->is;
    take_from_map(held, entry);
    held->bytes[entry->is.level] -= buffer_ring_need(entry->is.size);
    take_from_list(&held->layers[entry->is.level][entry->is.depth], entry);
    free(entry);
    return true;
}

const struct held_layer *held_layer(const struct held *held, enum level owner, unsigned depth)
{
    assert(owner < LEVEL_COUNT && depth < RING_DEPTHS);
    return &held->layers[owner][depth].counts;
}

uint64_t held_bytes_above(const struct held *held, enum level self)
{
    uint64_t bytes = 0;

    for (unsigned level = self + 1; level < LEVEL_COUNT; level++)
        bytes += held->bytes[level];
    return bytes;
}

uint64_t held_strange(const struct held *held)
{
    return held->strange;
}
