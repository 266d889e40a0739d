/* Nothing, at level CHIP. */

#define LEVEL LINQU_LEVEL_CHIP
#include "bench_null.h"
