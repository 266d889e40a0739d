/* The graph of tasks in every pod below one node at level POD. */

#define LEVEL LINQU_LEVEL_POD
#include "dag.h"
