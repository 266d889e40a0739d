/* Null tasks for all leaves below, from level POD. */

#define LEVEL LINQU_LEVEL_POD
#include "bench_tree.h"
