/* Null tasks for all leaves below, from level CLOS2. */

#define LEVEL LINQU_LEVEL_CLOS2
#include "bench_tree.h"
