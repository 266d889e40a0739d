/* The graph of tasks in every pod below one node at level CLOS2. */

#define LEVEL LINQU_LEVEL_CLOS2
#include "dag.h"
