/* A built-in scenario: it makes the tree do something and then checks what the nodes did. It runs
 * inside the launcher's loop and never waits: it asks, returns, and goes on when it is told the
 * answer. */

#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/run_json.h"
#include "topo/topology.h"

struct event_base;

/* What a gather brought back. */
struct gather_result {
    uint32_t count[LEVEL_COUNT]; // nodes that did it, by level
    uint32_t missing;            // nodes that could not be asked or died meanwhile
    const char *error;           // the first failure as a sentence; empty for none
    uint64_t took_ns;            // from asking the top to its answer
};

/* What the launcher lends a running scenario. */
struct scenario_host {
    void *launcher;
    const struct topology *topology;
    struct event_base *base;
    int run_dir_fd;
    const char *logical_system;
    const char *physical_system;
    struct report_scenario *report; // checks go here
    /* Send a GATHER with this purpose (see messages.def) down the tree; the answer comes by
     * scenario_gathered(). */
    void (*gather)(void *launcher, uint8_t purpose);
    /* The scenario is over and may be destroyed when the loop's turn ends. */
    void (*finished)(void *launcher);
};

struct scenario_run;

struct scenario {
    const char *name;
    const char *summary; // one line for help
    struct scenario_run *(*start)(const struct scenario_host *host);
    void (*gathered)(struct scenario_run *run, const struct gather_result *result);
    void (*destroy)(struct scenario_run *run);
};

/* NULL when there is none of that name. */
const struct scenario *scenario_find(const char *name);
/* All of them, in the order of the documentation. */
const struct scenario *const *scenario_all(size_t *count);

#endif
