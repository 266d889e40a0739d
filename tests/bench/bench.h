/* Medians of short measurements. */

#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BENCH_ROUNDS = 31 };

/* Time that this process has computed: others on the machine do not count. */
static inline uint64_t bench_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Run round(arg), which does `count` things, BENCH_ROUNDS times after one to warm up; print and
 * return the median time of one thing, with p10 and p90, and whether it is within `reach_ns` (0: no
 * such limit). */
static inline double bench(const char *name, void (*round)(void *arg), void *arg, uint64_t count,
                           double reach_ns)
{
    double each[BENCH_ROUNDS];

    round(arg);
    for (int i = 0; i < BENCH_ROUNDS; i++) {
        uint64_t begun = bench_now_ns();

        round(arg);
        each[i] = (double)(bench_now_ns() - begun) / (double)count;
    }
    qsort(each, BENCH_ROUNDS, sizeof *each, bench_compare);
    printf("%-60s %8.1f ns   p10 %.1f   p90 %.1f", name, each[BENCH_ROUNDS / 2],
           each[BENCH_ROUNDS / 10], each[BENCH_ROUNDS * 9 / 10]);
    if (reach_ns > 0)
        printf("   reach %.0f: %s", reach_ns, each[BENCH_ROUNDS / 2] <= reach_ns ? "yes" : "NO");
    printf("\n");
    return each[BENCH_ROUNDS / 2];
}

#endif
