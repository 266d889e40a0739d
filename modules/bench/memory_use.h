/* How much memory the nodes of a tree take, by their depth below the top: the proportional set size
 * that the kernel counts. Pages that many share weigh on each by its part. */

#ifndef BENCH_MEMORY_USE_H
#define BENCH_MEMORY_USE_H

#include <stdint.h>
#include <sys/types.h>

enum { MEMORY_DEPTHS = 8 };

struct memory_use {
    uint64_t kib[MEMORY_DEPTHS];
    uint32_t nodes[MEMORY_DEPTHS]; // that could be measured
};

/* Add a process; nothing when it is gone or may not be looked at. */
void memory_use_add(struct memory_use *use, unsigned depth, pid_t pid);
/* KiB a node, of that depth; 0 when none was measured. */
double memory_use_mean(const struct memory_use *use, unsigned depth);
/* Of all depths. */
double memory_use_mean_all(const struct memory_use *use);

#endif
