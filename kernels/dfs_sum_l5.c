/* The sum of the hosts' vectors below one node at level CLOS1. */

#define LEVEL LINQU_LEVEL_CLOS1
#include "dfs_sum.h"
