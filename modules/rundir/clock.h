/* The clocks of everything but the brain, which is told the time. Whatever waits or measures uses
 * the monotonic one; the time of day is for timestamps only. */

#ifndef RUNDIR_CLOCK_H
#define RUNDIR_CLOCK_H

#include <stdint.h>

uint64_t monotonic_clock_ns(void);
uint64_t monotonic_clock_ms(void);
double monotonic_clock_s(void);
uint64_t wall_clock_ns(void); // since 1970-01-01 UTC

#endif
