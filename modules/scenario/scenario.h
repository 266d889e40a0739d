/* A built-in scenario: it makes the tree do something and then checks what the nodes did. It runs
 * inside the launcher's loop and never waits: it asks, returns, and goes on when it is told the
 * answer. */

#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/ring_capacity.h"
#include "report/run_json.h"
#include "topo/topology.h"
#include "wire/message.h"

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
    uint64_t seed;                  // of all that is random
    const char *dfs_dir;            // where hosts read their files
    struct report_scenario *report; // checks go here
    /* Send a GATHER with this purpose (see messages.def) down the tree; the answer comes by
     * scenario_gathered(). */
    void (*gather)(void *launcher, enum gather_purpose purpose);
    /* From the next kernel on, let nodes use no more of their rings than this: an entry a level,
     * 0 slots for all that the run has; NULL: all of it again. The answer comes by
     * scenario->gathered(). */
    void (*set_rings)(void *launcher, const struct ring_capacity *windows);
    /* Run the kernel of that name on node `rank` with these scalars as its arguments, as an exec of
     * its own, whose number is returned; the answer comes by scenario->kernel_done(), never from
     * inside this call. One at a time. */
    uint64_t (*run_kernel)(void *launcher, const char *name, uint32_t rank, const uint64_t *scalars,
                           size_t count);
    /* The scenario is over and may be destroyed when the loop's turn ends.
     * May be called from inside start(). */
    void (*finished)(void *launcher);
};

struct scenario_run;

struct scenario {
    const char *name;
    const char *summary; // one line for help
    struct scenario_run *(*start)(const struct scenario_host *host);
    void (*gathered)(struct scenario_run *run, const struct gather_result *result);
    /* NULL for a scenario that runs no kernels. `exit_code` is 0 (then `error` is empty), or what a
     * run with such an end would exit with: EXIT_NODE, EXIT_DEADLOCK. The scenario judges; nothing
     * has been said or blamed. */
    void (*kernel_done)(struct scenario_run *run, int exit_code, const char *error);
    void (*destroy)(struct scenario_run *run);
};

/* NULL when there is none of that name. */
const struct scenario *scenario_find(const char *name);
/* All of them, in the order of the documentation. */
const struct scenario *const *scenario_all(size_t *count);

#endif
