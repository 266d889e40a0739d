/* What is measured: this very program, started anew as `linqu run --detach`, given kernels by
 * `linqu exec` and stopped by `linqu shutdown`, as a user would. */

#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/limits.h"
#include "bench/memory_use.h"

struct subject {
    const char *base; // borrowed: the folder of its runs
    char name[32];
    bool up;
};

/* A run of that topology (as for --topology): READY after *took_s seconds, and idle. -1 with a
 * sentence. */
int subject_start(struct subject *subject, const char *base, const char *name, const char *topology,
                  double *took_s, struct error *err);
/* Stop it; nothing when it is not up. *took_s may be NULL. */
int subject_stop(struct subject *subject, double *took_s, struct error *err);

/* Run a kernel of linqu's own with these arguments. What it noted is in *samples (the caller
 * frees), *count of them; at least one, else it is a failure. */
int subject_exec(const struct subject *subject, const char *kernel, const uint64_t *args,
                 size_t arg_count, uint64_t **samples, size_t *count, struct error *err);
/* The same for one number. */
int subject_exec_one(const struct subject *subject, const char *kernel, const uint64_t *args,
                     size_t arg_count, uint64_t *sample, struct error *err);

int subject_memory(const struct subject *subject, struct memory_use *use, struct error *err);

/* SIGINT or SIGTERM came, after interruptions_watch(): whatever runs is told and everything ends.
 */
void interruptions_watch(void);
int interrupted(void); // the signal; 0: none came

#endif
