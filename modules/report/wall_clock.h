/* For who has not gone over to rundir/clock.h. */

#ifndef REPORT_WALL_CLOCK_H
#define REPORT_WALL_CLOCK_H

#include "rundir/clock.h"

#endif
