/* A built-in scenario: it makes the tree do something and then checks what the nodes did. */

#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <stddef.h>

struct scenario {
    const char *name;
    const char *summary; // one line for help
};

/* NULL when there is none of that name. */
const struct scenario *scenario_find(const char *name);
/* All of them, in the order of the documentation. */
const struct scenario *scenario_all(size_t *count);

#endif
