/* What the files of this folder share. Nobody outside includes it. */

#ifndef BENCH_BENCH_INTERNAL_H
#define BENCH_BENCH_INTERNAL_H

#include "bench/bare.h"
#include "bench/bare_tree.h"
#include "bench/bench.h"
#include "bench/subject.h"

/* A bench while it runs. */
struct bench {
    const struct bench_order *order;
    struct figures *figures;
    char place[LIMIT_PATH + 32]; // the folder of its runs and files
    struct subject whole;        // a run of the topology, held; up when a figure needs it
    struct subject pod;          // one pod of 16 hosts
    unsigned starts;             // that were measured
};

enum { POD_HOSTS = 16 };
#define POD_SHAPE "1x1x16"

/* One repetition each: ours and bare in turn, and a figures_add() for each figure. */

/* tree_benches.c */
int startup_turn(struct bench *bench, struct error *err);
int round_turn(struct bench *bench, struct error *err);
int memory_turn(struct bench *bench, struct error *err);
int tasks_tree_turn(struct bench *bench, struct error *err);

/* task_benches.c */
int pingpong_turn(struct bench *bench, struct error *err);
int tasks_turn(struct bench *bench, struct error *err);
int chain_turn(struct bench *bench, struct error *err);

/* metg_bench.c */
int metg_turn(struct bench *bench, struct error *err);

/* tensor_bench.c */
int tensor_turn(struct bench *bench, struct error *err);

#endif
