/* The graph of tasks in every pod below one node at level GLOBAL. */

#define LEVEL LINQU_LEVEL_GLOBAL
#include "dag.h"
