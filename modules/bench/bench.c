#include "bench/bench.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench_internal.h"

/* Which run a turn needs. */
enum needs { NEEDS_NO_RUN, NEEDS_WHOLE, NEEDS_POD };

struct bench_row {
    const char *bench; // several rows may be one bench
    const char *what;  // is measured, for people
    enum needs needs;
    int (*turn)(struct bench *bench, struct error *err);
};

static const struct bench_row rows[] = {
    {"startup", "startup and stop", NEEDS_NO_RUN, startup_turn},
    {"round", "rounds over all nodes", NEEDS_WHOLE, round_turn},
    {"pingpong", "ping-pong", NEEDS_POD, pingpong_turn},
    {"tasks", "independent tasks", NEEDS_POD, tasks_turn},
    {"tasks", "tasks for all leaves", NEEDS_WHOLE, tasks_tree_turn},
    {"chain", "a chain of tasks", NEEDS_POD, chain_turn},
    {"tasks", "patterns of tasks", NEEDS_POD, metg_turn},
    {"tensor", "tensors", NEEDS_POD, tensor_turn},
    {"memory", "memory", NEEDS_WHOLE, memory_turn},
};
enum { ROWS = sizeof rows / sizeof *rows };

const char *bench_name(size_t at)
{
    static const char *const names[] = {"startup", "round",  "pingpong", "tasks",
                                        "chain",   "tensor", "memory",   NULL};

    return names[at];
}

int bench_check(const struct bench_order *order, struct error *err)
{
    const struct topology *topology = order->topology;
    unsigned levels = 0;

    for (int level = topology->top; level >= 0; level--)
        levels += topology->present[level];
    if (topology->fanout[topology->top] != 1 || levels < 2 || levels > BARE_FANOUTS)
        return error_set(err, "linqu bench needs one node at the top and two to %d levels",
                         BARE_FANOUTS);
    if (!topology->present[LEVEL_CLOS2])
        return error_set(err, "linqu bench needs a topology with level L6");
    return 0;
}

/* --- its place */

static int place_make(struct bench *bench, struct error *err)
{
    snprintf(bench->place, sizeof bench->place, "%.*s/.bench-XXXXXX", LIMIT_PATH - 1,
             bench->order->base);
    if (!mkdtemp(bench->place))
        return error_set(err, "cannot make a folder in %s: %s", bench->order->base,
                         strerror(errno));
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    remove(path);
    return 0;
}

static void place_remove(const struct bench *bench)
{
    nftw(bench->place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- turns */

/* Have the run that a row needs up, and no other: idle nodes cost little, but not nothing. */
static int have_run(struct bench *bench, enum needs needs, struct error *err)
{
    double took_s;

    if (needs != NEEDS_WHOLE && subject_stop(&bench->whole, NULL, err) < 0)
        return -1;
    if (needs != NEEDS_POD && subject_stop(&bench->pod, NULL, err) < 0)
        return -1;
    if (needs == NEEDS_WHOLE && !bench->whole.up)
        return subject_start(&bench->whole, bench->place, "whole", bench->order->spec, &took_s,
                             err);
    if (needs == NEEDS_POD && !bench->pod.up)
        return subject_start(&bench->pod, bench->place, "pod", POD_SHAPE, &took_s, err);
    return 0;
}

static int run_row(struct bench *bench, const struct bench_row *row, struct error *err)
{
    for (unsigned turn = 0; turn < bench->order->repeat; turn++) {
        if (interrupted())
            return error_set(err, "interrupted");
        if (bench->order->progress)
            bench->order->progress(row->what, turn + 1, bench->order->repeat);
        if (have_run(bench, row->needs, err) < 0 || row->turn(bench, err) < 0)
            return -1;
    }
    return 0;
}

/* Rows of one run after the other, so that each run is started once. */
static int run_rows(struct bench *bench, struct error *err)
{
    for (enum needs needs = NEEDS_NO_RUN; needs <= NEEDS_POD; needs++)
        for (size_t i = 0; i < ROWS; i++)
            if (rows[i].needs == needs &&
                (!bench->order->name || strcmp(bench->order->name, rows[i].bench) == 0) &&
                run_row(bench, &rows[i], err) < 0)
                return -1;
    return have_run(bench, NEEDS_NO_RUN, err);
}

int bench_run(const struct bench_order *order, struct figures *figures, struct error *err)
{
    struct bench bench = {.order = order, .figures = figures};
    struct error ignored;
    int result;

    interruptions_watch();
    if (place_make(&bench, err) < 0)
        return -1;
    result = run_rows(&bench, err);
    subject_stop(&bench.whole, NULL, &ignored);
    subject_stop(&bench.pod, NULL, &ignored);
    place_remove(&bench);
    return result;
}

int bench_interruption(void)
{
    return interrupted();
}
