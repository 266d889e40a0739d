/* `linqu bench`: measure this machine. Each figure is taken beside a bare C program of the same
 * shape, in turn with it; docs/performance.md says what each means. */

#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "bench/figure.h"
#include "topo/topology.h"

struct bench_order {
    const char *name;                // one of bench_name(), or NULL: all
    const struct topology *topology; // of the figures about a whole tree
    const char *spec;                // what it was read from: a file's settings are the runs', too
    const char *base;                // absolute: a folder for the runs is made in it, and removed
    unsigned repeat;
    /* What is done now; may be NULL. */
    void (*progress)(const char *what, unsigned turn, unsigned turns);
};

/* Names of the benches in order; NULL behind the last. */
const char *bench_name(size_t at);
/* Whether the topology has what the benches need. */
int bench_check(const struct bench_order *order, struct error *err);
/* Measure. What was measured before something failed stays in `figures`. */
int bench_run(const struct bench_order *order, struct figures *figures, struct error *err);
/* An interruption ended it: which signal; 0: none did. */
int bench_interruption(void);

/* The machine as an object: its name, processors, memory, kernel, file system of `base`. */
json_t *bench_machine(const char *base);
/* Load averages, now. */
json_t *bench_load(void);

#endif
