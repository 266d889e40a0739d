/* The graph of tasks in every pod below one node at level CLOS1. */

#define LEVEL LINQU_LEVEL_CLOS1
#include "dag.h"
