/* Nothing, at level HOST. */

#define LEVEL LINQU_LEVEL_HOST
#include "bench_null.h"
