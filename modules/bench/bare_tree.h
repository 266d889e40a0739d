/* The bare tree: what a hierarchy of processes costs when nothing but the kernel takes part. It
 * forks the shape that `linqu run` forks, launcher included, makes the same files, and does one
 * thing over its edges: a word goes down to every leaf and an answer comes back. */

#ifndef BENCH_BARE_TREE_H
#define BENCH_BARE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/memory_use.h"

enum { BARE_FANOUTS = 5, BARE_ROUNDS_MOST = 4096 };

struct bare_tree_order {
    unsigned fanout[BARE_FANOUTS]; // below the top, 0 at the end: at most four
    bool shared;                   // cells in shared memory, else socket pairs
    const char *files;             // directory to make files in, or NULL
    unsigned rounds;
    bool memory; // look how much memory nodes take
    bool kill;   // build it a second time, to be killed at the top
};

struct bare_tree_answer {
    uint32_t nodes;
    double up_s;   // from the first fork until an answer of every node has come up
    double down_s; // from the word to leave until every process was reaped, leaves first
    double kill_s; // from SIGKILL of the top until every process was reaped
    double round_s[BARE_ROUNDS_MOST];
    struct memory_use memory;
};

/* Takes (const struct bare_tree_order *, struct bare_tree_answer *), in a process of its own, for
 * it adopts and reaps, forks, and ends the process when the world fails it. See bare_call(). */
void bare_tree_measure(const void *order, void *answer);

#endif
