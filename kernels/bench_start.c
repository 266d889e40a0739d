/* What a run of the bench begins with: nothing, so that the tree is up and idle. */

#define LEVEL LINQU_LEVEL_CLOS2
#include "bench_null.h"
