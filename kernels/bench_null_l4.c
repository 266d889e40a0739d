/* Nothing, at level POD. */

#define LEVEL LINQU_LEVEL_POD
#include "bench_null.h"
