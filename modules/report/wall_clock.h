/* The time of day, for timestamps only: whatever waits or measures uses a monotonic clock. */

#ifndef REPORT_WALL_CLOCK_H
#define REPORT_WALL_CLOCK_H

#include <stdint.h>

uint64_t wall_clock_ns(void); // since 1970-01-01 UTC

#endif
