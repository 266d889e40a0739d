/* Null tasks for all leaves below, from level GLOBAL. */

#define LEVEL LINQU_LEVEL_GLOBAL
#include "bench_tree.h"
