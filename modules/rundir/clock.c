#include "rundir/clock.h"

#include <time.h>

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t monotonic_clock_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

uint64_t monotonic_clock_ms(void)
{
    return monotonic_clock_ns() / 1000000;
}

double monotonic_clock_s(void)
{
    return (double)monotonic_clock_ns() / 1e9;
}

uint64_t wall_clock_ns(void)
{
    return now_ns(CLOCK_REALTIME);
}
