/* METG(50 %): the shortest mean task length at which half of the peak rate of computing is still
 * reached. Tasks of one pattern are made shorter, each time to a quarter; each length gives a rate
 * (steps of computing a second over all) and a mean length (time of all processors over the number
 * of tasks). */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/bench_internal.h"

enum {
    LONGEST = 1 << 21,
    SHORTEST = 1 << 8,
    STEPS_FEW = 16,
    STEPS_MANY = 100,
    STEPS_FROM = 1 << 17
};

/* In the order of the kernel's numbers. */
static const char *const patterns[] = {"stencil_1d", "fft", "tree", "nearest", "no_comm"};

/* One length: how fast it computes and how long a task takes. */
struct point {
    double rate, length_us;
};

static uint64_t steps_of(uint64_t times)
{
    return times >= STEPS_FROM ? STEPS_FEW : STEPS_MANY;
}

static struct point point_of(uint64_t ns, uint64_t tasks, uint64_t times)
{
    double processors = (double)sysconf(_SC_NPROCESSORS_ONLN);

    return (struct point){.rate = (double)times * (double)tasks / (double)ns,
                          .length_us = (double)ns * processors / (double)tasks / 1e3};
}

static int ours_at(struct bench *bench, uint64_t pattern, uint64_t times, struct point *point,
                   struct error *err)
{
    const uint64_t args[] = {pattern, steps_of(times), times};
    uint64_t *noted;
    size_t count;

    if (subject_exec(&bench->pod, "bench_pattern", args, 3, &noted, &count, err) < 0)
        return -1;
    *point = point_of(noted[0], noted[count - 1], times);
    free(noted);
    return 0;
}

/* The bare program has a barrier after each step, whatever the pattern. */
static int bare_at(uint64_t times, struct point *point, struct error *err)
{
    const struct bare_steps_order order = {
        .width = POD_HOSTS, .rounds = (uint32_t)steps_of(times), .times = times};
    struct bare_flow_answer answer;

    if (bare_call(bare_steps, &order, &answer, sizeof answer, err) < 0)
        return -1;
    *point = point_of(answer.ns, (uint64_t)order.width * order.rounds, times);
    return 0;
}

/* Between two lengths, one of more and one of less than half the peak, on a straight line. */
static double cross(struct point longer, struct point shorter, double half)
{
    double part = (longer.rate - half) / (longer.rate - shorter.rate);

    return longer.length_us + part * (shorter.length_us - longer.length_us);
}

/* `pattern` of ours, or the bare program when it is negative. */
static int metg(struct bench *bench, int pattern, double *metg_us, struct error *err)
{
    struct point before = {0}, point;
    double peak = 0;

    for (uint64_t times = LONGEST; times >= SHORTEST; times /= 4) {
        if ((pattern < 0 ? bare_at(times, &point, err)
                         : ours_at(bench, (uint64_t)pattern, times, &point, err)) < 0)
            return -1;
        if (point.rate > peak)
            peak = point.rate;
        if (point.rate < peak / 2) {
            *metg_us = cross(before, point, peak / 2);
            return 0;
        }
        before = point;
        *metg_us = point.length_us; // half was reached everywhere
    }
    return 0;
}

int metg_turn(struct bench *bench, struct error *err)
{
    for (int pattern = 0; pattern < (int)(sizeof patterns / sizeof *patterns); pattern++) {
        double ours_us, bare_us;
        char name[48];

        if (metg(bench, pattern, &ours_us, err) < 0 || metg(bench, -1, &bare_us, err) < 0)
            return -1;
        snprintf(name, sizeof name, "metg.%s", patterns[pattern]);
        figures_add(bench->figures, name, "us", BETTER_LOWER, ours_us, bare_us);
    }
    return 0;
}
