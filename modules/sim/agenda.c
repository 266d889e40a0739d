#include "sim/agenda.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

static bool before(const struct agenda_entry *a, const struct agenda_entry *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->sequence < b->sequence;
}

static void rise(struct agenda *agenda, struct agenda_entry entry)
{
    size_t at;

    if (agenda->count == agenda->capacity) {
        agenda->capacity = agenda->capacity ? 2 * agenda->capacity : 64;
        agenda->entries = memory_resize(agenda->entries, agenda->capacity, sizeof entry);
    }
    for (at = agenda->count++; at > 0; at = (at - 1) / 2) {
        if (!before(&entry, &agenda->entries[(at - 1) / 2]))
            break;
        agenda->entries[at] = agenda->entries[(at - 1) / 2];
    }
    agenda->entries[at] = entry;
}

void agenda_put(struct agenda *agenda, uint64_t at_ns, void *what)
{
    rise(agenda, (struct agenda_entry){at_ns, agenda->sequence++, what});
}

void agenda_put_back(struct agenda *agenda, struct agenda_entry entry, uint64_t at_ns)
{
    entry.at_ns = at_ns;
    rise(agenda, entry);
}

const struct agenda_entry *agenda_first(const struct agenda *agenda)
{
    return agenda->count ? agenda->entries : NULL;
}

struct agenda_entry agenda_take(struct agenda *agenda)
{
    struct agenda_entry first, last;
    size_t at = 0, child;

    assert(agenda->count > 0);
    first = agenda->entries[0];
    last = agenda->entries[--agenda->count];
    while ((child = 2 * at + 1) < agenda->count) {
        if (child + 1 < agenda->count &&
            before(&agenda->entries[child + 1], &agenda->entries[child]))
            child++;
        if (!before(&agenda->entries[child], &last))
            break;
        agenda->entries[at] = agenda->entries[child];
        at = child;
    }
    agenda->entries[at] = last;
    return first;
}

void agenda_free(struct agenda *agenda)
{
    free(agenda->entries);
    *agenda = (struct agenda){0};
}
