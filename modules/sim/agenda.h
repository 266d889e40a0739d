/* What is going to happen, by time; what happens at the same time happens in the order in which it
 * was put there. */

#ifndef SIM_AGENDA_H
#define SIM_AGENDA_H

#include <stddef.h>
#include <stdint.h>

struct agenda_entry {
    uint64_t at_ns;
    uint64_t sequence;
    void *what; // borrowed
};

/* All zero is empty. */
struct agenda {
    struct agenda_entry *entries; // a binary heap; owned
    size_t count, capacity;
    uint64_t sequence;
};

void agenda_put(struct agenda *agenda, uint64_t at_ns, void *what);
/* Put back what was taken, later; it keeps its place among what happens then. */
void agenda_put_back(struct agenda *agenda, struct agenda_entry entry, uint64_t at_ns);
/* NULL when there is nothing. */
const struct agenda_entry *agenda_first(const struct agenda *agenda);
/* There must be one. */
struct agenda_entry agenda_take(struct agenda *agenda);
void agenda_free(struct agenda *agenda);

#endif
