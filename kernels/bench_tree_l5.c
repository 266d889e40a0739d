/* Null tasks for all leaves below, from level CLOS1. */

#define LEVEL LINQU_LEVEL_CLOS1
#include "bench_tree.h"
