/* Null tasks for all leaves below, from level HOST. */

#define LEVEL LINQU_LEVEL_HOST
#include "bench_tree.h"
