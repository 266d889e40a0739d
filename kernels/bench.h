/* What the kernels of `linqu bench` share: a clock, and where what they measured goes: 64-bit
 * numbers, one after the other, in the file bench.samples of the run's directory. */

#ifndef KERNELS_BENCH_H
#define KERNELS_BENCH_H

#include <time.h>

#include "tree.h"

static inline uint64_t bench_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline void bench_write(const uint64_t *samples, size_t count)
{
    FILE *file = result_file("bench.samples");

    if (!file)
        return;
    fwrite(samples, sizeof *samples, count, file);
    fclose(file);
}

/* What a kernel that computes does, so many times. */
static inline uint64_t bench_compute(uint64_t times)
{
    uint64_t x = times | 1;

    for (uint64_t i = 0; i < times; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        __asm__ volatile("" : "+r"(x));
    }
    return x;
}

#endif
